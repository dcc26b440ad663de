"""Sets of UIDs on the wire, and in memory as ranges: a folder of any size in a few bytes (RFC 9051 section 9)."""

from array import array
from collections.abc import Iterable, Iterator, Sequence

from tui_mail.model.errors import LimitExceeded

MAX_UIDS = 20_000_000
MAX_UID = (1 << 32) - 1
_DIGITS = 10


class UidRanges:
    """UIDs in ascending order, as pairs of first and last."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts = array("L")
        self._lasts = array("L")
        self._count = 0
        for first, last in sorted(pairs):
            self._add(first, last)

    def _add(self, first: int, last: int) -> None:
        if self._lasts and first <= self._lasts[-1] + 1:
            first = self._lasts[-1] + 1
            if last < first:
                return
            self._lasts[-1] = last
        else:
            self._firsts.append(first)
            self._lasts.append(last)
        self._count += last - first + 1

    def __len__(self) -> int:
        """How many UIDs."""
        return self._count

    def __iter__(self) -> Iterator[int]:
        """Every UID, ascending."""
        for first, last in self.pairs():
            yield from range(first, last + 1)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """First and last of every range, ascending."""
        return zip(self._firsts, self._lasts, strict=True)

    def windows(self, size: int) -> Iterator[tuple[int, int, list[int]]]:
        """Newest first, at most `size` UIDs at a time: lowest and highest UID that the window speaks of, and those that
        exist. The windows leave no gap: together they speak of every UID from 1 to the highest possible."""
        top, uids = MAX_UID, list[int]()
        for first, last in zip(reversed(self._firsts), reversed(self._lasts), strict=True):
            while last >= first:
                taken = min(size - len(uids), last - first + 1)
                uids.extend(range(last, last - taken, -1))
                last -= taken
                if len(uids) == size:
                    yield uids[-1], top, uids
                    top, uids = uids[-1] - 1, []
        if top > 0:
            yield 1, top, uids


def read_ranges(text: bytes) -> list[tuple[int, int]]:
    """``3:7,9`` as pairs. Numbers that are no UIDs are passed over (RFC 9051 section 9: non-zero, 32 bits). Raises
    LimitExceeded."""
    pairs: list[tuple[int, int]] = []
    total = 0
    for part in text.replace(b" ", b",").split(b","):
        first, _, last = part.partition(b":")
        last = last or first
        if not (first.isdigit() and last.isdigit()) or len(first) > _DIGITS or len(last) > _DIGITS:
            continue
        low, high = sorted((int(first), int(last)))
        low, high = max(low, 1), min(high, MAX_UID)
        if low <= high:
            pairs.append((low, high))
            total += 1
    if total > MAX_UIDS:
        raise LimitExceeded(f"The server listed more than {MAX_UIDS} ranges of messages in one folder.")
    return pairs


def expand(text: bytes) -> list[int]:
    """``3:7,9`` as numbers in the order of the text. Raises LimitExceeded."""
    numbers: list[int] = []
    for low, high in read_ranges(text):
        if len(numbers) + high - low > MAX_UIDS:
            raise LimitExceeded(f"The server listed more than {MAX_UIDS} messages in one folder.")
        numbers += range(low, high + 1)
    return numbers


def uid_set(uids: Sequence[int]) -> bytes:
    """``3:7,9`` for a non-empty sequence of UIDs in any order."""
    parts: list[bytes] = []
    first = last = 0
    for uid in sorted(set(uids)):
        if uid == last + 1 and parts:
            last = uid
            parts[-1] = b"%d:%d" % (first, last)
        else:
            first = last = uid
            parts.append(b"%d" % uid)
    return b",".join(parts)
