"""The MIME tree: offsets into the untouched bytes of a message (RFC 2045, RFC 2046).

The law: parsing copies and changes nothing, never raises, and one iterative pass finds every part, so what is
hashed, shown and saved is always the same span. When boundaries collide the innermost open one wins; everything that
other programs may read differently is noted in `Part.flags`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from tui_mail.mime.charset import decode_bytes
from tui_mail.mime.fields import (
    FREQUENT,
    Field,
    after_envelope_line,
    fields_between,
    frequent_values,
    plain_block,
    split_fields,
    unfold,
    values_by_name,
)
from tui_mail.mime.parameters import Parameterised, parse_parameters
from tui_mail.mime.transfer import decode_base64, decode_transfer

MAX_DEPTH = 50
MAX_PARTS = 5_000
MAX_DELIMITER_LINES = 200_000
MAX_BOUNDARY_BYTES = 1_000

_MESSAGE_TYPES = ("message/rfc822", "message/global", "message/news")
_IDENTITY = ("7bit", "8bit", "binary", "")


class Part:
    """One node: a leaf, a multipart with children, or a message/rfc822 whose one child is the inner message.

    Attributes:
        raw: the buffer that the offsets count in.
        start: offset of the first header byte. header_end: of the first body byte. end: after the last body byte,
            without the line break that belongs to the boundary (RFC 2046 section 5.1.1).
        type: "text/plain" in lower case; params: its parameters.
        encoding: Content-Transfer-Encoding in lower case, "7bit" by default.
        flags: short names of ambiguities, in the order they were met.
    """

    __slots__ = (
        "_all_known", "_fields", "_fields_end", "_fields_start", "_values", "children", "disposition",
        "disposition_params", "encoding", "end", "flags", "header_end", "params", "raw", "start", "type",
    )  # fmt: skip

    def __init__(self, raw: bytes, start: int) -> None:
        self.raw = raw
        self.start = start
        self.header_end = start
        self.end = start
        self._fields: list[Field] | None = None
        self._fields_start = self._fields_end = start
        self._values: dict[str, list[bytes]] = {}
        self._all_known = True
        self.children: list[Part] = []
        self.flags: list[str] = []
        self.type = "text/plain"
        self.params: dict[str, str] = {}
        self.encoding = "7bit"
        self.disposition = ""
        self.disposition_params: dict[str, str] = {}

    @property
    def fields(self) -> list[Field]:
        """The header fields in order; split when somebody asks."""
        if self._fields is None:
            self._fields = fields_between(self.raw, self._fields_start, self._fields_end)
        return self._fields

    def read_header(self, is_delimiter: Callable[[int], bool] | None) -> dict[str, list[bytes]]:
        """Find where the header ends; the raw values of at least its frequent fields by lower-case name."""
        self._fields_start = after_envelope_line(self.raw, self.start)
        end, self.header_end = plain_block(self.raw, self._fields_start)
        if end >= 0:
            self._fields_end = end
            self._values = values = frequent_values(self.raw, self._fields_start, end)
            self._all_known = False
            return values
        self._fields, self.header_end, odd = split_fields(self.raw, self.start, len(self.raw), is_delimiter)
        if odd:
            self.flags.append("a header line is not a field")
        self._values = values = {}
        for field in self._fields:
            values.setdefault(field.name, []).append(field.value)
        return values

    def get(self, name: str) -> bytes | None:
        """Raw unfolded value of the first field of this lower-case name."""
        found = self.folded(name)
        return unfold(found[0]) if found else None

    def get_all(self, name: str) -> list[bytes]:
        """Raw unfolded values of all fields of this lower-case name."""
        return [unfold(value) for value in self.folded(name)]

    def folded(self, name: str) -> Sequence[bytes]:
        """The values of all fields of this lower-case name as they stand, for comparing."""
        found = self._values.get(name)
        if found is None and not self._all_known and name not in FREQUENT:
            found = self._whole_header().get(name)
        return found or ()

    @property
    def field_names(self) -> Iterable[str]:
        """Lower-case names of the header fields, each once, in order."""
        return self._whole_header()

    def _whole_header(self) -> dict[str, list[bytes]]:
        if not self._all_known:
            self._values = values_by_name(self.raw, self._fields_start, self._fields_end)
            self._all_known = True
        return self._values

    @property
    def source(self) -> bytes:
        """Headers and body exactly as they stand in the message: what a detached signature covers."""
        return self.raw[self.start : self.end]

    @property
    def body(self) -> bytes:
        """The body, still in its transfer encoding."""
        return self.raw[self.header_end : self.end]

    def body_bytes(self) -> bytes:
        """The body, decoded."""
        if self.encoding == "base64":
            return decode_base64(self.raw, self.header_end, self.end)
        return decode_transfer(self.body, self.encoding)

    def text(self) -> str:
        """The decoded body as text by its charset."""
        return decode_bytes(self.body_bytes(), self.params.get("charset", "utf-8"))

    @property
    def filename(self) -> str:
        """The name that the part proposes, as foreign text; may hold path separators. Empty when there is none."""
        name = self.disposition_params.get("filename") or self.params.get("name") or ""
        if "=?" not in name:
            return name
        from tui_mail.mime.headers import decode

        # QUIRK: RFC 2047 section 5 forbids encoded words in parameters; most senders use them nevertheless.
        return decode(name.encode("utf-8", "surrogatepass"))

    @property
    def is_multipart(self) -> bool:
        """A multipart of which the parts were found."""
        return self.type.startswith("multipart/") and bool(self.children)

    @property
    def is_attachment(self) -> bool:
        """The sender says so by disposition or by a file name."""
        return self.disposition == "attachment" or bool(self.filename)

    def walk(self) -> Iterator["Part"]:
        """This part and everything below it, in document order."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            if part.children:
                stack.extend(reversed(part.children))

    def all_flags(self) -> tuple[str, ...]:
        """Flags of the whole tree, each once."""
        found: dict[str, None] = {}
        for part in self.walk():
            if part.flags:
                found.update(dict.fromkeys(part.flags))
        return tuple(found)

    def sha256(self) -> str:
        """Fingerprint of the decoded body."""
        return hashlib.sha256(self.body_bytes()).hexdigest()


