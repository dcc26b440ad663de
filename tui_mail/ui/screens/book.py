"""The certificate book: one row a correspondent, one key that starts or repeats the exchange of certificates."""

from __future__ import annotations

from datetime import UTC, datetime

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui_mail.engine.messages import (
    BlockSender,
    CertificateBook,
    Command,
    Done,
    ListCertificates,
    Queued,
    Reply,
    SaveNote,
    SendIntroduction,
    TrustSender,
    UnblockSender,
    UntrustSender,
)
from tui_mail.model.certificate import SPOKEN_BITS, spoken_words
from tui_mail.model.day import day
from tui_mail.model.errors import TuiMailError
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.book_rows import Person, cells, heading, matching, people, person_lines
from tui_mail.ui.screens.ask_path import AskPath
from tui_mail.ui.screens.page import Page
from tui_mail.ui.screens.question import Question
from tui_mail.ui.screens.story import StoryScreen
from tui_mail.ui.screens.trust import certificate_lines
from tui_mail.ui.widgets.key_line import KeyLine
from tui_mail.ui.widgets.options import Options
from tui_mail.ui.wrap import Line

_TONES = {"blocked": "$text-error", "by you": "$text-success", "authority": "$text-success"}


class AskNote(AskPath):
    """One line for a note; empty takes the note away."""

    EMPTY_COUNTS = True
    HINT = "Enter keeps the note, an empty one takes it away; Esc leaves."


class AskAddress(AskPath):
    """One line for an address."""

    HINT = "Enter sends a signed introduction, Esc leaves."


