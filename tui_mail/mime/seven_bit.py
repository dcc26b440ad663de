"""Any MIME entity into canonical seven-bit bytes, so that signing it never needs a rewrite on the way (RFC 8551, 3.1).

The law: what can be signed as it stands comes back byte for byte, apart from line ends.
"""

import re

from tui_mail.mime.encode import base64_body, header, quoted_printable
from tui_mail.mime.tree import Part, parse

MAX_LINE_BYTES = 998  # RFC 5322 section 2.1.1

_BARE_ENDS = re.compile(rb"\r?\n|\r")
_ENCODING_FIELD = "content-transfer-encoding"


def canonical_lines(data: bytes) -> bytes:
    """The same lines with CRLF ends."""
    return _BARE_ENDS.sub(b"\r\n", data)


def seven_bit(entity: bytes) -> bytes:
    """A whole entity, headers and body, with CRLF ends and no byte over 127 in a body that may be encoded.

    A message/rfc822 with eight-bit text inside keeps it: RFC 2046 section 5.2.1 allows no encoding there.
    """
    entity = canonical_lines(entity)
    if entity.isascii() and max(map(len, entity.split(b"\r\n"))) <= MAX_LINE_BYTES:
        return entity
    root = parse(entity)
    pieces: list[bytes] = []
    position = 0
    for leaf in root.walk():
        if leaf.children or leaf.type.startswith("message/") or not _needs_encoding(leaf):
            continue
        pieces += [entity[position : leaf.start], _encoded(leaf)]
        position = leaf.end
    return b"".join([*pieces, entity[position:]])


def _needs_encoding(leaf: Part) -> bool:
    body = leaf.raw[leaf.header_end : leaf.end]
    return not body.isascii() or any(len(line) > MAX_LINE_BYTES for line in body.split(b"\r\n"))


def _encoded(leaf: Part) -> bytes:
    """The leaf with its body in quoted-printable (text) or base64, and the header that says so."""
    body = leaf.body_bytes()
    kept = b"".join(leaf.raw[f.start : f.end] for f in leaf.fields if f.name != _ENCODING_FIELD)
    if leaf.type.startswith("text/"):
        encoding, data = "quoted-printable", quoted_printable(body.decode("latin-1").split("\r\n"), "latin-1")
    else:
        encoding, data = "base64", base64_body(body)
    return kept + header("Content-Transfer-Encoding", encoding) + b"\r\n" + data
