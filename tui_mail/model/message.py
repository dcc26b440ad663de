"""Messages: as the list shows them, as the reader shows them, as the composer writes them."""

from datetime import datetime
from enum import IntFlag, StrEnum

from msgspec import Struct

from tui_mail.model.address import Address
from tui_mail.model.clean import clean
from tui_mail.model.delivery import DeliveryNotice
from tui_mail.model.invitation import Invitation
from tui_mail.model.security import MessageSecurity
from tui_mail.model.unsubscribe import Unsubscribe


class Flag(IntFlag):
    """Message flags that the store keeps as one integer (RFC 9051 section 2.3.2)."""

    NONE = 0
    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16
    FORWARDED = 32
    RECEIPT_SENT = 64  # RFC 3503: no other program of this person asks again


class EncState(StrEnum):
    """The Enc column."""

    NONE = ""
    OPEN = "open"  # encrypted, authenticated, opened
    OPEN_CBC = "open-cbc"  # opened, but the cipher does not protect against changes
    LOCKED = "locked"  # our key could open it, the vault is locked
    CLOSED = "closed"  # not for a key of ours, or it failed


class Row(Struct, frozen=True):
    """One line of the message list. Text is foreign: the interface cleans it.

    Attributes:
        id: the store's message number.
        date: seconds since 1970 UTC, the sort key together with `id`.
        sig: the stored letter; None while not judged yet, which never looks like valid.
    """

    id: int
    date: int
    flags: int
    sig: str | None
    enc: str
    attachments: bool
    sender: str
    subject: str
    preview: str = ""


MAX_NAMES_SHOWN = 3
MAX_NAME_SHOWN = 60


class AttachmentInfo(Struct, frozen=True):
    """One attachment. `name` is foreign text without path parts; `size_bytes` is the decoded size."""

    index: int
    name: str
    type: str
    size_bytes: int
    sha256: str = ""


class HeldBack(Struct, frozen=True):
    """What of a message still lies on the server alone: here is a place holder, its header fields and its text.

    Attributes:
        size_bytes: of the whole message.
        files: the names of what waits, foreign text; empty where that is not known.
        too_large: it stays there; this program receives no message of that size.
    """

    size_bytes: int
    files: tuple[str, ...] = ()
    too_large: bool = False

    @property
    def sentence(self) -> str:
        """What waits, for people; the names are cleaned."""
        names = ", ".join(clean(name)[:MAX_NAME_SHOWN] for name in self.files[:MAX_NAMES_SHOWN])
        more = len(self.files) - MAX_NAMES_SHOWN
        which = f": {names}{f' and {more} more' if more > 0 else ''}" if names else ""
        what = "This message is here without its files" if names else "Only the beginning of this message is here"
        return f"{what}; {self.size_bytes / 1e6:.1f} MB wait on the server{which}."


class Style(StrEnum):
    """How a run of reader text looks. The reader knows no other styles, so mail cannot ask for one."""

    TEXT = ""
    QUOTE = "quote"
    HEADING = "heading"
    BOLD = "bold"
    ITALIC = "italic"
    LINK = "link"
    CODE = "code"
    MUTED = "muted"
    SIGNATURE = "signature"


class Run(Struct, frozen=True, array_like=True):
    """A piece of one line: cleaned text, its style, and for links the target (cleaned, host visible)."""

    text: str
    style: Style = Style.TEXT
    link: str = ""


class Hint(Struct, frozen=True):
    """A calm sentence about the sender, cleaned; `warning` when it should not be overlooked."""

    text: str
    warning: bool = False


class MessageView(Struct, frozen=True):
    """Everything the reader shows of one message, already parsed, decrypted, judged and cleaned in the engine.

    Attributes:
        lines: logical lines; the reader wraps them. Preformatted lines arrive as they are.
        key_locked: unlocking the vault would show more.
        can_trust: the trust dialog has something to offer for this message.
        notices: what others reported of this message after it was sent from here.
        receipt_to: who asks to be told that this message was read (RFC 8098); nobody is told unless a person says so.
        held: what of the message is not here; None when it is here whole.
    """

    id: int
    headers: tuple[tuple[str, str], ...]
    subject: str
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    message_id: str
    references: tuple[str, ...]
    date: datetime | None
    lines: tuple[tuple[Run, ...], ...]
    quote_text: str
    attachments: tuple[AttachmentInfo, ...]
    security: MessageSecurity
    key_locked: bool = False
    can_trust: bool = False
    history: str = ""
    notices: tuple[DeliveryNotice, ...] = ()
    invitation: Invitation | None = None
    unsubscribe: Unsubscribe | None = None
    hints: tuple[Hint, ...] = ()
    receipt_to: Address | None = None
    held: HeldBack | None = None


class Protection(Struct, frozen=True):
    """What the sender asked for.

    Attributes:
        separate: a message for each group of recipients, so that one old program does not weaken it for the others.
        legacy_display: repeat hidden header fields in the text, for programs that do not know header protection.
    """

    sign: bool = True
    encrypt: bool = False
    opaque: bool = False
    separate: bool = False
    legacy_display: bool = False


class DraftAttachment(Struct, frozen=True):
    """A file to attach: read from `path` when the message is queued, so later changes to it do not matter. `path` is
    empty for what is no file: `stored` is the number of its bytes in the store, for files of a draft that was opened
    again; `message` is the store's number of a message that is passed on, `part` that of the attachment in it, None
    for the message itself."""

    path: str
    name: str
    type: str = "application/octet-stream"
    stored: int | None = None
    size_bytes: int = 0
    message: int | None = None
    part: int | None = None


class Draft(Struct, frozen=True):
    """What the composer hands to the engine. Text is what the person typed. `in_reply_to` and `references` hold
    message-ids with angle brackets; `reply_to_message` is the store's number of the message that is answered,
    `forwards` of the one that is passed on, and each is marked so once the draft is sent;
    `ask_receipt` asks the readers for a receipt (RFC 8098), which they are free to give; `report` says that this is
    one: it leaves with an empty envelope sender, so that nothing ever answers it."""

    account: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    body: str = ""
    attachments: tuple[DraftAttachment, ...] = ()
    protection: Protection = Protection()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    reply_to_message: int | None = None
    forwards: int | None = None
    ask_receipt: bool = False
    report: bool = False


class OutboxState(StrEnum):
    """Where an outgoing message stands; ``sync.outbox`` is the table of moves."""

    DELAYED = "delayed"  # waits for its time; until then it can be taken back
    QUEUED = "queued"
    PROTECTING = "protecting"
    READY = "ready"  # final bytes on disk
    SUBMITTING = "submitting"
    SENT = "sent"
    FILED = "filed"
    FAILED = "failed"
    UNKNOWN = "unknown"  # the connection ended after the final dot: nobody knows


class OutboxEntry(Struct, frozen=True):
    """One outgoing message as the outbox lists it. `problem` is a sentence, empty when there is none; `due` is when the
    next step is taken, seconds since 1970 UTC, 0 at once; `reached` are the recipients who have it, while others lack
    it."""

    id: int
    account: str
    state: OutboxState
    recipients: tuple[str, ...]
    subject: str
    created: int
    attempts: int = 0
    problem: str = ""
    due: int = 0
    reached: tuple[str, ...] = ()


class DraftEntry(Struct, frozen=True):
    """One unfinished message of this computer as it is listed. `changed` is in seconds since 1970 UTC; `attachments`
    counts its files."""

    id: int
    account: str
    recipients: tuple[str, ...]
    subject: str
    changed: int
    encrypt: bool = False
    attachments: int = 0
