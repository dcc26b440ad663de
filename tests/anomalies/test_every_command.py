"""Every IMAP command of a synchronisation fails before, during and after its answer, is refused, and stalls. Whatever
failed: the next looks bring store and server to agree, no mail is lost, and none is there twice."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.anomalies.command_proxy import CommandProxy, Moment
from tests.mailroom import Mailroom, mailroom
from tests.servers import MailServers
from tests.sync_servers import SyncServer, running
from tui_mail.model.message import Flag
from tui_mail.net.fetched import flag_names
from tui_mail.store import changes, homeless

FOLDERS = ("INBOX", "Archive")
SUBJECTS = ("keep", "flag", "move", "delete", "new 1", "new 2")
DIALOGUE = (
    "AUTHENTICATE", "ENABLE", "SELECT", "UID STORE", "UID MOVE", "UID STORE", "UID EXPUNGE", "LIST",
    "UID FETCH", "UID FETCH", "SELECT",
)  # fmt: skip
WITHOUT_MOVE = (*DIALOGUE[:4], "UID COPY", "UID STORE", "UID EXPUNGE", *DIALOGUE[5:])
"""What a look with three local and two new messages says, as the first test holds it to be true."""


def letter(subject: str) -> bytes:
    return f"From: b@x.test\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x.test>\r\n\r\nText.\r\n".encode()


@pytest.fixture(scope="module")
def dovecot(_servers: MailServers) -> Iterator[SyncServer]:
    _servers.start()
    with running("dovecot", _servers) as server:
        yield server


def scene(server: SyncServer, room: Mailroom) -> None:
    """A synchronised mailbox, three local changes that wait, two new mails."""
    server.empty()
    for subject in SUBJECTS[:4]:
        server.append(letter(subject))
    room.look()
    db, numbers = room.store.database, room.by_subject()
    changes.change_flags(db, [numbers["flag"]], add=int(Flag.FLAGGED))
    changes.move(db, [numbers["move"]], room.folder("Archive").id)
    changes.delete(db, [numbers["delete"]])
    for subject in SUBJECTS[4:]:
        server.append(letter(subject))
    room.hang_up()


def through(room: Mailroom, proxy: CommandProxy) -> None:
    server = msgspec.structs.replace(room.account.imap, port=proxy.port)
    room.account = msgspec.structs.replace(room.account, imap=server)
    room._timeout = 0.6


DIALOGUES = {b"": DIALOGUE, b"MOVE": WITHOUT_MOVE}


@pytest.mark.parametrize("hidden", DIALOGUES)
def test_the_dialogue_is_the_one_that_is_spoiled_below(dovecot: SyncServer, tmp_path: Path, hidden: bytes) -> None:
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        CommandProxy(dovecot.account.imap.port, hidden=hidden) as proxy,
    ):
        scene(dovecot, room)
        through(room, proxy)
        room.look()
        said = [command for command in proxy.commands if command not in ("CAPABILITY", "IDLE")]
        assert tuple(said) == DIALOGUES[hidden]


@pytest.mark.parametrize("moment", list(Moment), ids=lambda moment: moment.name.lower())
@pytest.mark.parametrize("number", range(len(DIALOGUE) + 1))
def test_whatever_fails_nothing_is_lost_and_nothing_is_double(
    dovecot: SyncServer, tmp_path: Path, number: int, moment: Moment
) -> None:
    spoiled(dovecot, tmp_path, number, moment, b"")


@pytest.mark.parametrize("moment", list(Moment), ids=lambda moment: moment.name.lower())
@pytest.mark.parametrize("number", [WITHOUT_MOVE.index("UID COPY") + step for step in range(-1, 4)])
def test_a_move_in_steps_that_is_cut_anywhere_is_no_second_copy(
    dovecot: SyncServer, tmp_path: Path, number: int, moment: Moment
) -> None:
    """Without MOVE (RFC 6851): COPY, then the mark, then the expunge."""
    spoiled(dovecot, tmp_path, number, moment, b"MOVE")


def spoiled(dovecot: SyncServer, tmp_path: Path, number: int, moment: Moment, hidden: bytes) -> None:
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        CommandProxy(dovecot.account.imap.port, number, moment, hidden=hidden) as proxy,
    ):
        scene(dovecot, room)
        through(room, proxy)
        room.look_again_and_again(4)
        assert proxy.spoiled
        there = {name: dovecot.messages(name) for name in FOLDERS}
        for name in FOLDERS:
            here = {
                uid: (raw, frozenset(flag.encode() for flag in flag_names(flags)))
                for uid, (raw, flags) in room.content(name).items()
            }
            assert here == there[name], (proxy.spoiled, moment)
            assert not homeless.numbers(room.store.database, room.folder(name).id)
        everything = Counter(raw for folder in there.values() for raw, _ in folder.values())
        assert everything == Counter(letter(subject) for subject in SUBJECTS if subject != "delete")
        assert changes.waiting_count(room.store.database, room.account.id) == 0
        assert set(room.by_subject("Archive")) == {"move"}
