"""The demo's mail servers: pymap for IMAP and aiosmtpd for SMTP, in one thread, on free ports of the loopback address.

Neither speaks TLS, because nothing leaves this computer: `Security.NONE` is allowed for loopback addresses only.
"""

import asyncio
import logging
import threading
import warnings
from argparse import Namespace
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfoLocal
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.dict import Config, DictBackend, Login
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag
from pymap.user import Passwords, UserMetadata

from tui_mail.demo.postbag import Placed
from tui_mail.model.account import Security, Server

T = TypeVar("T")

HOST = "127.0.0.1"
FOLDERS = ("Sent", "Drafts", "Archive", "Junk", "Trash")
REMIND_SECONDS = (0.4, 1.0, 3.0)
OnMail = Callable[[str, tuple[str, ...], bytes], Coroutine[Any, Any, None]]
"""Called with sender, recipients and bytes of every mail that the SMTP server took."""


class MailServers:
    """Both servers for one mailbox. `start` returns when they listen; `stop` when they are gone.

    Attributes:
        on_mail: what to do with a mail that was submitted.
        knows: answers whether an address is one of the demo's; others are refused.
    """

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self.password = password
        self.on_mail: OnMail | None = None
        self.knows: Callable[[str], bool] = lambda _address: True
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="demo-servers", daemon=True)
        self._servers: list[asyncio.Server] = []
        self._config: Config | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen on two free ports. The libraries' own log is silenced: the terminal belongs to the interface."""
        for name in ("mail.log", "mail.debug", "pymap", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._thread.start()
        self.run(self._listen())

    def stop(self) -> None:
        """Close everything and end the thread."""
        if self._thread.is_alive():
            self.run(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the servers' thread and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    @property
    def imap(self) -> Server:
        """Where the mailbox is read."""
        return Server(HOST, self._port(0), Security.NONE, self.user)

    @property
    def smtp(self) -> Server:
        """Where mail is submitted."""
        return Server(HOST, self._port(1), Security.NONE, self.user)

    def fill(self, mails: Iterable[Placed]) -> None:
        """Put the first mails into their folders."""
        self.run(self._fill(list(mails)))

    async def deliver(self, raw: bytes, when: datetime) -> None:
        """New mail for the inbox; called in the servers' thread."""
        await self._put("INBOX", raw, when, read=False)
        self._keep(self._remind())

    # ---- inside the thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    async def _listen(self) -> None:
        arguments = Namespace(passlib_cfg=None, proxy_protocol=None)
        self._config = config = Config(
            arguments,
            host=HOST,
            port=0,
            demo_data=False,
            demo_user=self.user,
            demo_password=self.password,
            tls_enabled=False,
            proxy_protocol=ProxyProtocolVersion.get(None),
        )
        config.apply_context()
        backend = await _backend(config)
        async with backend.login.demo_user_identity.new_session():
            pass  # makes the mailbox set of the user
        for folder in FOLDERS:
            await self._mailboxes().add_mailbox(folder)
        imap = IMAPServer(backend.login, config)

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            config.apply_context()
            await imap(reader, writer, _peer(writer))

        self._servers.append(await asyncio.start_server(greet, HOST, 0))
        self._servers.append(await self._loop.create_server(self._smtp, HOST, 0))

    def _smtp(self) -> SMTP:
        with warnings.catch_warnings():
            # SAFE: aiosmtpd warns of passwords without TLS; these never leave the loopback address.
            warnings.simplefilter("ignore")
            return SMTP(
                self,
                hostname="mail.clinic.example",
                ident="demo",
                authenticator=self._login,
                auth_required=True,
                auth_require_tls=False,
                enable_SMTPUTF8=True,
                loop=self._loop,
            )

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse addresses that nobody in the demo has."""
        if not self.knows(address):
            return "550 5.1.1 Nobody in the demo has this address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take a mail and hand it on."""
        if self.on_mail is not None and isinstance(envelope.content, bytes):
            self._keep(self.on_mail(str(envelope.mail_from), tuple(envelope.rcpt_tos), envelope.content))
        return "250 OK: taken"

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside everything else; the loop alone would forget it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _remind(self) -> None:
        """QUIRK: RFC 2177 lets IDLE report what came before it; pymap only reports what comes after. So a client that
        was just about to say IDLE is told again."""
        inbox = await self._mailboxes().get_mailbox("INBOX")
        for pause in REMIND_SECONDS:
            await asyncio.sleep(pause)
            inbox._updated.set()

    def _login(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        good = (
            isinstance(data, LoginPassword)
            and data.login.decode("utf-8", "replace") == self.user
            and data.password.decode("utf-8", "replace") == self.password
        )
        return AuthResult(success=good, handled=False)

    async def _fill(self, mails: list[Placed]) -> None:
        for mail in mails:
            await self._put(mail.folder, mail.raw, mail.when, read=mail.read)

    async def _put(self, folder: str, raw: bytes, when: datetime, *, read: bool) -> None:
        mailbox = await self._mailboxes().get_mailbox(folder)
        flags = frozenset({Flag(b"\\Seen")} if read else ())
        await mailbox.append(AppendMessage(raw, when, flags), recent=not read)

    def _mailboxes(self) -> Any:
        if self._config is None:
            raise RuntimeError("the demo's servers have not been started")
        return self._config.set_cache[self.user][0]

    def _port(self, index: int) -> int:
        return int(self._servers[index].sockets[0].getsockname()[1])

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)


async def _backend(config: Config) -> DictBackend:
    """pymap's own backend in memory, with one user."""
    login = Login(config)
    hashed = await Passwords(config).hash_password(config.demo_password)
    await login.demo_user_identity.set(UserMetadata(config, config.demo_user, password=hashed))
    return DictBackend(login, config)


def _peer(writer: asyncio.StreamWriter) -> Any:
    """What pymap wants to know about the other end."""
    return SocketInfoLocal(writer.transport)
