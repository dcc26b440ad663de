"""Bounces: reading delivery status notifications (RFC 3464) and what their status codes mean (RFC 3463).

The law: a bounce is somebody's word. Nothing here proves that it comes from a server that had the message; whoever uses
it matches `original_message_id` with something that was really sent.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tui_mail.mime.headers import parse_date
from tui_mail.mime.report import Fields, first_id, read_report, typed_address
from tui_mail.mime.tree import Part

_STATUS_WORDS = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such mail domain",
    "1.3": "the address is not written correctly",
    "1.6": "the mailbox has moved and left no new address",
    "1.10": "this domain takes no mail",
    "2.0": "something is wrong with the mailbox",
    "2.1": "the mailbox is closed",
    "2.2": "the mailbox is full",
    "2.3": "the message is larger than the mailbox allows",
    "3.4": "the message is larger than the server allows",
    "4.1": "the other mail server does not answer",
    "4.2": "the connection to the other mail server broke",
    "4.3": "the directory that knows the way did not answer",
    "4.4": "no way to the other mail server is known",
    "4.5": "the other mail server is too busy",
    "4.6": "the message went round in circles",
    "4.7": "the time for delivery has passed",
    "6.0": "the other mail server cannot carry this kind of content",
    "7.1": "the other mail server does not accept this message",
    "7.25": "the sending server's name and address do not fit together",
    "7.26": "the sender's domain could not be confirmed",
}
_CLASS_WORDS = {
    "1": "something is wrong with the address",
    "2": "something is wrong with the mailbox",
    "3": "the other mail system has a problem",
    "4": "the way to the other mail server has a problem",
    "5": "the mail servers did not understand each other",
    "6": "the content cannot be carried",
    "7": "the other mail server does not allow it",
}


class DsnAction(StrEnum):
    """What happened to the message for one recipient (RFC 3464 section 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class DsnRecipient(Struct, frozen=True):
    """One recipient of a bounce. Text is foreign.

    Attributes:
        recipient: addr-spec as the sender wrote it where the report says so, else as it is now.
        status: "5.1.1", empty when it is missing.
        diagnostic: the other server's answer.
    """

    recipient: str
    action: DsnAction
    status: str = ""
    diagnostic: str = ""
    remote_mta: str = ""
    will_retry_until: datetime | None = None

    @property
    def sentence(self) -> str:
        """What the status code says, in plain words; empty when it says nothing."""
        return explain_status(self.status)


class Dsn(Struct, frozen=True):
    """One delivery status notification.

    Attributes:
        original_message_id: with angle brackets, empty when the report does not return the header.
        envelope_id: what the sender gave as ENVID (RFC 3461 section 4.4), empty when nothing.
    """

    recipients: tuple[DsnRecipient, ...]
    original_message_id: str = ""
    envelope_id: str = ""
    reporting_mta: str = ""
    arrival_date: datetime | None = None
    text: str = ""


def read_dsn(root: Part) -> Dsn | None:
    """The bounce that this message is; None when it is none or names no recipient with a known action."""
    report = read_report(root, "message/delivery-status") or read_report(root, "message/global-delivery-status")
    if report is None or not report.groups:
        return None
    whole, *each = report.groups
    if "action" in whole:  # QUIRK: some servers leave out the blank line after the fields of the whole message.
        each = list(report.groups)
    recipients = tuple(one for one in map(_recipient, each) if one is not None)
    if not recipients:
        return None
    return Dsn(
        recipients=recipients,
        original_message_id=report.original_message_id or first_id(whole.get("x-original-message-id", "")),
        envelope_id=whole.get("original-envelope-id", "").strip(),
        reporting_mta=typed_address(whole.get("reporting-mta", "")),
        arrival_date=parse_date(whole.get("arrival-date", "").encode("utf-8", "replace")),
        text=report.text,
    )


def explain_status(status: str) -> str:
    """A status code of RFC 3463 in plain words, a clause without capital and full stop; empty for an unknown one."""
    parts = status.split(".")
    if len(parts) != 3 or parts[0] not in ("2", "4", "5"):
        return ""
    return _STATUS_WORDS.get(f"{parts[1]}.{parts[2]}") or _CLASS_WORDS.get(parts[1], "")


def _recipient(fields: Fields) -> DsnRecipient | None:
    address = typed_address(fields.get("original-recipient", "")) or typed_address(fields.get("final-recipient", ""))
    action = fields.get("action", "").split(" ")[0].strip().lower()
    if not address or action not in list(DsnAction):
        return None
    return DsnRecipient(
        recipient=address,
        action=DsnAction(action),
        status=fields.get("status", "").split(" ")[0].strip(),
        diagnostic=typed_address(fields.get("diagnostic-code", "")),
        remote_mta=typed_address(fields.get("remote-mta", "")),
        will_retry_until=parse_date(fields.get("will-retry-until", "").encode("utf-8", "replace")),
    )
