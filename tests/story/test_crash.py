"""`kill -9` of the engine at the worst moments: the next start goes on, nothing is lost and nothing is sent twice.

The engine is a process of its own and the servers are real; a proxy between them holds the moment still, so that the
kill always comes in the middle.
"""

import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.engine.people import PASSPHRASE, Person, creation, profile
from tests.patience import PATIENCE_SECONDS
from tests.proxy import Fault, Proxy
from tests.servers import MailServers
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.door import lock_is_held
from tui_mail.engine.messages import (
    ChangeFlags,
    CreateProfile,
    DecideOutbox,
    Done,
    ListOutbox,
    Outbox,
    Queued,
    RawSource,
    Reply,
    SendMessage,
    Source,
    StoreChanged,
    Unlock,
    Welcome,
)
from tui_mail.model.account import Security
from tui_mail.model.address import Address
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, Flag, OutboxEntry, OutboxState, Protection
from tui_mail.model.paths import ProfilePaths

ANNA, BERT = "anna@clinic.test", "bert@clinic.test"
MARK = "the last words of this letter"
MESSAGES = 400


class Crash:
    """Anna's engine between two proxies, and Bert who counts what he gets."""

    def __init__(self, servers: MailServers, paths: ProfilePaths, imap: Proxy, smtp: Proxy) -> None:
        self.servers = servers
        self.paths = paths
        self.imap = imap
        self.smtp = smtp

    def creation(self) -> CreateProfile:
        """Anna's account. Both servers are reached in clear on this machine, so that the proxies can read along."""
        made = creation(self.servers, ANNA)
        account = msgspec.structs.replace(
            made.account,
            imap=msgspec.structs.replace(made.account.imap, port=self.imap.port, security=Security.NONE),
            smtp=msgspec.structs.replace(made.account.smtp, port=self.smtp.port, security=Security.NONE),
        )
        return msgspec.structs.replace(made, account=account)

    @asynccontextmanager
    async def anna(self, first: bool = False) -> AsyncIterator[Person]:
        """Anna at her engine, which is started when it is not there."""
        client = await connect(self.paths)
        try:
            person = Person(client)
            if first:
                await client.ask(self.creation(), Welcome)
            elif client.welcome.state != "open":
                await client.ask(Unlock(PASSPHRASE), Welcome)
            yield person
        finally:
            await client.close()

    def kill(self) -> None:
        """`kill -9`, and wait until the process is gone."""
        os.kill(int(self.paths.lock.read_text()), signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while lock_is_held(self.paths):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def fill_inbox(self) -> list[bytes]:
        """Many messages for Anna; what the server holds afterwards."""
        with self.servers.imap(ANNA) as other:
            for number in range(MESSAGES):
                raw = b"From: x@elsewhere.test\r\nSubject: letter %d\r\nMessage-ID: <%d@test>\r\n\r\n" % (
                    number,
                    number,
                )
                other.append("INBOX", None, None, raw + b"0123456789 0123456789\r\n" * 200)
        return self.servers.mailbox(ANNA)


@pytest.fixture
def crash(mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crash]:
    mail_servers.empty(ANNA, BERT)
    imap = Proxy(mail_servers.dovecot.imap_port)
    smtp = Proxy(mail_servers.smtp.plain_port)
    crash = Crash(mail_servers, profile(tmp_path, "anna", monkeypatch), imap, smtp)
    yield crash
    if lock_is_held(crash.paths):
        crash.kill()
    imap.close()
    smtp.close()


def _letter(subject: str) -> SendMessage:
    protection = Protection(sign=True)
    return SendMessage(
        Draft(account="anna", to=(Address(BERT),), subject=subject, body=f"Dear Bert,\n{MARK}\n", protection=protection)
    )


async def _outbox(person: Person) -> tuple[OutboxEntry, ...]:
    return (await person.client.ask(ListOutbox(), Outbox)).entries


async def _until_state(person: Person, state: OutboxState) -> OutboxEntry:
    entries: tuple[OutboxEntry, ...] = ()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(entry.state is state for entry in entries):
        assert time.monotonic() < deadline, entries
        entries = await _outbox(person)
    return next(entry for entry in entries if entry.state is state)


def _subjects(messages: list[bytes]) -> list[str]:
    lines = [line for raw in messages for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")]
    return [line[9:].decode() for line in lines if line.lower().startswith(b"subject: ")]


@pytest.mark.parametrize("stall", [40_000, 1_000_000, 1_900_000])
async def test_killed_in_the_middle_of_the_first_sync_it_goes_on(crash: Crash, stall: int) -> None:
    on_server = crash.fill_inbox()
    crash.imap.fault = Fault(stall_to_client_after=stall)
    async with crash.anna(first=True) as anna:
        await anna.until(crash.imap.cuts.is_set)
    crash.kill()
    crash.imap.fault = Fault()
    async with crash.anna() as anna:
        before = len(anna.rows())
        assert before < MESSAGES
        synced = await anna.sync()
        assert synced.problems == ()
        assert len(anna.rows()) == MESSAGES
        stored = [(await anna.client.ask(RawSource(row.id), Source)).raw for row in anna.rows()]
        assert sorted(stored) == sorted(on_server)
        await anna.until(lambda: all(row.sig is not None for row in anna.rows()))
        await stop_engine(crash.paths)


async def test_killed_again_and_again_while_mail_comes_in_nothing_is_lost_or_doubled(crash: Crash) -> None:
    crash.fill_inbox()
    async with crash.anna(first=True) as anna:
        await anna.until(lambda: any(isinstance(event, StoreChanged) for event in anna.events))
    crash.kill()
    for number in range(3):
        for new in range(5):
            crash.servers.deliver(ANNA, b"Subject: while away %d.%d\r\n\r\nHello.\r\n" % (number, new))
        async with crash.anna() as anna:
            await anna.until(lambda: sum(isinstance(event, StoreChanged) for event in anna.events) > number)  # noqa: B023
        crash.kill()
    async with crash.anna() as anna:
        await anna.sync()
        subjects = [row.subject for row in anna.rows()]
        assert sorted(subjects) == sorted(_subjects(crash.servers.mailbox(ANNA)))
        assert len(subjects) == MESSAGES + 15
        await stop_engine(crash.paths)


async def test_a_flag_that_was_set_before_the_kill_reaches_the_server_after_it(crash: Crash) -> None:
    crash.servers.deliver(ANNA, b"Subject: flag me\r\n\r\nHello.\r\n")
    async with crash.anna(first=True) as anna:
        await anna.sync()
        crash.imap.fault = Fault(cut_to_client_after=0)
        crash.imap.cut_now()
        (row,) = anna.rows()
        await anna.client.ask(ChangeFlags((row.id,), add=int(Flag.FLAGGED)), Done)
    crash.kill()
    crash.imap.fault = Fault()
    async with crash.anna() as anna:
        assert anna.rows()[0].flags & Flag.FLAGGED
        await anna.sync()
        with crash.servers.imap(ANNA) as other:
            assert b"\\Flagged" in other.fetch("1", "(FLAGS)")[1][0]
        assert anna.rows()[0].flags & Flag.FLAGGED
        await stop_engine(crash.paths)


async def test_killed_before_the_server_took_it_it_is_asked_about_and_sent_once(crash: Crash) -> None:
    crash.smtp.fault = Fault(stall_at=b"MAIL FROM")
    async with crash.anna(first=True) as anna:
        await anna.sync()
        await anna.client.ask(_letter("once"), Queued)
        await anna.until(crash.smtp.cuts.is_set)
    crash.kill()
    crash.smtp.fault = Fault()
    async with crash.anna() as anna:
        entry = await _until_state(anna, OutboxState.UNKNOWN)
        assert "nobody knows" in entry.problem
        assert crash.servers.mailbox(BERT) == []
        await anna.client.ask(DecideOutbox(entry.id, "retry"), Reply)
        assert _subjects(crash.servers.wait_for_mail(BERT)) == ["once"]
        await _filed_once(crash, anna, "once")
        await stop_engine(crash.paths)
    assert _subjects(crash.servers.mailbox(BERT)) == ["once"]


async def test_killed_after_the_final_dot_it_is_not_sent_again(crash: Crash) -> None:
    crash.smtp.fault = Fault(stall_at=b" LAST\r\n")  # BDAT (RFC 3030): the last piece of the message
    async with crash.anna(first=True) as anna:
        await anna.sync()
        await anna.client.ask(_letter("taken"), Queued)
        await anna.until(crash.smtp.cuts.is_set)
    crash.kill()
    assert _subjects(crash.servers.wait_for_mail(BERT)) == ["taken"]
    crash.smtp.fault = Fault()
    connections = crash.smtp.connections
    async with crash.anna() as anna:
        entry = await _until_state(anna, OutboxState.UNKNOWN)
        await anna.sync()
        assert crash.smtp.connections == connections  # nothing was tried
        await anna.client.ask(DecideOutbox(entry.id, "was-sent"), Reply)
        await _filed_once(crash, anna, "taken")
        await stop_engine(crash.paths)
    assert _subjects(crash.servers.mailbox(BERT)) == ["taken"]


async def test_killed_between_sent_and_filed_it_is_filed_once_and_not_sent_again(crash: Crash) -> None:
    async with crash.anna(first=True) as anna:
        await anna.sync()
        crash.imap.fault = Fault(cut_to_client_after=0)
        crash.imap.cut_now()
        await anna.client.ask(_letter("sent"), Queued)
        await _until_state(anna, OutboxState.SENT)
    crash.kill()
    crash.imap.fault = Fault()
    async with crash.anna() as anna:
        await anna.sync()
        await _filed_once(crash, anna, "sent")
        await stop_engine(crash.paths)
    assert _subjects(crash.servers.wait_for_mail(BERT)) == ["sent"]


async def test_killed_while_filing_it_is_not_filed_twice(crash: Crash) -> None:
    # The server takes the copy for the Sent folder, and the engine dies before it hears so.
    crash.imap.fault = Fault(stall_at=MARK.encode())
    async with crash.anna(first=True) as anna:
        await anna.sync()
        await anna.client.ask(_letter("filed"), Queued)
        await anna.until(crash.imap.cuts.is_set)
    crash.kill()
    assert _subjects(crash.servers.mailbox(ANNA, "Sent")) == ["filed"]
    crash.imap.fault = Fault()
    async with crash.anna() as anna:
        await anna.sync()
        await _filed_once(crash, anna, "filed")
        await stop_engine(crash.paths)
    assert _subjects(crash.servers.mailbox(BERT)) == ["filed"]


async def test_killed_before_anything_left_the_message_is_sent_by_the_next_engine(crash: Crash) -> None:
    crash.smtp.fault = Fault(cut_to_client_after=0)
    async with crash.anna(first=True) as anna:
        await anna.sync()
        await anna.client.ask(_letter("later"), Queued)
        await anna.until(crash.smtp.cuts.is_set)
        await _until_state(anna, OutboxState.READY)
    crash.kill()
    crash.smtp.fault = Fault()
    async with crash.anna() as anna:
        assert _subjects(crash.servers.wait_for_mail(BERT)) == ["later"]
        await _filed_once(crash, anna, "later")
        await stop_engine(crash.paths)


async def _filed_once(crash: Crash, anna: Person, subject: str) -> None:
    await anna.sync()
    await anna.until(lambda: _subjects(crash.servers.mailbox(ANNA, "Sent")) == [subject])
    await anna.sync()
    await anna.until(lambda: [row.subject for row in anna.rows(FolderRole.SENT)] == [subject])
    assert all(entry.state is OutboxState.FILED for entry in await _outbox(anna))
