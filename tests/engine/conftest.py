"""Fixtures of the engine's tests: one person with a synchronised profile on real servers."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import cyrus
from tests.engine.people import Person, profile
from tests.mailroom import Mailroom, mailroom
from tests.servers import MailServers
from tests.sync_servers import KINDS, SyncServer, running
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.vault.sealed_file import Cost
from tui_mail.vault.vault import Vault

ANNA = "anna@clinic.test"


@pytest.fixture(autouse=True)
def quick_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase that is cheap to try, for profiles that are made in this process."""
    monkeypatch.setitem(Vault.create.__func__.__kwdefaults__, "cost", Cost(memory_kib=64, iterations=1, lanes=1))


@pytest.fixture
async def anna(imap_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Person]:
    """Anna, whose mailbox is empty and whose engine runs in this process."""
    imap_servers.empty(ANNA)
    client = await InProcessEngine.start(profile(tmp_path, "anna", monkeypatch))
    try:
        yield await Person.made(client, imap_servers, ANNA)
    finally:
        await client.close()


@pytest.fixture(scope="module", params=KINDS)
def running_server(request: pytest.FixtureRequest, _servers: MailServers) -> Iterator[SyncServer]:
    if request.param == "cyrus" and (reason := cyrus.why_not()):
        pytest.skip(reason)
    with ExitStack() as stack:
        _servers.start()
        yield stack.enter_context(running(request.param, _servers))


@pytest.fixture
def server(running_server: SyncServer) -> SyncServer:
    running_server.empty()
    return running_server


@pytest.fixture
def room(server: SyncServer, tmp_path: Path) -> Iterator[Mailroom]:
    with mailroom(tmp_path, server.account, server.password) as room:
        yield room