class BookScreen(Page[None]):
    """Everybody whose certificate is known, or awaited."""

    DEFAULT_CSS = """
    BookScreen { background: $background; }
    BookScreen #book-title { padding: 0 1; height: 1; background: $panel; color: $accent; text-style: bold; }
    BookScreen #columns { padding: 0 1; height: 1; color: $text-muted; }
    BookScreen #filter { display: none; border: none; height: 1; padding: 0 1; background: $panel; }
    BookScreen #filter.shown { display: block; }
    BookScreen OptionList, BookScreen OptionList:focus {
        height: 1fr; border: none; background: $background; padding: 0 1;
    }
    BookScreen #empty { padding: 1 2; color: $text-muted; height: 1fr; display: none; }
    """
    AUTO_FOCUS = "#people"
    BINDINGS = [
        Binding("enter", "details", "Details", key_display="Enter", tooltip="Show everything about the certificate"),
        Binding("x", "exchange", "Exchange", tooltip="Send a signed introduction, to start or repeat the exchange"),
        Binding("t", "trust", "Trust", tooltip="Trust the certificate, or stop trusting it"),
        Binding("n", "note", "Note", tooltip="Write a note about this correspondent"),
        Binding("b", "block", "Block", tooltip="Block the address, or take that back"),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Show only what holds a word"),
        Binding("escape,q", "leave", "Back", key_display="Esc"),
        Binding("question_mark,f1", "app.keys_here", "Help", key_display="?", tooltip="Show these keys"),
        Binding("j", "step(1)", show=False, tooltip="Down"),
        Binding("k", "step(-1)", show=False, tooltip="Up"),
    ]

    def __init__(self, client: Asker, account: str, now: datetime | None = None) -> None:
        super().__init__()
        self._client = client
        self._account = account
        self._now = now or datetime.now(UTC)
        self._people: tuple[Person, ...] = ()
        self._shown: tuple[Person, ...] = ()
        self._problem = "Looking …"

    def compose(self) -> ComposeResult:
        """Title, filter, columns, rows or the sentence that there are none, keys."""
        yield safe.static("Certificate book", id="book-title")
        yield Input(placeholder="Address, name or note", id="filter")
        yield safe.static("", id="columns")
        yield Options(id="people", markup=False)
        yield safe.static("", id="empty")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show what is known."""
        self._load()

    def on_resize(self, event: Resize) -> None:
        """The columns follow the width."""
        self._show()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#people", OptionList)

    @property
    def _person(self) -> Person | None:
        index = self._list.highlighted
        return self._shown[index] if index is not None and index < len(self._shown) else None

    @work(exclusive=True, group="book")
    async def _load(self) -> None:
        try:
            book = await self._client.ask(ListCertificates(), CertificateBook)
        except TuiMailError as error:
            self._problem = str(error)
            self._show()
            return
        self._problem = ""
        self._people = people(book, self._now)
        self._show()

    def _show(self) -> None:
        if not self.is_attached or not self.query("#people"):
            return  # left before the engine had answered; what is in a screen goes before the screen
        width = max(24, self.size.width - 4)
        chosen = self._person.address if self._person is not None else ""
        words = self.query_one("#filter", Input).value
        self._shown = matching(self._people, words)
        safe.update(self.query_one("#columns", Static), heading(width))
        self._list.clear_options()
        self._list.add_options(Option(self._face(person, width)) for person in self._shown)
        if self._shown:
            places = [place for place, person in enumerate(self._shown) if person.address == chosen]
            self._list.highlighted = places[0] if places else 0
        nobody = "Nobody yet. Certificates come with signed mail; x introduces you to somebody."
        nobody = self._problem or ("Nobody fits." if words else nobody)
        empty = self.query_one("#empty", Static)
        safe.update(empty, nobody)
        empty.display = not self._shown
        self._list.display = bool(self._shown)
        if self._shown and self.focused is None:
            self._list.focus()  # hidden while there was nobody to show, it lost the keys
        many = f"  {len(self._shown)} of {len(self._people)}" if words else f"  {len(self._people)}"
        safe.update(self.query_one("#book-title", Static), f"Certificate book{many}")

    def _face(self, person: Person, width: int) -> Content:
        """Colour is kept for what decides: whether the certificate is trusted, and when it ends."""
        tones = {"address": "" if person.entry is not None else "$muted", "trust": _TONES.get(person.trust, "")}
        if person.entry is not None:
            left = person.entry.certificate.not_after - self._now
            soon = left.days < self._client.welcome.settings.expiry_warning_days
            tones["ends"] = "$text-error" if left.total_seconds() < 0 else "$text-warning" if soon else "$muted"
        return safe.join([(f"{text} ", tones.get(name, "$muted")) for name, text in cells(person, width, self._now)])

    # ---- keys

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_details()

    def action_details(self) -> None:
        """Everything about one correspondent."""
        person = self._person
        if person is not None:
            self.app.push_screen(StoryScreen(person.address, details(person, self._now)))

    def action_step(self, rows: int) -> None:
        """Up or down."""
        if rows > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    @work(exclusive=True, group="decide")
    async def action_exchange(self) -> None:
        """Start or repeat the exchange: a signed introduction goes out."""
        person = self._person
        address = person.address if person is not None else ""
        if not address:
            found: str | None = await self.app.push_screen_wait(AskAddress("Introduce yourself to which address?", ""))
            address = found or ""
        if address and await self._ask(SendIntroduction(self._account, address), Queued):
            known = person is not None and person.entry is not None
            brings = "It carries your certificate." if known else "Their signed answer brings the certificate."
            safe.notify(self.app, f"A signed introduction goes to {address}. {brings}")

    @work(exclusive=True, group="decide")
    async def action_trust(self) -> None:
        """Trust the certificate for this address, or stop."""
        person = self._person
        if person is None or person.entry is None:
            safe.notify(self.app, "There is no certificate to trust yet: x sends a signed introduction.")
            return
        sha256 = person.entry.certificate.sha256
        if person.entry.trusted:
            await self._ask(UntrustSender(person.address, sha256), Done)
            return
        if person.entry.certificate.not_after < self._now:
            ended = f"{day(person.entry.certificate.not_after)}"
            safe.notify(
                self.app, f"This certificate ended on {ended}: x sends a signed introduction that asks for a new one."
            )
            return
        question = Question(
            f"Trust this certificate for {person.address}? Compare its six words by telephone first:\n\n"
            f"{spoken_words(sha256)}",
            action="Trust",
        )
        if await self.app.push_screen_wait(question):
            await self._ask(TrustSender(person.address, sha256), Done)

    @work(exclusive=True, group="decide")
    async def action_note(self) -> None:
        """Keep a note."""
        person = self._person
        if person is None:
            return
        note: str | None = await self.app.push_screen_wait(AskNote(f"Note on {person.address}", person.note))
        if note is not None:
            await self._ask(SaveNote(person.address, note), Done)

    @work(exclusive=True, group="decide")
    async def action_block(self) -> None:
        """Block everything of an address, or take the blocks back."""
        person = self._person
        if person is None:
            return
        if person.blocked:
            await self._ask(UnblockSender(person.address), Done)
            return
        question = Question(
            f"Block {person.address}? Their signatures count for nothing then, and nothing is encrypted to them.",
            action="Block",
        )
        if await self.app.push_screen_wait(question):
            await self._ask(BlockSender(person.address), Done)

    def action_filter(self) -> None:
        """Show the line to type into."""
        field = self.query_one("#filter", Input)
        field.add_class("shown")
        field.focus()

    @on(Input.Changed, "#filter")
    def _typed(self) -> None:
        self._show()

    @on(Input.Submitted, "#filter")
    def _typed_all(self) -> None:
        self._list.focus()

    def action_leave(self) -> None:
        """Out of the filter, then out of the book."""
        field = self.query_one("#filter", Input)
        if field.has_class("shown"):
            field.remove_class("shown")
            field.value = ""
            self._list.focus()
        else:
            self.dismiss(None)

    async def _ask(self, command: Command, kind: type[Reply]) -> bool:
        """Tell the engine, and show what the book says then."""
        try:
            await self._client.ask(command, kind)
        except TuiMailError as error:
            safe.notify(self.app, str(error), "error", timeout_seconds=10)
            return False
        self._load()
        return True


def details(person: Person, now: datetime) -> list[Line]:
    """The lines of the details."""
    lines = list(person_lines(person, now))
    if person.entry is not None:
        lines += [(), (("Their certificate", "heading"),)]
        lines += certificate_lines(person.entry.certificate, now)
        lines += [
            (),
            ((f"Six words are {SPOKEN_BITS} bits of the fingerprint: let the other side read theirs.", "muted"),),
        ]
    return lines
