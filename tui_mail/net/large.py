"""A large message on its way: kept while it comes, and gone on with where the line was lost (RFC 3501 section 6.4.5).

The law: what is put together is what the server would have handed over at once. Its beginning and the last bytes that
came must still be the same, and together it must be as long as was announced; else it comes anew from its first byte.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import NamedTuple, Protocol

from tui_mail.net.wire import Wire

LARGE_BYTES = 128 * 1024
"""A message of fewer bytes is never kept in part."""
PIECE_BYTES = 4 * 1024 * 1024
PIECE_SECONDS = 1.0
"""What came is kept whenever one of these is reached: of a message that comes faster than this nothing is kept, since
it is soon here."""
FEWEST_BYTES = 32 * 1024
"""Less is not worth keeping when the line is lost."""
HEAD_BYTES = 16 * 1024
OVERLAP_BYTES = 4 * 1024
"""So much of what is here already is asked for again, at its beginning and at its end. QUIRK: Exchange writes a message
anew for everyone who asks, and may choose other boundaries; the fields at the top name the outermost."""
SHOWN_BYTES = 256 * 1024
"""How much of a message is in memory, for the list: its header fields."""

_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_FLAGS = re.compile(rb"\bFLAGS \([^)]*\)", re.IGNORECASE)
_CONTENT = re.compile(rb"\bBODY\[\](?:<(\d+)>)? (?:\{\d+\}\r?\n\Z)?", re.IGNORECASE)


class Begun(Protocol):
    """A message of which a part is here."""

    @property
    def number(self) -> int:
        """Its name in the spool."""

    @property
    def size_bytes(self) -> int:
        """What the server announced."""

    @property
    def received_bytes(self) -> int:
        """What is here."""


class Spool(Protocol):
    """Where the parts of large messages of one folder are kept; what it takes is on disk when it returns."""

    def begun(self) -> Mapping[int, Begun]:
        """What came in part, by UID."""

    def names_last(self) -> bool:
        """A part came of which nobody can say to which message it belongs."""

    def begin(self, uid: int | None, size_bytes: int) -> int:
        """A message begins to come. Its number."""

    def add(self, number: int, piece: bytes) -> None:
        """The next bytes."""

    def name(self, number: int, uid: int) -> None:
        """Which message it was."""

    def part(self, number: int, start: int, count: int) -> bytes:
        """What is kept."""

    def forget(self, number: int) -> None:
        """It is of no use."""


class Whole(NamedTuple):
    """All of a message that lies in the spool."""

    number: int
    size_bytes: int


class Keeper:
    """Takes the large literals of FETCH answers into a spool (see `Answers.next`).

    Attributes:
        above_bytes: smaller literals are not its business.
        alone: the one UID that was asked for, for servers that say it behind the content.
        kept: the message whose content was taken last, until it is `taken`.
    """

    def __init__(self, wire: Wire, spool: Spool) -> None:
        self._wire = wire
        self._spool = spool
        self.above_bytes = LARGE_BYTES
        self.alone: int | None = None
        self.kept: Whole | None = None
        self._named = False

    def take(self, uid: int) -> Whole | None:
        """What was kept of the answer that was read just now, which was about this message."""
        kept, self.kept = self.kept, None
        if kept is not None and not self._named:
            self._spool.name(kept.number, uid)
        return kept

    def read_literal(self, pieces: list[bytes], size_bytes: int) -> bytes:
        """The literal; of one that was kept the beginning."""
        if not _FETCH.match(pieces[0]) or not _CONTENT.search(pieces[-1]):
            return self._wire.read(size_bytes)
        found = _UID.search(_FLAGS.sub(b"", b" ".join(pieces[::2])))
        uid = int(found[1]) if found else self.alone
        self._named = uid is not None
        inlet = _Inlet(self._spool, lambda: self._spool.begin(uid, size_bytes))
        shown = inlet.fill(self._wire.portions(size_bytes))
        if inlet.number is not None:
            self.kept = Whole(inlet.number, size_bytes)
        return shown


class _Inlet:
    """One message that flows into a spool, where it is kept now and then, and when the line is lost. `number` is None
    as long as nothing of it is kept."""

    def __init__(self, spool: Spool, begin: Callable[[], int], number: int | None = None) -> None:
        self._spool = spool
        self._begin = begin
        self.number = number

    def fill(self, portions: Iterator[bytes]) -> bytes:
        """Everything that comes, when nothing had to be kept; else its beginning."""
        waiting = bytearray()
        shown = b""
        since = monotonic()
        while True:
            try:
                portion = next(portions, b"")
            except Exception:
                if self.number is not None or len(waiting) >= FEWEST_BYTES:
                    self._keep(waiting)
                raise
            waiting += portion
            if not portion:
                break
            if len(waiting) >= PIECE_BYTES or monotonic() - since >= PIECE_SECONDS:
                shown = shown or bytes(waiting[:SHOWN_BYTES])
                self._keep(waiting)
                since = monotonic()
        if self.number is None:
            return bytes(waiting)
        self._keep(waiting)
        return shown

    def _keep(self, waiting: bytearray) -> None:
        if waiting:
            if self.number is None:
                self.number = self._begin()
            self._spool.add(self.number, bytes(waiting))
            waiting.clear()


class Rest:
    """Takes the answer to a question for the rest of a message (see `Answers.next`)."""

    def __init__(self, wire: Wire, spool: Spool, begun: Begun) -> None:
        self._wire = wire
        self._spool = spool
        self._begun = begun
        self._known = spool.part(begun.number, begun.received_bytes - OVERLAP_BYTES, OVERLAP_BYTES)
        self.start = begun.received_bytes - len(self._known)
        self.count = begun.size_bytes - self.start + 1
        """One byte more than there should be: a message that has it is longer than was said."""
        self.above_bytes = -1
        self.fits = False
        """What came goes on from what is here."""

    def read_literal(self, pieces: list[bytes], size_bytes: int) -> bytes:
        """Keep what goes on from what is here, and drop what does not; either way nothing is handed on."""
        content = _CONTENT.search(pieces[-1])
        origin = content[1] if content else None
        if origin is None or int(origin) != self.start or not len(self._known) <= size_bytes < self.count:
            self._wire.skip(size_bytes)
            return b""
        same = self._wire.read(len(self._known)) == self._known
        rest = size_bytes - len(self._known)
        if not same:
            self._wire.skip(rest)
            return b""
        self.fits = True
        number = self._begun.number
        _Inlet(self._spool, lambda: number, number).fill(self._wire.portions(rest))
        return b""
