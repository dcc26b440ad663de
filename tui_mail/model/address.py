"""Mail addresses, the one form in which they are compared, and how a typed line of them is read."""

import re
import unicodedata
from functools import lru_cache

from msgspec import Struct

_ASCII_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
MAX_SPEC_CHARACTERS = 320
"""64 for the local part, 255 for the domain (RFC 5321 section 4.5.3.1): what is longer is no address."""

_DEVIATIONS = frozenset("ßς\u200c\u200d")


class Address(Struct, frozen=True):
    """A mailbox of RFC 5322 section 3.4. Both fields are decoded foreign text, not cleaned for a terminal."""

    spec: str
    name: str = ""

    @property
    def key(self) -> str:
        """The comparison form of the addr-spec, see `address_key`."""
        return address_key(self.spec)

    def __str__(self) -> str:
        return f"{self.name} <{self.spec}>" if self.name else self.spec


def address_key(spec: str) -> str:
    """The form in which two addr-specs are compared: domain as lower-case A-label, ASCII of the local part lower-cased.

    RFC 8550 section 3 compares the domain without case; the local part without case is our choice because no
    provider distinguishes (SHOULD). Letters outside ASCII keep their form there: folding them would make two people's
    addresses one (ß and ss). Text that is not an address is treated like a local part, and what is too long for one
    equals nothing but itself.
    """
    return _key(spec) if len(spec) <= MAX_SPEC_CHARACTERS else _lower_ascii(spec)


@lru_cache(maxsize=4096)
def _key(spec: str) -> str:
    spec = unicodedata.normalize("NFC", spec.strip()) if not spec.isascii() else spec.strip()
    local, at, domain = spec.rpartition("@")
    if not at:
        return _lower_ascii(spec)
    domain = domain.rstrip(".").lower()
    if not domain.isascii():
        domain = _a_labels(domain)
    return f"{_lower_ascii(local)}@{domain}"


def _lower_ascii(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ASCII_CAPITALS)


def ascii_domain(domain: str) -> str:
    """A domain as A-labels (RFC 5890), ß and its like kept apart from ss. Raises UnicodeError where there are none."""
    found = _a_labels(domain)
    found.encode("ascii")
    return found


def _a_labels(domain: str) -> str:
    return domain if domain.isascii() else ".".join(map(_a_label, domain.split(".")))


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        if not _DEVIATIONS.isdisjoint(label):
            # QUIRK: Python's codec is IDNA 2003, which turns ß into ss and so one domain into another person's.
            # RFC 5891 keeps these letters.
            return "xn--" + label.encode("punycode").decode("ascii")
        return label.encode("idna").decode("ascii")
    except UnicodeError:
        return label


MAX_TYPED_ADDRESSES = 500

_SPEC = re.compile(r"[^\s@<>()\[\],;:\\\"]+@(?:[^\s@<>()\[\],;:\\\".]+\.)*[^\s@<>()\[\],;:\\\".]+")
_QUOTED_PAIR = re.compile(r"\\(.)")


def parse_address_list(text: str) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    """The addresses that a person typed into To, Cc or Bcc, and a sentence for every piece that is none.

    Commas, semicolons and line ends separate; ``"Quotes"`` and ``<brackets>`` protect a comma. An address that stands
    twice is taken once. Groups (RFC 5322 section 3.4) are not read.
    """
    found: dict[str, Address] = {}
    problems: list[str] = []
    for piece in _split_pieces(text):
        address = _read_piece(piece)
        if address is None:
            problems.append(f"“{piece}” is not a mail address.")
        elif len(found) == MAX_TYPED_ADDRESSES:
            problems.append(f"More than {MAX_TYPED_ADDRESSES} addresses: send to the others in a second mail.")
            break
        else:
            found.setdefault(address.key, address)
    return tuple(found.values()), tuple(problems)


def start_of_last(text: str) -> int:
    """Where the last piece of a typed line begins: behind the last separator that separates."""
    return _starts(text)[-1]


def _split_pieces(text: str) -> list[str]:
    starts = _starts(text)
    pieces = [text[start : end - 1] for start, end in zip(starts, [*starts[1:], len(text) + 1], strict=True)]
    return [piece for piece in (piece.strip() for piece in pieces) if piece]


def _starts(text: str) -> list[int]:
    """Where the pieces begin: at the start and behind every separator, but those in quotes or angle brackets."""
    starts = [0]
    quoted = escaped = bracket = False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "<>":
            bracket = char == "<"
        elif char in ",;\r\n" and not bracket:
            starts.append(index + 1)
    return starts


def _read_piece(piece: str) -> Address | None:
    """One mailbox: ``spec``, ``<spec>`` or ``name <spec>``; None when it is no address."""
    name, bracket, rest = piece.rpartition("<")
    spec = piece
    if bracket:
        if not rest.endswith(">"):
            return None
        spec = rest[:-1].strip()
    if not _SPEC.fullmatch(spec) or len(spec) > 254 or ".." in spec or spec.startswith(".") or ".@" in spec:
        return None
    return Address(spec=spec, name=_plain_name(name.strip()) if bracket else "")


def _plain_name(name: str) -> str:
    """A display name without its quotes and quoted pairs."""
    if len(name) >= 2 and name[0] == name[-1] == '"':
        name = _QUOTED_PAIR.sub(r"\1", name[1:-1])
    return name.strip()


def format_address_list(addresses: tuple[Address, ...]) -> str:
    """The text that `parse_address_list` reads back: names with separators stand in quotes."""
    return ", ".join(_format_address(address) for address in addresses)


def _format_address(address: Address) -> str:
    if not address.name:
        return address.spec
    name = address.name
    if any(char in ',;<>"\\@()[]:' for char in name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address.spec}>"
