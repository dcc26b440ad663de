"""Is it the certificate that this sender's mail has always carried? A new one is either a renewal or somebody else."""

from datetime import UTC, datetime

from tui_mail.model.security import Continuity
from tui_mail.trust.context import Pins, Seen, SeenCertificate

_NEVER = datetime.max.replace(tzinfo=UTC)


def continuity(
    address_key: str,
    sha256: str,
    public_key_sha256: str,
    signing_time: datetime | None,
    seen: Seen,
    pins: Pins,
    *,
    anchored: bool = False,
) -> Continuity:
    """Compare a signer's certificate with those that intact signatures of the same address have carried.

    CHANGED when another key was seen first, or when another one is pinned and nobody vouches for this one: signing
    times are the signer's word, so an older date alone must not make a stranger look like the first.
    A pinned certificate and one with the same public key as an earlier one are never CHANGED.
    """
    known = seen.get(address_key, ())
    others = [entry for entry in known if entry.sha256 != sha256]
    own = next((entry for entry in known if entry.sha256 == sha256), None)
    if (address_key, sha256) in pins:
        return Continuity.SAME if known else Continuity.FIRST
    if any(entry.public_key_sha256 == public_key_sha256 for entry in others):
        return Continuity.SAME
    begin = _first_signing_time(own, signing_time)
    if any(entry.first_signing_time < begin for entry in others):
        return Continuity.CHANGED
    if not anchored and any((address_key, entry.sha256) in pins for entry in others):
        return Continuity.CHANGED
    return Continuity.SAME if own is not None else Continuity.FIRST


def _first_signing_time(own: SeenCertificate | None, signing_time: datetime | None) -> datetime:
    if own is None:
        return signing_time or _NEVER
    return min(own.first_signing_time, signing_time) if signing_time else own.first_signing_time
