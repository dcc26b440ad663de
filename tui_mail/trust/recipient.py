"""The preflight: can this person be written to in encrypted form, now? Answers in `model.recipient` states."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.day import day
from tui_mail.model.errors import MalformedInput
from tui_mail.model.recipient import RecipientCheck, RecipientState
from tui_mail.model.security import PathState, Revocation
from tui_mail.trust.address_match import speaks_for
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.trust.path import PathResult
from tui_mail.trust.profile import profile_fault
from tui_mail.trust.validity import check_validity

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ASK = "Send a signed introduction to ask for a new one."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A certificate that may belong to a recipient: DER, pinned or not, and when it last signed a message.

    Attributes:
        named_by: SHA-256 of the certificate whose valid signature asked for answers to this one (RFC 8551 section
            2.5.3); who trusts the signer trusts this word. Empty when nobody asked.
    """

    der: bytes
    trusted: bool = False
    last_signing_time: datetime | None = None
    named_by: str = ""


@dataclass(frozen=True, slots=True)
class _Judged:
    candidate: Candidate
    info: CertificateInfo
    path: PathResult
    trusted: bool
    voucher: CertificateInfo | None = None

    @property
    def age(self) -> tuple[datetime, datetime]:
        """The sort key of "newest"."""
        return self.candidate.last_signing_time or _LONG_AGO, self.info.not_before

    @property
    def rank(self) -> tuple[bool, datetime, datetime]:
        """The sort key of the choice: what the owner asked for comes first, then the newest."""
        return self.voucher is not None, *self.age


def check_recipient(
    address: str,
    candidates: Sequence[Candidate],
    trust: TrustContext,
    now: datetime,
    trust_on_send: bool,
    warning_days: int,
) -> RecipientCheck:
    """Choose the certificate to encrypt to and say in a sentence what stands in the way.

    Only certificates that name the address count. The newest trusted one is chosen, whatever strangers have sent since;
    without a trusted one the only one, and when there are several, somebody has to compare them first, because anybody
    can sign mail with this address. `RecipientCheck.certificate` is the chosen one.
    """
    key = address_key(address)
    if "@" not in key.strip("@"):
        sentence = f"{address} is not an e-mail address. Correct it."
        return RecipientCheck(address, RecipientState.MISSING, False, sentence)
    judged = [entry for entry in (_judge(key, candidate, trust, now) for candidate in candidates) if entry]
    judged = [_with_voucher(entry, judged, key, trust, now) for entry in judged]
    if not judged:
        sentence = f"No certificate of {address} is known yet. Send a signed introduction and ask for a signed answer."
        return RecipientCheck(address, RecipientState.MISSING, False, sentence)
    free = [entry for entry in judged if not ({(key, entry.info.sha256), (key, "")} & trust.blocked)]
    if not free:
        sentence = f"You have blocked {address}: nothing is encrypted to the certificate. Unblock it in the book first."
        return RecipientCheck(address, RecipientState.INVALID, False, sentence, judged[0].info)
    judged = free
    usable = [entry for entry in judged if entry.path.state is PathState.VALID and not _unanswered(entry, trust)]
    if not usable:
        return _nothing_usable(address, judged, trust, now)
    trusted = [entry for entry in usable if entry.trusted]
    chosen = max(trusted or usable, key=lambda entry: entry.rank)
    if trusted:
        return _usable(address, chosen, now, trust_on_send, warning_days, _stranger(chosen, usable))
    if _is_changed(key, chosen, judged, trust):
        sentence = (
            f"Mail of {address} has carried more than one certificate, and you trust none that is valid now. "
            "Open the latest message, compare the fingerprint with the sender, and trust the right one first."
        )
        return RecipientCheck(address, RecipientState.CHANGED, False, sentence, chosen.info)
    return _usable(address, chosen, now, trust_on_send, warning_days)


