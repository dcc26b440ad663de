"""Answers told twice and in another order, a line of one kilobyte a second, and content and numbers at their limits."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.anomalies.command_proxy import CommandProxy
from tests.anomalies.tiny_server import HIGHEST, TinyServer
from tests.mailroom import Mailroom, mailroom
from tests.proxy import Fault, Proxy
from tests.servers import MailServers
from tests.sync_servers import SyncServer, running
from tui_mail.engine.jobs.sync_folder import FIRST_BATCH_MESSAGES
from tui_mail.engine.messages import Progress
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.errors import ConnectionLost
from tui_mail.model.message import Flag
from tui_mail.net.fetched import flag_names


def letter(subject: str, size: int = 0) -> bytes:
    text = f"From: b@x.test\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x.test>\r\n\r\nText.\r\n"
    return text.encode() + b"A line of fill.\r\n" * (size // 17)


@pytest.fixture(scope="module")
def dovecot(_servers: MailServers) -> Iterator[SyncServer]:
    _servers.start()
    with running("dovecot", _servers) as server:
        yield server


def through(room: Mailroom, port: int) -> None:
    room.account = msgspec.structs.replace(room.account, imap=msgspec.structs.replace(room.account.imap, port=port))


def agree(room: Mailroom, server: SyncServer) -> bool:
    there = server.messages("INBOX")
    here = {
        uid: (raw, frozenset(flag.encode() for flag in flag_names(flags)))
        for uid, (raw, flags) in room.content().items()
    }
    return here == there


def shuffled(answers: list[bytes]) -> list[bytes]:
    order = random.Random(len(answers))
    return order.sample(answers, len(answers))


RETELL: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "twice": lambda answers: [one for answer in answers for one in (answer, answer)],
    "backwards": lambda answers: answers[::-1],
    "shuffled and twice": lambda answers: shuffled([*answers, *answers]),
}


@pytest.mark.parametrize("way", RETELL)
def test_untagged_answers_count_once_in_any_order(dovecot: SyncServer, tmp_path: Path, way: str) -> None:
    """RFC 9051 section 7: a client must be ready for any untagged answer at any time."""
    dovecot.empty()
    for number in range(12):
        dovecot.append(letter(f"mail {number}"))
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        CommandProxy(dovecot.account.imap.port, retell=RETELL[way]) as proxy,
    ):
        through(room, proxy.port)
        room.look()
        assert agree(room, dovecot)
        assert len(room.rows()) == 12
        for number in range(3):
            dovecot.append(letter(f"late {number}"))
        room.hang_up()
        room.look()
        assert agree(room, dovecot)
        assert len(room.rows()) == 15
        assert room.folder().unread == 15


def test_a_line_of_one_kilobyte_a_second_is_slow_and_nothing_else(dovecot: SyncServer, tmp_path: Path) -> None:
    """The limit of time is for silence: what takes longer than it and keeps coming is waited for."""
    dovecot.empty()
    dovecot.append(letter("slow", 600))
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password, timeout=1.0) as room,
        Proxy(dovecot.account.imap.port, Fault(bytes_per_second=1000)) as proxy,
    ):
        through(room, proxy.port)
        begin = time.monotonic()
        room.look()
        assert time.monotonic() - begin > 2 * 1.0
        assert agree(room, dovecot)
        assert room.imap is not None


CONTENT = {
    1: b"",
    7: b"\r\n",
    (1 << 31) - 1: letter("below"),
    1 << 31: b"From: b@x.test\r\nSubject: nul \0 here\r\n\r\nText \0.\r\n",
    3_000_000_000: b"From: M\xfcller <b@x.test>\r\nSubject: Gr\xfc\xdfe\r\nX-Bytes: \x80\xff\r\n\r\n\xff\xfe\r\n",
    HIGHEST - 1: "From: b@x.test\r\nSubject: Grüße\r\n\r\nText\r\n".encode(),
}


def test_content_and_numbers_at_their_limits_are_kept_to_the_byte(tmp_path: Path) -> None:
    """Empty literals, NUL and eight-bit octets in headers, UIDs and UIDVALIDITY above 2**31 (RFC 9051 section 9)."""
    with TinyServer(dict(CONTENT)) as server:
        imap = Server("localhost", server.port, Security.NONE, "anna")
        account = Account("anna", "anna@clinic.test", "Anna", imap, imap)
        with mailroom(tmp_path, account, "any") as room:
            room.look()
            assert room.content() == {uid: (raw, 0) for uid, raw in CONTENT.items()}
            subjects = {row.subject for row in room.rows()}
            assert {"below", "Grüße"} <= subjects and any("nul" in subject for subject in subjects)
            server.flags = {1: b"\\Seen", HIGHEST - 1: b"\\Flagged"}
            del server.messages[3_000_000_000]
            counts = room.look()
            assert (counts.flag_changes, counts.expunged) == (2, 1)
            flags = {uid: flags for uid, (_raw, flags) in room.content().items()}
            assert (flags[1], flags[HIGHEST - 1], flags[1 << 31]) == (Flag.SEEN, Flag.FLAGGED, 0)
            assert 3_000_000_000 not in flags


def test_no_bar_stands_still_when_the_line_is_cut(dovecot: SyncServer, tmp_path: Path) -> None:
    dovecot.empty()
    for number in range(2 * FIRST_BATCH_MESSAGES):
        dovecot.append(letter(f"mail {number}", 2_000))
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        Proxy(dovecot.account.imap.port, Fault(cut_to_client_after=FIRST_BATCH_MESSAGES * 3_000)) as proxy,
    ):
        through(room, proxy.port)
        with pytest.raises(ConnectionLost):
            room.look()
        told = [event for event in room.events if isinstance(event, Progress)]
        last = {event.task: event for event in told}
        assert set(last) == {f"sync:{room.account.id}", f"folders:{room.account.id}"}
        assert all(event.done == event.total for event in last.values())
        assert any(event.done < event.total for event in told if event.task.startswith("sync:"))
