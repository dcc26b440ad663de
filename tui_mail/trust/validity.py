"""Is this certificate good for mail, now and at the time of signing? Dates, usages, path and revocation together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.day import day
from tui_mail.model.errors import MalformedInput
from tui_mail.model.security import PathState, Revocation
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.chains import Material
from tui_mail.trust.context import TrustContext
from tui_mail.trust.path import PathResult, check_path
from tui_mail.trust.profile import profile_fault

MAX_REMEMBERED = 4096
_ONE_SECOND = timedelta(seconds=1)
_FRESHNESS = timedelta(hours=1)
_NO_END = datetime(9999, 12, 31, tzinfo=UTC)


class _Remembered(NamedTuple):
    """An answer for every moment from `begin` to `end` and every signing time within the certificate's validity."""

    begin: datetime
    end: datetime
    signed_from: datetime
    signed_until: datetime
    result: PathResult

    def covers(self, signing_time: datetime | None) -> bool:
        """Whether the answer is one for this signing time."""
        return signing_time is None or self.signed_from <= signing_time <= self.signed_until


def check_validity(
    leaf: bytes,
    trust: TrustContext,
    *,
    now: datetime,
    signing_time: datetime | None = None,
    extra: tuple[bytes, ...] = (),
    encrypt: bool = False,
) -> PathResult:
    """Judge one certificate, whether or not anybody vouches for it.

    VALID and not `anchored` means: nothing is wrong with the certificate, and nobody here vouches for it.
    EXPIRED means: it was valid at `signing_time` and has ended since. A signing time outside the validity is INVALID,
    and so is an ended certificate whose signature names no time, because nothing says that it was made before the end.
    A plain VALID is remembered on this ground for an hour, or until a certificate ends: asking again costs a
    microsecond.

    Args:
        extra: certificates that came with the message; used to build paths, never believed.
        encrypt: ask for encryption to the owner instead of signatures by the owner.
    """
    key = (leaf, extra, encrypt)
    known: _Remembered | None = trust.answers.get(key)
    if known is not None and known.begin <= now < known.end and known.covers(signing_time):
        return known.result
    try:
        info = read_certificate(leaf)
    except MalformedInput as error:
        return PathResult(PathState.INVALID, str(error))
    now = now.replace(microsecond=0)  # certificates know whole seconds
    result = _check(leaf, info, trust, now, signing_time, extra, encrypt)
    result = replace(result, until=_until(info, result, now))
    if result.state is PathState.VALID and now <= info.not_after:
        if len(trust.answers) >= MAX_REMEMBERED:
            trust.answers.clear()
        end = min(now + _FRESHNESS, result.until) if result.until is not None else now + _FRESHNESS
        trust.answers[key] = _Remembered(now, end, info.not_before, info.not_after, result)
    return result


def _until(info: CertificateInfo, result: PathResult, now: datetime) -> datetime | None:
    """When a date alone makes another answer of this one; None for never."""
    if result.state is PathState.EXPIRED:
        return None
    boundaries = [info.not_before] if now < info.not_before else []
    if now <= info.not_after < _NO_END:
        boundaries.append(info.not_after + _ONE_SECOND)
    if result.until is not None and result.until > now:
        boundaries.append(result.until)
    return min(boundaries, default=None)


def _check(
    leaf: bytes,
    info: CertificateInfo,
    trust: TrustContext,
    now: datetime,
    signing_time: datetime | None,
    extra: tuple[bytes, ...],
    encrypt: bool,
) -> PathResult:
    material = Material((*trust.intermediates, *extra), trust.anchors, trust.crls, trust.ocsps, trust.policies)
    asked = trust.revocation != "off"
    fault = profile_fault(leaf, encrypt=encrypt)
    if not fault and now < info.not_before:
        fault = f"The certificate is not valid before {day(info.not_before)}."
    if not fault and signing_time is not None and not _covers(info.not_before, info.not_after, signing_time):
        fault = (
            f"The message was signed on {day(signing_time)}, outside the certificate's validity "
            f"({day(info.not_before)} to {day(info.not_after)})."
        )
    ended = now > info.not_after
    if not fault and ended and signing_time is None:
        fault = f"The certificate ended on {day(info.not_after)}, and the signature does not say when it was made."
    if fault:
        found = check_path(leaf, material, min(now, info.not_after), revocation=asked, late=ended)
        return replace(found, state=PathState.INVALID, reason=fault)
    result = check_path(leaf, material, now, revocation=asked)
    if result.state is not PathState.EXPIRED and not (ended and not result.anchored):
        return result
    if signing_time is None:
        return replace(result, state=PathState.INVALID)
    return _ended(leaf, material, result, signing_time, info.not_after, asked)


def _ended(
    leaf: bytes, material: Material, today: PathResult, signing_time: datetime, not_after: datetime, asked: bool
) -> PathResult:
    """What was true when the message was signed, and whether the certificate was revoked before its end."""
    then = check_path(leaf, material, signing_time, revocation=False)
    if then.state is not PathState.VALID:
        return replace(then, state=PathState.INVALID)
    revocation, note = Revocation.NOT_CHECKED, ""
    if asked and then.anchored:
        # The signing time is only the signer's word: a revocation at any time before the end counts.
        last = check_path(leaf, material, not_after - _ONE_SECOND, revocation=True, late=True)
        if last.revocation is Revocation.REVOKED:
            return last
        revocation = last.revocation if last.state is PathState.VALID else Revocation.UNKNOWN
        note = last.revocation_note
    reason = today.reason or f"The certificate ended on {day(not_after)}."
    return replace(then, state=PathState.EXPIRED, reason=reason, revocation=revocation, revocation_note=note)


def _covers(begin: datetime, end: datetime, moment: datetime) -> bool:
    return begin <= moment <= end
