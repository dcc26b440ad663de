"""The conversation: a line is a command, the answer is lines. Nothing is ever painted over."""

from __future__ import annotations

import asyncio
import getpass
import re
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from tui_mail.engine.client import EngineClient, connect
from tui_mail.engine.messages import (
    ChangeFlags,
    Command,
    DeleteMessages,
    Done,
    DraftOpened,
    Drafts,
    Event,
    ListDrafts,
    ListOutbox,
    Lock,
    MessageOpened,
    MoveMessages,
    NewMail,
    Notice,
    OpenDraft,
    OpenMessage,
    Outbox,
    OutboxChanged,
    Reply,
    SnoozeMessages,
    SyncNow,
    TrustFacts,
    TrustQuestion,
    TrustSender,
    UndoSend,
    Unlock,
    Welcome,
)
from tui_mail.model.account import Account, Settings
from tui_mail.model.address import address_key
from tui_mail.model.clean import clean
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Draft, Flag, MessageView, OutboxState, Row
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.views import ReadStore, Window
from tui_mail.ui.commands.aliases import OTHER
from tui_mail.ui.drafts import forward_draft, new_draft, reply_draft
from tui_mail.ui.linear import message
from tui_mail.ui.linear.lines import folder_line, message_lines, row_line, trust_lines
from tui_mail.ui.linear.writing import people_in, write, yes
from tui_mail.ui.when import EXAMPLES, moment_in_words, said

PAGE = 10
MAX_UNSAID = 50
SENTENCES = {
    OutboxState.SENT: "Sent: {0}.",
    OutboxState.FAILED: "Not sent: {0}. {1}",
    OutboxState.UNKNOWN: "Nobody knows whether this was sent: {0}. {1}",
}
HELP = """Lists: list, more, back. 1, 2, 3 or read 3: read a message. next, previous: the one after, the one before.
folders, folder NAME. search WORDS; the same words as everywhere, is:unread and sort:from too.
Messages: a number alone means that message; without one the last that was read. Several: 3 5-7.
trust 3: who signed it, and decide. details 3: everything about its protection. why 3: why it stays closed.
reply 3, all 3: answer it. forward 3: pass on its text and files. write, or write ADDRESS: a new message.
archive 3, delete 3, star 3, unread 3, move 3 FOLDER. later 3 tomorrow 8:00: put off until then. undo takes it back.
links 3, save 3: an attachment. keep 3: the message in a file. print 3, headers 3, source 3.
answer 3: an invitation. receipt 3. leave 3: its mailing list.
drafts, draft 2: go on writing. outbox. check: look for new mail. lock: lock the keys. quit.
Words of vim, mutt and aerc are understood: q, :archive, reply-all, mail."""
KNOWN = frozenset(
    [
        "list",
        "more",
        "back",
        "read",
        "next",
        "previous",
        "folders",
        "folder",
        "search",
        "trust",
        "reply",
        "all",
        "forward",
        "write",
        "archive",
        "delete",
        "star",
        "unread",
        "move",
        "later",
        "undo",
        "drafts",
        "draft",
        "outbox",
        "check",
        "lock",
        "help",
    ]
)
WORDS = {
    "reply-all": "all",
    "compose": "write",
    "security": "details",
    "snooze": "later",
    "sync": "check",
    "save-message": "keep",
    "unsubscribe": "leave",
    "link": "links",
    "attachments": "read",
    "why-closed": "why",
    "open": "read",
    "next-row": "next",
    "previous-row": "previous",
    "filter": "search",
}
"""What the interface's commands are called here, where that differs."""


ON_MESSAGE = {
    "details": message.details,
    "headers": message.headers,
    "source": message.source,
    "links": message.links,
    "save": message.save,
    "keep": message.keep,
    "print": message.print_it,
    "leave": message.leave,
    "answer": message.answer,
    "receipt": message.receipt,
    "why": message.why,
}
MAX_SEVERAL = 500
_NUMBERS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_SOME_NUMBERS = re.compile(r"(?:\d{1,9}(?:-\d{1,9})?[ ,]+)+")


