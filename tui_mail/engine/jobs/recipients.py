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
from tui_mail.model.errors import CertificateProblem
from tui_mail.model.recipient import RecipientCheck
from tui_mail.store import certificates
from tui_mail.store.database import Database
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.recipient import Candidate, check_recipient

_capabilities = msgspec.json.Decoder(tuple[Capability, ...])


def check_recipients(session: Session, addresses: tuple[str, ...]) -> tuple[RecipientCheck, ...]:
    """One check for each different address, in the order given."""
    db = session.store.database
    trust = trust_context(session, db)
    moment = now()
    different = {address_key(address): address for address in reversed(addresses)}
    return tuple(
        check_recipient(
            different[key],
            candidates(session, db, key),
            trust,
            moment,
            trust_on_send=session.settings.trust_on_send,
            warning_days=session.settings.expiry_warning_days,
        )
        for key in reversed(different)
    )


def candidates(session: Session, db: Database, address: str) -> tuple[Candidate, ...]:
    """Every certificate that may speak for an address; for one of our own addresses our own ones."""
    pins = certificates.pins(db, address)
    last = {seen.sha256: seen.last for seen in certificates.seen(db, address)}
    hashes = {sha256 for _address, sha256 in certificates.book(db, address)}
    own = {
        sha256
        for sha256, der in certificates.own_certificates(db).items()
        if address in {address_key(name) for name in read_certificate(der).addresses}
    }
    found = []
    for sha256 in sorted(hashes | own):
        der = certificates.certificate(db, sha256)
        if der is not None:
            when = datetime.fromtimestamp(last[sha256], UTC) if sha256 in last else None
            found.append(Candidate(der, (address, sha256) in pins or sha256 in own, when))
    return tuple(found)


def signing_key(session: Session, account: Account) -> tuple[AgentKey | None, str]:
    """The key that signs for an account, and a sentence when there is none or it ends soon."""
    moment = now()
    fitting = []
    for key in session.agent.own_keys():
        info = read_certificate(key.certificate)
        if info.can_sign and account.address and address_key(account.address) in map(address_key, info.addresses):
            fitting.append((info, key))
    if not fitting:
        return None, f"You have no certificate for {account.address}: import one or make one in the settings."
    chosen = [pair for pair in fitting if pair[0].sha256 == account.signing_certificate] or fitting
    valid = [pair for pair in chosen if pair[0].not_before <= moment <= pair[0].not_after]
    if not valid:
        newest = max(info.not_after for info, _key in chosen)
        return None, f"Your certificate for {account.address} expired on {newest:%Y-%m-%d}: get a new one."
    info, key = max(valid, key=lambda pair: (pair[0].not_before, pair[0].not_after))
    return key, _ends_soon(session, info, moment)


def _ends_soon(session: Session, info: CertificateInfo, moment: datetime) -> str:
    days = (info.not_after - moment).days
    if days < session.settings.expiry_warning_days:
        return f"Your own certificate expires in {days} days, on {info.not_after:%Y-%m-%d}: get a new one in time."
    return ""


def own_encryption_certificate(session: Session, account: Account) -> bytes:
    """The certificate to which the copy for ourselves is encrypted. Raises CertificateProblem."""
    moment = now()
    fitting = []
    for key in session.agent.own_keys():
        info = read_certificate(key.certificate)
        if info.can_encrypt and address_key(account.address) in map(address_key, info.addresses):
            fitting.append((info.not_before <= moment <= info.not_after, info.not_before, key.certificate))
    if not fitting:
        raise CertificateProblem(
            f"You have no certificate for {account.address} that can encrypt, so you could not read your own copy."
        )
    return max(fitting)[2]


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
