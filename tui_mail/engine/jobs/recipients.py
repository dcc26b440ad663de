"""Who can be written to, and with which certificates: own ones and those of recipients."""

from datetime import UTC, datetime

import msgspec

from tui_mail.cms.capabilities import Capability, choose_cipher
from tui_mail.cms.enveloped import RecipientPlan, default_plan
from tui_mail.engine.agent import AgentKey
from tui_mail.engine.context import trust_context
from tui_mail.engine.session import Session, now
from tui_mail.model.account import Account
from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.day import day
from tui_mail.model.discovery import Provenance
from tui_mail.model.errors import CertificateProblem
from tui_mail.model.recipient import RecipientCheck, RecipientState
from tui_mail.store import certificates, discovery
from tui_mail.store.database import Database
from tui_mail.trust.address_match import speaks_for
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.trust.found import Found, choose_found, found_check, judge_found
from tui_mail.trust.recipient import Candidate, check_recipient

FOUND_HELPS = (RecipientState.MISSING, RecipientState.EXPIRED, RecipientState.INVALID)
"""When certificates found elsewhere are looked at. Not when several were seen: somebody has to compare those."""

_capabilities = msgspec.json.Decoder(tuple[Capability, ...])


def check_recipients(session: Session, addresses: tuple[str, ...]) -> tuple[RecipientCheck, ...]:
    """One check for each different address, in the order given."""
    db = session.store.database
    trust = trust_context(session, db)
    moment = now()
    different = {address_key(address): address for address in reversed(addresses)}
    return tuple(_check(session, db, different[key], trust, moment) for key in reversed(different))


def _check(session: Session, db: Database, address: str, trust: TrustContext, moment: datetime) -> RecipientCheck:
    """What is known comes first; a found certificate helps only where nothing known can be used."""
    check = check_known(session, db, address, trust, moment)
    if check.state not in FOUND_HELPS:
        return check
    chosen = found_certificate(session, db, address, trust, moment)
    return found_check(address, *chosen) if chosen is not None else check


def check_known(session: Session, db: Database, address: str, trust: TrustContext, moment: datetime) -> RecipientCheck:
    """What the certificate book and signed mail say, without what was found elsewhere."""
    return check_recipient(
        address,
        candidates(session, db, address_key(address)),
        trust,
        moment,
        trust_on_send=session.settings.trust_on_send,
        warning_days=session.settings.expiry_warning_days,
    )


def found_certificate(
    session: Session, db: Database, address: str, trust: TrustContext, moment: datetime
) -> tuple[Found, Provenance] | None:
    """The certificate that was found for an address and can still be used, judged as of now."""
    policy = session.settings.discovery.accept_unproven
    judged: dict[str, tuple[Found, Provenance]] = {}
    for kept in discovery.found(db, address_key(address)):
        der = certificates.certificate(db, kept.sha256)
        if der is not None:
            found = judge_found(der, address, trust, moment, vouched=kept.vouched, accept_unproven=policy)
            judged[kept.sha256] = (found, kept)
    chosen = choose_found(found for found, _kept in judged.values())
    return judged[chosen.info.sha256] if chosen is not None and chosen.info is not None else None


def candidates(session: Session, db: Database, address: str) -> tuple[Candidate, ...]:
    """Every certificate that may speak for an address; for one of our own addresses our own ones."""
    pins = certificates.pins(db, address)
    told = certificates.capability(db, address)
    preferred = told.encryption_certificate if told is not None else None
    last = {seen.sha256: seen.last for seen in certificates.seen(db, address)}
    hashes = {sha256 for _address, sha256 in certificates.book(db, address)}
    own = {
        sha256
        for sha256, der in certificates.own_certificates(db).items()
        if speaks_for(read_certificate(der), address, session.settings.direct)
    }
    found = []
    for sha256 in sorted(hashes | own):
        der = certificates.certificate(db, sha256)
        if der is not None:
            when = datetime.fromtimestamp(last[sha256], UTC) if sha256 in last else None
            named_by = told.signer if told is not None and sha256 == preferred else ""
            found.append(Candidate(der, (address, sha256) in pins or sha256 in own, when, named_by))
    return tuple(found)


