"""Revocation lists that the validation library should not read: long ones, because it takes many seconds and hundreds
of megabytes for 10 MB, and those of `reasons.partial_lists`, because it takes them for more than they are.

The law: only the plain case of RFC 5280 section 6.3.3 is answered here, namely lists that the certificate's own issuer
signed with its own key, and that together are for all reasons. Whatever else a list is, it gets no answer here, and "no
answer" is never good.
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

_SHA1_ENDS = datetime(2017, 1, 1, tzinfo=UTC)
_HARMLESS = {ExtensionOID.CRL_NUMBER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.ISSUING_DISTRIBUTION_POINT}


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
        for der in lists:
            found = revocation_list(der)
            if found is None or not _current(found, moment, late) or not _plain(found, certificate, authority, moment):
                continue
            covered = reasons_covered(found, certificate)
            if not covered or not _signed(der, issuer):
                continue
            entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is None:
                answered |= covered
            elif entry.revocation_date_utc <= moment:
                return entry
    except (MalformedInput, *REFUSALS):
        return False
    return answered == ALL_REASONS


def counts_for(leaf: bytes, issuer: bytes, der: bytes, moment: datetime) -> bool:
    """Whether a list of the issuer's own is in time and says something of `leaf`, be it for some reasons only."""
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
