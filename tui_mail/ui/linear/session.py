"""The conversation: a line is a command, the answer is lines. Nothing is ever painted over."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from tui_mail.engine.client import EngineClient, connect
from tui_mail.engine.messages import (
    ChangeFlags,
    DeleteMessages,
    Done,
    Event,
    MessageOpened,
    MoveMessages,
    NewMail,
    Notice,
    OpenMessage,
    OutboxChanged,
    SnoozeMessages,
    SyncNow,
    TrustFacts,
    TrustQuestion,
    TrustSender,
    Unlock,
    Welcome,
)
from tui_mail.model.account import Account
from tui_mail.model.address import address_key
from tui_mail.model.clean import clean
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Draft, Flag, MessageView, OutboxState, Row
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.views import ReadStore, Window
from tui_mail.ui.drafts import forward_draft, new_draft, reply_draft
from tui_mail.ui.linear.lines import folder_line, message_lines, row_line, trust_lines
from tui_mail.ui.linear.writing import people_in, write
from tui_mail.ui.when import EXAMPLES, moment_in_words, said

PAGE = 10
MAX_UNSAID = 50
SENTENCES = {
    OutboxState.SENT: "Sent: {0}.",
    OutboxState.FAILED: "Not sent: {0}. {1}",
    OutboxState.UNKNOWN: "Nobody knows whether this was sent: {0}. {1}",
}
HELP = """list: the newest messages. more: the next ones. 1, 2, 3 or read 3: read a message. next: the one after.
trust 3: who signed message 3, and decide. reply 3, all 3: answer it. forward 3: pass on its text and files.
write, or write ADDRESS: a new message.
archive 3, delete 3, star 3, unread 3. later 3 tomorrow 8:00: put off until then.
search WORDS. folders, folder NAME. check: look for new mail. quit."""


class Conversation:
    """One person at one profile. `ask` gives the next line, `say` takes one."""

    def __init__(
        self, client: EngineClient, ask: Callable[[str], Awaitable[str]], say: Callable[[str], None] = print
    ) -> None:
        self._client = client
        self._ask = ask
        self._say = say
        self._store: ReadStore | None = None
        self._window: Window | None = None
        self._folder: Folder | None = None
        self._start = 0
        self._current = 0
        self._unsaid: list[str] = []
        client.listen(self._heard)

    def _heard(self, event: Event) -> None:
        """Kept until the next answer, so that nothing speaks into the middle of a line."""
        sentence = ""
        if isinstance(event, NewMail):
            sentence = f"New mail: {event.count}."
        elif isinstance(event, Notice):
            sentence = clean(event.sentence)
        elif isinstance(event, OutboxChanged) and event.entry.state in SENTENCES:
            sentence = SENTENCES[event.entry.state].format(clean(event.entry.subject), clean(event.entry.problem))
        if sentence and len(self._unsaid) < MAX_UNSAID:
            self._unsaid.append(sentence)

    async def run(self) -> int:
        """Until the person leaves or the input ends."""
        if self._client.welcome.state == "new":
            self._say("There is no profile yet: `tui-mail setup` makes one.")
            return 2
        if self._client.welcome.state != "open":
            await self._client.ask(Unlock(await asyncio.to_thread(getpass.getpass, "Passphrase: ")), Welcome)
        welcome = self._client.welcome
        assert welcome.store_key is not None  # noqa: S101 - the engine is open
        self._store = ReadStore(welcome.store_path, bytes.fromhex(welcome.store_key))
        self._open_folder("")
        self._say("tui-mail. help says what can be said here.")
        self._list(0)
        while True:
            for sentence in self._unsaid:
                self._say(sentence)
            self._unsaid.clear()
            try:
                line = await self._ask("> ")
            except (EOFError, KeyboardInterrupt):
                return 0
            word, _, rest = line.strip().partition(" ")
            if word in ("quit", "exit", "q"):
                return 0
            try:
                await self._do(word.casefold(), rest.strip())
            except TuiMailError as error:
                self._say(clean(str(error)))

    async def _do(self, word: str, rest: str) -> None:
        if not word:
            return
        if word.isdigit():
            word, rest = "read", word
        simple: dict[str, Callable[[], None]] = {
            "help": lambda: self._say(HELP),
            "list": lambda: self._list(0),
            "more": lambda: self._list(self._start + PAGE),
            "folders": self._folders,
            "folder": lambda: self._go(rest),
            "search": lambda: self._search(rest),
        }
        waiting: dict[str, Callable[[], Awaitable[None]]] = {
            "read": lambda: self._read(rest),
            "next": lambda: self._read(str(self._current + 1)),
            "trust": lambda: self._trust(rest),
            "reply": lambda: self._reply(rest, everyone=False),
            "all": lambda: self._reply(rest, everyone=True),
            "forward": lambda: self._forward(rest),
            "write": lambda: self._write(rest),
            "archive": lambda: self._move(rest, FolderRole.ARCHIVE),
            "later": lambda: self._put_off(rest),
            "delete": lambda: self._delete(rest),
            "star": lambda: self._flag(rest, Flag.FLAGGED),
            "unread": lambda: self._flag(rest, Flag.SEEN),
            "check": self._check,
        }
        if word in simple:
            simple[word]()
        elif word in waiting:
            await waiting[word]()
        else:
            self._say(f"There is no command {clean(word)!r}; help says which there are.")

    # ---- lists

    @property
    def _reading(self) -> ReadStore:
        assert self._store is not None  # noqa: S101 - opened before the first command
        return self._store

    def _open_folder(self, name: str) -> bool:
        wanted = name.casefold() or FolderRole.INBOX.value
        for folder in self._reading.folders():
            if wanted in (folder.name.casefold(), folder.role.value):
                self._folder, self._window = folder, self._reading.window(folder.id)
                return True
        return False

    def _list(self, start: int) -> None:
        if self._window is None and not self._open_folder(""):
            self._say("There is no inbox yet: `check` fetches it.")
            return
        assert self._window is not None  # noqa: S101 - just opened
        if start == 0 and self._folder is not None:
            self._window = self._reading.window(self._folder.id)
        total = self._window.total
        if start >= total:
            self._say("No more messages." if total else "No messages here.")
            return
        self._start = start
        last = min(start + PAGE, total)
        place = clean(self._folder.name) if self._folder is not None else "Found"
        self._say(f"{place}, messages {start + 1} to {last} of {total}.")
        for number in range(start, last):
            row = self._window.row(number)
            if row is not None:
                self._say(row_line(number + 1, row))

    def _folders(self) -> None:
        for number, folder in enumerate(self._reading.folders(), 1):
            self._say(folder_line(number, folder))

    def _go(self, name: str) -> None:
        if self._open_folder(name):
            self._list(0)
        else:
            self._say(f"There is no folder {clean(name)!r}; folders lists them.")

    def _search(self, words: str) -> None:
        self._folder = None
        self._window = self._reading.search(words)
        self._list(0)

    def _row(self, number: str) -> Row | None:
        """The message of this number in the list; without one the message that was read last."""
        place = int(number) if number.isdigit() and len(number) < 10 else 0 if number else self._current
        row = self._window.row(place - 1) if self._window is not None and 0 < place <= self._window.total else None
        if row is None:
            self._say("There is no message with this number in the list.")
        else:
            self._current = place
        return row

    # ---- messages

    async def _view(self, number: str, *, seen: bool) -> MessageView | None:
        row = self._row(number)
        return None if row is None else (await self._client.ask(OpenMessage(row.id, seen), MessageOpened)).view

    async def _read(self, number: str) -> None:
        view = await self._view(number, seen=True)
        if view is not None:
            self._say_all(message_lines(view))

    async def _trust(self, number: str) -> None:
        row = self._row(number)
        if row is None:
            return
        facts = await self._client.ask(TrustQuestion(row.id), TrustFacts)
        self._say_all(trust_lines(facts))
        if facts.already or not facts.offer:
            return
        answer = await self._ask(f"Trust this certificate for {clean(facts.address)}? yes or no: ")
        if answer.strip().casefold() not in ("y", "yes"):
            self._say("Nothing was changed.")
            return
        done = await self._client.ask(TrustSender(facts.address, facts.certificate.sha256), Done)
        self._say(f"{clean(facts.address)} is trusted; {done.count} messages are marked anew.")

    def _account(self) -> Account | None:
        accounts = self._client.welcome.settings.accounts
        wanted = self._folder.account if self._folder is not None else ""
        return next((one for one in accounts if one.id == wanted), accounts[0] if accounts else None)

    async def _reply(self, number: str, *, everyone: bool) -> None:
        view, account = await self._view(number, seen=True), self._account()
        if view is None or account is None:
            return
        settings = self._client.welcome.settings
        own = frozenset(address_key(one.address) for one in settings.accounts)
        draft = reply_draft(account.id, own, view, everyone=everyone, sign=settings.sign_by_default)
        await self._send(account, draft)

    async def _forward(self, number: str) -> None:
        view, account = await self._view(number, seen=True), self._account()
        if view is not None and account is not None:
            sign = self._client.welcome.settings.sign_by_default
            await self._send(account, forward_draft(account.id, view, sign=sign))

    async def _write(self, address: str) -> None:
        account = self._account()
        if account is None:
            return
        draft = new_draft(account.id, sign=self._client.welcome.settings.sign_by_default)
        await self._send(account, replace(draft, to=people_in(address)) if address else draft)

    async def _send(self, account: Account, draft: Draft) -> None:
        if await write(self._client, account, draft, self._ask, self._say) is not None:
            self._say("It is in the outbox and leaves now.")

    async def _move(self, number: str, role: FolderRole) -> None:
        row = self._row(number)
        target = next((one for one in self._reading.folders() if one.role is role), None)
        if row is not None and target is not None:
            await self._client.ask(MoveMessages((row.id,), target.id), Done)
            self._say(f"Moved to {clean(target.name)}: {clean(row.subject)}.")
        elif row is not None:
            self._say("There is no such folder on the server.")

    async def _put_off(self, words: str) -> None:
        number, _, when = words.partition(" ")
        now = datetime.now().astimezone()
        moment = moment_in_words(when, now)
        if moment is None:
            self._say(f"Until when? later 3 tomorrow 8:00, for example; also {EXAMPLES}.")
            return
        row = self._row(number)
        if row is not None:
            await self._client.ask(SnoozeMessages((row.id,), int(moment.timestamp())), Done)
            self._say(f"Put off until {said(moment, now)}: {clean(row.subject)}.")

    async def _delete(self, number: str) -> None:
        row = self._row(number)
        if row is not None:
            await self._client.ask(DeleteMessages((row.id,)), Done)
            self._say(f"Deleted: {clean(row.subject)}.")

    async def _flag(self, number: str, flag: Flag) -> None:
        row = self._row(number)
        if row is not None:
            there = bool(row.flags & flag)
            change = ChangeFlags((row.id,), remove=flag.value) if there else ChangeFlags((row.id,), add=flag.value)
            await self._client.ask(change, Done)
            words = {(Flag.FLAGGED, True): "Star taken away", (Flag.FLAGGED, False): "Starred"}
            self._say(f"{words.get((flag, there), 'Unread again' if there else 'Marked as read')}.")

    async def _check(self) -> None:
        await self._client.ask(SyncNow(), Done)
        self._say("Looking for new mail.")

    def _say_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._say(line)


async def _converse(paths: ProfilePaths) -> int:
    client = await connect(paths)

    async def ask(prompt: str) -> str:
        return await asyncio.to_thread(input, prompt)

    try:
        return await Conversation(client, ask).run()
    finally:
        await client.close()


def main(paths: ProfilePaths) -> int:
    """Talk until the person leaves; the exit code."""
    with suppress(ImportError):
        import readline  # noqa: F401 - the terminal's own line editing, with its real cursor

    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return asyncio.run(_converse(paths))
