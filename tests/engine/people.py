"""Two people with a profile each, on real servers, for tests of the engine."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers
from tui_mail.engine.client import EngineClient
from tui_mail.engine.messages import CreateProfile, Event, NewCertificate, Synced, SyncNow, Welcome
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Row
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.views import ReadStore

PASSPHRASE = "correct horse battery staple"


def profile(home: Path, name: str, monkeypatch) -> ProfilePaths:
    """The paths of a profile below `home`, with a socket folder of its own."""
    monkeypatch.setenv("TUI_MAIL_HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    return ProfilePaths(name)


def creation(servers: MailServers, user: str) -> CreateProfile:
    """What the wizard would send for this user."""
    account = servers.account(user)
    return CreateProfile(
        account=account,
        display_name=account.name,
        imap_password=servers.users[user],
        smtp_password=servers.users[user],
        certificate=NewCertificate(key_type="ecdsa-p256"),
        passphrase=PASSPHRASE,
    )


class Person:
    """A client of an engine that also reads the store, as the interface does."""

    def __init__(self, client: EngineClient) -> None:
        self.client = client
        self.events: list[Event] = []
        self._news = asyncio.Event()
        client.listen(self._heard)

    def _heard(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    @classmethod
    async def made(cls, client: EngineClient, servers: MailServers, user: str) -> "Person":
        """Make the profile and wait for the first synchronisation."""
        person = cls(client)
        await client.ask(creation(servers, user), Welcome)
        await person.sync()
        return person

    async def sync(self) -> Synced:
        """Look now and wait."""
        return await self.client.ask(SyncNow(wait=True), Synced)

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something holds, looking again at every event."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not true():
                self._news.clear()
                try:
                    await asyncio.wait_for(self._news.wait(), 0.1)
                except TimeoutError:
                    pass

    def store(self) -> ReadStore:
        """The store as the interface opens it."""
        welcome = self.client.welcome
        assert welcome.store_key is not None
        return ReadStore(Path(welcome.store_path), bytes.fromhex(welcome.store_key))

    def folder(self, role: FolderRole = FolderRole.INBOX) -> Folder:
        """The folder for a purpose."""
        store = self.store()
        try:
            return next(folder for folder in store.folders() if folder.role is role)
        finally:
            store.close()

    def rows(self, role: FolderRole = FolderRole.INBOX) -> list[Row]:
        """The list of a folder, newest first."""
        store = self.store()
        try:
            found = next((folder for folder in store.folders() if folder.role is role), None)
            if found is None:
                return []
            window = store.window(found.id)
            return [window.row(place) for place in range(window.total)]
        finally:
            store.close()
