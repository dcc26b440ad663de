"""The words between the engine and whoever uses it: commands, one reply each, and events.

On the wire: one JSON object a line over a Unix socket (0600). ``{"id": 7, "command": {"type": "OpenMessage", …}}`` is
answered by ``{"id": 7, "reply": {"type": "MessageOpened", …}}``; events have no id: ``{"event": {"type": …}}``.
A `Failure` may answer every command. Bytes travel as base64.
"""

from typing import Literal

from msgspec import Struct

from tui_mail.model.account import Account, Server, Settings
from tui_mail.model.address import Address
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.discovery import FindStep, Provenance
from tui_mail.model.invitation import Answer
from tui_mail.model.message import AttachmentInfo, Draft, DraftEntry, MessageView, OutboxEntry, Protection, Run
from tui_mail.model.recipient import RecipientCheck
from tui_mail.model.security import Verdict

PROTOCOL_VERSION = 3
"""Grows by one whenever a word below changes after a release: ``tests/engine/test_protocol.py`` holds each number to
the words it stands for. An engine that is older than the program is replaced, a newer one is not."""


class Command(Struct, frozen=True, tag=True):
    """Base of all commands."""


class Reply(Struct, frozen=True, tag=True):
    """Base of all replies."""


class Event(Struct, frozen=True, tag=True):
    """Base of all events."""


# ---- replies that serve many commands


class Done(Reply, frozen=True):
    """It is done; `count` says how many things changed where that makes sense."""

    count: int = 0


class Failure(Reply, frozen=True):
    """It is not done. `sentence` is for people; `kind` is the error's class name in model.errors."""

    sentence: str
    kind: str = "TuiMailError"


# ---- session


class Hello(Command, frozen=True):
    """The first command of every connection."""

    version: int = PROTOCOL_VERSION


class Welcome(Reply, frozen=True):
    """`state`: "new" (no profile yet: only TestAccount and CreateProfile work), "locked" or "open".
    `store_key` is the raw key of the store, 64 hex digits, None unless open. `connections` is how it stands with each
    account's server, for who comes later than the events that said so."""

    version: int
    profile: str
    state: str
    store_path: str
    store_key: str | None
    settings: Settings
    connections: "tuple[Connection, ...]" = ()


class Unlock(Command, frozen=True):
    """Open vault and store; answered by `Welcome`."""

    passphrase: str


class Lock(Command, frozen=True):
    """Forget the private keys now."""


class Stop(Command, frozen=True):
    """End the engine in an orderly way."""


# ---- setup


class NewCertificate(Struct, frozen=True, tag=True):
    """Make a self-signed certificate. `key_type`: "rsa-3072" or "ecdsa-p256"."""

    key_type: str = "rsa-3072"
    days: int = 730


class Pkcs12File(Struct, frozen=True, tag=True):
    """Import a .p12 file."""

    path: str
    password: str


class TestAccount(Command, frozen=True):
    """Try login, folders and sending (a message to oneself is NOT sent: MAIL/RCPT and RSET) and say what came out.
    For an account of the open profile, with unchanged servers, an empty password means the stored one."""

    __test__ = False  # a name that test collectors would take for a test

    account: Account
    imap_password: str
    smtp_password: str


class TestStep(Struct, frozen=True):
    """One line of the live test."""

    __test__ = False

    name: str
    ok: bool
    sentence: str


class AccountTested(Reply, frozen=True):
    """All steps that ran; the first that failed is the last."""

    steps: tuple[TestStep, ...]


class CreateProfile(Command, frozen=True):
    """Make vault, store and settings in one go or not at all; answered by `Welcome` in state "open"."""

    account: Account
    display_name: str
    imap_password: str
    smtp_password: str
    certificate: NewCertificate | Pkcs12File
    passphrase: str
    anchors: tuple[str, ...] = ()
    """PEM text of trusted root certificates to begin with."""


class AddAccount(Command, frozen=True):
    """One more mailbox in this profile, with a certificate of its own unless one that is here names its address
    already. Answered by `Welcome`; TestAccount tries it before."""

    account: Account
    imap_password: str
    smtp_password: str
    certificate: NewCertificate | Pkcs12File | None = None


class FindServers(Command, frozen=True):
    """Ask the domain of an address for its mail servers. Answered by `ServersFound`."""

    address: str


class ServersFound(Reply, frozen=True):
    """What it named: None when it names none. The sentence says who named them; it may hold foreign text."""

    imap: Server | None
    smtp: Server | None
    sentence: str


