"""Reading protected header fields (RFC 9788).

The law: `hp` counts only on the root of the cryptographic payload. Where it counts, the inner fields are rendered and
the outer ones ignored; "confidential" comes from comparing inner fields with the HP-Outer records, never from a label.
"""

from itertools import chain

from msgspec import Struct

from tui_mail.mime.fields import Field
from tui_mail.mime.headers import addresses, decode
from tui_mail.mime.tree import Part
from tui_mail.model.address import Address, address_key
from tui_mail.model.security import Headers

_SHOWN = ("from", "to", "cc", "subject", "date", "reply-to", "message-id")
_OUTER_LIMIT = 1_000


class HeaderSource(Struct, frozen=True):
    """Where the header fields of a message come from.

    Attributes:
        part: the part whose header they stand in.
        body: the part whose body is rendered (differs from the payload for a wrapped message).
        inside: the header is the protected one; of it only the fields of the message count, not those of the part.
        protected: lower-case names of fields inside the payload, empty without header protection.
        confidential: those of them that the outside does not show as they are.
    """

    part: Part
    body: Part
    inside: bool = False
    protected: tuple[str, ...] = ()
    confidential: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields to render."""
        return _message_fields(self.part) if self.inside else tuple(self.part.fields)

    def get(self, name: str) -> bytes:
        """Raw unfolded value of the first such field, empty when there is none."""
        if self.inside and not _is_message_field(name):
            return b""
        return self.part.get(name) or b""

    def addresses(self, name: str) -> tuple[Address, ...]:
        """The mailboxes of all such fields: a doubled From must look like two authors, not like one."""
        return tuple(chain.from_iterable(map(addresses, self.part.get_all(name))))


def read_headers(root: Part, payload: Part, layers: list[str]) -> HeaderSource:
    """Choose between the outer header and the protected one.

    Args:
        root: the message as it came.
        payload: its cryptographic payload; the root itself without layers.
        layers: of the cryptographic envelope.
    """
    outer = HeaderSource(root, payload)
    if not layers or payload is root:
        return outer
    mode = payload.params.get("hp", "").strip().lower()
    encrypted = "encrypted" in layers
    if mode in ("clear", "cipher"):
        records = _outer_records(payload) if encrypted and mode == "cipher" else None
        return _protected(payload, records)
    wrapped = _wrapped_message(root, payload)
    if wrapped is not None:
        # RFC 9788 section 4.10.1: without HP-Outer the real outer fields are all there is to compare with.
        records = _pairs(root.fields) if encrypted else None
        return _protected(wrapped, records)
    return outer


def _protected(part: Part, records: frozenset[tuple[str, str]] | None) -> HeaderSource:
    names = tuple(filter(_is_message_field, part.field_names))
    return HeaderSource(part, part, True, names, _confidential(part, records))


def _message_fields(part: Part) -> tuple[Field, ...]:
    return tuple(field for field in part.fields if _is_message_field(field.name))


def _is_message_field(name: str) -> bool:
    """Non-structural fields (RFC 9788 section 1.1.1), without the records of what stands outside."""
    return not name.startswith("content-") and name not in ("mime-version", "hp-outer")


def _value(raw: bytes) -> str:
    return " ".join(decode(raw).split())


def _pairs(fields: list[Field]) -> frozenset[tuple[str, str]]:
    return frozenset((field.name, _value(field.value)) for field in fields[:_OUTER_LIMIT])


def _outer_records(payload: Part) -> frozenset[tuple[str, str]]:
    """RFC 9788 section 2.2.1: each HP-Outer field holds the name and value of one field that stands outside."""
    records = set()
    for raw in payload.get_all("hp-outer")[:_OUTER_LIMIT]:
        name, colon, value = raw.partition(b":")
        if colon:
            records.add((name.strip().decode("latin-1").lower(), _value(value)))
    return frozenset(records)


def _confidential(part: Part, records: frozenset[tuple[str, str]] | None) -> tuple[str, ...]:
    if records is None:
        return ()
    hidden = (field.name for field in _message_fields(part) if (field.name, _value(field.value)) not in records)
    return tuple(dict.fromkeys(hidden))


def _wrapped_message(root: Part, payload: Part) -> Part | None:
    """RFC 8551 section 3.1 wrapping, read but never written (RFC 9788 section 4.10.1).

    A forwarded message has the same form. It is taken for header protection only when it stands alone as the
    payload, is not offered as a file, and names the same author as the outside.
    """
    if payload.type not in ("message/rfc822", "message/global") or not payload.children:
        return None
    if payload.disposition == "attachment" or payload.params.get("forwarded", "").lower() == "yes":
        return None
    wrapped = payload.children[0]
    inner, outer = wrapped.get("from"), root.get("from")
    if inner is None or outer is None or wrapped.get("date") is None:
        return None
    same = {a.key for a in addresses(inner)} == {a.key for a in addresses(outer)}
    return wrapped if same else None


def from_differs(source: HeaderSource, root: Part) -> bool:
    """The protected From names another author than the outer one (RFC 9788 section 4.4)."""
    if not source.protected:
        return False
    if source.part.folded("from") == root.folded("from"):
        return False
    inner_authors, outer_authors = source.addresses("from"), HeaderSource(root, root).addresses("from")
    return {address_key(a.spec) for a in inner_authors} != {address_key(a.spec) for a in outer_authors}


def shown_headers(source: HeaderSource, root: Part, *, outer_from: bool, protected: bool) -> Headers:
    """The header values to show.

    Args:
        outer_from: show the outer From, because no valid signature speaks for the inner one.
        protected: the envelope really protects the fields (an intact signature or an opened encryption).
    """
    part = source.part
    shown = {name: decode(folded[0]) if (folded := part.folded(name)) else "" for name in _SHOWN}
    if outer_from:
        shown["from"] = decode(root.get("from") or b"")
    names = source.protected if protected else ()
    return Headers(
        from_=shown["from"],
        to=shown["to"],
        cc=shown["cc"],
        subject=shown["subject"],
        date=shown["date"],
        reply_to=shown["reply-to"],
        message_id=shown["message-id"],
        protected=tuple(name for name in names if not (outer_from and name == "from")),
        confidential=source.confidential if protected else (),
        outer=_differing(part, root) if source.protected else {},
    )


def _differing(part: Part, root: Part) -> dict[str, str]:
    """The outer values of those fields that say something else inside."""
    found: dict[str, str] = {}
    for name in _SHOWN:
        if part.folded(name) != root.folded(name):
            value, other = part.get(name) or b"", root.get(name) or b""
            if other != value and _value(other) != _value(value):
                found[name] = decode(other)
    return found
