"""From the arithmetic of one signature to all facts about it: path, profile, address, trust, continuity."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from tui_mail.model.errors import MalformedInput
from tui_mail.model.security import Integrity, PathState, SignatureCheck
from tui_mail.trust.address_match import match_address
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.trust.relabel import is_blocked, standing
from tui_mail.trust.validity import check_validity

CLOCK_TOLERANCE = timedelta(days=1)


def judge_signer(
    *,
    integrity: Integrity,
    reason: str = "",
    algorithm: str = "",
    certificate: bytes | None,
    from_specs: tuple[str, ...],
    from_names: tuple[str, ...] = (),
    sender_specs: tuple[str, ...] = (),
    signing_time: datetime | None = None,
    extra: Sequence[bytes] = (),
    trust: TrustContext,
    now: datetime,
) -> SignatureCheck:
    """Gather every fact about one signer.

    Args:
        integrity, reason, algorithm: what the check of the bytes said.
        certificate: DER of the signer, None when it is not known.
        from_specs, sender_specs: addr-specs of the From and Sender fields that the signature covers or is shown with.
        from_names: the display names of From, which may hide another address.
        extra: the other certificates of the message.
    """
    if certificate is None:
        return SignatureCheck(integrity, reason, None, algorithm, signing_time, from_specs=from_specs)
    try:
        info = read_certificate(certificate)
    except MalformedInput as error:
        known = SignatureCheck(integrity, reason, None, algorithm, signing_time, from_specs=from_specs)
        return replace(known, path=PathState.INVALID, path_reason=str(error))
    path = check_validity(certificate, trust, now=now, signing_time=signing_time, extra=tuple(extra))
    path_reason = path.reason
    if not path_reason and signing_time is not None and signing_time > now + CLOCK_TOLERANCE:
        path_reason = "The signature claims a time that has not come yet."
    bound = info.domains if trust.direct else ()
    match = match_address(info.addresses, from_specs, from_names, sender_specs, bound)
    anchored = path.anchored and path.state in (PathState.VALID, PathState.EXPIRED)
    source, kept = standing(info, from_specs, anchored, trust.pins, trust.known)
    return SignatureCheck(
        integrity=integrity,
        integrity_reason=reason,
        algorithm=algorithm,
        signing_time=signing_time,
        from_specs=from_specs,
        signer=info,
        path=path.state,
        path_reason=path_reason,
        chain=path.chain,
        revocation=path.revocation,
        revocation_note=path.revocation_note,
        # Nobody can revoke a certificate that nobody but its owner issued, so no answer can be demanded for it.
        revocation_required=trust.revocation == "require" and not info.self_signed,
        address_match=match,
        trust_source=source,
        continuity=kept,
        holds_until=path.until,
        blocked=is_blocked(info, from_specs, trust.blocked),
    )
