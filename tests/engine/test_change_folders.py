"""Folders are made, renamed and deleted at the server and here, and no message is lost by it; on a real server."""

import pytest

from tests.engine.people import Person
from tests.engine.test_forward import view_account
from tests.servers import MailServers
from tui_mail.engine.messages import (
    CreateFolder,
    DeleteFolder,
    DeleteMessages,
    Done,
    FolderMade,
    MoveMessages,
    RenameFolder,
)
from tui_mail.model.errors import CannotConnect, UsageError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.net.folders import encode_name

ANNA = "anna@clinic.test"
MAIL = b"From: clara@office.test\r\nSubject: Kept\r\nMessage-ID: <kept@x>\r\n\r\nHello\r\n"


def names(anna: Person) -> dict[str, Folder]:
    store = anna.store()
    try:
        return {folder.name: folder for folder in store.folders()}
    finally:
        store.close()


def subjects(anna: Person, folder: Folder) -> list[tuple[int, str]]:
    store = anna.store()
    try:
        window = store.window(folder.id)
        return [(row.id, row.subject) for place in range(window.total) if (row := window.row(place))]
    finally:
        store.close()


async def made(anna: Person, name: str) -> int:
    return (await anna.client.ask(CreateFolder(view_account(anna), name), FolderMade)).folder_id


async def test_a_folder_is_made_filled_renamed_with_its_inner_ones_and_keeps_its_messages(
    anna: Person, imap_servers: MailServers
) -> None:
    number = await made(anna, "Wörk & Co")
    separator = names(anna)["Wörk & Co"].delimiter
    inner = await made(anna, f"Wörk & Co{separator}2026")
    imap_servers.append(ANNA, "INBOX", MAIL)
    await anna.sync()
    before = anna.rows()[0].id
    await anna.client.ask(MoveMessages((before,), inner), Done)
    await anna.sync()
    assert imap_servers.mailbox(ANNA, encode_name(f"Wörk & Co{separator}2026").decode())
    await anna.client.ask(RenameFolder(number, "Office"), Done)
    assert names(anna)["Office"].id == number and names(anna)[f"Office{separator}2026"].id == inner
    await anna.sync()
    assert set(names(anna)) & {"Wörk & Co", f"Wörk & Co{separator}2026"} == set()
    assert names(anna)[f"Office{separator}2026"].id == inner
    assert subjects(anna, names(anna)[f"Office{separator}2026"]) == [(before, "Kept")]  # not received anew
    assert imap_servers.mailbox(ANNA, f"Office{separator}2026")
    for folder in ("Office", f"Office{separator}2026"):
        with pytest.raises(UsageError, match=r"There are (messages|folders) in"):
            await anna.client.ask(DeleteFolder(names(anna)[folder].id), Done)
    await anna.client.ask(DeleteMessages((before,)), Done)
    await anna.sync()
    for folder in (f"Office{separator}2026", "Office"):
        await anna.client.ask(DeleteFolder(names(anna)[folder].id), Done)
    await anna.sync()
    assert not any(name.startswith("Office") for name in names(anna))


async def test_what_others_put_into_a_folder_just_now_keeps_it(anna: Person, imap_servers: MailServers) -> None:
    number = await made(anna, "Shared work")
    imap_servers.append(ANNA, '"Shared work"', MAIL)
    with pytest.raises(UsageError, match="Somebody has put messages"):
        await anna.client.ask(DeleteFolder(number), Done)
    assert imap_servers.mailbox(ANNA, "Shared work")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201, "Sent", "sent", "INBOX", "\x1b[31m"])
async def test_names_that_cannot_be_are_refused(anna: Person, name: str) -> None:
    with pytest.raises(UsageError):
        await made(anna, name)


async def test_special_folders_stay_what_they_are(anna: Person) -> None:
    for role in (FolderRole.INBOX, FolderRole.SENT, FolderRole.TRASH):
        folder = anna.folder(role)
        for command in (RenameFolder(folder.id, "Other"), DeleteFolder(folder.id)):
            with pytest.raises(UsageError, match="keeps its place"):
                await anna.client.ask(command, Done)


async def test_without_the_server_nothing_changes_here(anna: Person, imap_servers: MailServers) -> None:
    number = await made(anna, "Quiet")
    imap_servers.stop()
    try:
        for command in (RenameFolder(number, "Loud"), DeleteFolder(number)):
            with pytest.raises(CannotConnect):
                await anna.client.ask(command, Done)
        with pytest.raises(CannotConnect):
            await made(anna, "Loud")
    finally:
        imap_servers.start()
    assert "Quiet" in names(anna) and "Loud" not in names(anna)