class BeginSignIn(Command, frozen=True):
    """Sign in for an account with `sign_in`, one of the profile or one that is to be made; answered by `SignInPage`."""

    account: Account
    client_secret: str = ""
    """What some providers give to a program beside its client_id."""


class SignInPage(Reply, frozen=True):
    """What the person opens: `url` on any device, where `code` is typed; without a code in a browser on this
    computer. The url is foreign text."""

    url: str
    code: str = ""


class AwaitSignIn(Command, frozen=True):
    """Answered by `Done` when the person has signed in."""

    account: str


class SetPassword(Command, frozen=True):
    """The password of an account's servers has changed. Tried with the servers first unless `test` is False; an empty
    SMTP password means the same one."""

    account: str
    imap_password: str
    smtp_password: str = ""
    test: bool = True


class SaveSettings(Command, frozen=True):
    """Write settings.toml (comments survive)."""

    settings: Settings


# ---- reading


class OpenMessage(Command, frozen=True):
    """Everything that the reader shows. `mark_seen` also sets the Seen flag."""

    message_id: int
    mark_seen: bool = True


class MessageOpened(Reply, frozen=True):
    """The answer to OpenMessage."""

    view: MessageView


class SaveAttachment(Command, frozen=True):
    """Write one attachment to `path`; an existing file is never overwritten, a number is added."""

    message_id: int
    index: int
    path: str


class Saved(Reply, frozen=True):
    """Where it was written."""

    path: str


class SaveAttachments(Command, frozen=True):
    """Write all attachments into the folder `path`, each under its own name made safe; no file is overwritten."""

    message_id: int
    path: str


class SavedAll(Reply, frozen=True):
    """Where each of them was written."""

    paths: tuple[str, ...]


class PreviewAttachment(Command, frozen=True):
    """One attachment as text to look at. A Failure says that it is none that could be read so."""

    message_id: int
    index: int


class AttachmentPreview(Reply, frozen=True):
    """Cleaned lines as the reader shows them; `note` is a sentence for below them, empty when there is none."""

    info: AttachmentInfo
    lines: tuple[tuple[Run, ...], ...]
    note: str = ""


class ShowPicture(Command, frozen=True):
    """A picture among the attachments that fits into `width` by `height` pixels. A Failure says that it is none that
    can be shown. `form`: "rgb", never larger than it is itself; or "png" or "sixel", as large as fits."""

    message_id: int
    index: int
    width: int
    height: int
    form: Literal["rgb", "png", "sixel"] = "rgb"


class Picture(Reply, frozen=True):
    """`pixels` is what the form says: RGB, three octets each, row by row; a PNG file; or the data of a sixel sequence.
    `own_width` and `own_height` are those of the file."""

    info: AttachmentInfo
    own_width: int
    own_height: int
    width: int
    height: int
    pixels: bytes


class AnswerInvitation(Command, frozen=True):
    """Answer the invitation in a message by a mail to its organizer; answered by `Queued`. `at` as in SendMessage."""

    message_id: int
    account: str
    answer: Answer
    at: int = 0


class SendReceipt(Command, frozen=True):
    """Tell who asked for it that a message was read. `to` is the address that the person was shown. Answered by
    `Queued`."""

    message_id: int
    account: str
    to: str


class LeaveList(Command, frozen=True):
    """Tell the mailing list of a message, by one POST to `url`, that it shall send nothing more (RFC 8058). A person
    has agreed to this address; it is refused when the message names another one."""

    message_id: int
    url: str


class ListLeft(Reply, frozen=True):
    """`host` has been told."""

    host: str


class MessageText(Command, frozen=True):
    """A whole message as one text, as SaveMessage writes it; answered by `Text`."""

    message_id: int


class Text(Reply, frozen=True):
    """Cleaned text."""

    text: str


class SaveMessage(Command, frozen=True):
    """Write a whole message to `path`: the raw bytes when it ends in .eml, else the text as the reader shows it. An
    existing file is never overwritten, a number is added. Answered by `Saved`."""

    message_id: int
    path: str


class FetchWhole(Command, frozen=True):
    """Fetch what of a message waits on the server; answered by `Done`, count 0 when it was here already."""

    message_id: int


class RawSource(Command, frozen=True):
    """The message as it came, from `start` on; `count` bytes at most, 0 all."""

    message_id: int
    start: int = 0
    count: int = 0


