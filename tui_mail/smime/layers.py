"""Which MIME nodes are cryptographic layers, and which of them count (RFC 9787 section 4).

The law: only layers that touch each other from the outside of the message inwards are the cryptographic envelope.
Everything below a plain MIME node is errant: counted, never opened, worth nothing.
"""

from enum import StrEnum

from tui_mail.mime.tree import Part

_SIGNATURE_TYPES = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_OBJECT_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")


class LayerForm(StrEnum):
    """The two forms of RFC 8551 section 3."""

    DETACHED = "multipart/signed"
    OBJECT = "application/pkcs7-mime"


def layer_form(part: Part, *, at_root: bool = False) -> LayerForm | None:
    """The form of a cryptographic layer, None when the part is none.

    Args:
        at_root: the part is the whole message or touches the envelope; there a nameless octet-stream with the file
            name of an S/MIME object counts (RFC 8551 section 3.2.1, 3.9).
    """
    if part.type == "multipart/signed":
        protocol = part.params.get("protocol", "").strip().lower()
        second = part.children[1].type if len(part.children) > 1 else ""
        return LayerForm.DETACHED if protocol in _SIGNATURE_TYPES or second in _SIGNATURE_TYPES else None
    if part.type in _OBJECT_TYPES:
        return LayerForm.OBJECT
    if at_root and part.type in ("application/octet-stream", "application/x-unknown"):
        return LayerForm.OBJECT if part.filename.lower().endswith(".p7m") else None
    return None


def count_errant(payload: Part) -> int:
    """How many cryptographic layers stand below the payload."""
    below = payload.walk()
    next(below)
    return sum(1 for part in below if layer_form(part) is not None)


def detached_parts(part: Part) -> tuple[Part, Part] | None:
    """The signed part and the signature of a multipart/signed, None when there are not exactly two parts.

    Parts that other programs would cut differently are refused as well: the span that is hashed must be the span that
    everybody shows (RFC 1847 section 2.1).
    """
    if len(part.children) != 2 or part.children[1].type not in _SIGNATURE_TYPES:
        return None
    if "parts after the end of a multipart" in part.flags or "two multiparts share a boundary" in part.all_flags():
        return None
    return part.children[0], part.children[1]


def canonical(part: Part) -> list[bytes | memoryview]:
    """What a detached signature covers: header and body of the part, where bare line feeds become CRLF for hashing
    only (RFC 8551 section 3.1.1). Content that is canonical already, as nearly all is, is not copied."""
    raw, start, end = part.raw, part.start, part.end
    if raw.count(b"\n", start, end) == raw.count(b"\r\n", start, end):
        return [memoryview(raw)[start:end]]
    content = raw[start:end]
    return [content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")]
