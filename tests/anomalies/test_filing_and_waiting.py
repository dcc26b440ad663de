"""Every IMAP command of filing what was sent, of asking how full the mailbox is, and of waiting for news fails before,
during and after its answer, is refused, and stalls. Whatever failed: what was sent lies in Sent once."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from tests.anomalies.command_proxy import CommandProxy, Moment
from tests.mailroom import Mailroom, mailroom
from tests.servers import MailServers
from tests.sync_scenes import agree
from tests.sync_servers import SyncServer, running
from tui_mail.model.address import Address
from tui_mail.model.errors import NetworkProblem, ServerRefused
from tui_mail.model.message import Draft, OutboxState
from tui_mail.net.wake import WakeEvent
from tui_mail.store import outbox

DIALOGUE = (
    "AUTHENTICATE", "ENABLE", "LIST", "SELECT", "UID SEARCH", "APPEND", "SELECT", "UID FETCH", "GETQUOTAROOT",
    "NOTIFY", "IDLE",
)  # fmt: skip
"""What is said, as the first test holds it to be true."""
SENT = b"From: anna@clinic.test\r\nSubject: Sent\r\nMessage-ID: <sent@x>\r\n\r\nText.\r\n"


@pytest.fixture(scope="module")
def dovecot(_servers: MailServers) -> Iterator[SyncServer]:
    _servers.start()
    with running("dovecot", _servers) as server:
        yield server


def scene(server: SyncServer, room: Mailroom) -> int:
    """A synchronised mailbox, and a message that has left and is to be filed; its number in the outbox."""
    server.empty()
    room.look()
    room.hang_up()
    db = room.store.database
    draft = Draft(room.account.id, (Address("clara@office.test"),), subject="Sent")
    number = outbox.queue_draft(db, draft, (), message_id="<sent@x>", created=5)
    outbox.save_copies(db, number, (outbox.Copy(("clara@office.test",), SENT), outbox.Copy((), SENT)))
    outbox.set_copy_state(db, number, 0, OutboxState.SENT)
    outbox.set_state(db, number, OutboxState.SENT)
    return number


def visit(room: Mailroom, port: int) -> None:
    """What the receiver does in one round. A refusal ends none of it but itself."""
    server = msgspec.structs.replace(room.account.imap, port=port)
    room.account = msgspec.structs.replace(room.account, imap=server)
    room._timeout = 0.6
    try:
        room.look()
        assert room.imap is not None
        room.receiver._look_at_quota(room.imap)
        room.imap.watch_all_folders()
        with suppress(ServerRefused):
            room.imap.idle(0.05, WakeEvent())
    except BaseException:
        room.hang_up()
        raise


def test_the_dialogue_is_the_one_that_is_spoiled_below(dovecot: SyncServer, tmp_path: Path) -> None:
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        CommandProxy(dovecot.account.imap.port) as proxy,
    ):
        scene(dovecot, room)
        visit(room, proxy.port)
        assert tuple(command for command in proxy.commands if command != "CAPABILITY") == DIALOGUE


@pytest.mark.parametrize("moment", list(Moment), ids=lambda moment: moment.name.lower())
@pytest.mark.parametrize("number", range(len(DIALOGUE) + 1))
def test_what_was_sent_is_filed_once_whatever_fails(
    dovecot: SyncServer, tmp_path: Path, number: int, moment: Moment
) -> None:
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        CommandProxy(dovecot.account.imap.port, number, moment) as proxy,
    ):
        entry = scene(dovecot, room)
        for _ in range(3):
            with suppress(NetworkProblem):
                visit(room, proxy.port)
        assert proxy.spoiled
        filed = outbox.entry(room.store.database, entry)
        assert filed is not None and filed.state is OutboxState.FILED, (proxy.spoiled, moment)
        assert [raw for raw, _flags in dovecot.messages("Sent").values()] == [SENT], (proxy.spoiled, moment)
        room.receiver._left.clear()  # as every new connection does: what was refused is asked for once more
        room.hang_up()
        room.look()
        agree(room, dovecot, "INBOX", "Sent")