class _Frame:
    """An open part on the way from the root to the current leaf; `boundary` is set for multiparts."""

    __slots__ = ("boundary", "closed", "part")

    def __init__(self, part: Part, boundary: bytes | None) -> None:
        self.part = part
        self.boundary = boundary
        self.closed = False


class _Parser:
    """One pass over one buffer."""

    def __init__(self, raw: bytes, depth: int, budget: list[int]) -> None:
        self.raw = raw
        self.depth = depth
        self.budget = budget
        self.stack: list[_Frame] = []
        self.known: frozenset[bytes] = frozenset()
        self.encoded_messages = False

    def run(self) -> Part:
        raw = self.raw
        root = Part(raw, 0)
        position = self._open(root, default="text/plain")
        lines = 0
        while self.known:
            line = raw.find(b"\n--", position - 1) + 1  # a header that makes a part known ends after a line end
            lines += 1
            if not line:
                break
            if lines > MAX_DELIMITER_LINES:
                root.flags.append("too many delimiter lines")
                break
            after = raw.find(b"\n", line) + 1 or len(raw)
            position = self._delimiter(line, after) if after - line < MAX_BOUNDARY_BYTES + 5 else after
        for frame in self.stack:
            frame.part.end = len(raw)
            if frame.boundary is not None and not frame.closed:
                frame.part.flags.append("multipart without end")
        return root

    def _is_delimiter(self, line: int) -> bool:
        newline = self.raw.find(b"\n", line)
        if newline < 0:
            newline = len(self.raw)
        if newline - line > MAX_BOUNDARY_BYTES + 4:
            return False
        text = self.raw[line + 2 : newline].rstrip(b" \t\r")
        return text in self.known or (text.endswith(b"--") and text[:-2].rstrip(b" \t") in self.known)

    def _delimiter(self, line: int, after: int) -> int:
        """Handle the candidate line [line, after); returns where to go on."""
        raw, stack = self.raw, self.stack
        text = raw[line + 2 : after].rstrip(b" \t\r\n")
        closing = text[:-2].rstrip(b" \t") if text.endswith(b"--") else None
        if text not in self.known and closing not in self.known:
            return after
        chosen = self._frame_of(text, closing)
        frame = stack[chosen]
        # The line end before a delimiter belongs to it.
        end = line - 2 if raw.startswith(b"\r\n", line - 2) else line - 1
        forgotten = False
        while len(stack) > chosen + 1:
            inner = stack.pop()
            part = inner.part
            # The blank line of an empty header may be the line end before the delimiter; then it belongs to all around.
            if end < part.header_end:
                end = part.header_end
            part.end = end
            if inner.boundary is not None:
                forgotten = True
                if not inner.closed:
                    part.flags.append("multipart without end")
        if forgotten:
            self._remember()
        if frame.boundary != text:
            frame.closed = True
            return after
        if frame.closed:
            frame.closed = False
            frame.part.flags.append("parts after the end of a multipart")
        if self.budget[0] <= 0:
            stack[0].part.flags.append("too many parts")
            self.known = frozenset()
            return after
        child = Part(raw, after)
        frame.part.children.append(child)
        default = "message/rfc822" if frame.part.type == "multipart/digest" else "text/plain"
        return self._open(child, default)

    def _frame_of(self, text: bytes, closing: bytes | None) -> int:
        """The innermost open multipart with this boundary, else the innermost closed one."""
        closed = -1
        for index in range(len(self.stack) - 1, -1, -1):
            frame = self.stack[index]
            if frame.boundary is None or (frame.boundary != text and frame.boundary != closing):
                continue
            if not frame.closed:
                return index
            if closed < 0:
                closed = index
        return closed

    def _open(self, part: Part, default: str) -> int:
        """Read the header of `part`, push it and whatever begins inside it at once; returns where to go on."""
        raw = self.raw
        while True:
            self.budget[0] -= 1
            known = self._is_delimiter if self.known else None
            part.type = default
            _read_structure(part, part.read_header(known))
            part.end = part.header_end
            boundary = None
            if part.type.startswith("multipart/"):
                boundary = part.params.get("boundary", "").rstrip(" \t").encode("utf-8", "surrogateescape")
                if b"=" in boundary and raw.find(b"--" + boundary, part.header_end) < 0:
                    # QUIRK: "=" ends an unquoted value (RFC 2045 section 5.1), but many send boundary=----=_Next.
                    boundary = boundary.partition(b"=")[0]
                    part.flags.append("content-type can be read in several ways")
                if not boundary or len(boundary) > MAX_BOUNDARY_BYTES:
                    part.flags.append("multipart without boundary")
                    boundary = None
                elif boundary in self.known:
                    part.flags.append("two multiparts share a boundary")
                elif self.known and any(boundary.startswith(one) or one.startswith(boundary) for one in self.known):
                    # Older readers compare the beginning of a line alone (RFC 2046 section 5.1.2 warns of it).
                    part.flags.append("one boundary begins like another")
            too_deep = len(self.stack) + self.depth >= MAX_DEPTH
            if too_deep and (boundary or part.type in _MESSAGE_TYPES):
                part.flags.append("nested too deeply")
                boundary = None
            self.stack.append(_Frame(part, boundary))
            if boundary is not None:
                self._remember()
            if part.type not in _MESSAGE_TYPES:
                return part.header_end
            if part.encoding not in _IDENTITY:
                self.encoded_messages = True
                return part.header_end
            if too_deep or self.budget[0] <= 0:
                return part.header_end
            child = Part(raw, part.header_end)
            part.children.append(child)
            part, default = child, "text/plain"

    def _remember(self) -> None:
        self.known = frozenset(frame.boundary for frame in self.stack if frame.boundary is not None)


