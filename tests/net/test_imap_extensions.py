"""QRESYNC, LIST-STATUS, COMPRESS and NOTIFY against a real Dovecot, and without them."""

import random
import threading
import time
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers
from tui_mail.model.errors import ConnectionLost, ServerRefused
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag
from tui_mail.net import imap as imap_module
from tui_mail.net.deflate import Deflate
from tui_mail.net.imap import ImapSession
from tui_mail.net.wire import Wire

ANNA = "anna@clinic.test"


def _mail(subject: str, body: bytes = b"Hello.\r\n") -> bytes:
    return b"From: x@elsewhere.test\r\nSubject: %s\r\n\r\n%s" % (subject.encode(), body)


def _session(servers: MailServers) -> ImapSession:
    return ImapSession.connect(servers.imap_server(ANNA), servers.users[ANNA])


@pytest.fixture
def session(imap_servers: MailServers) -> Iterator[ImapSession]:
    imap_servers.empty(ANNA)
    session = _session(imap_servers)
    yield session
    session.close()


def _without(session: ImapSession, *names: bytes) -> None:
    known = [name for name in session._client.capabilities() if name not in names]
    session._client._cached_capabilities = tuple(known)


def test_a_second_visit_is_told_what_came_changed_and_vanished(imap_servers: MailServers, session: ImapSession) -> None:
    """RFC 7162 section 3.2.5."""
    uids = [session.append("INBOX", _mail(str(number))) for number in range(6)]
    before = session.select("INBOX")
    assert before.changed is None
    with imap_servers.imap(ANNA) as other:
        other.uid("STORE", str(uids[0]), "+FLAGS", "(\\Flagged)")
        other.uid("STORE", f"{uids[2]},{uids[3]}", "+FLAGS", "(\\Deleted)")
        other.expunge()
        other.append("INBOX", None, None, _mail("new"))
    assert before.highestmodseq is not None
    after = session.select("INBOX", since=(before.uidvalidity, before.highestmodseq))
    assert after.changed is not None
    new = set(after.changed) - {uids[0]}
    assert after.changed[uids[0]] & Flag.FLAGGED
    assert len(new) == 1 and min(new) > max(uid for uid in uids if uid)
    gone = {uid for low, high in after.vanished for uid in range(low, high + 1)}
    assert {uids[2], uids[3]} <= gone and not gone & {uids[0], uids[1], uids[4], uids[5]}
    assert session.select("INBOX", since=(after.uidvalidity, after.highestmodseq or 0)).changed == {}


def test_another_uidvalidity_is_told_nothing_that_could_be_mistaken(session: ImapSession) -> None:
    session.append("INBOX", _mail("one"))
    status = session.select("INBOX")
    other = session.select("INBOX", since=(status.uidvalidity + 1, 1))
    assert (other.changed, other.vanished) == ({}, ())


def test_one_question_tells_the_state_of_every_folder(imap_servers: MailServers, session: ImapSession) -> None:
    session.append("Archive", _mail("one"))
    session.create_folder('odd "name" {3}')
    folders, states = session.folders_with_status()
    assert {folder.name for folder in folders} == set(states)
    assert states["Archive"] == session.status("Archive")
    assert states["Archive"].exists == 1 and states["Archive"].highestmodseq
    assert next(folder for folder in folders if folder.name == "Trash").role is FolderRole.TRASH
    _without(session, b"LIST-STATUS")
    assert session.folders_with_status() == (folders, states)


def test_a_folder_that_goes_between_list_and_status_only_lacks_its_state(session: ImapSession) -> None:
    session.create_folder("Gone")
    gone = next(folder for folder in session.folders() if folder.name == "Gone")
    session._client.delete_folder(gone.raw_name)
    answers = session._ask_status([gone, *session.folders()], b"MESSAGES")
    assert len(answers) == 6


