"""Fixtures of the engine's tests: one person with a synchronised profile on real servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.people import Person, profile
from tests.servers import MailServers
from tui_mail.engine.inprocess import InProcessEngine

ANNA = "anna@clinic.test"


@pytest.fixture
async def anna(
    imap_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Person]:
    """Anna, whose mailbox is empty and whose engine runs in this process."""
    imap_servers.empty(ANNA)
    client = await InProcessEngine.start(profile(tmp_path, "anna", monkeypatch))
    try:
        yield await Person.made(client, imap_servers, ANNA)
    finally:
        await client.close()