def _read_structure(part: Part, values: dict[str, list[bytes]]) -> None:
    """What Content-Type, Content-Transfer-Encoding and Content-Disposition say of a part; of doubled ones the first."""
    found = values.get("content-type")
    if found is not None:
        kind, part.params, ambiguous = _parameterised(part, "content-type", found)
        if ambiguous:
            part.flags.append("content-type can be read in several ways")
        if kind.count("/") == 1 and kind[0] != "/" and kind[-1] != "/":
            part.type = kind
        elif kind:
            part.flags.append("content-type is malformed")
            part.type = "text/plain" if kind in ("text", "text/") else "application/octet-stream"
    found = values.get("content-transfer-encoding")
    if found is not None:
        part.encoding, _none, ambiguous = _parameterised(part, "content-transfer-encoding", found)
        if ambiguous:
            part.flags.append("content-transfer-encoding can be read in several ways")
    found = values.get("content-disposition")
    if found is not None:
        part.disposition, part.disposition_params, _ambiguous = _parameterised(part, "content-disposition", found)


def _parameterised(part: Part, name: str, values: list[bytes]) -> Parameterised:
    if len(values) > 1:
        part.flags.append(f"two {name} fields")
    return parse_parameters(unfold(values[0]))


def parse(raw: bytes) -> Part:
    """The tree of a whole message (or of any entity with a header). Never raises."""
    budget = [MAX_PARTS]
    parser = _Parser(raw, 0, budget)
    root = parser.run()
    if not parser.encoded_messages:
        return root
    pending = [(root, 0)]
    while pending:
        part, depth = pending.pop()
        if part.type in _MESSAGE_TYPES and not part.children and part.encoding not in _IDENTITY:
            # RFC 2046 section 5.2.1 forbids it, RFC 6532 allows it for message/global: an encoded inner message.
            if depth < MAX_DEPTH and budget[0] > 0:
                part.children.append(_Parser(part.body_bytes(), depth + 1, budget).run())
                part.flags.append("an encoded inner message")
            else:
                part.flags.append("nested too deeply")
        pending.extend((child, depth + 1) for child in part.children)
    return root
