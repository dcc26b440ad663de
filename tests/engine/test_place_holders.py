"""Large messages: their header and text first, their files when somebody asks; on a real server."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.engine.people import Person
from tests.mailroom import Mailroom
from tests.proxy import Fault, Proxy
from tests.servers import MailServers
from tests.sync_scenes import make_anew
from tests.sync_servers import SyncServer
from tui_mail.engine.jobs.fetch_whole import fetch_whole
from tui_mail.engine.messages import (
    Done,
    FetchWhole,
    MessageOpened,
    MessageText,
    MoveMessages,
    OpenMessage,
    Queued,
    RawSource,
    Saved,
    SaveMessage,
    SaveSettings,
    SendMessage,
    Source,
    Text,
)
from tui_mail.model.address import Address
from tui_mail.model.errors import ConnectionLost, UsageError
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, DraftAttachment, Flag, HeldBack, MessageView, Protection
from tui_mail.net.imap import ImapSession
from tui_mail.store import changes, messages, place_holders

ANNA = "anna@clinic.test"
FILM = b"A" * 76 + b"\r\n"
LINES = 16_000
"""Of the film: 1.2 MB."""


def film(
    subject: str = "Film", *, type_: bytes = b"multipart/mixed", text: bytes = b"Look at this. Gr=C3=BC=C3=9Fe"
) -> bytes:
    head = (
        f"From: Bob <bob@elsewhere.test>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n"
        "Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n"
        f"Message-ID: <{subject.replace(' ', '')}@elsewhere.test>\r\nMIME-Version: 1.0\r\n"
    ).encode()
    return b"".join(
        [
            head + b'Content-Type: %s; boundary="edge"\r\n\r\n--edge\r\n' % type_,
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            text + b"\r\n--edge\r\n",
            b'Content-Type: video/mp4; name="=?utf-8?q?Gr=C3=BCn.mp4?="\r\nContent-Transfer-Encoding: base64\r\n'
            b'Content-Disposition: attachment; filename="=?utf-8?q?Gr=C3=BCn.mp4?="\r\n\r\n',
            FILM * LINES,
            b"--edge--\r\n",
        ]
    )


def letter_of(body: bytes) -> bytes:
    return (
        b"From: Bob <bob@elsewhere.test>\r\nSubject: Long\r\nMessage-ID: <long@x.test>\r\nMIME-Version: 1.0\r\n" + body
    )


async def on_demand(person: Person, megabytes: int = 1) -> None:
    settings = replace(person.client.welcome.settings, large_messages_mb=megabytes)
    await person.client.ask(SaveSettings(settings), Done)


async def held(anna: Person, servers: MailServers, raw: bytes) -> int:
    """The number of the message, whose place holder is here."""
    await on_demand(anna)
    servers.append(ANNA, "INBOX", raw)
    await anna.until(lambda: [row.sig for row in anna.rows()] == [""])
    return anna.rows()[0].id


async def opened(anna: Person, number: int) -> MessageView:
    return (await anna.client.ask(OpenMessage(number, mark_seen=False), MessageOpened)).view


async def test_a_large_message_comes_with_its_text_and_without_its_files(
    anna: Person, imap_servers: MailServers
) -> None:
    number = await held(anna, imap_servers, film())
    view = await opened(anna, number)
    assert view.held == HeldBack(len(film()), ("Grün.mp4",))
    assert view.quote_text.strip() == "Look at this. Grüße"
    assert (view.subject, view.sender.spec, view.attachments) == ("Film", "bob@elsewhere.test", ())
    assert anna.rows()[0].attachments
    assert Path(anna.client.welcome.store_path).stat().st_size < len(film())


async def test_the_whole_comes_when_it_is_asked_for_and_is_judged_anew(anna: Person, imap_servers: MailServers) -> None:
    number = await held(anna, imap_servers, film())
    await opened(anna, number)
    assert (await anna.client.ask(FetchWhole(number), Done)).count == 1
    view = await opened(anna, number)
    assert view.held is None
    assert [(file.name, file.size_bytes) for file in view.attachments] == [("Grün.mp4", 57 * LINES)]
    assert (await anna.client.ask(RawSource(number), Source)).raw == film()
    assert anna.rows()[0].sig == ""
    assert (await anna.client.ask(FetchWhole(number), Done)).count == 0
    result = await anna.sync()
    assert (result.new_messages, result.expunged, len(anna.rows())) == (0, 0, 1)


async def test_signed_and_encrypted_messages_come_whole_at_once(anna: Person, imap_servers: MailServers) -> None:
    await on_demand(anna)
    signed = film("Signed", type_=b'multipart/signed; protocol="application/pkcs7-signature"')
    closed = film("Closed").replace(b"video/mp4", b"application/pkcs7-mime")
    for raw in (signed, closed, film("Open")):
        imap_servers.append(ANNA, "INBOX", raw)
    await anna.until(lambda: len(anna.rows()) == 3 and all(row.sig is not None for row in anna.rows()))
    views = {row.subject: await opened(anna, row.id) for row in anna.rows()}
    assert {subject: view.held is not None for subject, view in views.items()} == {
        "Signed": False,
        "Closed": False,
        "Open": True,
    }


async def test_without_the_setting_everything_comes_whole(anna: Person, imap_servers: MailServers) -> None:
    imap_servers.append(ANNA, "INBOX", film())
    await anna.until(lambda: [row.sig for row in anna.rows()] == [""])
    assert (await opened(anna, anna.rows()[0].id)).held is None


async def test_the_source_is_that_of_the_whole_message(anna: Person, imap_servers: MailServers) -> None:
    number = await held(anna, imap_servers, film())
    assert (await anna.client.ask(RawSource(number), Source)).raw == film()


async def test_the_source_is_had_in_parts(anna: Person, imap_servers: MailServers) -> None:
    raw = film()
    number = await held(anna, imap_servers, raw)
    for start, count in ((0, 1_000), (500_000, 1_000), (len(raw) - 10, 1_000), (len(raw), 1_000), (len(raw) + 5, 0)):
        part = await anna.client.ask(RawSource(number, start, count), Source)
        assert (part.raw, part.size_bytes) == (raw[start:][: count or None], len(raw))


async def test_a_saved_file_is_the_whole_message(anna: Person, imap_servers: MailServers, tmp_path: Path) -> None:
    number = await held(anna, imap_servers, film())
    await anna.client.ask(SaveMessage(number, str(tmp_path / "film.eml")), Saved)
    assert (tmp_path / "film.eml").read_bytes() == film()


async def test_a_printed_text_names_the_files(anna: Person, imap_servers: MailServers) -> None:
    number = await held(anna, imap_servers, film())
    assert "Grün.mp4" in (await anna.client.ask(MessageText(number), Text)).text


async def test_what_is_passed_on_is_the_whole_message(anna: Person, mail_servers: MailServers) -> None:
    mail_servers.empty("clara@office.test")
    number = await held(anna, mail_servers, film())
    whole = DraftAttachment("", "film.eml", "message/rfc822", message=number)
    draft = Draft("anna", to=(Address("clara@office.test"),), subject="Fwd", attachments=(whole,))
    await anna.client.ask(SendMessage(replace(draft, protection=Protection(sign=False))), Queued)
    (arrived,) = mail_servers.wait_for_mail("clara@office.test")
    assert FILM * LINES in arrived


async def test_what_is_too_large_is_never_passed_on_as_its_place_holder(
    anna: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImapSession, "max_message_bytes", 2_000)
    imap_servers.append(ANNA, "INBOX", film())
    await anna.until(lambda: [row.sig for row in anna.rows()] == [""])
    number = anna.rows()[0].id
    view = await opened(anna, number)
    assert view.held is not None and view.held.too_large and "stays on the server" in view.quote_text
    with pytest.raises(UsageError, match="too large"):
        await anna.client.ask(RawSource(number), Source)


async def test_a_moved_place_holder_is_fetched_from_where_it_is_now(anna: Person, imap_servers: MailServers) -> None:
    number = await held(anna, imap_servers, film())
    await anna.client.ask(MoveMessages((number,), anna.folder(FolderRole.ARCHIVE).id), Done)
    await anna.sync()
    assert [row.id for row in anna.rows(FolderRole.ARCHIVE)] == [number]
    await anna.client.ask(FetchWhole(number), Done)
    assert (await anna.client.ask(RawSource(number), Source)).raw == film()


async def test_of_a_text_that_is_large_itself_the_beginning_comes(anna: Person, imap_servers: MailServers) -> None:
    raw = letter_of(b"Content-Type: text/plain\r\n\r\n" + b"One line of many, and one more.\r\n" * 40_000)
    number = await held(anna, imap_servers, raw)
    view = await opened(anna, number)
    assert view.held is not None and view.held.sentence.startswith("Only the beginning of this message is here")
    assert view.quote_text.startswith("One line of many") and len(view.quote_text) < 300_000
    await anna.client.ask(FetchWhole(number), Done)
    assert (await anna.client.ask(RawSource(number), Source)).raw == raw


# ---- with the connection in our hands


@pytest.fixture
def large_room(room: Mailroom) -> Mailroom:
    room.session.settings = replace(room.session.settings, large_messages_mb=1)
    return room


def whole(room: Mailroom, number: int) -> None:
    fetch_whole(room.session, FetchWhole(number))


@pytest.mark.parametrize("running_server", ["dovecot"], indirect=True)
def test_a_cut_in_the_middle_of_the_whole_leaves_the_place_holder(large_room: Mailroom, server: SyncServer) -> None:
    room = large_room
    server.append(film(), "INBOX")
    room.look()
    number = room.by_subject()["Film"]
    before = messages.raw(room.store.database, number)
    with Proxy(server.account.imap.port, Fault(cut_to_client_after=600_000)) as proxy:
        cut = replace(room.account, imap=replace(room.account.imap, port=proxy.port))
        room.session.settings = replace(room.session.settings, accounts=(cut,))
        with pytest.raises(ConnectionLost):
            whole(room, number)
        assert proxy.cuts.is_set()
    assert messages.raw(room.store.database, number) == before
    assert place_holders.held_back(room.store.database, number) == HeldBack(len(film()), ("Grün.mp4",))
    room.session.settings = replace(room.session.settings, accounts=(room.account,))
    whole(room, number)
    assert messages.raw(room.store.database, number) == film()


def test_every_server_gives_text_and_names_first_and_the_whole_later(large_room: Mailroom, server: SyncServer) -> None:
    room = large_room
    for raw in (film(), film("Html", text=b"Only <b>this</b>.").replace(b"text/plain", b"text/html")):
        server.append(raw, "INBOX")
    room.look()
    for subject, words in (("Film", b"Look at this."), ("Html", b"Only <b>this</b>.")):
        number = room.by_subject()[subject]
        raw = messages.raw(room.store.database, number) or b""
        assert words in raw and len(raw) < 2_000
        held = place_holders.held_back(room.store.database, number)
        assert held is not None and held.files == ("Grün.mp4",)
        whole(room, number)
        assert (messages.raw(room.store.database, number) or b"").count(FILM) == LINES
    assert room.look().new_messages == 0


def film_beside(room: Mailroom, server: SyncServer, folder: str) -> int:
    """The number of a message that is held back in the inbox, beside an empty folder."""
    with server.imap(None) as other:
        other.create(folder)
    server.append(film(), "INBOX")
    room.look()
    return room.by_subject()["Film"]


@pytest.mark.parametrize("running_server", ["dovecot"], indirect=True)
@pytest.mark.parametrize("fetched", [False, True], ids=["place holder", "whole"])
def test_a_change_that_waits_survives_a_renumbering_in_either_form(
    large_room: Mailroom, server: SyncServer, fetched: bool
) -> None:
    """RFC 9051 section 2.3.1.1: known again by its bytes, whatever the setting is by then."""
    room = large_room
    with server.imap(None) as other:
        other.create("Home")
    server.append(film(), "Home")
    room.look()
    number = room.by_subject("Home")["Film"]
    if fetched:
        whole(room, number)
    else:
        room.session.settings = replace(room.session.settings, large_messages_mb=0)
    changes.change_flags(room.store.database, [number], add=int(Flag.FLAGGED))
    make_anew(server, "Home")
    server.append(film(), "Home")
    for _ in range(2):
        room.look()
    assert room.by_subject("Home") == {"Film": number}
    assert (place_holders.held_back(room.store.database, number) is None) == fetched
    ((raw, flags),) = server.messages("Home").values()
    assert (raw, flags) == (film(), {b"\\Flagged"})


@pytest.mark.parametrize("running_server", ["dovecot"], indirect=True)
def test_a_copy_that_was_cut_off_is_known_again_by_its_place_holder(large_room: Mailroom, server: SyncServer) -> None:
    """Without MOVE: what was copied already is not copied twice."""
    room = large_room
    number = film_beside(room, server, "Target")
    changes.move(room.store.database, [number], room.folder("Target").id)
    changes.copying(room.store.database, changes.waiting(room.store.database, room.account.id))
    server.append(film(), "Target")
    room.hang_up()
    room.connect()
    assert room.imap is not None
    client = room.imap._client
    client._cached_capabilities = tuple(one for one in client.capabilities() if one != b"MOVE")
    for _ in range(2):
        room.look()
    assert len(server.messages("Target")) == 1 and not server.messages("INBOX")
    assert room.by_subject("Target") == {"Film": number}
    whole(room, number)
    assert messages.raw(room.store.database, number) == film()


def test_a_message_with_the_bytes_of_a_place_holder_is_not_taken_for_it(
    large_room: Mailroom, server: SyncServer
) -> None:
    room = large_room
    number = film_beside(room, server, "Target")
    pretender = messages.raw(room.store.database, number)
    assert pretender is not None
    room.store.database.run(
        "UPDATE message SET home = ?1, folder = ?1, uid = NULL WHERE id = ?2", (room.folder("Target").id, number)
    )
    server.append(pretender, "Target")
    room.look()
    found = room.by_subject("Target")
    assert number not in found.values()
    assert place_holders.held_back(room.store.database, found["Film"]) is None
