"""Long revocation lists, looked up quickly: the validation library reads a list of 10 MB for many seconds and keeps
hundreds of megabytes of it.

The law: only the plain case of RFC 5280 section 6.3.3 is answered here, namely a complete list that the certificate's
own issuer signed with its own key. Whatever else a list is, it gets no answer here, and "no answer" is never good.
"""

from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from tui_mail.model.errors import MalformedInput
from tui_mail.trust.certificate import REFUSALS, parse_x509
from tui_mail.trust.revocation import revocation_list

LONG_LIST_BYTES = 200_000
"""The validation library reads shorter ones in good time."""

_SHA1_ENDS = datetime(2017, 1, 1, tzinfo=UTC)
_HARMLESS = {ExtensionOID.CRL_NUMBER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.ISSUING_DISTRIBUTION_POINT}


class OnLongList(Exception):
    """A long list names a certificate of a path."""

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
    """What long lists say of one certificate: its entry, True for "not revoked", or False for no answer.

    Args:
        leaf, issuer: DER; that `issuer` issued `leaf` has been verified.
        late: lists that were made after `moment` count too.
    """
    answered = False
    try:
        certificate, authority = parse_x509(leaf), parse_x509(issuer)
        for der in lists:
            found = revocation_list(der)
            if found is None or not _current(found, moment, late) or not _plain(found, certificate, authority, moment):
                continue
            if not _signed(der, issuer):
                continue
            entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is None:
                answered = True
            elif entry.revocation_date_utc <= moment:
                return entry
    except (MalformedInput, *REFUSALS):
        return False
    return answered


def _current(found: x509.CertificateRevocationList, moment: datetime, late: bool) -> bool:
    end = found.next_update_utc
    return (late or found.last_update_utc <= moment) and end is not None and moment <= end


def _plain(
    found: x509.CertificateRevocationList, certificate: x509.Certificate, authority: x509.Certificate, moment: datetime
) -> bool:
    """Complete, for this certificate, and made by somebody who may."""
    if found.issuer != authority.subject or found.issuer != certificate.issuer:
        return False
    if any(extension.oid not in _HARMLESS for extension in found.extensions):
        return False
    if not _in_scope(found, certificate):
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


def _in_scope(found: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """RFC 5280 section 6.3.3 (b)(2), without lists for some reasons only and lists for other issuers."""
    try:
        scope = found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    if scope.indirect_crl or scope.only_some_reasons or scope.only_contains_attribute_certs or scope.relative_name:
        return False
    if (scope.only_contains_ca_certs or scope.only_contains_user_certs) and (
        _is_ca(certificate) is not scope.only_contains_ca_certs
    ):
        return False
    if not scope.full_name:
        return True
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return False
    return any(set(point.full_name or ()) & set(scope.full_name) for point in points if not point.reasons)


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
