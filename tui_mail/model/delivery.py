"""What others report of a message after it was sent: bounces and receipts."""

from enum import StrEnum

from msgspec import Struct


class DeliveryKind(StrEnum):
    """What is reported of one recipient (RFC 3464 section 2.3.3, RFC 8098 section 3.2.6.2)."""

    DELAYED = "delayed"
    FAILED = "failed"
    RELAYED = "relayed"
    DELIVERED = "delivered"
    PROCESSED = "processed"  # the recipient's system has opened it and trusts the sender (Direct)
    DISPATCHED = "dispatched"  # it has reached the recipient's mailbox (Direct)
    DISPLAYED = "displayed"
    DELETED = "deleted"


_WORDS = {
    DeliveryKind.DELAYED: "On the way to {} it is late",
    DeliveryKind.FAILED: "It could not be delivered to {}",
    DeliveryKind.RELAYED: "It was handed on to the mail system of {}",
    DeliveryKind.DELIVERED: "It was delivered to {}",
    DeliveryKind.PROCESSED: "The mail system of {} has opened it and trusts you",
    DeliveryKind.DISPATCHED: "It is in the mailbox of {}",
    DeliveryKind.DISPLAYED: "It was shown to {}",
    DeliveryKind.DELETED: "{} deleted it",
}


class DeliveryNotice(Struct, frozen=True):
    """One report about one recipient of a sent message.

    Attributes:
        message_id: of the sent message, with angle brackets.
        recipient: addr-spec, foreign text.
        when: seconds since 1970 UTC, when the report came.
        text: what the other side says, foreign text.
        confirmed: the report was signed by the recipient's own certificate, so nobody else can have written it.
    """

    message_id: str
    kind: DeliveryKind
    recipient: str
    when: int
    text: str = ""
    confirmed: bool = False

    @property
    def sentence(self) -> str:
        """What is reported, without full stop; holds foreign text. What nobody has signed is said to be that."""
        said = f": {self.text}" if self.text else ""
        return f"{_WORDS[self.kind].format(self.recipient)}{said}{'' if self.confirmed else ' (not signed)'}"


class ReceiptWish(Struct, frozen=True):
    """How a trusted message may be answered with receipts. `sender` is an addr-spec; `dispatched`: the sender
    asks for that receipt too."""

    message_id: str
    sender: str
    dispatched: bool = False
