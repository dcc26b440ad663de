"""The trust dialog's two halves: the facts it shows, and what *Trust* does to all of that sender's mail."""

from tui_mail.engine.context import seen_certificates
from tui_mail.engine.jobs.recipients import signing_key
from tui_mail.engine.jobs.relabel import Relabelled, relabel_sender
from tui_mail.engine.messages import Done, StoreChanged, TrustFacts, TrustQuestion, TrustSender, UntrustSender
from tui_mail.engine.session import Session, now
from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.day import day
from tui_mail.model.errors import CertificateProblem, UsageError
from tui_mail.model.security import MessageSecurity
from tui_mail.store import certificates, folders, judgements, messages
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.explain import explain


def trust_question(session: Session, command: TrustQuestion) -> TrustFacts:
    """What is known of the signer of a message, and whether trusting is possible."""
    db = session.store.database
    security = judgements.security(db, command.message_id)
    if security is None:
        raise UsageError("This message has not been checked yet; ask again in a moment.")
    position = _decisive(security)
    if position is None:
        raise CertificateProblem("This message carries no signature with a certificate that could be trusted.")
    check, verdict = security.signatures[position], security.verdicts[position]
    details = messages.details(db, command.message_id)
    address = details.sender_key if details else ""
    seen = {address: seen_certificates(db, address)}
    said = explain(check, verdict, pins=certificates.pins(db), seen=seen)
    if said is None or check.signer is None:
        raise CertificateProblem("The certificate of this signature is not known, so there is nothing to trust.")
    previous = certificates.certificate(db, said.previous_sha256) if said.previous_sha256 else None
    return TrustFacts(
        address=said.address,
        certificate=check.signer,
        issuer_sentence=said.issuer_sentence,
        verdict=verdict,
        sentences=said.sentences,
        offer=said.offer,
        already=said.already,
        previous=read_certificate(previous) if previous is not None else None,
        own_sha256=_own(session, command.message_id),
    )


def _own(session: Session, message_id: int) -> str:
    """Fingerprint of the certificate that signs for the account which got the message."""
    place = messages.place(session.store.database, message_id)
    folder = folders.folder(session.store.database, place.folder) if place and place.folder is not None else None
    account = session.account(folder.account) if folder else next(iter(session.settings.accounts), None)
    key = signing_key(session, account)[0] if account is not None else None
    return read_certificate(key.certificate).sha256 if key is not None else ""


def trust_sender(session: Session, command: TrustSender) -> Done:
    """Pin a known certificate for an address it names. Raises CertificateProblem when it may not be trusted."""
    address, sha256 = address_key(command.address), command.certificate_sha256.lower()
    with session.trust_mutex:
        db = session.store.database
        der = certificates.certificate(db, sha256)
        if der is None:
            raise UsageError("This certificate is not in the book; open a mail that it signed, or import it.")
        check_pin(read_certificate(der), address)
        with db.transaction():
            certificates.pin(db, address, sha256, int(now().timestamp()))
            certificates.add_to_book(db, address, sha256)
            changed = relabel_sender(db, address)
    session.wake_answers()
    return _relabelled(session, changed)


def untrust_sender(session: Session, command: UntrustSender) -> Done:
    """Take the pin away and letter the sender's mail anew."""
    address, sha256 = address_key(command.address), command.certificate_sha256.lower()
    with session.trust_mutex:
        db = session.store.database
        if (address, sha256) not in certificates.pins(db, address):
            raise UsageError(f"No such certificate is trusted for {command.address}.")
        with db.transaction():
            certificates.unpin(db, address, sha256)
            changed = relabel_sender(db, address)
    return _relabelled(session, changed)


def check_pin(certificate: CertificateInfo, address: str) -> None:
    """Raises CertificateProblem when this certificate must not be trusted for this address, whoever asks."""
    named = {address_key(name) for name in certificate.addresses}
    if address not in named:
        names = ", ".join(certificate.addresses) or "no address"
        raise CertificateProblem(f"The certificate names {names}, not {address}; it cannot be trusted for that.")
    moment = now()
    if certificate.not_after < moment:
        raise CertificateProblem(
            f"The certificate of {address} expired on {day(certificate.not_after)}; ask for a new signed mail."
        )
    if certificate.not_before > moment:
        raise CertificateProblem(f"The certificate of {address} begins on {day(certificate.not_before)} only.")
    if not (certificate.can_sign or certificate.can_encrypt):
        raise CertificateProblem(f"The certificate of {address} is not made for mail.")


def _relabelled(session: Session, changed: Relabelled) -> Done:
    session.publish(StoreChanged(changed.folders))
    return Done(changed.messages)


def _decisive(security: MessageSecurity) -> int | None:
    """The signature that gave the message its letter, else the first with a certificate."""
    known = [place for place, check in enumerate(security.signatures) if check.signer is not None]
    for place in known:
        if security.verdicts[place].letter is security.verdict.letter:
            return place
    return known[0] if known else None
