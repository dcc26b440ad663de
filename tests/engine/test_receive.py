"""Receiving from a real server: new mail, flags both ways, moves, deletions, and what happens without a server."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.engine.people import PASSPHRASE, Person
from tests.servers import MailServers
from tui_mail.engine.messages import (
    AppendMessage,
    AttachmentPreview,
    ChangeFlags,
    Connection,
    DeleteMessages,
    Done,
    Failure,
    Lock,
    MessageOpened,
    MoveMessages,
    NewMail,
    OpenMessage,
    PreviewAttachment,
    RawSource,
    SaveAttachment,
    SaveAttachments,
    Saved,
    SavedAll,
    SaveMessage,
    Source,
    Unlock,
    Welcome,
)
from tui_mail.model.errors import UsageError
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag
from tui_mail.net.fetch import fetch_messages
from tui_mail.net.fetched import FetchedMessage
from tui_mail.net.imap import ImapSession
from tui_mail.net.wire import Wire

ANNA = "anna@clinic.test"


def letter(subject: str, body: str = "Hello.") -> bytes:
    """A plain message from outside."""
    return (
        f"From: Bob <bob@elsewhere.test>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n"
        f"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{abs(hash(subject))}@elsewhere.test>\r\n\r\n{body}\r\n"
    ).encode()


async def test_mail_that_arrives_is_announced_and_listed_without_being_asked_for(
    anna: Person, imap_servers: MailServers
) -> None:
    imap_servers.deliver(ANNA, letter("Lunch"))
    await anna.until(lambda: [row.subject for row in anna.rows()] == ["Lunch"])
    await anna.until(lambda: any(isinstance(event, NewMail) for event in anna.events))
    await anna.until(lambda: anna.rows()[0].sig == "")
    assert anna.folder().unread == 1


async def test_the_bytes_are_kept_exactly_as_the_server_has_them(anna: Person, imap_servers: MailServers) -> None:
    imap_servers.deliver(ANNA, letter("Exact", "tab\tand trailing  \r\n\r\n.dot"))
    await anna.until(lambda: anna.rows())
    source = await anna.client.ask(RawSource(anna.rows()[0].id), Source)
    assert source.raw == imap_servers.mailbox(ANNA)[0]


async def test_a_message_above_the_limit_is_listed_and_not_asked_for_again(
    anna: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImapSession, "max_message_bytes", 2_000)
    imap_servers.append(ANNA, "INBOX", letter("Film", "x" * 5_000))
    imap_servers.append(ANNA, "INBOX", letter("Lunch"))
    await anna.until(lambda: {row.subject: row.sig for row in anna.rows()} == {"Film": "", "Lunch": ""})
    film = next(row for row in anna.rows() if row.subject == "Film")
    shown = (await anna.client.ask(OpenMessage(film.id), MessageOpened)).view
    assert "stays on the server" in shown.quote_text
    asked: list[int] = []

    def spy(wire: Wire, uids: Sequence[int], *rest: dict[int, int] | set[int]) -> Iterator[FetchedMessage]:
        asked.extend(uids)
        return fetch_messages(wire, uids, *rest)

    monkeypatch.setattr("tui_mail.net.imap.fetch_messages", spy)
    imap_servers.append(ANNA, "INBOX", letter("Dinner"))
    await anna.sync()
    assert (len(asked), len(anna.rows())) == (1, 3)
    assert b"x" * 5_000 in imap_servers.mailbox(ANNA)[0]


async def test_flags_travel_in_both_directions(anna: Person, imap_servers: MailServers) -> None:
    imap_servers.deliver(ANNA, letter("Flags"))
    await anna.until(lambda: anna.rows())
    number = anna.rows()[0].id
    await anna.client.ask(ChangeFlags((number,), add=int(Flag.SEEN | Flag.FLAGGED)), Done)
    assert anna.rows()[0].flags == Flag.SEEN | Flag.FLAGGED
    await anna.sync()
    with imap_servers.imap(ANNA) as other:
        _, answer = other.uid("FETCH", "1:*", "(FLAGS)")
        assert b"\\Flagged" in answer[0]
        other.uid("STORE", "1:*", "-FLAGS", "(\\Flagged)")
        other.uid("STORE", "1:*", "+FLAGS", "(\\Answered)")
    await anna.sync()
    assert anna.rows()[0].flags == Flag.SEEN | Flag.ANSWERED


async def test_a_move_and_a_deletion_are_shown_at_once_and_reach_the_server(
    anna: Person, imap_servers: MailServers
) -> None:
    for subject in ("Keep", "Archive me", "Trash me"):
        imap_servers.deliver(ANNA, letter(subject))
    await anna.until(lambda: len(anna.rows()) == 3)
    numbers = {row.subject: row.id for row in anna.rows()}
    archive = anna.folder(FolderRole.ARCHIVE).id
    assert (await anna.client.ask(MoveMessages((numbers["Archive me"],), archive), Done)).count == 1
    assert (await anna.client.ask(DeleteMessages((numbers["Trash me"],)), Done)).count == 1
    assert [row.subject for row in anna.rows()] == ["Keep"]
    await anna.sync()
    assert [len(imap_servers.mailbox(ANNA, name)) for name in ("INBOX", "Archive", "Trash")] == [1, 1, 1]
    assert [row.subject for row in anna.rows(FolderRole.TRASH)] == ["Trash me"]
    await anna.client.ask(DeleteMessages((numbers["Trash me"],)), Done)
    await anna.sync()
    assert imap_servers.mailbox(ANNA, "Trash") == []
    assert anna.rows(FolderRole.TRASH) == []


async def test_what_another_program_removes_is_gone_here(anna: Person, imap_servers: MailServers) -> None:
    for number in range(3):
        imap_servers.deliver(ANNA, letter(f"Mail {number}"))
    await anna.until(lambda: len(anna.rows()) == 3)
    with imap_servers.imap(ANNA) as other:
        other.store("1:2", "+FLAGS", "(\\Deleted)")
        other.expunge()
    result = await anna.sync()
    assert [row.subject for row in anna.rows()] == ["Mail 2"]
    assert result.expunged + result.new_messages <= 2


async def test_a_folder_that_was_made_anew_under_its_old_name_is_read_anew(
    anna: Person, imap_servers: MailServers
) -> None:
    """RFC 9051 section 2.3.1.1: with another UIDVALIDITY the old UIDs mean nothing."""
    with imap_servers.imap(ANNA) as other:
        other.create("Project")
        other.append("Project", None, None, letter("Old"))
    await anna.sync()
    with imap_servers.imap(ANNA) as other:
        other.delete("Project")
        other.create("Project")
        other.append("Project", None, None, letter("New"))
    await anna.sync()
    store = anna.store()
    folder = next(folder for folder in store.folders() if folder.name == "Project")
    window = store.window(folder.id)
    subjects = [window.row(place).subject for place in range(window.total)]
    store.close()
    assert subjects == ["New"]


async def test_an_imported_message_comes_back_by_synchronisation(anna: Person, imap_servers: MailServers) -> None:
    await anna.client.ask(AppendMessage(anna.folder(FolderRole.ARCHIVE).id, letter("From the past")), Done)
    await anna.sync()
    assert [row.subject for row in anna.rows(FolderRole.ARCHIVE)] == ["From the past"]


async def test_mail_keeps_arriving_while_the_keys_are_locked(anna: Person, imap_servers: MailServers) -> None:
    await anna.client.ask(Lock(), Done)
    imap_servers.deliver(ANNA, letter("While locked"))
    await anna.until(lambda: any(isinstance(event, NewMail) for event in anna.events))
    await anna.client.ask(Unlock(PASSPHRASE), Welcome)
    assert [row.subject for row in anna.rows()] == ["While locked"]


async def test_a_server_that_goes_away_is_said_once_and_found_again(anna: Person, imap_servers: MailServers) -> None:
    imap_servers.stop()
    try:
        result = await anna.sync()
        assert result.problems
        assert "Traceback" not in result.problems[0]
        assert any(isinstance(event, Connection) and event.state == "offline" for event in anna.events)
    finally:
        imap_servers.start()
    imap_servers.deliver(ANNA, letter("Back again"))
    await anna.sync()
    await anna.until(lambda: [row.subject for row in anna.rows()] == ["Back again"])


async def test_a_message_is_saved_as_text_or_as_it_came(
    anna: Person, imap_servers: MailServers, tmp_path: Path
) -> None:
    raw = b"From: bob@elsewhere.test\r\nTo: anna@clinic.test\r\nSubject: Dose\r\n\r\nTwo a day.\r\n"
    imap_servers.deliver(ANNA, raw)
    await anna.until(lambda: anna.rows())
    number = anna.rows()[0].id
    text = Path((await anna.client.ask(SaveMessage(number, str(tmp_path)), Saved)).path)
    assert text.name == "Dose.txt"
    assert text.read_text() == "From: bob@elsewhere.test\nTo: anna@clinic.test\nSubject: Dose\n\nTwo a day.\n"
    source = Path((await anna.client.ask(SaveMessage(number, str(tmp_path / "dose.eml")), Saved)).path)
    assert source.read_bytes() == (await anna.client.ask(RawSource(number), Source)).raw


async def test_an_attachment_is_written_beside_what_is_there_and_never_outside(
    anna: Person, imap_servers: MailServers, tmp_path: Path
) -> None:
    raw = (
        b"From: bob@elsewhere.test\r\nSubject: File\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee file.\r\n--b\r\n'
        b'Content-Type: text/csv\r\nContent-Disposition: attachment; filename="../../.evil.csv"\r\n\r\n1,2\r\n--b--\r\n'
    )
    imap_servers.deliver(ANNA, raw)
    await anna.until(lambda: anna.rows())
    target = tmp_path / "downloads"
    target.mkdir()
    number = anna.rows()[0].id
    first = Path((await anna.client.ask(SaveAttachment(number, 0, str(target)), Saved)).path)
    second = Path((await anna.client.ask(SaveAttachment(number, 0, str(target)), Saved)).path)
    assert first.parent == second.parent == target
    assert not first.name.startswith(".")
    assert first != second
    assert first.read_bytes() == second.read_bytes() == b"1,2"
    with pytest.raises(UsageError):
        await anna.client.ask(SaveAttachment(number, 7, str(target)), Failure)


async def test_all_attachments_are_written_and_one_is_looked_at(
    anna: Person, imap_servers: MailServers, tmp_path: Path
) -> None:
    part = b'--b\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename="%s"\r\n\r\n%s\r\n'
    parts = [
        (b"text/csv", b"/etc/same.csv", b"name,dose\r\nA,5"),
        (b"text/csv", b"same.csv", b"second"),
        (b"application/zip", b"c:/x/all.zip", b"PK"),
    ]
    raw = (
        b"From: bob@elsewhere.test\r\nSubject: Files\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"".join(part % one for one in parts) + b"--b--\r\n"
    )
    imap_servers.deliver(ANNA, raw)
    await anna.until(lambda: anna.rows())
    number, target = anna.rows()[0].id, tmp_path / "new"
    saved = (await anna.client.ask(SaveAttachments(number, str(target)), SavedAll)).paths
    assert [Path(path).name for path in saved] == ["same.csv", "same-1.csv", "all.zip"]
    assert {Path(path).parent for path in saved} == {target} and (target / "same-1.csv").read_bytes() == b"second"
    shown = await anna.client.ask(PreviewAttachment(number, 0), AttachmentPreview)
    assert ["".join(run.text for run in line) for line in shown.lines] == ["name  dose", "A        5"]
    with pytest.raises(UsageError, match=r"all\.zip cannot be shown as text"):
        await anna.client.ask(PreviewAttachment(number, 2), AttachmentPreview)
    with pytest.raises(UsageError, match="not a folder"):
        await anna.client.ask(SaveAttachments(number, str(target / "same.csv")), SavedAll)