def _judge(key: str, candidate: Candidate, trust: TrustContext, now: datetime) -> _Judged | None:
    """None for a certificate that cannot be read or names somebody else."""
    try:
        info = read_certificate(candidate.der)
    except MalformedInput:
        return None
    if not speaks_for(info, key, trust.direct):
        return None
    path = check_validity(candidate.der, trust, now=now, encrypt=True)
    anchored = path.anchored and path.state is PathState.VALID
    return _Judged(candidate, info, path, candidate.trusted or anchored or (key, info.sha256) in trust.pins)


def _with_voucher(entry: _Judged, judged: list[_Judged], key: str, trust: TrustContext, now: datetime) -> _Judged:
    """An encryption certificate that never signs has the standing of the signature that named it."""
    named_by = entry.candidate.named_by
    voucher = next((one for one in judged if one.info.sha256 == named_by), None) if named_by else None
    if voucher is None:
        return entry
    found = check_validity(voucher.candidate.der, trust, now=now)
    anchored = found.anchored and found.state is PathState.VALID
    pinned = voucher.candidate.trusted or (key, voucher.info.sha256) in trust.pins
    return replace(entry, trusted=entry.trusted or anchored or pinned, voucher=voucher.info)


def _unanswered(entry: _Judged, trust: TrustContext) -> bool:
    """Revocation answers are required and this one is missing."""
    if trust.revocation != "require" or entry.info.self_signed:
        return False
    return entry.path.revocation is not Revocation.GOOD


def _is_changed(key: str, chosen: _Judged, judged: list[_Judged], trust: TrustContext) -> bool:
    """Somebody used another key for this address. Which came first does not matter: a stranger chooses the signing
    time, and must not get the next encrypted mail by claiming an early one."""
    own = {chosen.info.public_key_sha256}
    if chosen.voucher is not None:
        own.add(chosen.voucher.public_key_sha256)
    if any(entry.info.public_key_sha256 not in own for entry in judged):
        return True
    return any(seen.public_key_sha256 not in own for seen in trust.known.get(key, ()))


def _stranger(chosen: _Judged, usable: list[_Judged]) -> str:
    """A newer certificate that nobody trusts never takes the place of a trusted one; that it is there is said."""
    key = chosen.info.public_key_sha256
    if all(entry.age <= chosen.age or entry.info.public_key_sha256 == key for entry in usable):
        return ""
    return (
        " Newer mail with this address carried another certificate, which is not used: compare the fingerprint with "
        "the sender before you trust it."
    )


def _usable(
    address: str, chosen: _Judged, now: datetime, trust_on_send: bool, warning_days: int, note: str = ""
) -> RecipientCheck:
    end = chosen.info.not_after
    soon = end - now < timedelta(days=warning_days)
    ends = f" It expires soon, on {day(end)}: ask for a new one in time." if soon else ""
    if chosen.trusted:
        state = RecipientState.EXPIRES_SOON if soon else RecipientState.READY
        sentence = f"{address} can read encrypted mail; you trust the certificate.{ends}{note}"
        return RecipientCheck(address, state, True, sentence, chosen.info)
    unproven = f"Nobody has confirmed yet that the certificate belongs to {address}: compare its fingerprint first."
    if trust_on_send:
        sentence = f"{unproven} Sending encrypts to it.{ends}"
    else:
        sentence = f"{unproven} Sending encrypts to it; you have not decided to trust it.{ends}"
    return RecipientCheck(address, RecipientState.UNTRUSTED, True, sentence, chosen.info, trust_on_send)


def _nothing_usable(address: str, judged: list[_Judged], trust: TrustContext, now: datetime) -> RecipientCheck:
    newest = max(judged, key=lambda entry: entry.age)
    info = newest.info
    ended = [entry for entry in judged if now > entry.info.not_after and not _faulty(entry)]
    if ended:
        info = max(ended, key=lambda entry: entry.info.not_after).info
        sentence = f"The certificate of {address} expired on {day(info.not_after)}. {_ASK}"
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
