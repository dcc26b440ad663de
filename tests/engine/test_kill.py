"""``kill -9`` in the middle of a synchronisation: the next engine goes on, nothing is lost or doubled."""

import os
import signal
from pathlib import Path

import pytest

from tests.engine.people import PASSPHRASE, Person, creation, profile
from tests.servers import MailServers
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.messages import Unlock, Welcome

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
