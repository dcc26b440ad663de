"""ImapSession against a real Dovecot."""

import random
import threading
import time
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers
from tui_mail.mime.tree import parse
from tui_mail.model.account import Security
from tui_mail.model.errors import MalformedInput, ServerRefused
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag
from tui_mail.net.imap import ImapSession
from tui_mail.net.wake import WakeEvent

ANNA = "anna@clinic.test"


def _mail(subject: str, body: bytes = b"Hello.\r\n") -> bytes:
    return b"From: x@elsewhere.test\r\nSubject: %s\r\nMessage-ID: <%s@test>\r\n\r\n%s" % (
        subject.encode(),
        subject.encode(),
        body,
    )


@pytest.fixture
def session(imap_servers: MailServers) -> Iterator[ImapSession]:
    imap_servers.empty(ANNA)
    session = ImapSession.connect(imap_servers.imap_server(ANNA), imap_servers.users[ANNA])
    yield session
    session.close()


@pytest.mark.parametrize("security", list(Security))
@pytest.mark.parametrize("user", [ANNA, "dora@office.test"])
def test_every_kind_of_protection_and_password_logs_in(
    imap_servers: MailServers, security: Security, user: str
) -> None:
    session = ImapSession.connect(imap_servers.imap_server(user, security), imap_servers.users[user])
    assert session.select("INBOX").uidvalidity > 0
    session.close()
    session.close()  # a second time does no harm


def test_folders_have_names_and_roles(session: ImapSession) -> None:
    roles = {folder.name: folder.role for folder in session.folders()}
    assert roles == {
        "INBOX": FolderRole.INBOX,
        "Drafts": FolderRole.DRAFTS,
        "Sent": FolderRole.SENT,
        "Junk": FolderRole.JUNK,
        "Trash": FolderRole.TRASH,
        "Archive": FolderRole.ARCHIVE,
    }


@pytest.mark.parametrize(
    "name", ["Überweisungen & Co", 'say "hi"', "back\\slash", "007", "a.b", "日本語/😀", "(x) {3}", "100%*", "'", "NIL"]
)
def test_folders_with_odd_names_are_made_listed_opened_and_filled(session: ImapSession, name: str) -> None:
    session.create_folder(name)
    assert name in {folder.name for folder in session.folders()}
    session.append(name, _mail("odd"))
    assert session.status(name).exists == 1
    assert session.select(name).exists == 1
    assert len(list(session.fetch_raw(session.uids()))) == 1


def test_a_folder_name_cannot_smuggle_a_command(session: ImapSession) -> None:
    # Line ends are encoded in modified UTF-7, and a raw name that holds them is refused.
    with pytest.raises(ServerRefused):
        session.select('x"\r\na DELETE Sent\r\n')
    session._raw_names["evil"] = b'x"\r\na DELETE "Sent'
    with pytest.raises(MalformedInput):
        session.select("evil")
    assert "Sent" in {folder.name for folder in session.folders()}


def test_messages_arrive_byte_for_byte(session: ImapSession) -> None:
    dice = random.Random(5)
    originals = [
        _mail("empty body", b""),
        b"Subject: no body",
        _mail("8 bit", bytes(dice.choices([*range(1, 10), *range(14, 256)], k=500)) + b"\r\n"),
        _mail("looks like IMAP", b"* 1 FETCH (UID 9 BODY[] {3}\r\nabc)\r\nA1 OK done\r\n" * 40),
        _mail("long line", b"x" * 100_000 + b"\r\n"),
        *(_mail(f"number {i}") for i in range(230)),
    ]
    for raw in originals:
        session.append("INBOX", raw, Flag.NONE)
    status = session.select("INBOX")
    assert status.exists == len(originals)
    uids = session.uids()
    fetched = list(session.fetch_raw(uids))
    assert [message.uid for message in fetched] == uids
    assert [message.raw for message in fetched] == originals
    assert all(message.flags == Flag.NONE and message.internal_date is not None for message in fetched)


def test_uids_that_are_gone_are_left_out(session: ImapSession) -> None:
    session.append("INBOX", _mail("one"))
    session.select("INBOX")
    assert [message.uid for message in session.fetch_raw([5_000, *session.uids(), 6_000])] == session.uids()
    assert list(session.fetch_raw([])) == []
    assert session.uids_and_flags("9000:9999") == {}


