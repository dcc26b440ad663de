"""Is it the certificate that this sender's mail has always carried? A new one is either a renewal or somebody else."""

from tui_mail.model.security import Continuity
from tui_mail.trust.context import Pins, Seen


def continuity(
    address_key: str,
    sha256: str,
    public_key_sha256: str,
    seen: Seen,
    pins: Pins,
    *,
    anchored: bool = False,
) -> Continuity:
    """Compare a signer's certificate with those that intact signatures of the same address have carried.

    CHANGED when another key was seen first. Signing times are the signer's word, so a stranger cannot use them: where
    somebody vouches for this certificate, only one that is pinned or was vouched for too can break its continuity, and
    where nobody does, any such one breaks it, whatever dates are claimed.
    A pinned certificate and one with the same public key as another one seen are never CHANGED.
    """
    known = seen.get(address_key, ())
    if not known:
        return Continuity.FIRST
    others = [entry for entry in known if entry.sha256 != sha256]
    own = next((entry for entry in known if entry.sha256 == sha256), None)
    if (address_key, sha256) in pins:
        return Continuity.SAME
    if any(entry.public_key_sha256 == public_key_sha256 for entry in others):
        return Continuity.SAME
    backed = [entry for entry in others if entry.vouched or (address_key, entry.sha256) in pins]
    if backed and not anchored:
        return Continuity.CHANGED
    for entry in backed if anchored else others:
        if own is None or entry.first_signing_time < own.first_signing_time:
            return Continuity.CHANGED
    return Continuity.SAME if own is not None else Continuity.FIRST
