"""The preflight: can this person be written to in encrypted form, now? Answers in `model.recipient` states."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.errors import MalformedInput
from tui_mail.model.recipient import RecipientCheck, RecipientState
from tui_mail.model.security import Continuity, PathState, Revocation
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.trust.continuity import continuity
from tui_mail.trust.path import PathResult
from tui_mail.trust.profile import profile_fault
from tui_mail.trust.validity import check_validity

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ASK = "Send a signed introduction to ask for a new one."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A certificate that may belong to a recipient: DER, pinned or not, and when it last signed a message."""

    der: bytes
    trusted: bool = False
    last_signing_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    candidate: Candidate
    info: CertificateInfo
    path: PathResult
    trusted: bool

    @property
    def age(self) -> tuple[datetime, datetime]:
        """The sort key of "newest"."""
        return self.candidate.last_signing_time or _LONG_AGO, self.info.not_before


def check_recipient(
    address: str,
    candidates: Sequence[Candidate],
    trust: TrustContext,
    now: datetime,
    trust_on_send: bool,
    warning_days: int,
) -> RecipientCheck:
    """Choose the certificate to encrypt to and say in a sentence what stands in the way.

    Only certificates that name the address count. The newest valid one is chosen; when the person uses another one
    than the trusted one, somebody has to compare them first. `RecipientCheck.certificate` is the chosen one.
    """
    key = address_key(address)
    if "@" not in key.strip("@"):
        sentence = f"{address} is not an e-mail address. Correct it."
        return RecipientCheck(address, RecipientState.MISSING, False, sentence)
    judged = [entry for entry in (_judge(key, candidate, trust, now) for candidate in candidates) if entry]
    if not judged:
        sentence = f"No certificate of {address} is known yet. Send a signed introduction and ask for a signed answer."
        return RecipientCheck(address, RecipientState.MISSING, False, sentence)
    usable = [entry for entry in judged if entry.path.state is PathState.VALID and not _unanswered(entry, trust)]
    if not usable:
        return _nothing_usable(address, judged, trust, now)
    chosen = max(usable, key=lambda entry: entry.age)
    if not chosen.trusted and _is_changed(key, chosen, judged, trust):
        sentence = (
            f"{address} now uses another certificate than before. "
            "Open the latest message, compare the fingerprint with the sender, and trust the new certificate first."
        )
        return RecipientCheck(address, RecipientState.CHANGED, False, sentence, chosen.info)
    return _usable(address, chosen, now, trust_on_send, warning_days)


def _judge(key: str, candidate: Candidate, trust: TrustContext, now: datetime) -> _Judged | None:
    """None for a certificate that cannot be read or names somebody else."""
    try:
        info = read_certificate(candidate.der)
    except MalformedInput:
        return None
    if all(address_key(named) != key for named in info.addresses):
        return None
    path = check_validity(candidate.der, trust, now=now, encrypt=True)
    anchored = path.anchored and path.state is PathState.VALID
    return _Judged(candidate, info, path, candidate.trusted or anchored or (key, info.sha256) in trust.pins)


def _unanswered(entry: _Judged, trust: TrustContext) -> bool:
    """Revocation answers are required and this one is missing."""
    if trust.revocation != "require" or entry.info.self_signed:
        return False
    return entry.path.revocation is not Revocation.GOOD


def _is_changed(key: str, chosen: _Judged, judged: list[_Judged], trust: TrustContext) -> bool:
    own = chosen.info
    if any(entry.trusted and entry.info.public_key_sha256 != own.public_key_sha256 for entry in judged):
        return True
    kept = continuity(
        key, own.sha256, own.public_key_sha256, chosen.candidate.last_signing_time, trust.known, trust.pins
    )
    return kept is Continuity.CHANGED


def _usable(address: str, chosen: _Judged, now: datetime, trust_on_send: bool, warning_days: int) -> RecipientCheck:
    end = chosen.info.not_after
    soon = end - now < timedelta(days=warning_days)
    ends = f" It expires soon, on {end:%Y-%m-%d}: ask for a new one in time." if soon else ""
    if chosen.trusted:
        state = RecipientState.EXPIRES_SOON if soon else RecipientState.READY
        sentence = f"{address} can read encrypted mail; you trust the certificate.{ends}"
        return RecipientCheck(address, state, True, sentence, chosen.info)
    if trust_on_send:
        sentence = f"{address} can read encrypted mail. Sending adds the certificate to those that you trust.{ends}"
    else:
        sentence = f"{address} can read encrypted mail, but you have not decided to trust the certificate.{ends}"
    return RecipientCheck(address, RecipientState.UNTRUSTED, True, sentence, chosen.info, trust_on_send)


def _nothing_usable(address: str, judged: list[_Judged], trust: TrustContext, now: datetime) -> RecipientCheck:
    newest = max(judged, key=lambda entry: entry.age)
    info = newest.info
    ended = [entry for entry in judged if now > entry.info.not_after and not _faulty(entry)]
    if ended:
        info = max(ended, key=lambda entry: entry.info.not_after).info
        sentence = f"The certificate of {address} expired on {info.not_after:%Y-%m-%d}. {_ASK}"
        return RecipientCheck(address, RecipientState.EXPIRED, False, sentence, info)
    if newest.path.state is PathState.VALID and _unanswered(newest, trust):
        reason = "Your settings ask whether it was revoked, and no answer is here yet."
    else:
        reason = newest.path.reason or "It could not be checked."
    sentence = f"The certificate of {address} cannot be used. {reason} {_ASK}"
    return RecipientCheck(address, RecipientState.INVALID, False, sentence, info)


def _faulty(entry: _Judged) -> bool:
    """Something else than its end is wrong with it."""
    if entry.path.revocation is Revocation.REVOKED:
        return True
    return bool(profile_fault(entry.candidate.der, encrypt=True))