class Source(Reply, frozen=True):
    """Raw bytes. `size_bytes` is the size of the whole message."""

    raw: bytes
    size_bytes: int


# ---- changing mail


class ChangeFlags(Command, frozen=True):
    """Set and clear `model.message.Flag` bits; shown at once, sent to the server in the background."""

    message_ids: tuple[int, ...]
    add: int = 0
    remove: int = 0


class CreateFolder(Command, frozen=True):
    """Make a folder at the server and here. The account's server must be in reach."""

    account: str
    name: str


class FolderMade(Reply, frozen=True):
    """The answer to CreateFolder."""

    folder_id: int


class RenameFolder(Command, frozen=True):
    """Give a folder that is not special another name."""

    folder_id: int
    name: str


class DeleteFolder(Command, frozen=True):
    """Remove an empty folder that is not special."""

    folder_id: int


class MoveMessages(Command, frozen=True):
    """Move to another folder of the same account."""

    message_ids: tuple[int, ...]
    folder_id: int


class SnoozeMessages(Command, frozen=True):
    """Put messages off until a time, in seconds since 1970; one that has passed brings them back. Answered by Done."""

    message_ids: tuple[int, ...]
    until: int


class DeleteMessages(Command, frozen=True):
    """Move to Trash, or expunge when they are there already."""

    message_ids: tuple[int, ...]


class AppendMessage(Command, frozen=True):
    """Put a message as it is into a folder on the server (an import). It comes into the list by synchronisation."""

    folder_id: int
    raw: bytes
    seen: bool = True


class SyncNow(Command, frozen=True):
    """Ask the receiver to look now. With `wait` the reply comes when it has looked. An empty account means all."""

    account: str = ""
    wait: bool = False


class Synced(Reply, frozen=True):
    """What one synchronisation did."""

    folders: int
    new_messages: int
    expunged: int
    flag_changes: int
    bytes_received: int
    seconds: float
    problems: tuple[str, ...] = ()


# ---- trust


class TrustQuestion(Command, frozen=True):
    """What the trust dialog shows for the signer of a message."""

    message_id: int


class TrustFacts(Reply, frozen=True):
    """`sentences` explain in plain words what is known and what trusting means; `offer` is False when trusting is not
    possible (expired, broken, other address), the sentences say why. `already` means a pin stands. `own_sha256` is the
    fingerprint that the other side sees of us, empty when there is none."""

    address: str
    certificate: CertificateInfo
    issuer_sentence: str
    verdict: Verdict
    sentences: tuple[str, ...]
    offer: bool
    already: bool = False
    previous: CertificateInfo | None = None
    own_sha256: str = ""


class TrustSender(Command, frozen=True):
    """Pin this certificate for this address; all of that sender's mail is lettered anew. `Done.count` says how many."""

    address: str
    certificate_sha256: str


class UntrustSender(Command, frozen=True):
    """Take the pin away."""

    address: str
    certificate_sha256: str


class ExplainClosed(Command, frozen=True):
    """Why a message cannot be read. The ready answer is written from `account`."""

    message_id: int
    account: str


class ClosedExplained(Reply, frozen=True):
    """`sentences`: what is the matter, each certificate that the message was made for, where the key might be. `draft`
    is a signed answer to the sender, None where unlocking helps or no own certificate is there to send."""

    sentences: tuple[str, ...]
    draft: Draft | None = None


class BlockSender(Command, frozen=True):
    """Never trust this certificate for this address, nor encrypt to it; without a certificate: none of the address."""

    address: str
    certificate_sha256: str = ""


class UnblockSender(Command, frozen=True):
    """Take a block away."""

    address: str
    certificate_sha256: str = ""


class SaveNote(Command, frozen=True):
    """Keep a note on a correspondent; an empty one takes it away."""

    address: str
    note: str


class ListPeople(Command, frozen=True):
    """Whom this person writes to, for completing addresses: from the Sent folders, then from the certificate book.
    Who only wrote to us is not among them, so that no stranger gets into the line by a well chosen name."""


class People(Reply, frozen=True):
    """The answer to ListPeople, likeliest first, each address once."""

    people: tuple[Address, ...]


class ListCertificates(Command, frozen=True):
    """The certificate book; an empty address means everyone."""

    address: str = ""


