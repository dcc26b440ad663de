"""Revocation lists that the validation library should not read: long ones, because it takes many seconds and hundreds
of megabytes for 10 MB, those of `reasons.partial_lists`, because it takes them for more than they are, and those that
name a place for changes, because without the changes it takes them for nothing.

The law: only the plain case of RFC 5280 section 6.3.3 is answered here, namely lists that the certificate's own issuer
signed with its own key, and that together are for all reasons. Whatever else a list is, it gets no answer here, and "no
answer" is never good. A list of changes (section 5.2.4) counts beside the whole list that it changes; a whole list
that is in time counts without it.
"""

from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from tui_mail.model.errors import MalformedInput
from tui_mail.trust.certificate import REFUSALS, parse_x509
from tui_mail.trust.reasons import ALL_REASONS, NO_REASONS, reasons_covered
from tui_mail.trust.revocation import revocation_list

LONG_LIST_BYTES = 200_000
"""The validation library reads shorter ones in good time."""

_NEXT_PUBLISH = x509.ObjectIdentifier("1.3.6.1.4.1.311.21.4")
"""When Microsoft's authority makes the next list; without meaning here."""

_SHA1_ENDS = datetime(2017, 1, 1, tzinfo=UTC)
_HARMLESS = {
    ExtensionOID.CRL_NUMBER,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.ISSUING_DISTRIBUTION_POINT,
    ExtensionOID.FRESHEST_CRL,
    ExtensionOID.DELTA_CRL_INDICATOR,
    _NEXT_PUBLISH,
}


class OnLongList(Exception):
    """A list that was looked up here names a certificate of a path."""

    def __init__(self, entry: x509.RevokedCertificate, *, own: bool) -> None:
        super().__init__()
        self.own = own
        self.revoked_at = entry.revocation_date_utc
        try:
            self.reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name
        except (x509.ExtensionNotFound, *REFUSALS):
            self.reason = ""


def long_list_answer(
    leaf: bytes, issuer: bytes, lists: tuple[bytes, ...], moment: datetime, *, late: bool
) -> x509.RevokedCertificate | bool:
    """What lists say of one certificate: its entry, True for "not revoked", or False for no answer.

    Args:
        leaf, issuer: DER; that `issuer` issued `leaf` has been verified.
        late: lists that were made after `moment` count too.
    """
    answered = NO_REASONS
    try:
        certificate, authority = parse_x509(leaf), parse_x509(issuer)
        usable = []
        for der in lists:
            found = revocation_list(der)
            if found is None or not _current(found, moment, late) or not _plain(found, certificate, authority, moment):
                continue
            if reasons_covered(found, certificate) and _signed(der, issuer):
                usable.append(found)
        for found in usable:
            if _changes(found) is not None:
                continue
            covered = reasons_covered(found, certificate)
            entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
            entry = _after_changes(entry, found, usable, certificate.serial_number)
            if entry is None:
                answered |= covered
            elif entry.revocation_date_utc <= moment:
                return entry
    except (MalformedInput, *REFUSALS):
        return False
    return answered == ALL_REASONS


def names_changes(der: bytes) -> bool:
    """Whether a list is one of changes, or says where there are such."""
    found = revocation_list(der)
    try:
        oids = {extension.oid for extension in found.extensions} if found is not None else set()
    except REFUSALS:
        return False
    return bool(oids & {ExtensionOID.FRESHEST_CRL, ExtensionOID.DELTA_CRL_INDICATOR})


def _after_changes(
    entry: x509.RevokedCertificate | None,
    whole: x509.CertificateRevocationList,
    usable: list[x509.CertificateRevocationList],
    serial: int,
) -> x509.RevokedCertificate | None:
    """The entry of a whole list after the newest changes that fit it (RFC 5280 section 6.3.3 (c), (h), (i))."""
    fitting = [one for one in usable if _fits(one, whole)]
    if not fitting:
        return entry
    changed = max(fitting, key=_number).get_revoked_certificate_by_serial_number(serial)
    if changed is None:
        return entry
    try:
        reason = changed.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return changed
    return None if reason is x509.ReasonFlags.remove_from_crl else changed


def _fits(changes: x509.CertificateRevocationList, whole: x509.CertificateRevocationList) -> bool:
    base = _changes(changes)
    if base is None or not base <= _number(whole) <= _number(changes):
        return False
    return all(
        _extension(changes, kind) == _extension(whole, kind)
        for kind in (x509.IssuingDistributionPoint, x509.AuthorityKeyIdentifier)
    )


def _changes(found: x509.CertificateRevocationList) -> int | None:
    """The number of the list that this one changes; None for a whole list."""
    indicator = _extension(found, x509.DeltaCRLIndicator)
    return indicator.crl_number if isinstance(indicator, x509.DeltaCRLIndicator) else None


def _number(found: x509.CertificateRevocationList) -> int:
    number = _extension(found, x509.CRLNumber)
    return number.crl_number if isinstance(number, x509.CRLNumber) else -1


def _extension(found: x509.CertificateRevocationList, kind: type[x509.ExtensionType]) -> x509.ExtensionType | None:
    try:
        return found.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def counts_for(leaf: bytes, issuer: bytes, der: bytes, moment: datetime) -> bool:
    """Whether a list of the issuer's own is in time and says something of `leaf`, be it for some reasons only, or only
    what has changed."""
    try:
        certificate, authority, found = parse_x509(leaf), parse_x509(issuer), revocation_list(der)
        return (
            found is not None
            and _current(found, moment, late=False)
            and _plain(found, certificate, authority, moment)
            and bool(reasons_covered(found, certificate))
            and _signed(der, issuer)
        )
    except (MalformedInput, *REFUSALS):
        return False


def _current(found: x509.CertificateRevocationList, moment: datetime, late: bool) -> bool:
    end = found.next_update_utc
    return (late or found.last_update_utc <= moment) and end is not None and moment <= end


def _plain(
    found: x509.CertificateRevocationList, certificate: x509.Certificate, authority: x509.Certificate, moment: datetime
) -> bool:
    """Complete, and made by somebody who may."""
    if found.issuer != authority.subject or found.issuer != certificate.issuer:
        return False
    if any(extension.oid not in _HARMLESS for extension in found.extensions):
        return False
    digest = found.signature_hash_algorithm
    if digest is not None and digest.name in ("md5", "sha1") and moment >= _SHA1_ENDS:
        return False
    try:
        usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
        if not usage.crl_sign:
            return False
    except x509.ExtensionNotFound:
        pass
    return True


@lru_cache(maxsize=64)
def _signed(der: bytes, issuer: bytes) -> bool:
    """Whether the issuer's own key signed the list; kept, because a long list takes a tenth of a second."""
    found = revocation_list(der)
    key = parse_x509(issuer).public_key()
    return found is not None and found.is_signature_valid(key)  # type: ignore[arg-type]  # other keys raise TypeError
