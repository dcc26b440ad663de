"""New revocation data is here: give stored facts a new look at the certificate, without any mail bytes."""

from datetime import datetime

from msgspec.structs import replace

from tui_mail.model.security import Integrity, PathState, Revocation, SignatureCheck
from tui_mail.trust.chains import Material
from tui_mail.trust.context import TrustContext
from tui_mail.trust.long_list import counts_for
from tui_mail.trust.path import check_path
from tui_mail.trust.validity import check_validity


def recheck(
    check: SignatureCheck, leaf: bytes, trust: TrustContext, now: datetime, *, timed: bool
) -> SignatureCheck | None:
    """The same facts with what is known of revocation now; None when only a new look at the message can tell them.

    Args:
        timed: the signature names a time, at which the certificate was valid.
    """
    if check.integrity is not Integrity.INTACT or check.signer is None:
        return check
    if check.path is not PathState.VALID:
        return None
    found = check_validity(leaf, trust, now=now, signing_time=now if timed else None)
    if not found.anchored or (found.state is not PathState.VALID and found.revocation is not Revocation.REVOKED):
        return None
    return replace(
        check,
        path=found.state,
        path_reason=found.reason or check.path_reason,
        chain=found.chain,
        revocation=found.revocation,
        revocation_note=found.revocation_note,
        holds_until=found.until,
    )


def answers_for(
    leaf: bytes, issuer: bytes, now: datetime, *, crl: bytes | None = None, ocsp: bytes | None = None
) -> bool:
    """Whether a list or an OCSP answer says of `leaf`, as of `now`, that it is revoked or is not.

    A list for some reasons only counts, because others may complete it. The issuer stands as the root here, because
    only the answer is in question, not the path above.
    """
    if crl is not None and counts_for(leaf, issuer, crl, now):
        return True
    material = Material((), (issuer,), (crl,) if crl else (), (ocsp,) if ocsp else ())
    found = check_path(leaf, material, now, revocation=True)
    return found.revocation in (Revocation.GOOD, Revocation.REVOKED)