class BookEntry(Struct, frozen=True):
    """One certificate of one correspondent. `own` marks certificates of which the vault holds the key.

    Attributes:
        trusted: pinned by the person; `vouched` instead: a trusted authority stood behind its signatures.
        blocked: this certificate, or the whole address.
        reads: what the owner announced to be able to read, as cipher names, best first.
        found: where it was found, when it is known from there alone: neither sent by the owner nor imported.
        sent_at, sent_sha256: when the owner last got a signed mail of ours, and the certificate that it carried.
    """

    address: str
    certificate: CertificateInfo
    trusted: bool
    own: bool
    first_seen: int
    last_seen: int
    messages: int
    vouched: bool = False
    blocked: bool = False
    note: str = ""
    reads: tuple[str, ...] = ()
    sent_at: int = 0
    sent_sha256: str = ""
    found: Provenance | None = None


class WaitingEntry(Struct, frozen=True):
    """A correspondent of whom no certificate is known: an introduction is on its way, a note was made, or a block."""

    address: str
    note: str = ""
    sent_at: int = 0
    sent_sha256: str = ""
    blocked: bool = False


class CertificateBook(Reply, frozen=True):
    """The answer to ListCertificates."""

    entries: tuple[BookEntry, ...]
    waiting: tuple[WaitingEntry, ...] = ()


class ListAnchors(Command, frozen=True):
    """The trusted roots and where each of them comes from."""


class AnchorEntry(Struct, frozen=True):
    """One trusted root. `source`: "this profile", the path of the administrator's file, or "bundle NAME"."""

    certificate: CertificateInfo
    source: str


class Anchors(Reply, frozen=True):
    """All of them, and what is wrong with files that should hold some, one sentence each."""

    entries: tuple[AnchorEntry, ...]
    problems: tuple[str, ...] = ()


class ImportBundle(Command, frozen=True):
    """What a trust bundle would change; with `confirmed` it counts. Answered by `BundleChanges`.

    Attributes:
        name: what the profile calls it; the same name again is an update.
        data, file: its bytes and the name of their file; or else `url`.
        signer: the certificate of whoever has to sign it, PEM or DER; empty for nobody, or for who had to before.
        confirmed: the digest of the bytes whose changes a person has seen; empty only shows them.
    """

    name: str
    data: bytes = b""
    file: str = ""
    url: str = ""
    signer: bytes = b""
    confirmed: str = ""


class BundleChanges(Reply, frozen=True):
    """The roots that a bundle adds and removes, who signed it, and whether it counts now. `digest` names its bytes."""

    digest: str
    added: tuple[CertificateInfo, ...]
    removed: tuple[CertificateInfo, ...]
    signer: CertificateInfo | None
    applied: bool


class ListBundles(Command, frozen=True):
    """The trust bundles of the profile."""


class BundleEntry(Struct, frozen=True):
    """One bundle. `pending`: what a newer one would change; `problem`: why none could be had; empty when nothing."""

    name: str
    source: str
    roots: int
    signed: bool
    pending: str
    problem: str


class Bundles(Reply, frozen=True):
    """All of them, by name."""

    entries: tuple[BundleEntry, ...]


class ImportCertificate(Command, frozen=True):
    """Put a certificate (PEM or DER) into the book for the addresses it names; with `trust` also pin it. With `anchor`
    it becomes a trusted root."""

    data: bytes
    trust: bool = False
    anchor: bool = False


class RemoveAnchor(Command, frozen=True):
    """The profile's own root with this SHA-256 counts no longer; signed mail is judged again."""

    sha256: str


class RemoveBundle(Command, frozen=True):
    """The trust bundle of this name, with the roots that it alone brought, counts no longer."""

    name: str


class FindCertificate(Command, frozen=True):
    """Look for a certificate of an address, as the settings in [discovery] say: book, signed mail, LDAP, DNS, DNSSEC,
    directory. With `everywhere` the network is asked even when a certificate is known. Takes up to a minute."""

    address: str
    everywhere: bool = False


class CertificateSearched(Reply, frozen=True):
    """What each step came to. `certificate` is the one that would be used, None when there is none; `check` is what
    the preflight says of this recipient now."""

    steps: tuple[FindStep, ...]
    check: RecipientCheck
    certificate: CertificateInfo | None = None
    provenance: Provenance | None = None


class RequestCertificate(Command, frozen=True):
    """Make a key that waits in the vault, and a request to an authority for its certificate. The certificate, once
    issued, comes back by `ImportCertificate`. `key_type` as `tui-mail key new` knows it."""

    address: str
    name: str = ""
    key_type: str = "rsa-3072"


