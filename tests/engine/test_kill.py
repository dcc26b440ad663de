"""``kill -9`` in the middle of a synchronisation: the next engine goes on, nothing is lost or doubled."""

import os
import signal
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.engine.people import PASSPHRASE, Person, creation, profile
from tests.proxy import Fault, Proxy
from tests.servers import MailServers
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.messages import RawSource, Source, Unlock, Welcome
from tui_mail.store.database import open_database

ANNA = "anna@clinic.test"
COUNT = 300


async def test_a_killed_engine_goes_on_with_the_rest(
    imap_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap_servers.empty(ANNA)
    with imap_servers.imap(ANNA) as other:
        for number in range(COUNT):
            raw = f"From: bob@x.test\r\nSubject: {number}\r\n\r\n" + "line of text\r\n" * 400
            other.append("INBOX", None, None, raw.encode())
    paths = profile(tmp_path, "anna", monkeypatch)
    client = await connect(paths)
    person = Person(client)
    await client.ask(creation(imap_servers, ANNA), Welcome)
    await person.until(lambda: len(person.rows()) > 0)
    before = len(person.rows())
    os.kill(int(paths.lock.read_text()), signal.SIGKILL)
    await client.close()
    again = await connect(paths)
    try:
        assert again.welcome.state == "locked"
        second = Person(again)
        await again.ask(Unlock(PASSPHRASE), Welcome)
        await second.sync()
        rows = second.rows()
        assert before <= COUNT
        assert sorted(int(row.subject) for row in rows) == list(range(COUNT))
        assert all(row.sig == "" for row in rows)
    finally:
        await again.close()
        await stop_engine(paths)


async def test_a_killed_engine_goes_on_in_the_middle_of_a_message(
    imap_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap_servers.empty(ANNA)
    raw = b"From: bob@x.test\r\nSubject: large\r\n\r\n" + b"".join(b"line %d of text\r\n" % n for n in range(600_000))
    with imap_servers.imap(ANNA) as other:
        other.append("INBOX", None, None, raw)
    paths = profile(tmp_path, "anna", monkeypatch)
    order = creation(imap_servers, ANNA)
    with Proxy(order.account.imap.port, Fault(stall_to_client_after=9_000_000)) as proxy:
        account = replace(order.account, imap=replace(order.account.imap, port=proxy.port))
        client = await connect(paths)
        welcome = await client.ask(replace(order, account=account), Welcome)
        db = open_database(Path(welcome.store_path), bytes.fromhex(welcome.store_key or ""), read_only=True)
        person = Person(client)
        await person.until(lambda: proxy.cuts.is_set() and db.value("SELECT max(received) FROM arrival"))
        os.kill(int(paths.lock.read_text()), signal.SIGKILL)
        await client.close()
        kept = int(db.value("SELECT max(received) FROM arrival"))
        db.close()
        assert 4_000_000 <= kept <= 9_000_000
        proxy.fault = Fault()
        before = proxy.passed_to_clients
        again = await connect(paths)
        try:
            second = Person(again)
            await again.ask(Unlock(PASSPHRASE), Welcome)
            await second.sync()
            (row,) = second.rows()
            assert (await again.ask(RawSource(row.id), Source)).raw == raw
            assert proxy.passed_to_clients - before < len(raw) - kept + 200_000
        finally:
            await again.close()
            await stop_engine(paths)
