"""The conversation: a line is a command, the answer is lines. Nothing is ever painted over."""

from __future__ import annotations

import asyncio
import getpass
import re
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from tui_mail.engine.client import EngineClient, connect
from tui_mail.engine.messages import (
    Command,
    Done,
    Event,
    Lock,
    MessageOpened,
    NewMail,
    Notice,
    OpenMessage,
    OutboxChanged,
    Reply,
    SyncNow,
    TrustFacts,
    TrustQuestion,
    TrustSender,
    UndoSend,
    Unlock,
    Welcome,
)
from tui_mail.model.account import Account, Settings
from tui_mail.model.clean import clean
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Draft, Flag, MessageView, OutboxState, Row
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.views import ReadStore, Window
from tui_mail.ui.linear import answering, arranging, message, moving, outgoing
from tui_mail.ui.linear.lines import folder_line, message_lines, row_line, trust_lines
from tui_mail.ui.linear.words import HELP, meant
from tui_mail.ui.linear.writing import write, yes

PAGE = 10
MAX_UNSAID = 50
SENTENCES = {
    OutboxState.SENT: "Sent: {0}.",
    OutboxState.FAILED: "Not sent: {0}. {1}",
    OutboxState.UNKNOWN: "Nobody knows whether this was sent: {0}. {1}",
}
ON_MESSAGE = {
    "details": message.details,
    "headers": message.headers,
    "source": message.source,
    "links": message.links,
    "save": message.save,
    "whole": message.whole,
    "keep": message.keep,
    "print": message.print_it,
    "leave": message.leave,
    "answer": message.answer,
    "receipt": message.receipt,
    "why": message.why,
}
MAX_SEVERAL = 500
_NUMBERS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