def meant(word: str) -> str:
    """The word of this conversation for what was typed; other programs' words are understood."""
    word = word.casefold().rstrip("!")
    if word in KNOWN:
        return word
    command = OTHER.get(word, word)
    return WORDS.get(command, command)


def _ids(rows: tuple[Row, ...]) -> tuple[int, ...]:
    return tuple(row.id for row in rows)


def _named(rows: tuple[Row, ...]) -> str:
    return clean(rows[0].subject) if len(rows) == 1 else f"{len(rows)} messages"


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
            "reply": lambda: self._reply(rest, everyone=False),
            "all": lambda: self._reply(rest, everyone=True),
            "forward": lambda: self._forward(rest),
            "write": lambda: self._write(rest),
            "archive": lambda: self._archive(rest),
            "move": lambda: self._move_where(rest),
            "undo": self._take_back,
            "drafts": self._drafts,
            "draft": lambda: self._go_on(rest),
            "outbox": self._outbox,
            "lock": self._lock,
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
        elif word in ON_MESSAGE:
            view = await self._view(rest, seen=False)
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
            self.say("There is no inbox yet: `check` fetches it.")
            return
        assert self._window is not None  # noqa: S101 - just opened
        if start == 0 and self._folder is not None:
            self._window = self._reading.window(self._folder.id)
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
        for number, folder in enumerate(self._reading.folders(), 1):
            self.say(folder_line(number, folder))

    def _go(self, name: str) -> None:
        if self._open_folder(name):
            self._list(0)
        else:
            self.say(f"There is no folder {clean(name)!r}; folders lists them.")

    def _search(self, words: str) -> None:
        self._folder = None
        self._window = self._reading.search(words)
        self._list(0)

    def _row(self, number: str) -> Row | None:
        """The message of this number in the list; without one the message that was read last."""
        rows = self._rows(number)
        return rows[0] if rows else None

    def _rows(self, numbers: str) -> tuple[Row, ...]:
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

    async def _view(self, number: str, *, seen: bool) -> MessageView | None:
        row = self._row(number)
        return None if row is None else (await self.client.ask(OpenMessage(row.id, seen), MessageOpened)).view

    async def _read(self, number: str) -> None:
        view = await self._view(number, seen=True)
        if view is not None:
            self._say_all(message_lines(view))

    async def _trust(self, number: str) -> None:
        row = self._row(number)
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

    async def _reply(self, number: str, *, everyone: bool) -> None:
        view, account = await self._view(number, seen=True), self.account()
        if view is None or account is None:
            return
        settings = self.client.welcome.settings
        own = frozenset(address_key(one.address) for one in settings.accounts)
        draft = reply_draft(account.id, own, view, everyone=everyone, sign=settings.sign_by_default)
        await self._send(account, draft)

    async def _forward(self, number: str) -> None:
        view, account = await self._view(number, seen=True), self.account()
        if view is not None and account is not None:
            sign = self.client.welcome.settings.sign_by_default
            await self._send(account, forward_draft(account.id, view, sign=sign))

    async def _write(self, address: str) -> None:
        account = self.account()
        if account is None:
            return
        draft = new_draft(account.id, sign=self.client.welcome.settings.sign_by_default)
        await self._send(account, replace(draft, to=people_in(address)) if address else draft)

    async def _send(self, account: Account, draft: Draft, draft_id: int = 0) -> None:
        outbox_id = await write(self.client, account, draft, self.ask, self.say, draft_id)
        if outbox_id is not None:
            self._undo = (UndoSend(outbox_id),)

    async def _drafts(self) -> None:
        entries = (await self.client.ask(ListDrafts(), Drafts)).entries
        for number, entry in enumerate(entries, 1):
            to = clean(", ".join(entry.recipients)) or "nobody yet"
            self.say(f"{number}. To {to}: {clean(entry.subject) or 'no subject'}.")
        self.say("draft 1 goes on with the first." if entries else "You have no unfinished messages.")

    async def _go_on(self, number: str) -> None:
        entries = (await self.client.ask(ListDrafts(), Drafts)).entries
        if not number.isdecimal() or not 0 < int(number) <= len(entries):
            self.say("There is no draft with this number; drafts lists them.")
            return
        opened = await self.client.ask(OpenDraft(entries[int(number) - 1].id), DraftOpened)
        account = next((one for one in self.settings.accounts if one.id == opened.draft.account), self.account())
        if account is not None:
            await self._send(account, opened.draft, opened.draft_id)

    async def _outbox(self) -> None:
        entries = (await self.client.ask(ListOutbox(), Outbox)).entries
        for number, entry in enumerate(entries, 1):
            told = f" {clean(entry.problem)}" if entry.problem else ""
            to = clean(", ".join(entry.recipients))
            self.say(f"{number}. {entry.state.value}: {clean(entry.subject) or 'no subject'}, to {to}.{told}")
        if not entries:
            self.say("The outbox is empty.")

    async def _lock(self) -> None:
        await self.client.ask(Lock(), Done)
        self.say("The keys are locked. What you write now asks for the passphrase at the next start.")

    async def _archive(self, numbers: str) -> None:
        target = next((one for one in self._reading.folders() if one.role is FolderRole.ARCHIVE), None)
        if target is None:
            self.say("There is no archive folder; move 3 FOLDER puts it into another.")
        else:
            await self._move(numbers, target)

    async def _move_where(self, words: str) -> None:
        found = _SOME_NUMBERS.match(words)
        numbers, name = (found[0].strip(), words[found.end() :]) if found else ("", words)
        target = next((one for one in self._reading.folders() if one.name.casefold() == name.strip().casefold()), None)
        if target is None:
            self.say(f"There is no folder {clean(name)!r}; folders lists them. move 3 FOLDER, for example.")
        else:
            await self._move(numbers, target)

    async def _move(self, numbers: str, target: Folder) -> None:
        rows = self._rows(numbers)
        if rows:
            home = self._reading.folder_of(rows[0].id)
            await self._change(MoveMessages(_ids(rows), target.id), *self._home(rows, home))
            self.say(f"Moved to {clean(target.name)}: {_named(rows)}.")

    async def _put_off(self, words: str) -> None:
        number, _, when = words.partition(" ")
        now = datetime.now().astimezone()
        moment = moment_in_words(when, now)
        if moment is None:
            self.say(f"Until when? later 3 tomorrow 8:00, for example; also {EXAMPLES}.")
            return
        row = self._row(number)
        if row is not None:
            await self._change(SnoozeMessages((row.id,), int(moment.timestamp())), SnoozeMessages((row.id,), 0))
            self.say(f"Put off until {said(moment, now)}: {_named((row,))}.")

    async def _delete(self, numbers: str) -> None:
        rows = self._rows(numbers)
        if not rows:
            return
        home = self._reading.folder_of(rows[0].id)
        gone = any(one.id == home and one.role is FolderRole.TRASH for one in self._reading.folders())
        if gone and not await self.agrees("Delete for good? That cannot be taken back."):
            self.say("Nothing was deleted.")
            return
        await self._change(DeleteMessages(_ids(rows)), *(() if gone else self._home(rows, home)))
        self.say(f"Deleted: {_named(rows)}.")

    @staticmethod
    def _home(rows: tuple[Row, ...], folder_id: int | None) -> tuple[Command, ...]:
        return (MoveMessages(_ids(rows), folder_id),) if folder_id is not None else ()

    async def _flag(self, numbers: str, flag: Flag) -> None:
        rows = self._rows(numbers)
        if rows:
            there = all(row.flags & flag for row in rows)
            on, off = ChangeFlags(_ids(rows), add=flag.value), ChangeFlags(_ids(rows), remove=flag.value)
            await self._change(*((off, on) if there else (on, off)))
            words = {(Flag.FLAGGED, True): "Star taken away", (Flag.FLAGGED, False): "Starred"}
            self.say(f"{words.get((flag, there), 'Unread again' if there else 'Marked as read')}.")

    async def _change(self, command: Command, *undo: Command) -> None:
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
