"""The certificate book as rows: one a correspondent, and what stands in its columns. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tui_mail.engine.messages import BookEntry, CertificateBook
from tui_mail.model.day import day
from tui_mail.ui.fit import fit
from tui_mail.ui.safe import clean
from tui_mail.ui.wrap import Line

NARROW_COLUMNS = 64
"""Below this width only the address, the trust and the end are shown."""

_WIDTHS = (6, 6, 9, 12, 8)
_NAMES = ("mine", "theirs", "trust", "reads", "ends")
_HEADINGS = ("Mine", "Theirs", "Trusted", "Reads", "Ends in")
_LABEL = 13
_TRUSTED = {
    "": "there is nothing to trust yet",
    "blocked": "never: you have blocked this address",
    "by you": "yes, by your own decision",
    "authority": "yes, an authority that you trust has issued it",
    "not yet": "not yet: t decides",
}


@dataclass(frozen=True, slots=True)
class Person:
    """One correspondent.

    Attributes:
        entry: the certificate that counts, None while none is known.
        certificates: how many are known.
        mine: "sent", "old" when it was another one than we sign with now, empty when they have none.
    """

    address: str
    entry: BookEntry | None
    certificates: int
    mine: str
    sent_at: int
    note: str
    blocked: bool

    @property
    def trust(self) -> str:
        """One word for the column."""
        if self.blocked:
            return "blocked"
        if self.entry is None:
            return ""
        return "by you" if self.entry.trusted else "authority" if self.entry.vouched else "not yet"


def people(book: CertificateBook, now: datetime) -> tuple[Person, ...]:
    """Everybody but ourselves, those first whose exchange is not complete, then by address."""
    own = {entry.certificate.sha256 for entry in book.entries if entry.own}
    ours = {entry.address for entry in book.entries if entry.own}
    current = {max(_of(book, address), key=_newest).certificate.sha256 for address in ours}
    found = []
    for address in {entry.address for entry in book.entries} - ours:
        entries = _of(book, address)
        chosen = max(entries, key=lambda entry: (_counts(entry, now), entry.last_seen, entry.certificate.not_before))
        mine = "" if not chosen.sent_at else "sent" if chosen.sent_sha256 in current or not own else "old"
        blocked = all(entry.blocked for entry in entries)
        found.append(Person(address, chosen, len(entries), mine, chosen.sent_at, chosen.note, blocked))
    for one in book.waiting:
        mine = "" if not one.sent_at else "sent" if one.sent_sha256 in current else "old"
        found.append(Person(one.address, None, 0, mine, one.sent_at, one.note, one.blocked))
    return tuple(sorted(found, key=lambda person: (person.entry is not None and bool(person.mine), person.address)))


def matching(found: tuple[Person, ...], words: str) -> tuple[Person, ...]:
    """Those whose address, note or certificate holds every word."""
    wanted = words.casefold().split()
    return tuple(person for person in found if all(word in _searched(person) for word in wanted))


def heading(width: int) -> str:
    """The line over the columns."""
    return " ".join(text for _name, text in _columns("Correspondent", _HEADINGS, width))


def cells(person: Person, width: int, now: datetime) -> list[tuple[str, str]]:
    """One line: the names of the columns that have room, and what stands in them."""
    entry = person.entry
    theirs = "none" if entry is None else "here" if entry.found is None else "found"
    values = (person.mine or "no", theirs, person.trust, reads(entry), ends(entry, now))
    return _columns(person.address, values, width)


def reads(entry: BookEntry | None) -> str:
    """The best cipher that somebody announced, short."""
    if entry is None:
        return ""
    return entry.reads[0].removesuffix("-poly1305") if entry.reads else "unknown"


def ends(entry: BookEntry | None, now: datetime) -> str:
    """How long the certificate lasts."""
    if entry is None:
        return ""
    days = (entry.certificate.not_after - now).days
    if entry.certificate.not_after < now:
        return "expired"
    return "1 day" if days == 1 else f"{days} days" if days < 1000 else f"{days // 365} years"


def person_lines(person: Person, now: datetime) -> Iterator[Line]:
    """What the details say besides the certificate itself."""
    sent = datetime.fromtimestamp(person.sent_at, UTC)
    mine = {
        "": "they have none: x sends a signed introduction",
        "sent": f"sent, last on {day(sent)}",
        "old": f"they have an older one, of {day(sent)}: the next signed mail carries the new one",
    }[person.mine]
    yield _fact("Mine", mine)
    entry = person.entry
    yield _fact("Theirs", "not here yet" if entry is None else _how_many(person.certificates))
    if entry is not None and entry.found is not None:
        when = datetime.fromtimestamp(entry.found.found_at, UTC)
        yield _fact("Found", f"{entry.found.place}, {clean(entry.found.where)}, {day(when)}; not sent by its owner")
    yield _fact("Trusted", _TRUSTED[person.trust], "bad" if person.blocked else "text")
    if entry is not None:
        yield _fact("Reads", ", ".join(entry.reads) or "not announced; what all programs read is used")
        if entry.messages:
            first, last = (datetime.fromtimestamp(moment, UTC) for moment in (entry.first_seen, entry.last_seen))
            once = f"in one signed mail, {day(last)}"
            often = f"in {entry.messages} signed mails, {day(first)} to {day(last)}"
            yield _fact("Used", once if entry.messages == 1 else often)
    if person.note:
        yield _fact("Note", clean(person.note), "bright")


def _how_many(count: int) -> str:
    return "one certificate" if count == 1 else f"{count} certificates; the one that counts is shown"


def _fact(label: str, value: str, style: str = "text") -> Line:
    return ((label.ljust(_LABEL), "muted"), (value, style))


def _of(book: CertificateBook, address: str) -> list[BookEntry]:
    return [entry for entry in book.entries if entry.address == address]


def _newest(entry: BookEntry) -> datetime:
    return entry.certificate.not_before


def _counts(entry: BookEntry, now: datetime) -> int:
    """How much a certificate counts: a valid trusted one before all others, a found one after all its equals."""
    valid = entry.certificate.not_before <= now <= entry.certificate.not_after
    found = entry.found is not None
    return 0 if entry.blocked else 2 + 2 * valid + 4 * (entry.trusted or entry.vouched) - found


def _searched(person: Person) -> str:
    entry = person.entry
    subject = entry.certificate.subject if entry is not None else ""
    return f"{person.address} {person.note} {subject} {person.trust}".casefold()


def _columns(first: str, rest: tuple[str, ...], width: int) -> list[tuple[str, str]]:
    shown = list(zip(_NAMES, rest, _WIDTHS, strict=True))
    if width < NARROW_COLUMNS:
        shown = [shown[2], shown[4]]
    used = sum(size + 1 for _name, _value, size in shown)
    address = ("address", fit(clean(first), max(8, width - used)))
    return [address, *((name, fit(value, size)) for name, value, size in shown)]