def test_a_packed_connection_says_the_same(
    imap_servers: MailServers, session: ImapSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 4978."""
    text = b"".join(b"a line of text that is like the others\r\n" for _ in range(200))
    noise = random.Random(1).randbytes(400_000).hex().encode()
    for body in (text, b"", noise + b"\r\n", b"\0" * 3_000_000):
        session.append("INBOX", _mail("packed", body))
    session.select("INBOX")
    plain = [message.raw for message in session.fetch_raw(session.uids())]
    monkeypatch.setattr(imap_module, "is_loopback", lambda _sock: False)
    packed = _session(imap_servers)
    assert packed._client.wire._deflate is not None
    packed.select("INBOX")
    assert [message.raw for message in packed.fetch_raw(packed.uids())] == plain
    assert packed._client.wire.received_bytes < session._client.wire.received_bytes / 2
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(packed.idle(10, threading.Event())))
    waiting.start()
    session.append("INBOX", _mail("while idle"))
    waiting.join(PATIENCE_SECONDS)
    assert heard == [True]
    packed.close()


def test_bytes_that_cannot_be_unpacked_end_the_connection(imap_servers: MailServers, session: ImapSession) -> None:
    session._client.wire._deflate = Deflate()  # the server knows nothing of it
    with pytest.raises(ConnectionLost):
        session.select("INBOX")


def test_a_server_on_this_machine_is_not_packed(session: ImapSession) -> None:
    assert session._client.has_capability("COMPRESS=DEFLATE")
    assert session._client.wire._deflate is None


def test_news_in_another_folder_end_the_wait(imap_servers: MailServers, session: ImapSession) -> None:
    """RFC 5465."""
    session.select("INBOX")
    assert session.watch_all_folders()
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(session.idle(PATIENCE_SECONDS, threading.Event())))
    waiting.start()
    time.sleep(0.05)
    with imap_servers.imap(ANNA) as other:
        other.append("Archive", None, None, _mail("elsewhere"))
    waiting.join(PATIENCE_SECONDS)
    assert heard == [True]


def test_what_came_between_the_look_and_the_wait_is_not_missed(imap_servers: MailServers, session: ImapSession) -> None:
    session.append("INBOX", _mail("one"))
    session.select("INBOX")
    with imap_servers.imap(ANNA) as other:
        other.append("INBOX", None, None, _mail("two"))
    session.uids_and_flags()  # its answer carries the EXISTS that nobody asked for
    assert session.idle(PATIENCE_SECONDS, threading.Event())


def test_a_server_that_names_itself_in_the_greeting_is_not_asked(
    imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9051 section 7.1: from the greeting to the list of folders there are two round trips, the login and the
    list; ENABLE travels with the list."""
    sent: list[bytes] = []
    send = Wire.send
    monkeypatch.setattr(Wire, "send", lambda wire, data: (sent.append(bytes(data)), send(wire, data))[1])
    session = _session(imap_servers)
    before = len(sent)
    assert not any(b"CAPABILITY" in command for command in sent)
    assert sent[-1].endswith(b"ENABLE QRESYNC\r\n") and session._client.wire.has_waiting
    session.folders_with_status()
    assert len(sent) == before + 1 and session.has_qresync
    session.close()


def test_a_refused_enable_only_means_that_there_is_no_qresync(session: ImapSession) -> None:
    wire = session._client.wire
    session.has_qresync  # noqa: B018 it reads the answer that waits
    wire.read_later(wire.answers(b"ENABLE"), session._enabled)  # BAD: it names nothing
    assert session.select("INBOX", since=(1, 1)).changed is None
    assert not session.has_qresync


@pytest.mark.parametrize(("newest", "expected"), [((2, 3), 2), ((1, 3), 3), ((2, 9), 2), ((8, 9), 0)])
def test_a_new_folder_is_opened_with_its_newest_messages(
    session: ImapSession, newest: tuple[int, int], expected: int
) -> None:
    """Sequence numbers from STATUS may be out of date: then fewer messages come, and the session goes on."""
    for number in range(3):
        session.append("INBOX", _mail(str(number)))
    status, arriving = session.open_new("INBOX", newest)
    assert status.exists == 3
    found = {message.uid for message in arriving}
    assert len(found) <= expected and (newest[1] > 3 or len(found) == expected)
    assert len(session.uids()) == 3


def test_a_new_folder_that_cannot_be_opened_leaves_the_session_whole(session: ImapSession) -> None:
    with pytest.raises(ServerRefused):
        session.open_new("No such folder", (1, 3))
    assert session.selected == "" and session.select("INBOX").exists == 0
