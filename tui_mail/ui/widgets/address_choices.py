"""Known addresses that fit what is typed, in a short list below the line, each with a mark who can read encrypted mail.

Who it is about: only people this person has written to or has in the certificate book (see `ListPeople`).
"""

from collections.abc import Mapping, Sequence
from itertools import islice

from rich.cells import cell_len
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from tui_mail.model.address import Address
from tui_mail.model.recipient import RecipientCheck
from tui_mail.ui import safe
from tui_mail.ui.fit import fit
from tui_mail.ui.themes.glyphs import Glyphs
from tui_mail.ui.widgets.preflight_panel import LOOK

MAX_CHOICES = 6
MIN_TYPED = 2
READS, CANNOT = "reads encrypted mail", "no certificate yet"


def matching(people: Sequence[Address], typed: str) -> tuple[Address, ...]:
    """The first people of whom a name, the address or the domain begins with what is typed; several words must each
    begin one. Nobody for less than `MIN_TYPED` letters, nor for an address that stands there whole."""
    words = typed.casefold().replace("<", " ").replace(">", " ").split()
    if len("".join(words)) < MIN_TYPED:
        return ()
    fitting = (
        person for person in people if all(any(part.startswith(word) for part in _parts(person)) for word in words)
    )
    found = tuple(islice(fitting, MAX_CHOICES))
    return () if any(person.spec.casefold() == words[-1] for person in found) else found


def _parts(person: Address) -> tuple[str, ...]:
    spec = person.spec.casefold()
    local, _, domain = spec.rpartition("@")
    return (spec, f"@{domain}", domain, *local.replace("_", ".").replace("-", ".").split("."), *_words(person.name))


def _words(name: str) -> list[str]:
    return name.casefold().replace(",", " ").replace('"', " ").split()


class AddressChoices(Static):
    """The list. It takes no focus: the line above it moves the choice and takes it."""

    DEFAULT_CSS = """
    AddressChoices {
        layer: above; width: auto; max-width: 100%; height: auto; background: $panel; padding: 0 1; display: none;
    }
    """

    class Taken(Message):
        """The chosen one was clicked."""

    def __init__(self, shapes: Glyphs, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._shapes = shapes
        self._people: tuple[Address, ...] = ()
        self._checks: dict[str, RecipientCheck] = {}
        self._room = 0
        self.chosen = 0
        self.picked = False
        """The person has moved the choice."""

    @property
    def people(self) -> tuple[Address, ...]:
        """Who is shown; nobody while the list is hidden."""
        return self._people if self.display else ()

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Addresses that are shown without a mark."""
        return tuple(person.spec for person in self.people if person.spec not in self._checks)

    def show(self, people: tuple[Address, ...], *, column: int, row: int, room: int) -> None:
        """Show these at this place of the screen, `room` cells wide at most; nobody hides the list."""
        self._people, self._room, self.chosen, self.picked = people, room, 0, False
        self.styles.offset = (column, row)
        self.display = bool(people)
        self._draw()

    def hide(self) -> None:
        """Show nobody."""
        self.display = False

    def mark(self, checks: Mapping[str, RecipientCheck]) -> None:
        """What the engine says of some of them."""
        self._checks.update(checks)
        self._draw()

    def step(self, by: int) -> None:
        """Choose another one; behind the last comes the first."""
        if self._people:
            self.chosen, self.picked = (self.chosen + by) % len(self._people), True
            self._draw()

    def on_click(self, event: Click) -> None:
        """A click takes the one under it."""
        if 0 <= event.y < len(self._people):
            self.chosen = event.y
            self.post_message(self.Taken())

    def _draw(self) -> None:
        if not self.display:
            return
        names = [safe.clean(str(person)) for person in self._people]
        notes = [self._note(person) for person in self._people]
        widest = max((cell_len(name) for name in names), default=0)
        longest = max((cell_len(note) for _mark, note, _style in notes), default=0)
        width = max(10, min(widest, self._room - longest - 8))
        with_notes = self._room >= longest + 26
        if not with_notes:
            width = max(10, min(widest, self._room - 6))
        lines = []
        for place, (name, (mark, note, style)) in enumerate(zip(names, notes, strict=True)):
            row = " bold on $cursor" if place == self.chosen else ""
            pieces = [(f"{mark} ", f"{style}{row}"), (fit(name, width), f"{row}")]
            said = (f"  {fit(note, longest)}", f"$muted{row}")
            lines.append(safe.join([*pieces, said] if with_notes else pieces))
        safe.update(self, safe.join(lines, "\n"))

    def _note(self, person: Address) -> tuple[str, str, str]:
        check = self._checks.get(person.spec)
        if check is None:
            return " ", "", ""
        letter, style = LOOK[check.state]
        return self._shapes.sig[letter], READS if check.encryptable else CANNOT, style if check.encryptable else "dim"
