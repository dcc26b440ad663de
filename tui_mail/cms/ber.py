"""An iterative reader for BER (ITU-T X.690) over a memoryview: linear time, no recursion, named limits.

Its law: foreign bytes either parse or raise `MalformedInput`; nothing is copied before it is asked for.
"""

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO

from tui_mail.model.errors import LimitExceeded, MalformedInput

MAX_DEPTH = 64
"""How deeply elements may be nested."""
MAX_ELEMENTS = 1_000_000
"""How many elements one document may make us look at."""

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, UTC_TIME, GENERALIZED_TIME = 0x0A, 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
CONSTRUCTED = 0x20

_MAX_TAG_BYTES = 4
_MAX_LENGTH_BYTES = 8
_TOO_LONG = "The structure is cut off: an element is longer than what holds it."


class _Source:
    """One document: its bytes, and the ends of indefinite-length elements, each found only once."""

    __slots__ = ("data", "ends", "looked_at", "octets")

    def __init__(self, data: bytes | memoryview) -> None:
        self.octets = data if isinstance(data, bytes) else memoryview(data).cast("B")
        """For single octets: an index into bytes costs less than one into a view."""
        self.data = memoryview(self.octets)
        self.ends: dict[int, int] = {}
        self.looked_at = 0

    def count(self) -> None:
        """One more element was looked at."""
        self.looked_at += 1
        if self.looked_at > MAX_ELEMENTS:
            raise LimitExceeded(f"The structure has more than {MAX_ELEMENTS} elements.")

    def header(self, at: int, limit: int) -> tuple[int, int, int]:
        """Tag, where the body starts, and where it ends (-1: indefinite) of the element at `at`."""
        self.count()
        data = self.octets
        if at + 2 > limit:
            raise MalformedInput("The structure is cut off in the middle of an element.")
        tag = data[at]
        at += 1
        if tag & 0x1F == 0x1F:
            tag, at = self._high_tag(tag, at, limit)
        length = data[at]
        at += 1
        if length < 0x80:
            end = at + length
        elif length == 0x80:
            if not tag_is_constructed(tag):
                raise MalformedInput("A primitive element has an indefinite length.")
            return tag, at, -1
        else:
            count = length & 0x7F
            if count > _MAX_LENGTH_BYTES or at + count > limit:
                raise MalformedInput("The structure is cut off or has an impossible length.")
            length = int.from_bytes(data[at : at + count], "big")
            at += count
            end = at + length
        if end > limit:
            raise MalformedInput(_TOO_LONG)
        return tag, at, end

    def _high_tag(self, tag: int, at: int, limit: int) -> tuple[int, int]:
        for _ in range(_MAX_TAG_BYTES):
            byte = self.octets[at]
            tag = tag << 8 | byte
            at += 1
            if at >= limit:
                break
            if not byte & 0x80:
                return tag, at
        raise MalformedInput("The structure has an impossible tag.")

    def end_of_indefinite(self, start: int, body: int, limit: int, depth: int) -> int:
        """Where the body of the indefinite-length element at `start` ends; its two end octets follow."""
        known = self.ends.get(start)
        if known is not None:
            return known
        data = self.octets
        open_elements = [start]
        at = body
        while open_elements:
            if at + 2 > limit:
                raise MalformedInput("The structure is cut off: an end mark is missing.")
            if not data[at] and not data[at + 1]:
                self.ends[open_elements.pop()] = at
                at += 2
                continue
            _, inner_body, inner_end = self.header(at, limit)
            if inner_end >= 0:
                at = inner_end
                continue
            open_elements.append(at)
            if depth + len(open_elements) > MAX_DEPTH:
                raise LimitExceeded(f"The structure is nested more than {MAX_DEPTH} deep.")
            at = inner_body
        return self.ends[start]


class Element:
    """One element: `tag` is the identifier octet (several octets for high tag numbers), the rest are offsets."""

    __slots__ = ("_source", "body_end", "body_start", "depth", "end", "start", "tag")

    def __init__(self, source: _Source, start: int, limit: int, depth: int) -> None:
        octets = source.octets
        body_start = start + 2
        if body_start <= limit and (length := octets[start + 1]) < 0x80 and (tag := octets[start]) & 0x1F != 0x1F:
            # Nearly every element of a signature: one tag octet, one length octet.
            source.count()
            body_end = self.end = body_start + length
            if body_end > limit:
                raise MalformedInput(_TOO_LONG)
        else:
            tag, body_start, body_end = source.header(start, limit)
            if body_end < 0:
                body_end = source.end_of_indefinite(start, body_start, limit, depth)
                self.end = body_end + 2
            else:
                self.end = body_end
        self.tag = tag
        self.start = start
        self.body_start = body_start
        self.body_end = body_end
        self.depth = depth
        self._source = source

    @property
    def constructed(self) -> bool:
        """The element holds other elements."""
        return tag_is_constructed(self.tag)

    @property
    def body(self) -> memoryview:
        """The content octets, without the end mark of an indefinite length."""
        return self._source.data[self.body_start : self.body_end]

    @property
    def raw(self) -> bytes:
        """The whole element as it was received."""
        return bytes(self._source.data[self.start : self.end])

    def child(self, at: int) -> "Element":
        """The element that starts at offset `at` inside this one."""
        return Element(self._source, at, self.body_end, self.depth + 1)

    @property
    def size(self) -> int:
        """How many octets the whole element has."""
        return self.end - self.start

    @property
    def document_size(self) -> int:
        """How many octets the document has in which the offsets count."""
        return len(self._source.octets)


