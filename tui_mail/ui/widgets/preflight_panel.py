"""What sending would meet, one line a recipient: who is ready, who lacks a certificate, whose has expired."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from tui_mail.engine.messages import PreflightResult
from tui_mail.model.recipient import RecipientCheck, RecipientState
from tui_mail.ui import safe
from tui_mail.ui.themes.glyphs import Glyphs
from tui_mail.ui.wrap import Line, wrap_line

# The letter of the list whose shape stands before the line, and the line's colour.
LOOK = {
    RecipientState.READY: ("Y", "$text-success"),
    RecipientState.EXPIRES_SOON: ("E", "$text-warning"),
    RecipientState.FOUND: ("N", "$text-accent"),
    RecipientState.UNTRUSTED: ("N", "$text-accent"),
    RecipientState.CHANGED: ("C", "$text-warning"),
    RecipientState.EXPIRED: ("E", "$text-error"),
    RecipientState.INVALID: ("X", "$text-error"),
    RecipientState.MISSING: ("?", "$text-error"),
}
NEEDS_INTRODUCTION = (RecipientState.MISSING, RecipientState.EXPIRED, RecipientState.INVALID)


def needs_introduction(check: RecipientCheck) -> bool:
    """A signed introduction would begin or repeat the exchange with this recipient."""
    return not check.encryptable and check.state in NEEDS_INTRODUCTION


def headline(result: PreflightResult, encrypt: bool, sent_to: set[str]) -> tuple[str, str]:
    """The one sentence over the list, and its style. `sent_to` are addresses that were sent an introduction."""
    total = len(result.recipients)
    able = sum(check.encryptable for check in result.recipients)
    if total == 0:
        return "Recipients are checked here.", "dim"
    if not encrypt:
        if able == total:
            return "Not encrypted. Everyone here could read it encrypted: F3 turns that on.", "$text-warning"
        return "Not encrypted: every server on the way can read this mail.", "$text-warning"
    if able == total:
        return ("Encrypted for your one recipient." if total == 1 else f"Encrypted for all {total}."), "$text-success"
    missing = total - able
    people = "1 recipient" if missing == 1 else f"{missing} recipients"
    if all(check.encryptable or check.address in sent_to for check in result.recipients):
        return f"{people} cannot be encrypted to yet. Send this once a signed answer is here.", "$text-warning"
    return f"{people} cannot be encrypted to yet. F7 looks for certificates, F9 sends an introduction.", "$text-warning"


class PreflightPanel(VerticalScroll, can_focus=False):
    """The lines of the preflight, drawn anew with each answer of the engine."""

    DEFAULT_CSS = "PreflightPanel { scrollbar-gutter: stable; }"

    def __init__(self, shapes: Glyphs, *, id: str) -> None:
        super().__init__(id=id)
        self._shapes = shapes
        self._lines: list[tuple[tuple[str, str], Line]] = []

    def compose(self) -> ComposeResult:
        """One text holds all lines."""
        yield safe.static(id="preflight-lines")

    def show(self, result: PreflightResult, *, encrypt: bool, problems: tuple[str, ...], sent_to: set[str]) -> None:
        """Draw an answer. `sent_to` are addresses that were sent an introduction from this screen."""
        sentence, style = headline(result, encrypt, sent_to)
        lines: list[tuple[tuple[str, str], Line]] = [(("", ""), ((sentence, style),))]
        bad = (f"{self._shapes.sig['X']} ", "$text-error")
        lines += [(bad, ((safe.clean(problem), ""),)) for problem in problems]
        if result.own_sentence:
            lines.append((("! ", "$text-warning"), ((safe.clean(result.own_sentence), ""),)))
        # Who still needs a certificate stands first: that is what there is to do, and the panel may be low.
        lines += [self._line(check, sent_to) for check in sorted(result.recipients, key=lambda one: one.encryptable)]
        lines += [(("", ""), ((safe.clean(note), "$text-accent"),)) for note in result.notes]
        self._lines = lines
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """Another width breaks the lines elsewhere."""
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if width < 8:  # not laid out yet
            return
        rows: list[Content] = []
        for mark, line in self._lines:
            before = [mark] if mark[0] else []
            for row in wrap_line(line, width - len(mark[0])):
                rows.append(safe.join([*before, *row]))
                before = [(" " * len(mark[0]), "")]  # a sentence goes on below itself, not below its mark
        safe.update(self.query_one("#preflight-lines", Static), safe.join(rows, "\n"))

    def _line(self, check: RecipientCheck, sent_to: set[str]) -> tuple[tuple[str, str], Line]:
        letter, style = LOOK[check.state]
        tone = "$muted" if check.encryptable else ""
        address, sentence = safe.clean(check.address), safe.clean(check.sentence)
        before, named, after = sentence.partition(address)
        if not named:
            before, named, after = "", address, f"  {sentence}"
        parts = [(before.rstrip(), tone), (" " * (len(before) - len(before.rstrip())) + named, "bold"), (after, tone)]
        if check.address in sent_to:
            parts.append((" An introduction is on its way.", "$text-success"))
        return (f"{self._shapes.sig[letter]} ", style), tuple(part for part in parts if part[0])
