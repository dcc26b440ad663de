"""Judging: open what nobody has opened yet, newest first, and store the verdict with its evidence.

The law: certificates, capabilities and sightings are taken from valid signatures only (RFC 8551 section 2.7.1), and the
Sig column shows what is stored here and nothing else.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from time import monotonic

import msgspec

from tui_mail.engine.context import SeenBook, trust_context
from tui_mail.engine.jobs.receipts import owe_receipts
from tui_mail.engine.jobs.relabel import relabel_outlived, relabel_sender
from tui_mail.engine.jobs.reports import keep_reports
from tui_mail.engine.jobs.revocation import watch_signers
from tui_mail.engine.logbook import describe, log
from tui_mail.engine.messages import Progress, StoreChanged
from tui_mail.engine.opened import Brought
from tui_mail.engine.opener import OPENER, Order, UnreadableMessage, UnsafeMessage
from tui_mail.engine.opening import Found
from tui_mail.engine.orders import to_judge
from tui_mail.engine.session import Session, now
from tui_mail.model.address import address_key
from tui_mail.model.errors import MalformedInput, StoreError
from tui_mail.model.message import EncState, Row
from tui_mail.model.security import Letter, MessageSecurity, SignatureCheck, Summary, TrustSource, Verdict
from tui_mail.store import certificates, judgements, messages, threads
from tui_mail.store.database import Database
from tui_mail.store.judgements import IndexEntry, Judgement
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import TrustContext

BATCH = 1000
TURN_SECONDS = 1.0
"""A turn takes no new message after so long, or when somebody waits for it: to open one, or to trust somebody."""
STORED_TOGETHER = 200
FIRST_BATCH = 10
"""The first batch is small, so that the top of the list gets its letters at once."""

SCREENFUL = 60
HURRIED_PAUSE_SECONDS = 2.0

MIN_PROGRESS = 100
"""Below this many messages nobody needs a progress bar."""

UNREADABLE = "This message has a form that cannot be read; nothing is known."
UNSAFE = "This message could not be read safely: opening it took too long or stopped the program. It stays closed."
"""The record of such a message is its stored judgement: whoever finds this reason there does not open it again."""

Outcome = Found | UnsafeMessage | UnreadableMessage

_GOOD_ONCE = frozenset({Letter.VALID, Letter.NEW, Letter.CHANGED, Letter.EXPIRED})


class Judge:
    """The job that gives every message its letter."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._was_locked = True
        self._done = 0
        self._idle = threading.Event()

    def busy(self) -> None:
        """Something was given to the judge."""
        self._idle.clear()

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until everything is judged; False when it took longer than `seconds`."""
        return self._idle.wait(seconds)

    def turn(self) -> float | None:
        """One batch; 0 when more may wait, else the seconds until a certificate ends, None for never."""
        session = self._session
        db = session.store.database
        if self._was_locked and not session.agent.locked:
            judgements.judge_again(db, judgements.locked_messages(db))
        self._was_locked = session.agent.locked
        self._idle.clear()
        hurried = bool(session.hurried)
        waiting = judgements.unjudged(db, (FIRST_BATCH if hurried else BATCH) if self._done else FIRST_BATCH)
        if not waiting:
            if self._done >= MIN_PROGRESS:
                session.publish(Progress("judge", self._done, self._done, "All signatures are checked."))
            self._done = 0
            again, pause = relabel_outlived(session)
            if again:
                return 0.0
            self._idle.set()
            return pause
        self._done += judge_messages(session, waiting, TURN_SECONDS)
        total = self._done + judgements.unjudged_count(db)
        if total >= MIN_PROGRESS:
            session.publish(Progress("judge", min(self._done, total - 1), total, "Checking signatures"))
        # Mail that streams in shall be listed first; meanwhile the top of the list gets its letters.
        return HURRIED_PAUSE_SECONDS if hurried and self._done >= SCREENFUL else 0.0


def judge_messages(session: Session, message_ids: Sequence[int], seconds: float = float("inf")) -> int:
    """Open and judge these messages now and store what came out, some in one transaction; while they are stored the
    next ones are opened. None is begun after `seconds`, and but for the first none when another thread waits for the
    trust mutex; how many were."""
    db = session.store.database
    deadline = monotonic() + seconds
    orders = _Orders(db, message_ids, lambda: session.trust_mutex.wanted or monotonic() > deadline)
    with session.trust_mutex:
        trust = trust_context(session, db)
        outcomes = OPENER.open_all(orders, trust, session.agent.own_keys())
        while chunk := list(islice(outcomes, STORED_TOGETHER)):
            _store(session, db, chunk, trust)
    return orders.begun


def give_up(session: Session, message_id: int) -> None:
    """Record a message as one that cannot be read safely."""
    db = session.store.database
    with session.trust_mutex:
        _store(session, db, [(message_id, UnsafeMessage())], trust_context(session, db))


class _Orders:
    """The messages to open, each read when it is its turn."""

    def __init__(self, db: Database, message_ids: Sequence[int], enough: Callable[[], bool]) -> None:
        self._db = db
        self._message_ids = message_ids
        self._enough = enough
        self.begun = 0

    def __iter__(self) -> Iterator[Order]:
        for number in self._message_ids:
            if self.begun and self._enough():
                return
            self.begun += 1
            order = to_judge(self._db, number)
            if order is not None:
                yield order


def _store(session: Session, db: Database, outcomes: Sequence[tuple[int, Outcome]], trust: TrustContext) -> None:
    found = [(number, judged) for number, outcome in outcomes if (judged := _judged(db, number, outcome)) is not None]
    entries: list[IndexEntry] = []
    owed = False
    with db.transaction():
        changed_senders = _keep(db, found, trust, entries)
        for number, judged in found:
            owed |= _take_note(session, db, number, judged[1])
        for sender in changed_senders:
            relabel_sender(db, sender)
        judgements.index_messages(db, entries)
    watch_signers(session, db, [judged for _number, judged in found], trust)
    if owed:
        session.wake_receipts()
    session.publish(StoreChanged(messages.folders_of(db, [number for number, _ in found])))


def _judged(db: Database, message_id: int, outcome: Outcome) -> tuple[Judgement, Brought | None] | None:
    if isinstance(outcome, Found):
        return outcome.judgement, outcome.brought
    if isinstance(outcome, UnsafeMessage):
        log.error("message %d made the process that opened it end or hang; it is not tried again", message_id)
    else:
        log.error("message %d could not be judged: %s", message_id, outcome)
    row, details = messages.row(db, message_id), messages.details(db, message_id)
    if row is None or details is None:
        return None
    return _unreadable(row, details, UNSAFE if isinstance(outcome, UnsafeMessage) else UNREADABLE), None


def _take_note(session: Session, db: Database, message_id: int, brought: Brought | None) -> bool:
    """Keep what the message reports of sent mail, and the receipts that it asks for; whether there are new ones."""
    if brought is None or not (brought.notices or brought.wish):
        return False
    details = messages.details(db, message_id)
    if details is None:
        return False
    keep_reports(db, brought.notices, details.internal_date)
    return brought.wish is not None and owe_receipts(session, db, message_id, brought.wish)


def _keep(
    db: Database,
    found: Sequence[tuple[int, tuple[Judgement, Brought | None]]],
    trust: TrustContext,
    entries: list[IndexEntry],
) -> set[str]:
    """Store judgements and what the signatures brought along, both or neither; the senders to letter anew. What the
    search is to find goes to `entries`. When one cannot be stored, each is stored alone."""
    try:
        with db.transaction():
            new = judgements.record_judgements(db, [(number, judgement) for number, (judgement, _) in found])
            news = set[str]().union(*(_bring(db, number, *judged, trust) for number, judged in found))
    except StoreError:
        raise  # the disk's fault, not the message's: the whole batch is tried again
    except Exception as error:  # else the same batch would fail for ever
        if len(found) > 1:
            return set[str]().union(*(_keep(db, [one], trust, entries) for one in found))
        [(message_id, _)] = found
        log.error("message %d could not be stored as judged: %s", message_id, describe(error))
        row, details = messages.row(db, message_id), messages.details(db, message_id)
        if row is None or details is None:
            return set()
        news = set()
        new = judgements.record_judgements(db, [(message_id, _unreadable(row, details, UNREADABLE))])
    entries += new
    return news


def _bring(
    db: Database, message_id: int, judgement: Judgement, brought: Brought | None, trust: TrustContext
) -> set[str]:
    """Store what a message brought along; the senders to letter anew."""
    if brought is None:
        return set()
    if brought.protected_ids is not None:
        _thread_by_protected(db, message_id, brought.protected_ids, judgement)
    return _harvest(db, brought, judgement, trust) if judgement.security.signatures else set()


def _unreadable(row: Row, details: messages.Details, reason: str) -> Judgement:
    """What the list shows of a message with which nothing can be done: its outside."""
    return Judgement(
        MessageSecurity(Summary.NONE, Verdict(Letter.UNKNOWN, (reason,))),
        EncState.NONE,
        row.sender,
        details.sender_key,
        details.recipients,
        row.subject,
        "",
        row.attachments,
    )


def _harvest(db: Database, brought: Brought, judgement: Judgement, trust: TrustContext) -> set[str]:
    """Keep certificates and capabilities of valid signatures; the senders who signed with a new certificate.

    Capabilities of a signer whom nobody trusts count only as long as the address has no other certificate: else a
    stranger could talk us into a weaker cipher for somebody we know.
    """
    news: set[str] = set()
    security = judgement.security
    sender = judgement.sender_key
    moment = now()
    for position, (check, verdict) in enumerate(zip(security.signatures, security.verdicts, strict=False)):
        if check.signer is None or verdict.letter not in _GOOD_ONCE or not sender:
            continue
        certificates.save_certificates(db, _chain(brought, check))
        sha256 = check.signer.sha256
        if certificates.certificate(db, sha256) is None:
            continue
        signed_at = min(check.signing_time or moment, moment)
        known = {seen.sha256: seen for seen in trust.known.get(sender, ())}
        before = known.get(sha256)
        vouched = check.trust_source is TrustSource.ANCHOR
        certificates.record_seen(db, sender, sha256, int(signed_at.timestamp()), vouched=vouched)
        if before is None or signed_at < before.first_signing_time or (vouched and not before.vouched):
            news.add(sender)
            if isinstance(trust.known, SeenBook):
                trust.known.forget(sender)
        speaks = verdict.letter is Letter.VALID or (verdict.letter is Letter.NEW and not known.keys() - {sha256})
        if speaks and (check.signing_time is None or check.signing_time <= moment):
            _keep_capabilities(db, brought, brought.signer_certificates[position], sender, int(signed_at.timestamp()))
    return news


def _chain(brought: Brought, check: SignatureCheck) -> tuple[bytes, ...]:
    """The signer's certificate and those above it. What else came along is a stranger's word: it is not even readable
    for certain, and must not become material for other people's paths."""
    return tuple(der for der in brought.certificates if hashlib.sha256(der).hexdigest() in check.chain)