def tag_is_constructed(tag: int) -> bool:
    """Bit 6 of the first identifier octet."""
    while tag > 0xFF:
        tag >>= 8
    return tag & CONSTRUCTED != 0


def read_tlv(data: bytes | memoryview, *, strict: bool = True) -> Element:
    """The element at the start of `data`. Raises MalformedInput; with `strict` also for bytes that follow it."""
    source = _Source(data)
    size = len(source.octets)
    element = Element(source, 0, size, 0)
    if strict and element.end != size:
        raise MalformedInput("Bytes follow the end of the structure.")
    return element


def children(element: Element) -> Iterator[Element]:
    """The elements inside a constructed element, in order."""
    if not element.constructed:
        raise MalformedInput("An element that should hold others does not.")
    if element.depth >= MAX_DEPTH:
        raise LimitExceeded(f"The structure is nested more than {MAX_DEPTH} deep.")
    source, at, limit, depth = element._source, element.body_start, element.body_end, element.depth + 1
    while at < limit:
        inner = Element(source, at, limit, depth)
        if inner.tag == 0:
            raise MalformedInput("An end mark stands where no element ends.")
        yield inner
        at = inner.end


def octets(element: Element, primitive_tag: int = OCTET_STRING) -> bytes:
    """The content of an OCTET STRING, primitive or constructed to any depth.

    Args:
        primitive_tag: the identifier octet of the primitive form; another than 0x04 for an IMPLICIT tag.
    """
    if element.tag == primitive_tag:
        return bytes(element.body)
    if element.tag != primitive_tag | CONSTRUCTED:
        raise MalformedInput("An octet string was expected.")
    # Written to one buffer: a million pieces of one octet must not become a million objects.
    joined = BytesIO()
    pending = [children(element)]
    while pending:
        inner = next(pending[-1], None)
        if inner is None:
            pending.pop()
        elif inner.tag == OCTET_STRING:
            joined.write(inner.body)
        elif inner.tag == OCTET_STRING | CONSTRUCTED:
            pending.append(children(inner))
        else:
            raise MalformedInput("A constructed octet string holds something else than octet strings.")
    return joined.getvalue()


def octets_in_place(element: Element, primitive_tag: int = OCTET_STRING) -> bytes | memoryview:
    """As `octets`, without a copy where the content stands in one piece: for what may be as large as a mail."""
    return element.body if element.tag == primitive_tag else octets(element, primitive_tag)


def integer(element: Element) -> int:
    """A signed INTEGER or ENUMERATED."""
    if element.tag not in (INTEGER, ENUMERATED) or element.body_end == element.body_start:
        raise MalformedInput("An integer was expected.")
    return int.from_bytes(element.body, "big", signed=True)


def small_integer(element: Element) -> int:
    """An INTEGER from 0 to 2**31 - 1: versions, lengths and counts."""
    if element.body_end - element.body_start > 4 or (value := integer(element)) < 0:
        raise MalformedInput("A number is out of range.")
    return value


def bit_string(element: Element) -> bytes:
    """A BIT STRING of whole octets."""
    if element.tag != BIT_STRING or not element.body or element.body[0] != 0:
        raise MalformedInput("A bit string of whole octets was expected.")
    return bytes(element.body[1:])


def oid(element: Element) -> str:
    """An OBJECT IDENTIFIER in dotted form."""
    if element.tag != OID:
        raise MalformedInput("An object identifier was expected.")
    return oid_from_bytes(bytes(element.body))


@lru_cache(maxsize=1024)
def oid_from_bytes(body: bytes) -> str:
    """The dotted form of the content octets of an OBJECT IDENTIFIER (X.690 section 8.19)."""
    if not body or len(body) > 64 or body[-1] & 0x80:
        raise MalformedInput("An object identifier is malformed.")
    arcs: list[int] = []
    value = 0
    for byte in body:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


class Fields:
    """The children of a SEQUENCE taken one after the other, with optional ones asked for by tag."""

    __slots__ = ("_items", "_next")

    def __init__(self, element: Element, tag: int | None = SEQUENCE) -> None:
        if tag is not None and element.tag != tag:
            raise MalformedInput("A sequence was expected.")
        self._items = children(element)
        self._next = next(self._items, None)

    def take(self, tag: int | None = None) -> Element:
        """The next child, which must be there (and have `tag`)."""
        found = self._next
        if found is None or (tag is not None and found.tag != tag):
            raise MalformedInput("A structure lacks a field that must be there.")
        self._next = next(self._items, None)
        return found

    def optional(self, *tags: int) -> Element | None:
        """The next child if it has one of `tags`, otherwise None and nothing is taken."""
        if self._next is None or self._next.tag not in tags:
            return None
        return self.take()

    def rest(self) -> list[Element]:
        """All that is left."""
        found = []
        while self._next is not None:
            found.append(self.take())
        return found

    def end(self) -> None:
        """Nothing may be left."""
        if self._next is not None:
            raise MalformedInput("A structure has a field that does not belong there.")
