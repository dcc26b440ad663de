"""Finding a certificate of somebody: first what is known here, then the network as the settings allow.

The law: what is found is kept with where and when it was found, apart from the certificate book, and is not trusted.
"""

import hashlib
from itertools import pairwise

from tui_mail.engine.context import trust_context
from tui_mail.engine.jobs.recipients import FOUND_HELPS, check_known, check_recipients
from tui_mail.engine.messages import CertificateSearched, FindCertificate, StoreChanged
from tui_mail.engine.search import Finding, Search
from tui_mail.engine.session import Session, now
from tui_mail.model.address import Address, parse_address_list
from tui_mail.model.discovery import Ended, FindStep, Place, Provenance
from tui_mail.model.errors import UsageError
from tui_mail.model.recipient import RecipientCheck
from tui_mail.store import answers, certificates, discovery
from tui_mail.store.database import Database
from tui_mail.trust.context import TrustContext

NEVER = "never"


def find_certificate(session: Session, command: FindCertificate) -> CertificateSearched:
    """Look until a certificate can be used, and keep it. Raises UsageError for what is no address."""
    address = _address(command.address)
    db = session.store.database
    trust = trust_context(session, db)
    moment = now()
    known = check_known(session, db, address.spec, trust, moment)
    steps = _known_steps(session, address.key, known)
    if known.state not in FOUND_HELPS and not command.everywhere:
        return CertificateSearched(steps, known, known.certificate)
    settings = session.settings.discovery
    if settings.when == NEVER:
        sentence = "Looking on the network is switched off: the setting when in [discovery] is “never”."
        steps += (FindStep(Place.LDAP, "", Ended.SKIPPED, sentence),)
        return CertificateSearched(steps, known, known.certificate)
    search = Search(
        address.spec,
        settings,
        trust,
        moment,
        allow_private=session.settings.fetch_private_addresses,
        fetch_issuers=session.settings.fetch != "nothing",
    )
    finding = search.run()
    provenance = _keep(session, address.key, finding, trust)
    (check,) = check_recipients(session, (address.spec,))
    chosen = finding.chosen.info if finding.chosen is not None else None
    return CertificateSearched(steps + finding.steps, check, check.certificate or chosen, provenance)


def _address(text: str) -> Address:
    found, problems = parse_address_list(text)
    if len(found) != 1 or problems:
        raise UsageError(f"{text!r} is not one mail address; correct it.")
    return found[0]


def _known_steps(session: Session, key: str, known: RecipientCheck) -> tuple[FindStep, ...]:
    """What the certificate book and signed mail hold. The certificate in use counts for the place it came from."""
    db = session.store.database
    signed = {seen.sha256 for seen in certificates.seen(db, key)}
    other = {sha256 for _address, sha256 in certificates.book(db, key)} - signed
    used = known.certificate.sha256 if known.certificate else ""
    return tuple(_known_step(place, here, used, known) for place, here in ((Place.BOOK, other), (Place.MAIL, signed)))


def _known_step(place: Place, here: set[str], used: str, known: RecipientCheck) -> FindStep:
    if not here:
        return FindStep(place, "", Ended.NOTHING, "Nothing is there for this address.")
    if used in here and known.state not in FOUND_HELPS:
        return FindStep(place, "", Ended.FOUND, known.sentence)
    if used in here:
        return FindStep(place, "", Ended.UNUSABLE, known.sentence)
    return FindStep(place, "", Ended.UNUSABLE, "What is there is not the certificate to use.")


def _keep(session: Session, key: str, finding: Finding, trust: TrustContext) -> Provenance | None:
    """Keep what was found; a search that failed somewhere and found nothing leaves what an earlier one found."""
    db = session.store.database
    if finding.chosen is None or finding.chosen.info is None:
        if all(step.ended in (Ended.NOTHING, Ended.UNUSABLE) for step in finding.steps):
            discovery.save_found(db, key, [])
        return None
    provenance = Provenance(
        key,
        finding.chosen.info.sha256,
        finding.place,
        finding.where,
        int(now().timestamp()),
        finding.vouched,
    )
    with session.trust_mutex, db.transaction():
        discovery.save_found(db, key, [(finding.chosen.der, provenance)])
        certificates.save_certificates(db, finding.issuers)
        watched = _watch(db, finding, trust)
    if watched:
        session.wake_answers()
    session.publish(StoreChanged())
    return provenance


def _watch(db: Database, finding: Finding, trust: TrustContext) -> int:
    """Ask from now on whether a found certificate was revoked, when a trusted authority has issued it. What comes
    counts at the next look at the recipient."""
    chosen = finding.chosen
    if chosen is None or not chosen.anchored:
        return 0
    ders = (chosen.der, *finding.issuers, *trust.intermediates, *trust.anchors)
    known = {hashlib.sha256(der).hexdigest(): der for der in ders}
    chain = [known[name] for name in chosen.chain if name in known]
    if len(chain) != len(chosen.chain):
        return 0
    return answers.watch(db, tuple(pairwise(certificates.save_certificates(db, chain))))
