"""Which MIME nodes are cryptographic layers, and which of them count (RFC 9787 section 4).

The law: only layers that touch each other from the outside of the message inwards are the cryptographic envelope.
Everything below a plain MIME node is errant: counted, never opened, worth nothing.
"""

from enum import StrEnum

from tui_mail.mime.tree import Part
from tui_mail.model.errors import MalformedInput

_SIGNATURE_TYPES = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_OBJECT_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_NAMELESS_TYPES = ("application/octet-stream", "application/x-unknown")
_OBJECT_NAMES = (".p7m", ".p7z", ".p7c")
"""Of enveloped and signed, compressed, and certs-only objects (RFC 8551 section 3.2.1)."""


class LayerForm(StrEnum):
    """The two forms of RFC 8551 section 3."""

    DETACHED = "multipart/signed"
    OBJECT = "application/pkcs7-mime"


def layer_form(part: Part, *, at_root: bool = False) -> LayerForm | None:
    """The form of a cryptographic layer, None when the part is none.

    Args:
        at_root: the part is the whole message or touches the envelope; there a nameless octet-stream with the file
            name or the parameter of an S/MIME object counts (RFC 8551 section 3.2.1, 3.9).
    """
    if part.type == "multipart/signed":
        protocol = part.params.get("protocol", "").strip().lower()
        signs = len(part.children) > 1 and is_signature(part.children[1])
        return LayerForm.DETACHED if protocol in _SIGNATURE_TYPES or signs else None
    if part.type in _OBJECT_TYPES:
        return LayerForm.OBJECT
    if at_root and part.type in _NAMELESS_TYPES:
        named = part.filename.lower().endswith(_OBJECT_NAMES) or "smime-type" in part.params
        return LayerForm.OBJECT if named else None
    return None


def is_tnef(part: Part) -> bool:
    """Outlook's own wrapper, into which Exchange packs whole messages, their files and their signatures with them."""
    if part.type in ("application/ms-tnef", "application/vnd.ms-tnef"):
        return True
    return part.type in _NAMELESS_TYPES and part.filename.lower() == "winmail.dat"


def is_signature(part: Part) -> bool:
    """The part holds a detached signature, by its type or, where a gateway took that away, by its file name."""
    return part.type in _SIGNATURE_TYPES or (part.type in _NAMELESS_TYPES and part.filename.lower().endswith(".p7s"))


def count_errant(payload: Part) -> int:
    """How many cryptographic layers stand below the payload."""
    if not payload.children:
        return 0
    below = payload.walk()
    next(below)
    return sum(1 for part in below if layer_form(part) is not None)


def detached_parts(part: Part) -> tuple[Part, Part]:
    """The signed part and the signature of a multipart/signed. Raises MalformedInput when there are not exactly these.

    Parts that other programs would cut differently are refused as well: the span that is hashed must be the span that
    everybody shows (RFC 1847 section 2.1).
    """
    if len(part.children) != 2:
        raise MalformedInput("A signed message must have exactly two parts, the content and its signature.")
    content, signature = part.children
    if not is_signature(signature):
        if is_signature(content):
            raise MalformedInput("The signature stands before the content that it should sign.")
        raise MalformedInput("The second part of this signed message is not a signature.")
    if "parts after the end of a multipart" in part.flags or "two multiparts share a boundary" in part.all_flags():
        raise MalformedInput("Its parts overlap, so that other programs would show another text than was signed.")
    return content, signature


def canonical(part: Part) -> list[bytes | memoryview]:
    """What a detached signature covers: header and body of the part, where bare line feeds become CRLF for hashing
    only (RFC 8551 section 3.1.1). Content that is canonical already, as nearly all is, is not copied."""
    raw, start, end = part.raw, part.start, part.end
    if end == part.header_end and raw.startswith(b"--", end):
        # A header without a body: the line end before the delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
        end = start + len(raw[start:end].removesuffix(b"\n").removesuffix(b"\r"))
    if raw.count(b"\n", start, end) == raw.count(b"\r\n", start, end):
        return [memoryview(raw)[start:end]]
    content = raw[start:end]
    return [content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")]
