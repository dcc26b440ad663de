"""For which reasons a revocation list answers (RFC 5280 section 6.3.3 (b)(2) and (d)): a list that knows only of stolen
keys says nothing of a certificate that was withdrawn, and only lists for all reasons together say "not revoked".
"""

from cryptography import x509

from tui_mail.model.errors import MalformedInput
from tui_mail.trust.certificate import REFUSALS, parse_x509
from tui_mail.trust.revocation import revocation_list

ALL_REASONS = frozenset(x509.ReasonFlags) - {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl}
"""Those that a distribution point can name (section 4.2.1.13)."""
NO_REASONS: frozenset[x509.ReasonFlags] = frozenset()


def reasons_covered(
    found: x509.CertificateRevocationList, certificate: x509.Certificate
) -> frozenset[x509.ReasonFlags]:
    """The reasons for which a list of the certificate's own issuer answers for it; empty when it is for others.

    Lists for other issuers (indirect ones) get no answer here.
    """
    try:
        scope = found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return ALL_REASONS
    if scope.indirect_crl or scope.only_contains_attribute_certs or scope.relative_name:
        return NO_REASONS
    if (scope.only_contains_ca_certs or scope.only_contains_user_certs) and (
        _is_ca(certificate) is not scope.only_contains_ca_certs
    ):
        return NO_REASONS
    told = ALL_REASONS if scope.only_some_reasons is None else ALL_REASONS & scope.only_some_reasons
    if not scope.full_name:
        return told
    asked = [
        ALL_REASONS if point.reasons is None else point.reasons
        for point in _points(certificate)
        if not point.crl_issuer and set(point.full_name or ()) & set(scope.full_name)
    ]
    return told & NO_REASONS.union(*asked)


def partial_lists(chain: list[bytes], crls: tuple[bytes, ...]) -> frozenset[bytes]:
    """The lists for which the validation library would take more reasons than they answer for.

    It does not read the reasons of a certificate's distribution points, and takes a list for no reason at all for one
    for all of them. What cannot be read is counted in: to ask further is the careful side.
    """
    found = set()
    for der in crls:
        listed = revocation_list(der)
        if listed is not None and any(_overrated(listed, child) for child in chain[:-1]):
            found.add(der)
    return frozenset(found)


def names_reasons(der: bytes) -> bool:
    """Whether a list says of itself that it is for some reasons only."""
    found = revocation_list(der)
    try:
        return found is not None and (
            found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.only_some_reasons is not None
        )
    except x509.ExtensionNotFound:
        return False
    except REFUSALS:
        return True


def _overrated(listed: x509.CertificateRevocationList, child: bytes) -> bool:
    try:
        certificate = parse_x509(child)
        points = _points(certificate)
        try:
            scope = listed.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
        except x509.ExtensionNotFound:
            scope = None
        if scope is not None and scope.only_some_reasons is not None and not scope.only_some_reasons:
            return True
        if all(point.reasons is None for point in points):
            return False
        own = listed.issuer == certificate.issuer
        if not own and not any(point.crl_issuer for point in points):
            return False  # it is about somebody else
        if own and (scope is None or not (scope.full_name or scope.relative_name)):
            return False  # a list without a place is one for all reasons, whatever the places are for
        names = set((scope.full_name if scope else None) or ())
        return not any(point.reasons is None and names & set(point.full_name or ()) for point in points)
    except (MalformedInput, *REFUSALS):
        return True


def _points(certificate: x509.Certificate) -> list[x509.DistributionPoint]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    except x509.ExtensionNotFound:
        return []


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
