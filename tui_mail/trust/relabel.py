"""Trust decisions change, mail does not: give stored facts a new trust source and continuity without any bytes."""

from datetime import datetime

from msgspec.structs import replace

from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.day import day
from tui_mail.model.security import Continuity, PathState, SignatureCheck, TrustSource
from tui_mail.trust.context import Pins, Seen
from tui_mail.trust.continuity import continuity


def standing(
    signer: CertificateInfo,
    from_specs: tuple[str, ...],
    anchored: bool,
    pins: Pins,
    seen: Seen,
) -> tuple[TrustSource, Continuity]:
    """Why a signer is trusted, and whether it is the usual one.

    An anchor is named before a pin, so that taking a pin away later needs no new look at the path.
    """
    author = address_key(from_specs[0]) if len(from_specs) == 1 else ""
    kept = continuity(author, signer.sha256, signer.public_key_sha256, seen, pins, anchored=anchored)
    if anchored:
        return TrustSource.ANCHOR, kept
    return (TrustSource.PIN if (author, signer.sha256) in pins else TrustSource.NONE), kept


def is_blocked(signer: CertificateInfo, from_specs: tuple[str, ...], blocked: Pins) -> bool:
    """Whether somebody decided against this certificate, or against all of the sender's."""
    if not blocked or len(from_specs) != 1:
        return False
    author = address_key(from_specs[0])
    return (author, signer.sha256) in blocked or (author, "") in blocked


def relabel(check: SignatureCheck, pins: Pins, seen: Seen, blocked: Pins = frozenset()) -> SignatureCheck:
    """The same facts under other pins and another history. Decide again afterwards."""
    if check.signer is None:
        return check
    anchored = check.trust_source is TrustSource.ANCHOR
    source, kept = standing(check.signer, check.from_specs, anchored, pins, seen)
    refused = is_blocked(check.signer, check.from_specs, blocked)
    if source is check.trust_source and kept is check.continuity and refused is check.blocked:
        return check
    return replace(check, trust_source=source, continuity=kept, blocked=refused)


def outlive(check: SignatureCheck, now: datetime, *, timed: bool) -> SignatureCheck | None:
    """The same facts once `holds_until` has passed; None when only a new look at the message can tell them.

    The end of the signer's own certificate needs no such look: what held while it was valid still holds, and that it
    has ended is the news. An issuer that ended may have been renewed, and a signature that names no time (`timed`
    False) was made nobody knows when.
    """
    signer = check.signer
    if check.holds_until is None or check.holds_until > now:
        return check
    if signer is None or not timed or check.path is not PathState.VALID or signer.not_after >= now:
        return None
    anchored = check.trust_source is TrustSource.ANCHOR
    verb = "expired" if anchored else "ended"
    reason = f"The certificate {verb} on {day(signer.not_after)}."
    return replace(check, path=PathState.EXPIRED, path_reason=reason, holds_until=None)
