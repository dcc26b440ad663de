"""A folder that others let us read only: reading it leaves marks here, and nothing is lost or pretended."""

import shutil
from collections.abc import Iterator

import pytest

from tests.engine.people import Person
from tests.engine.test_change_folders import names, subjects
from tests.servers import MailServers
from tui_mail.engine.messages import ChangeFlags, DeleteMessages, Done, MoveMessages, Notice
from tui_mail.model.message import Flag

READ_ONLY = "Notices"
ANNA = "anna@clinic.test"
MAIL = b"From: clara@office.test\r\nSubject: Notice\r\nMessage-ID: <notice@x>\r\n\r\nHello\r\n"


@pytest.fixture
def notices(anna: Person, imap_servers: MailServers) -> Iterator[None]:
    """A folder with one message in which the server may not write; it says so in its answer to SELECT."""
    with imap_servers.imap(ANNA) as connection:
        connection.create(READ_ONLY)
        connection.append(READ_ONLY, "", None, MAIL)  # type: ignore[arg-type]
        connection.select(READ_ONLY)
    folder = imap_servers.dovecot.folder / "mail" / ANNA / "Maildir" / READ_ONLY
    places = (*(place for place in folder.iterdir() if place.is_dir()), folder)
    for place in places:
        place.chmod(0o555)
    yield
    for place in places:
        place.chmod(0o755)
    shutil.rmtree(folder)


def on_server(servers: MailServers) -> bytes:
    with servers.imap(ANNA, None) as connection:
        connection.select(READ_ONLY, readonly=True)
        return b"%r" % (connection.fetch("1:*", "(FLAGS)")[1],)


async def test_read_marks_stay_here_and_what_was_moved_or_deleted_comes_back(
    anna: Person, imap_servers: MailServers, notices: None
) -> None:
    await anna.sync()
    folder = names(anna)[READ_ONLY]
    ((number, subject),) = subjects(anna, folder)
    assert subject == "Notice"
    await anna.client.ask(ChangeFlags((number,), add=int(Flag.SEEN)), Done)
    await anna.sync()
    await anna.sync()
    assert names(anna)[READ_ONLY].unread == 0
    for command in (MoveMessages((number,), names(anna)["Archive"].id), DeleteMessages((number,))):
        anna.events.clear()
        await anna.client.ask(command, Done)
        await anna.until(lambda: any(isinstance(event, Notice) for event in anna.events))
        await anna.until(lambda: subjects(anna, names(anna)[READ_ONLY]))
        (told,) = {event.sentence for event in anna.events if isinstance(event, Notice)}
        assert told == f"The folder {READ_ONLY} can only be read: what was moved or deleted there is back."
    await anna.sync()
    assert subjects(anna, names(anna)[READ_ONLY]) == [(number, "Notice")]
    assert on_server(imap_servers).count(b"FLAGS") == 1 and b"Seen" not in on_server(imap_servers)
