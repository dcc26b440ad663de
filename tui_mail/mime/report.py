"""multipart/report: the frame that bounces and receipts share (RFC 6522), and their machine-readable fields.

The law: only the message itself can be a report; one that lies inside another message is an attachment and counts for
nothing.
"""

from dataclasses import dataclass

from tui_mail.mime.fields import split_fields, unfold
from tui_mail.mime.headers import decode, message_ids
from tui_mail.mime.tree import Part
from tui_mail.model.address import Address

MAX_REPORT_BYTES = 1_000_000
MAX_GROUPS = 1_000
MAX_VALUE_CHARACTERS = 2_000

Fields = dict[str, str]
"""Lower-case name to decoded value; of doubled fields the first counts."""


@dataclass(frozen=True, slots=True)
class Report:
    """The three parts of a report.

    Attributes:
        text: the part for people, foreign text.
        groups: the fields of the machine-readable part, one dictionary for each block between blank lines.
        original: header fields of the message that is reported on, as far as the report returns it.
    """

    text: str
    groups: tuple[Fields, ...]
    original: Fields

    @property
    def original_message_id(self) -> str:
        """The Message-ID in the returned message, with angle brackets; empty when nothing was returned."""
        return first_id(self.original.get("message-id", ""))


def read_report(root: Part, machine_type: str) -> Report | None:
    """The report whose machine-readable part has this media type; None when the message is no such report.

    QUIRK: RFC 6522 wants the ``report-type`` parameter to agree; some gateways omit it, so the parts decide.
    """
    if root.type != "multipart/report" or not root.children:
        return None
    machine = next((part for part in root.children[:MAX_GROUPS] if part.type == machine_type), None)
    if machine is None:
        return None
    first = root.children[0]
    text = first.text() if first.type == "text/plain" else ""
    return Report(text, _groups(machine.body_bytes()[:MAX_REPORT_BYTES]), _original(root))


def is_report(root: Part) -> bool:
    """Whether the message reports on another one in any way: nothing answers such a message by itself (RFC 3834)."""
    return root.type == "multipart/report"


def typed_address(value: str) -> str:
    """The addr-spec of ``rfc822; someone@example.org`` (RFC 3464 section 2.1.2), or the value without its type."""
    address = value.partition(";")[2] if ";" in value else value
    return address.strip().strip("<>")


def first_id(value: str) -> str:
    """The first message-id of a value, with angle brackets; empty when there is none."""
    found = message_ids(value.encode("utf-8", "replace"))
    return found[0] if found else ""


def is_plain_spec(address: Address) -> bool:
    """It can be written into a field of a report, which is seven bits (RFC 6533 is for servers that know more)."""
    local, at, domain = address.spec.rpartition("@")
    return (
        bool(at and domain and local.isascii()) and address.spec.isprintable() and not set(address.spec) & set(" <>;,")
    )


def _groups(body: bytes) -> tuple[Fields, ...]:
    """Blocks of fields between blank lines (RFC 3464 section 2.1). Lines that are no field are passed over."""
    groups: list[Fields] = []
    position = 0
    while position < len(body) and len(groups) < MAX_GROUPS:
        found, after, _odd = split_fields(body, position, len(body))
        fields: Fields = {}
        for field in found:
            fields.setdefault(field.name, decode(unfold(field.value))[:MAX_VALUE_CHARACTERS])
        if fields:
            groups.append(fields)
        if after <= position:
            newline = body.find(b"\n", position)
            after = len(body) if newline < 0 else newline + 1
        position = after
    return tuple(groups)


def _original(root: Part) -> Fields:
    for part in root.children[1:MAX_GROUPS]:
        if part.type in ("message/rfc822", "message/global") and part.children:
            fields = part.children[0].fields
        elif part.type in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            body = part.body_bytes()[:MAX_REPORT_BYTES]
            fields = split_fields(body, 0, len(body))[0]
        else:
            continue
        kept: Fields = {}
        for field in fields:
            kept.setdefault(field.name, decode(unfold(field.value))[:MAX_VALUE_CHARACTERS])
        return kept
    return {}