class CertificateRequest(Reply, frozen=True):
    """PKCS #10, PEM (RFC 2986)."""

    pem: bytes


class ImportKey(Command, frozen=True):
    """Add a key and certificate of one's own from PKCS#12 bytes."""

    data: bytes
    password: str


# ---- writing


class Preflight(Command, frozen=True):
    """Ask what sending would meet; cheap enough to ask while typing."""

    account: str
    recipients: tuple[str, ...]
    protection: Protection


class PreflightResult(Reply, frozen=True):
    """`signed_by` is the address of the certificate that will sign, empty when there is none; `own_sentence` says what
    is wrong with the own certificate. `ready` means that sending as asked would go through."""

    signed_by: str
    own_certificate: CertificateInfo | None
    own_sentence: str
    recipients: tuple[RecipientCheck, ...]
    ready: bool
    notes: tuple[str, ...] = ()


class SendMessage(Command, frozen=True):
    """Put a draft into the outbox. Refused with a Failure when protection as asked is not possible.

    `at` is when it leaves, seconds since 1970 UTC, 0 at once; until then `UndoSend` takes it back. `draft_id` is the
    saved draft that this was written in: it is removed everywhere."""

    draft: Draft
    at: int = 0
    draft_id: int = 0


class UndoSend(Command, frozen=True):
    """Take a message that has not left out of the outbox and make it a draft again; answered by `DraftOpened`."""

    outbox_id: int


class PostponeSend(Command, frozen=True):
    """Let a message that waits leave at another time, seconds since 1970 UTC; 0 now."""

    outbox_id: int
    at: int


class SaveDraft(Command, frozen=True):
    """Keep an unfinished message. `draft_id` 0 makes a new one. `closed` says that nobody writes on it now, so that it
    goes to the server at once."""

    draft: Draft
    draft_id: int = 0
    closed: bool = False


class DraftSaved(Reply, frozen=True):
    """It is on disk."""

    draft_id: int


class ListDrafts(Command, frozen=True):
    """Every unfinished message of this computer, newest first."""


class Drafts(Reply, frozen=True):
    """The answer to ListDrafts."""

    entries: tuple[DraftEntry, ...]


class OpenDraft(Command, frozen=True):
    """Go on writing: a draft of this computer by `draft_id`, or a message of a Drafts folder by `message_id`, whoever
    made it. Answered by `DraftOpened`."""

    draft_id: int = 0
    message_id: int = 0


class DraftOpened(Reply, frozen=True):
    """What was written so far; save it and send it under this number."""

    draft_id: int
    draft: Draft


class DiscardDraft(Command, frozen=True):
    """Remove a draft here and on the server."""

    draft_id: int


class SendIntroduction(Command, frozen=True):
    """Send a short signed mail that carries our certificate, to begin or repeat the exchange."""

    account: str
    address: str


class Queued(Reply, frozen=True):
    """It is on disk and will leave."""

    outbox_id: int


class ListOutbox(Command, frozen=True):
    """Everything not yet filed."""


class Outbox(Reply, frozen=True):
    """The answer to ListOutbox."""

    entries: tuple[OutboxEntry, ...]


class DecideOutbox(Command, frozen=True):
    """What to do with a failed or unknown entry: "retry", "discard" or "was-sent"."""

    outbox_id: int
    decision: str


# ---- events


class StoreChanged(Event, frozen=True):
    """Something in these folders changed: read the store again. Empty means anything may have."""

    folder_ids: tuple[int, ...] = ()


class Progress(Event, frozen=True):
    """Long work. `total` 0 means unknown; done == total ends it."""

    task: str
    done: int
    total: int
    sentence: str


class Notice(Event, frozen=True):
    """Something to tell the person. `level`: "info", "warning" or "error"."""

    level: str
    sentence: str


class NewMail(Event, frozen=True):
    """New mail came into an inbox. No private text here."""

    folder_id: int
    count: int


class OutboxChanged(Event, frozen=True):
    """An outbox entry moved to another state."""

    entry: OutboxEntry


class LockChanged(Event, frozen=True):
    """The keys were locked or unlocked."""

    locked: bool


class Connection(Event, frozen=True):
    """Whether an account's server is reachable. `state`: "online", "connecting", "offline"; `password_refused` when
    it is offline because the server does not take the password that is kept."""

    account: str
    state: str
    sentence: str = ""
    password_refused: bool = False
