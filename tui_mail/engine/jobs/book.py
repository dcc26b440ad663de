"""The certificate book: everyone's certificates, imports, trusted roots, and one's own keys."""

from tui_mail.engine.agent import KeyAgent
from tui_mail.engine.jobs.recipients import announced
from tui_mail.engine.jobs.relabel import relabel_sender
from tui_mail.engine.jobs.trust import check_pin
from tui_mail.engine.messages import (
    BookEntry,
    CertificateBook,
    CertificateRequest,
    Done,
    ImportCertificate,
    ImportKey,
    ListCertificates,
    RemoveAnchor,
    RequestCertificate,
    StoreChanged,
    WaitingEntry,
)
from tui_mail.engine.session import Session, now
from tui_mail.model.address import address_key
from tui_mail.model.errors import CertificateProblem, MalformedInput, UsageError
from tui_mail.store import certificates, discovery, judgements, people
from tui_mail.store.database import Database
from tui_mail.trust.certificate import load_certificates, read_certificate
from tui_mail.vault.pkcs12 import load_key
from tui_mail.vault.request import make_request

MAX_IMPORT_BYTES = 5_000_000


def list_certificates(session: Session, command: ListCertificates) -> CertificateBook:
    """Everything known of an address, or of everyone; own certificates are marked."""
    db = session.store.database
    address = address_key(command.address) if command.address else ""
    own = certificates.own_certificates(db)
    pins = certificates.pins(db, address)
    seen = {(found.address, found.sha256): found for found in certificates.seen(db, address)}
    pairs = list(certificates.book(db, address))
    for sha256, der in own.items():
        for name in read_certificate(der).addresses:
            pair = (address_key(name), sha256)
            if pair not in pairs and address in ("", pair[0]):
                pairs.append(pair)
    found_at = {(one.address, one.sha256): one for one in discovery.found(db, address)}
    for pair in pairs:
        found_at.pop(pair, None)
    pairs += found_at
    blocked = people.blocks(db, address)
    known = {person.address: person for person in people.correspondents(db, address)}
    entries = []
    for name, sha256 in sorted(pairs):
        person = known.get(name, people.Correspondent(name))
        found = certificates.certificate(db, sha256)
        if found is None:
            continue
        sight = seen.get((name, sha256))
        entries.append(
            BookEntry(
                address=name,
                certificate=read_certificate(found),
                trusted=(name, sha256) in pins,
                own=sha256 in own,
                first_seen=sight.first if sight else 0,
                last_seen=sight.last if sight else 0,
                messages=sight.messages if sight else 0,
                vouched=sight.vouched if sight else False,
                blocked=bool({(name, sha256), (name, people.EVERY_CERTIFICATE)} & blocked),
                note=person.note,
                reads=_reads(db, name),
                sent_at=person.sent_at,
                sent_sha256=person.sent_sha256,
                found=found_at.get((name, sha256)),
            )
        )
    return CertificateBook(tuple(entries), _waiting(known, blocked, {entry.address for entry in entries}))


def _reads(db: Database, address: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.cipher for one in announced(db, address) if one.cipher))


def _waiting(
    known: dict[str, people.Correspondent], blocked: frozenset[tuple[str, str]], listed: set[str]
) -> tuple[WaitingEntry, ...]:
    """Those of whom something is kept, but no certificate."""
    shut = {name for name, sha256 in blocked if sha256 == people.EVERY_CERTIFICATE}
    found = []
    for name in sorted((known.keys() | shut) - listed):
        person = known.get(name, people.Correspondent(name))
        if person.note or person.sent_at or name in shut:
            found.append(WaitingEntry(name, person.note, person.sent_at, person.sent_sha256, name in shut))
    return tuple(found)


