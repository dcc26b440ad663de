"""Opening one message for the reader; what was opened last is kept for a while."""

from msgspec.structs import replace

from tui_mail.engine.context import seen_certificates, trust_context
from tui_mail.engine.jobs.caution import hints
from tui_mail.engine.jobs.change import change_flags
from tui_mail.engine.jobs.fetch_whole import GONE, have_whole, whole_bytes
from tui_mail.engine.jobs.judge import UNREADABLE, UNSAFE, give_up, judge_messages
from tui_mail.engine.logbook import log
from tui_mail.engine.messages import ChangeFlags, MessageOpened, OpenMessage, RawSource, Source
from tui_mail.engine.opener import READER, Order, UnreadableMessage, UnsafeMessage
from tui_mail.engine.orders import to_show
from tui_mail.engine.session import Session, now
from tui_mail.model.address import Address, address_key
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Flag, MessageView, Row, Run, Style
from tui_mail.model.security import AddressMatch, MessageSecurity
from tui_mail.smime.open import Opened
from tui_mail.smime.open import open_message as open_raw
from tui_mail.store import judgements, messages, notices, place_holders
from tui_mail.trust.history import history_sentence

MAX_CACHED_BYTES = 2_000_000
"""Longer messages are opened anew each time."""


def open_message(session: Session, command: OpenMessage) -> MessageOpened:
    """Everything that the reader shows. A message not judged yet is judged first, so that list and reader agree."""
    db = session.store.database
    if messages.place(db, command.message_id) is None:
        raise UsageError(GONE)
    security = judgements.security(db, command.message_id)
    row = messages.row(db, command.message_id)
    if security is None or row is None or row.sig is None or _could_open_now(security):
        judge_messages(session, (command.message_id,))
        security = judgements.security(db, command.message_id)
    shown = session.cache.get(command.message_id, security)
    if shown is None:
        shown = _shown(session, command.message_id, security)
    if command.mark_seen:
        change_flags(session, ChangeFlags((command.message_id,), add=int(Flag.SEEN)))
    if shown.receipt_to is not None and _is_answered(session, shown, row):
        shown = replace(shown, receipt_to=None)
    if shown.message_id:
        shown = replace(shown, notices=notices.notices(db, shown.message_id))
    return MessageOpened(replace(shown, hints=hints(session, shown)))


def _is_answered(session: Session, shown: MessageView, row: Row | None) -> bool:
    """A receipt was sent, by this or another program of the person; or the message is the person's own."""
    own = {address_key(account.address) for account in session.settings.accounts}
    return row is None or bool(row.flags & Flag.RECEIPT_SENT) or shown.sender.key in own


def _could_open_now(security: MessageSecurity) -> bool:
    """A message that stayed closed is tried again each time: a key may have been imported since."""
    return security.encryption is not None and not security.encryption.opened


def _is_unsafe(security: MessageSecurity | None) -> bool:
    """The judge's process did not survive this message: nobody opens it again."""
    return security is not None and security.verdict.reasons == (UNSAFE,)


def raw_source(session: Session, command: RawSource) -> Source:
    """The message as it came, or a part of it; what waits on the server is fetched first. Raises UsageError."""
    db = session.store.database
    have_whole(session, command.message_id)
    size = messages.raw_size(db, command.message_id)
    return Source(db.read_part("raw", command.message_id, command.start, command.count or size), size)


def opened_message(session: Session, message_id: int) -> Opened:
    """The whole message, opened with our keys and judged as of now."""
    if _is_unsafe(judgements.security(session.store.database, message_id)):
        raise UsageError(UNSAFE)
    return _opened(session, whole_bytes(session, message_id))


def _opened(session: Session, raw: bytes) -> Opened:
    trust = trust_context(session, session.store.database)
    return open_raw(raw, keys=session.agent.own_keys(), trust=trust, now=now())


def _view(session: Session, order: Order) -> MessageView:
    """What the reader shows, made in a process that may hang or swell. Raises UsageError, and UnsafeMessage."""
    trust = trust_context(session, session.store.database)
    try:
        found = READER.open(order, trust, session.agent.own_keys())
    except UnreadableMessage as error:
        log.error("message %d could not be shown: %s", order.message_id, error)
        raise UsageError(UNREADABLE) from None
    if found.view is None:
        raise UsageError(UNREADABLE)
    return found.view


def _history(session: Session, security: MessageSecurity) -> str:
    """Since when the sender has signed with this certificate; empty where nobody is named who could have."""
    for check in security.signatures:
        if check.signer is not None and check.address_match is AddressMatch.MATCH:
            seen = seen_certificates(session.store.database, address_key(check.from_specs[0]))
            return history_sentence(check.signer.sha256, check.continuity, seen, check.signing_time)
    return ""


def _shown(session: Session, message_id: int, security: MessageSecurity | None) -> MessageView:
    if security is not None and _is_unsafe(security):
        return _closed(session, message_id, security)
    db = session.store.database
    held, order = place_holders.held_back(db, message_id), to_show(db, message_id)
    if order is None:
        raise UsageError(GONE)
    try:
        shown = _view(session, order)
    except UnsafeMessage:
        give_up(session, message_id)
        found = judgements.security(db, message_id)
        if found is None:
            raise UsageError(GONE) from None
        return _closed(session, message_id, found)
    shown = replace(shown, history=_history(session, shown.security), held=held)
    if held is None and order.pieces is None and len(order.raw) <= MAX_CACHED_BYTES:
        session.cache.put(message_id, security, shown)
    return shown


def _closed(session: Session, message_id: int, security: MessageSecurity) -> MessageView:
    """What the list knows of a message, and the sentence that says why there is no more."""
    row = messages.row(session.store.database, message_id)
    return MessageView(
        id=message_id,
        headers=(),
        subject="" if row is None else clean(row.subject),
        sender=Address("", "" if row is None else clean(row.sender)),
        to=(),
        cc=(),
        reply_to=(),
        message_id="",
        references=(),
        date=None,
        lines=((Run(UNSAFE, Style.MUTED),),),
        quote_text="",
        attachments=(),
        security=security,
    )
