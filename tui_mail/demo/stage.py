"""Everything the demo needs, put up in a temporary folder and taken down again."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tui_mail.demo.clinic import DORA, YOU, Clinic, found_clinic
from tui_mail.demo.correspondents import ANSWER_SECONDS, Correspondents
from tui_mail.demo.guided import GuidedClient
from tui_mail.demo.janitor import FOLDER_PREFIX, Janitor
from tui_mail.demo.postbag import Postbag
from tui_mail.demo.servers import MailServers
from tui_mail.engine.client import SocketClient, connect
from tui_mail.engine.messages import CreateProfile, Pkcs12File, Synced, SyncNow, Welcome
from tui_mail.model.account import Account
from tui_mail.model.address import Address
from tui_mail.model.paths import ProfilePaths
from tui_mail.vault.pkcs12 import save_pkcs12

PASSPHRASE = "demo"  # noqa: S105 - protects nothing: the folder ends with the demo
ACCOUNT = "clinic"


class Stage:
    """The clinic, its servers, a profile of yours, and the people who answer.

    `set_up` returns when the mailbox is filled and judged; `take_down` when nothing is left.

    Attributes:
        folder: the temporary folder, which is ``TUI_MAIL_HOME`` from now on.
    """

    def __init__(self, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        os.environ["TUI_MAIL_HOME"] = str(self.folder)
        os.environ["XDG_RUNTIME_DIR"] = str(self.folder)
        self._janitor = Janitor(self.folder)
        self.paths = ProfilePaths()
        self.clinic: Clinic = found_clinic(datetime.now(UTC))
        self.servers = MailServers(YOU.spec, PASSPHRASE)
        self.servers.start()
        self._people = Correspondents(self.clinic, self.servers, self._answered, wait=answer_seconds)
        self._guided: GuidedClient | None = None
        self.account = Account(ACCOUNT, YOU.name, YOU.spec, self.servers.imap, self.servers.smtp)

    def set_up(self, say: Callable[[str], None]) -> None:
        """Start the servers, fill the mailbox, make the profile, fetch the mail."""
        say("Making a small clinic: certificates, a mail server, sixty mails …")
        self.servers.on_mail = self._people.receive
        self.servers.knows = self._people.knows
        self.servers.fill(Postbag(self.clinic).mails())
        say("Making your mailbox …")
        asyncio.run(self._make_profile())

    def take_down(self) -> None:
        """End engine and servers, remove the folder."""
        self.servers.stop()
        self._janitor.dismiss()

    async def connect(self) -> GuidedClient:
        """A client with the tour, for the interface."""
        self._guided = GuidedClient(await connect(self.paths))
        return self._guided

    async def _make_profile(self) -> None:
        key_file = self.folder / "anna.p12"
        key_file.write_bytes(save_pkcs12(self.clinic.key(YOU), PASSPHRASE, YOU.name))
        client = await connect(self.paths)
        try:
            await self._create(client, key_file)
            await client.ask(SyncNow(wait=True), Synced)
        finally:
            await client.close()

    async def _create(self, client: SocketClient, key_file: Path) -> None:
        command = CreateProfile(
            account=self.account,
            display_name=YOU.name,
            imap_password=PASSPHRASE,
            smtp_password=PASSPHRASE,
            certificate=Pkcs12File(str(key_file), PASSPHRASE),
            passphrase=PASSPHRASE,
            anchors=(self.clinic.authority.pem,),
        )
        await client.ask(command, Welcome)

    def _answered(self, person: Address, encrypted: bool) -> None:
        if self._guided is not None and person.key == DORA.key:
            self._guided.answered(encrypted)