def test_a_big_message_comes_and_goes_whole(imap_servers: MailServers, session: ImapSession) -> None:
    body = (random.Random(1).randbytes(38).hex().encode() + b"\r\n") * (10_000_000 // 78)
    raw = _mail("big", body)
    session.append("INBOX", raw)
    session.select("INBOX")
    (message,) = session.fetch_raw(session.uids())
    assert message.raw == raw
    assert imap_servers.mailbox(ANNA) == [raw]


def test_a_message_above_the_limit_stays_on_the_server_and_is_named(session: ImapSession) -> None:
    for raw in (_mail("small"), _mail("large", b"x" * 5_000), _mail("small again")):
        session.append("INBOX", raw)
    session.select("INBOX")
    session.max_message_bytes = 2_000
    messages = list(session.fetch_raw(session.uids()))
    assert [b"x" * 5_000 in message.raw for message in messages] == [False] * 3
    assert list(session.too_large.values()) == [len(_mail("large", b"x" * 5_000))]
    place_holder = parse(messages[-1].raw)
    assert (place_holder.get("subject"), place_holder.type) == (b"large", "text/plain")
    assert b"stays on the server" in place_holder.body
    assert messages[-1].uid in session.too_large
    assert len(session.uids()) == 3  # the conversation goes on


def test_flags_go_both_ways(imap_servers: MailServers, session: ImapSession) -> None:
    for number in range(3):
        session.append("INBOX", _mail(str(number)), Flag.NONE)
    before = session.select("INBOX")
    uids = session.uids()
    session.store_flags(uids[:2], add=Flag.SEEN | Flag.FORWARDED)
    session.store_flags(uids[:1], add=Flag.FLAGGED, remove=Flag.SEEN)
    with imap_servers.imap(ANNA) as other:
        _, answer = other.uid("FETCH", "1:*", "(FLAGS)")
        flags = [line.decode().split("FLAGS ")[1] for line in answer if isinstance(line, bytes)]
        assert "\\Flagged" in flags[0] and "\\Seen" not in flags[0] and "$Forwarded" in flags[0]
        assert "\\Seen" in flags[1] and "$Forwarded" in flags[1]
        other.uid("STORE", str(uids[2]), "+FLAGS", "(\\Answered SomethingElse)")
    assert session.uids_and_flags() == {
        uids[0]: Flag.FLAGGED | Flag.FORWARDED,
        uids[1]: Flag.SEEN | Flag.FORWARDED,
        uids[2]: Flag.ANSWERED,
    }
    assert before.highestmodseq is not None
    session.select("INBOX")
    assert set(session.uids_and_flags(changed_since=before.highestmodseq)) == set(uids)
    now = session.status("INBOX").highestmodseq
    assert now is not None and now > before.highestmodseq
    assert session.uids_and_flags(changed_since=now) == {}


def test_messages_move_and_the_new_uids_are_told_rfc_4315(imap_servers: MailServers, session: ImapSession) -> None:
    for number in range(4):
        session.append("INBOX", _mail(str(number)))
    session.select("INBOX")
    uids = session.uids()
    moved = session.move(uids[:2], "Archive")
    assert list(moved) == uids[:2]
    assert session.uids() == uids[2:]
    session.select("Archive")
    assert session.uids() == sorted(moved.values())
    assert len(imap_servers.mailbox(ANNA, "Archive")) == 2


def _hide(session: ImapSession, monkeypatch: pytest.MonkeyPatch, *capabilities: str) -> None:
    # Dovecot cannot be told to offer less to one test: the client is told not to see it.
    offered = session._client.has_capability
    monkeypatch.setattr(session._client, "has_capability", lambda name: name not in capabilities and offered(name))


def test_without_move_messages_are_copied_then_removed(session: ImapSession, monkeypatch: pytest.MonkeyPatch) -> None:
    _hide(session, monkeypatch, "MOVE")
    for number in range(2):
        session.append("INBOX", _mail(str(number)))
    session.select("INBOX")
    uids = session.uids()
    assert list(session.move(uids[:1], "Archive")) == uids[:1]
    assert session.uids() == uids[1:]
    assert session.status("Archive").exists == 1


def test_without_uidplus_what_others_marked_as_deleted_is_not_expunged(
    session: ImapSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hide(session, monkeypatch, "MOVE", "UIDPLUS", "ESEARCH")
    for number in range(3):
        session.append("INBOX", _mail(str(number)))
    session.select("INBOX")
    first, second, third = session.uids()
    session.store_flags([first], add=Flag.DELETED)
    session.expunge([second])
    assert session.uids_and_flags()[first] & Flag.DELETED
    assert session.uids_and_flags()[second] & Flag.DELETED
    session.store_flags([first], remove=Flag.DELETED)
    session.expunge([second])
    assert session.uids() == [first, third]


def test_expunge_removes_these_and_no_others(session: ImapSession) -> None:
    for number in range(3):
        session.append("INBOX", _mail(str(number)))
    session.select("INBOX")
    first, second, third = session.uids()
    session.store_flags([first], add=Flag.DELETED)
    session.expunge([second])
    assert session.uids() == [first, third]


def test_sent_mail_is_filed_and_found_again_by_its_message_id(imap_servers: MailServers, session: ImapSession) -> None:
    raw = _mail("filed")
    uid = session.append("Sent", raw, Flag.SEEN)
    session.select("Sent")
    assert session.find_message_id("<filed@test>") == [uid]
    assert session.find_message_id("<never@test>") == []
    assert session.find_message_id('<x"\r\nA LOGOUT>') == []
    assert imap_servers.mailbox(ANNA, "Sent") == [raw]
    assert session.uids_and_flags() == {uid: Flag.SEEN}


def test_a_folder_that_is_not_there_is_a_sentence(session: ImapSession) -> None:
    with pytest.raises(ServerRefused, match="refused to open the folder Nowhere") as caught:
        session.select("Nowhere")
    assert "Mailbox doesn't exist" in caught.value.answer
    session.select("INBOX")  # the conversation goes on


def test_idle_hears_of_new_mail(imap_servers: MailServers, session: ImapSession) -> None:
    session.select("INBOX")
    heard: list[bool] = []
    thread = threading.Thread(target=lambda: heard.append(session.idle(PATIENCE_SECONDS, WakeEvent())))
    thread.start()
    time.sleep(0.1)  # let it begin; if it has not, it only gets easier
    imap_servers.deliver(ANNA, _mail("wake up"))
    thread.join(PATIENCE_SECONDS)
    assert heard == [True]  # False would be the end of its time
    assert len(list(session.fetch_raw(session.uids()))) == 1


def test_idle_hears_of_flags_and_of_what_was_there_before_it_began(
    imap_servers: MailServers, session: ImapSession
) -> None:
    session.append("INBOX", _mail("one"), Flag.NONE)
    session.select("INBOX")
    with imap_servers.imap(ANNA) as other:
        other.store("1", "+FLAGS", "\\Flagged")
    assert session.idle(PATIENCE_SECONDS, WakeEvent())
    assert session.uids_and_flags() == {session.uids()[0]: Flag.FLAGGED}


@pytest.mark.parametrize("event", [WakeEvent, threading.Event])
def test_idle_ends_when_it_is_told_to(session: ImapSession, event: type[threading.Event]) -> None:
    session.select("INBOX")
    stop = event()
    threading.Timer(0.05, stop.set).start()
    begin = time.monotonic()
    assert not session.idle(PATIENCE_SECONDS, stop)
    assert time.monotonic() - begin < PATIENCE_SECONDS / 2
    assert session.uids() == []  # the conversation goes on


def test_idle_is_renewed_and_goes_on(
    imap_servers: MailServers, session: ImapSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.net.waiting.IDLE_RENEWAL_SECONDS", 0.02)
    session.select("INBOX")
    assert not session.idle(0.1, WakeEvent())
    assert session.uids() == []


def test_without_idle_the_server_is_asked_now_and_then(
    imap_servers: MailServers, session: ImapSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hide(session, monkeypatch, "IDLE")
    monkeypatch.setattr("tui_mail.net.waiting.CHECK_SECONDS", 0.05)
    session.select("INBOX")
    threading.Timer(0.1, imap_servers.deliver, (ANNA, _mail("late"))).start()
    assert session.idle(PATIENCE_SECONDS, WakeEvent())


def test_a_wake_event_can_be_used_again() -> None:
    event = WakeEvent()
    event.set()
    event.set()
    event.clear()
    assert not event.is_set()