class Conversation:
    """One person at one profile. `ask` gives the next line, `say` takes one."""

    def __init__(
        self, client: EngineClient, ask: Callable[[str], Awaitable[str]], say: Callable[[str], None] = print
    ) -> None:
        self.client = client
        self.ask = ask
        self.say = say
        self._store: ReadStore | None = None
        self._window: Window | None = None
        self._folder: Folder | None = None
        self._start = 0
        self._current = 0
        self._unsaid: list[str] = []
        self._undo: tuple[Command, ...] = ()
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
        if self.client.welcome.state == "new":
            self.say("There is no profile yet: `tui-mail setup` makes one.")
            return 2
        if self.client.welcome.state != "open":
            await self.client.ask(Unlock(await asyncio.to_thread(getpass.getpass, "Passphrase: ")), Welcome)
        welcome = self.client.welcome
        assert welcome.store_key is not None  # noqa: S101 - the engine is open
        self._store = ReadStore(welcome.store_path, bytes.fromhex(welcome.store_key))
        self._open_folder("")
        self.say("tui-mail. help says what can be said here.")
        self._list(0)
        while True:
            for sentence in self._unsaid:
                self.say(sentence)
            self._unsaid.clear()
            try:
                line = await self.ask("> ")
            except (EOFError, KeyboardInterrupt):
                return 0
            word, _, rest = line.strip().removeprefix(":").partition(" ")
            word = meant(word)
            if word == "quit":
                return 0
            try:
                await self._do(word, rest.strip())
            except TuiMailError as error:
                self.say(clean(str(error)))
            except (EOFError, KeyboardInterrupt):
                return 0

    async def _do(self, word: str, rest: str) -> None:
        if not word:
            return
        if word.isdigit():
            word, rest = "read", word
        simple: dict[str, Callable[[], None]] = {
            "help": lambda: self.say(HELP),
            "list": lambda: self._list(0),
            "more": lambda: self._list(self._start + PAGE),
            "back": lambda: self._list(max(0, self._start - PAGE)),
            "folders": self._folders,
            "folder": lambda: self._go(rest),
            "search": lambda: self._search(rest),
        }
        waiting: dict[str, Callable[[], Awaitable[None]]] = {
            "read": lambda: self._read(rest),
            "next": lambda: self._read(str(self._current + 1)),
            "previous": lambda: self._read(str(self._current - 1)),
            "trust": lambda: self._trust(rest),
            "reply": lambda: answering.reply(self, rest, everyone=False),
            "all": lambda: answering.reply(self, rest, everyone=True),
            "forward": lambda: answering.forward(self, rest),
            "write": lambda: answering.new(self, rest),
            "archive": lambda: moving.archive(self, rest),
            "move": lambda: moving.move_where(self, rest),
            "undo": self._take_back,
            "drafts": lambda: outgoing.drafts(self),
            "draft": lambda: outgoing.go_on(self, rest),
            "outbox": lambda: outgoing.outbox(self),
            "lock": self._lock,
            "later": lambda: moving.put_off(self, rest),
            "delete": lambda: moving.delete(self, rest),
            "star": lambda: moving.flag(self, rest, Flag.FLAGGED),
            "unread": lambda: moving.flag(self, rest, Flag.SEEN),
            "check": self._check,
            "pass-on": lambda: answering.pass_on(self, rest),
            "book": lambda: self._book(rest),
            "settings": lambda: arranging.settings(self, rest),
            "conversations": lambda: self._conversations(),
            "new-folder": lambda: arranging.new_folder(self, rest),
            "rename-folder": lambda: arranging.rename_folder(self, rest),
            "delete-folder": lambda: arranging.delete_folder(self),
        }
        if word in simple:
            simple[word]()
        elif word in waiting:
            await waiting[word]()
        elif word in ON_MESSAGE:
            view = await self.view(rest, seen=False)
            if view is not None:
                await ON_MESSAGE[word](self, view)
        else:
            self.say(f"There is no command {clean(word)!r}; help says which there are.")

    # ---- lists

    @property
    def settings(self) -> Settings:
        """What the person has set."""
        return self.client.welcome.settings

    async def agrees(self, question: str) -> bool:
        """A yes; everything else is a no."""
        return yes(await self.ask(f"{question} yes or no: "))

    @property
    def reading(self) -> ReadStore:
        """The store."""
        assert self._store is not None  # noqa: S101 - opened before the first command
        return self._store

    def _open_folder(self, name: str) -> bool:
        wanted = name.casefold() or FolderRole.INBOX.value
        for folder in self.reading.folders():
            if wanted in (folder.name.casefold(), folder.role.value):
                self._folder, self._window = folder, self._listed(folder)
                return True
        return False

    def _listed(self, folder: Folder) -> Window:
        return self.reading.threads(folder.id) if self.settings.threads else self.reading.window(folder.id)

    @property
    def folder(self) -> Folder | None:
        """The one that is open, as the store knows it now; None after a search."""
        number = self._folder.id if self._folder is not None else None
        return next((folder for folder in self.reading.folders() if folder.id == number), None)

    def leave_folder(self) -> None:
        """Back to the inbox."""
        self._folder = self._window = None
        self._open_folder("")

    async def _conversations(self) -> None:
        await arranging.conversations(self)
        self._list(0)

    async def _book(self, words: str) -> None:
        from tui_mail.ui.linear.book import book  # brings the interface along

        await book(self, words)

    def _list(self, start: int) -> None:
        if self._window is None and not self._open_folder(""):
            self.say("There is no inbox yet: `check` fetches it.")
            return
        assert self._window is not None  # noqa: S101 - just opened
        if start == 0 and self._folder is not None:
            self._window = self._listed(self._folder)
        total = self._window.total
        if start >= total:
            self.say("No more messages." if total else "No messages here.")
            return
        self._start = start
        last = min(start + PAGE, total)
        place = clean(self._folder.name) if self._folder is not None else "Found"
        self.say(f"{place}, messages {start + 1} to {last} of {total}.")
        for number in range(start, last):
            row = self._window.row(number)
            if row is not None:
                self.say(row_line(number + 1, row))

    def _folders(self) -> None:
        for number, folder in enumerate(self.reading.folders(), 1):
            self.say(folder_line(number, folder))

    def _go(self, name: str) -> None:
        if self._open_folder(name):
            self._list(0)
        else:
            self.say(f"There is no folder {clean(name)!r}; folders lists them.")

    def _search(self, words: str) -> None:
        self._folder = None
        self._window = self.reading.search(words)
        self._list(0)

    def row(self, number: str) -> Row | None:
        """The message of this number in the list; without one the message that was read last."""
        rows = self.rows(number)
        return rows[0] if rows else None

    def rows(self, numbers: str) -> tuple[Row, ...]:
        """The messages that were named, like `3` or `3 5-7`; without a number the one that was read last."""
        places: list[int] = []
        for first, last in _NUMBERS.findall(numbers) if numbers else ((str(self._current), ""),):
            places += range(int(first), min(int(last or first), int(first) + MAX_SEVERAL) + 1)
        total = self._window.total if self._window is not None else 0
        rows = [self._window.row(place - 1) for place in places if self._window is not None and 0 < place <= total]
        found = tuple(row for row in rows if row is not None)
        if len(found) != len(places) or not found:
            self.say("There is no message with this number in the list.")
            return ()
        self._current = places[0]
        return found

    # ---- messages

    async def view(self, number: str, *, seen: bool) -> MessageView | None:
        """The message of this number, opened; `seen` marks it as read."""
        row = self.row(number)
        return None if row is None else (await self.client.ask(OpenMessage(row.id, seen), MessageOpened)).view

    async def _read(self, number: str) -> None:
        view = await self.view(number, seen=True)
        if view is not None:
            self._say_all(message_lines(view))

    async def _trust(self, number: str) -> None:
        row = self.row(number)
        if row is None:
            return
        facts = await self.client.ask(TrustQuestion(row.id), TrustFacts)
        self._say_all(trust_lines(facts))
        if facts.already or not facts.offer:
            return
        if not await self.agrees(f"Trust this certificate for {clean(facts.address)}?"):
            self.say("Nothing was changed.")
            return
        done = await self.client.ask(TrustSender(facts.address, facts.certificate.sha256), Done)
        self.say(f"{clean(facts.address)} is trusted; {done.count} messages are marked anew.")

    def account(self) -> Account | None:
        """From which account is written here."""
        accounts = self.client.welcome.settings.accounts
        wanted = self._folder.account if self._folder is not None else ""
        return next((one for one in accounts if one.id == wanted), accounts[0] if accounts else None)

    async def send(self, account: Account, draft: Draft, draft_id: int = 0) -> None:
        """Ask for what is missing, then let it leave."""
        outbox_id = await write(self.client, account, draft, self.ask, self.say, draft_id)
        if outbox_id is not None:
            self._undo = (UndoSend(outbox_id),)

    async def _lock(self) -> None:
        await self.client.ask(Lock(), Done)
        self.say("The keys are locked. What you write now asks for the passphrase at the next start.")

    async def change(self, command: Command, *undo: Command) -> None:
        """Do it, and remember how it is taken back."""
        await self.client.ask(command, Done)
        self._undo = undo

    async def _take_back(self) -> None:
        undo, self._undo = self._undo, ()
        for command in undo:
            await self.client.ask(command, Reply)
        self.say("Taken back." if undo else "There is nothing to take back.")

    async def _check(self) -> None:
        await self.client.ask(SyncNow(), Done)
        self.say("Looking for new mail.")

    def _say_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.say(line)


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