def signing_keys(session: Session, account: Account) -> tuple[tuple[AgentKey, ...], str]:
    """The keys that sign for an account, and a sentence when there is none or it ends soon.

    Besides the chosen one, the newest valid key of the other family signs too: who knows only classical signatures and
    who believes only in ML-DSA can both check the message.
    """
    chosen, sentence = signing_key(session, account)
    if chosen is None:
        return (), sentence
    quantum = _post_quantum(chosen)
    moment = now()
    others = []
    for key in session.agent.own_keys():
        info = read_certificate(key.certificate)
        fits = info.can_sign and address_key(account.address) in map(address_key, info.addresses)
        if fits and info.not_before <= moment <= info.not_after and _post_quantum(key) != quantum:
            others.append((info.not_before, info.not_after, key.certificate, key))
    if not others:
        return (chosen,), sentence
    second = max(others, key=lambda entry: entry[:3])[3]
    return ((second, chosen) if quantum else (chosen, second)), sentence


def _post_quantum(key: AgentKey) -> bool:
    return read_certificate(key.certificate).key_algorithm.startswith("ML-")


def signing_key(session: Session, account: Account) -> tuple[AgentKey | None, str]:
    """The key that signs for an account, and a sentence when there is none or it ends soon."""
    moment = now()
    direct = session.settings.direct
    fitting = []
    for key in session.agent.own_keys():
        info = read_certificate(key.certificate)
        if info.can_sign and account.address and speaks_for(info, address_key(account.address), direct):
            fitting.append((info, key))
    if not fitting:
        return None, f"You have no certificate for {account.address}: import one or make one in the settings."
    chosen = [pair for pair in fitting if pair[0].sha256 == account.signing_certificate] or fitting
    valid = [pair for pair in chosen if pair[0].not_before <= moment <= pair[0].not_after]
    if not valid:
        newest = max(info.not_after for info, _key in chosen)
        return None, f"Your certificate for {account.address} expired on {day(newest)}: get a new one."
    info, key = max(valid, key=lambda pair: (pair[0].not_before, pair[0].not_after))
    return key, _ends_soon(session, info, moment)


def _ends_soon(session: Session, info: CertificateInfo, moment: datetime) -> str:
    days = (info.not_after - moment).days
    if days < session.settings.expiry_warning_days:
        return f"Your own certificate expires in {days} days, on {day(info.not_after)}: get a new one in time."
    return ""


def own_encryption_certificate(session: Session, account: Account) -> bytes:
    """The certificate to which the copy for ourselves is encrypted. Raises CertificateProblem."""
    moment = now()
    fitting = []
    for key in session.agent.own_keys():
        info = read_certificate(key.certificate)
        if info.can_encrypt and speaks_for(info, address_key(account.address), session.settings.direct):
            valid = info.not_before <= moment <= info.not_after
            fitting.append((valid, _post_quantum(key), info.not_before, key.certificate))
    if not fitting:
        raise CertificateProblem(
            f"You have no certificate for {account.address} that can encrypt, so you could not read your own copy."
        )
    return max(fitting)[-1]


def plans(checks: tuple[RecipientCheck, ...], db: Database) -> tuple[RecipientPlan, ...]:
    """How the content key travels to each of these recipients. Raises CertificateProblem for one who cannot have it."""
    made = []
    for check in checks:
        der = certificates.certificate(db, check.certificate.sha256) if check.certificate else None
        if not check.encryptable or der is None:
            raise CertificateProblem(check.sentence)
        made.append(default_plan(der, announced(db, check.address)))
    return tuple(made)


def announced(db: Database, address: str) -> tuple[Capability, ...]:
    """What an address announced in its newest valid signature; empty when nothing is known."""
    known = certificates.capability(db, address_key(address))
    return _capabilities.decode(known.capabilities) if known is not None else ()


def cipher_for(db: Database, addresses: tuple[str, ...]) -> str:
    """The cipher that every one of these recipients announced, else the one that all programs read."""
    return choose_cipher([announced(db, address) for address in addresses])