def import_certificate(session: Session, command: ImportCertificate) -> Done:
    """Put certificates into the book, pin them or trust them as roots. `count` says how many."""
    if len(command.data) > MAX_IMPORT_BYTES:
        raise MalformedInput("This file is too long to be a file of certificates.")
    found = load_certificates(command.data)
    if not found:
        raise MalformedInput("There is no certificate in this file; PEM, DER and PKCS #7 are read.")
    if command.anchor:
        return _import_anchors(session, found)
    with session.trust_mutex:
        db = session.store.database
        with db.transaction():
            for der in found:
                _import_one(db, der, trust=command.trust, alone=len(found) == 1)
    joined = [session.agent.join(der, _above(der, found)) for der in found]
    if any(joined):
        _take_own(session)
    session.publish(StoreChanged())
    return Done(len(found))


def request_certificate(session: Session, command: RequestCertificate) -> CertificateRequest:
    """Make a key that waits for its certificate. Raises UsageError, VaultLocked."""
    pkcs8, pem = make_request(command.address, command.name, command.key_type)
    session.agent.keep_waiting(pkcs8)
    return CertificateRequest(pem)


def _above(leaf: bytes, found: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The authorities that came with a certificate, without roots."""
    others = ((der, read_certificate(der)) for der in found if der != leaf)
    return tuple(der for der, info in others if info.is_ca and not info.self_signed)


def import_key(session: Session, command: ImportKey) -> Done:
    """Keep keys of one's own from PKCS #12 or PEM bytes; mail that waited for them is opened."""
    if len(command.data) > MAX_IMPORT_BYTES:
        raise MalformedInput("This file is too long to be a file of a key.")
    session.agent.add_key(load_key(command.data, command.password))
    _take_own(session)
    session.publish(StoreChanged())
    return Done(1)


def _take_own(session: Session) -> None:
    """The vault holds a key more: mail that could not be opened is tried again."""
    db = session.store.database
    with db.transaction():
        save_own_certificates(db, session.agent)
        judgements.judge_again(db, judgements.unopened_messages(db))
    session.wake_judge()


def save_own_certificates(db: Database, agent: KeyAgent) -> None:
    """Let the store know the certificates whose keys the vault holds."""
    for key in agent.own_keys():
        certificates.add_own(db, key.certificate)
        certificates.save_certificates(db, key.chain)


def _import_anchors(session: Session, found: tuple[bytes, ...]) -> Done:
    for der in found:
        if not read_certificate(der).is_ca:
            name = read_certificate(der).subject
            raise CertificateProblem(f"{name} is not an authority's certificate; import it without making it a root.")
    db = session.store.database
    with session.trust_mutex, db.transaction():
        for der in found:
            certificates.add_anchor(db, der)
        judgements.judge_again(db, judgements.signed_messages(db))
    session.wake_judge()
    return Done(len(found))


def remove_anchor(session: Session, command: RemoveAnchor) -> Done:
    """Take back a root that a person made one. Raises UsageError when it is none of the profile's own."""
    db = session.store.database
    if command.sha256 not in {read_certificate(der).sha256 for der in certificates.own_anchors(db)}:
        raise UsageError("This certificate is not one of the profile's own roots; `cert list --anchors` shows them.")
    with session.trust_mutex, db.transaction():
        certificates.remove_anchor(db, command.sha256)
        judgements.judge_again(db, judgements.signed_messages(db))
    session.wake_judge()
    session.publish(StoreChanged())
    return Done(1)


def _import_one(db: Database, der: bytes, *, trust: bool, alone: bool) -> None:
    info = read_certificate(der)
    sha256 = certificates.save_certificate(db, der)
    names = tuple(dict.fromkeys(address_key(name) for name in info.addresses))
    if not names:
        if alone and not info.is_ca:
            raise CertificateProblem("This certificate names no mail address, so it belongs to nobody's mail.")
        return
    for name in names:
        certificates.add_to_book(db, name, sha256)
        if trust:
            check_pin(info, name)
            certificates.pin(db, name, sha256, int(now().timestamp()))
            relabel_sender(db, name)