def _thread_by_protected(db: Database, message_id: int, ids: tuple[str, tuple[str, ...]], judgement: Judgement) -> None:
    """RFC 9788 section 4: threads too come from the header fields inside, where there are such."""
    threads.set_headers(db, message_id, *ids, judgement.subject)


def _keep_capabilities(db: Database, brought: Brought, signer: bytes | None, sender: str, signing_time: int) -> None:
    """Keep what the signer can read, and the certificate to encrypt for when the signer prefers another one."""
    announced = next((one for one in brought.capabilities if one.certificate == signer), None)
    if announced is None:
        return
    preferred = announced.encryption_certificate
    sha256 = None
    if preferred is not None and sender in _addresses(preferred):
        sha256 = certificates.save_certificate(db, preferred)
        certificates.add_to_book(db, sender, sha256)
    named_by = hashlib.sha256(announced.certificate).hexdigest()
    text = msgspec.json.encode(announced.capabilities)
    kept = certificates.Capability(sender, signing_time, text, sha256, named_by)
    certificates.save_capability(db, kept)


def _addresses(der: bytes) -> frozenset[str]:
    """The address keys that a certificate of a message names; none when it cannot be read."""
    try:
        return frozenset(map(address_key, read_certificate(der).addresses))
    except MalformedInput:
        return frozenset()
