"""Receipts: reading and building message disposition notifications (RFC 8098).

The law: a receipt never asks for a receipt and never answers a report (section 2.1); whether one is sent at all is
decided above.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tui_mail.mime.build import multipart
from tui_mail.mime.encode import address_value, date_value, header, text_body, text_value
from tui_mail.mime.parameters import parse_parameters
from tui_mail.mime.report import first_id, is_plain_spec, read_report, typed_address
from tui_mail.mime.tree import Part
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError

REQUEST_FIELD = "Disposition-Notification-To"
OPTIONS_FIELD = "Disposition-Notification-Options"
FINAL_DELIVERY = "X-DIRECT-FINAL-DESTINATION-DELIVERY"
"""The option by which a Direct sender asks for "dispatched" as well (Delivery Notification in Direct, section 1.3)."""


class Disposition(StrEnum):
    """What became of the message (RFC 8098 section 3.2.6.2; "denied" and "failed" of RFC 2298 are still met)."""

    DISPLAYED = "displayed"
    DELETED = "deleted"
    DISPATCHED = "dispatched"
    PROCESSED = "processed"
    FAILED = "failed"
    DENIED = "denied"


class Mdn(Struct, frozen=True):
    """One receipt. Text is foreign.

    Attributes:
        final_recipient: addr-spec of whom it speaks of.
        original_recipient: the address that the sender wrote, empty when it is not said.
        automatic: the disposition happened without a person ("automatic-action").
        sent_automatically: the receipt was sent without a person deciding it ("MDN-sent-automatically").
        problems: texts of Error, Failure and Warning fields.
    """

    original_message_id: str
    final_recipient: str
    disposition: Disposition
    original_recipient: str = ""
    automatic: bool = False
    sent_automatically: bool = False
    modifiers: tuple[str, ...] = ()
    reporting_ua: str = ""
    problems: tuple[str, ...] = ()
    text: str = ""

    @property
    def recipient(self) -> str:
        """The address under which the sender knows the recipient."""
        return self.original_recipient or self.final_recipient


def read_mdn(root: Part) -> Mdn | None:
    """The receipt that this message is; None when it is none, or lacks what RFC 8098 section 3.1 requires."""
    report = read_report(root, "message/disposition-notification")
    report = report or read_report(root, "message/global-disposition-notification")
    if report is None or not report.groups:
        return None
    fields: dict[str, str] = {}
    for group in reversed(report.groups):  # QUIRK: some programs put blank lines between the fields.
        fields |= group
    mode, _, kind = fields.get("disposition", "").partition(";")
    name, _, modifiers = kind.strip().lower().partition("/")
    if name.strip() not in list(Disposition):
        return None
    action, _, sending = mode.lower().partition("/")
    return Mdn(
        original_message_id=first_id(fields.get("original-message-id", "")) or report.original_message_id,
        final_recipient=typed_address(fields.get("final-recipient", "")),
        original_recipient=typed_address(fields.get("original-recipient", "")),
        disposition=Disposition(name.strip()),
        automatic=action.strip() == "automatic-action",
        sent_automatically=sending.strip() == "mdn-sent-automatically",
        modifiers=tuple(word.strip() for word in modifiers.split(",") if word.strip()),
        reporting_ua=fields.get("reporting-ua", ""),
        problems=tuple(fields[name] for name in ("failure", "error", "warning") if fields.get(name)),
        text=report.text,
    )


def is_automatic(get: Callable[[str], bytes | None]) -> bool:
    """A robot or a mailing list sent this, as its header fields say. `get` gives a field's value by its name."""
    return bool(get("list-id")) or (get("auto-submitted") or b"no").split(b";")[0].strip().lower() != b"no"


def options(root: Part) -> dict[str, tuple[str, ...]]:
    """Disposition-Notification-Options: lower-case name to ("required" or "optional", then its values)."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in parse_parameters(b"x; " + (root.get(OPTIONS_FIELD.lower()) or b"")).params.items():
        found[name.lower()] = tuple(word.strip().lower() for word in value.split(","))
    return found


def wants_final_delivery(root: Part) -> bool:
    """The sender asks for a "dispatched" receipt too (Delivery Notification in Direct)."""
    return "true" in options(root).get(FINAL_DELIVERY.lower(), ())


def build_mdn(
    *,
    sender: Address,
    to: Address,
    date: datetime,
    message_id: str,
    original_message_id: str,
    disposition: Disposition,
    text: str,
    subject: str = "",
    reporting_ua: str = "tui-mail",
    original_recipient: str = "",
    automatic: bool = False,
    sent_automatically: bool = False,
    modifiers: Sequence[str] = (),
    problem: str = "",
) -> bytes:
    """An unprotected receipt: seven bits, CRLF, without anything of the message it speaks of.

    Args:
        sender: the recipient of that message, who now reports.
        to: who asked.
        date: aware.
        message_id: of the receipt; `original_message_id` of the message, both with angle brackets.
        text: the part for people.
        subject: empty for a plain one. The original subject may be confidential and belongs here only encrypted.
        problem: for the Error field, with the modifier "error".

    Raises UsageError for addresses that cannot stand in a report.
    """
    if not is_plain_spec(sender) or not is_plain_spec(to):
        raise UsageError("A receipt needs plain mail addresses; this message has none.")
    action = "automatic-action" if automatic else "manual-action"
    sending = "MDN-sent-automatically" if sent_automatically else "MDN-sent-manually"
    extra = [*modifiers, "error"] if problem and "error" not in modifiers else list(modifiers)
    kind = f"{disposition}/{','.join(extra)}" if extra else str(disposition)
    report = [
        header("Reporting-UA", text_value(reporting_ua)),
        header("Original-Recipient", f"rfc822;{original_recipient}") if original_recipient else b"",
        header("Final-Recipient", f"rfc822;{address_value(Address(sender.spec))}"),
        header("Original-Message-ID", original_message_id) if original_message_id else b"",
        header("Disposition", f"{action}/{sending}; {kind}"),
        header("Error", text_value(problem)) if problem else b"",
    ]
    encoding, body = text_body(text)
    for_people = (
        b"Content-Type: text/plain; charset=utf-8\r\n" + header("Content-Transfer-Encoding", encoding) + b"\r\n" + body
    )
    for_machines = b"Content-Type: message/disposition-notification\r\n\r\n" + b"".join(report)
    fields = [
        header("From", address_value(sender)),
        header("To", address_value(to)),
        header("Subject", text_value(subject or f"{str(disposition).capitalize()}: receipt")),
        header("Date", date_value(date)),
        header("Message-ID", message_id),
        header("In-Reply-To", original_message_id) if original_message_id else b"",
        header("References", original_message_id) if original_message_id else b"",
        header("Auto-Submitted", "auto-replied") if sent_automatically else b"",
        b"MIME-Version: 1.0\r\n",
    ]
    return b"".join(fields) + multipart("report", [for_people, for_machines], "; report-type=disposition-notification")
