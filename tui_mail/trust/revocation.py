"""Revocation lists and OCSP answers (RFC 5280 section 5, RFC 6960): which of them concern a certificate, and what is
said of them to people.

The law: nothing here decides; `path` does, through the validation library. What cannot be read answers nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from tui_mail.model.day import day
from tui_mail.model.errors import MalformedInput
from tui_mail.model.security import Revocation
from tui_mail.trust.certificate import REFUSALS, parse_x509

MAX_LIST_BYTES = 10_000_000
"""A longer revocation list is neither fetched nor read."""

MAX_ANSWER_BYTES = 100_000
"""The same for an OCSP answer."""

MAX_ADDRESSES = 4
NONCE_OCTETS = 32
"""RFC 9654 section 2.1."""


@dataclass(frozen=True, slots=True)
class Validity:
    """When a list or an answer was made and when the next one is due; None when it does not say."""

    this_update: datetime
    next_update: datetime | None


@dataclass(frozen=True, slots=True)
class Places:
    """The http(s) addresses that a certificate names: lists, OCSP responders, and its issuer's certificate."""

    lists: tuple[str, ...] = ()
    responders: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def places(der: bytes) -> Places:
    """Where a certificate says that revocation and its issuer can be looked up (RFC 5280 sections 4.2.1.13, 4.2.2)."""
    try:
        certificate = parse_x509(der)
        found: dict[str, list[str]] = {"lists": [], "responders": [], "issuers": []}
        for extension in certificate.extensions:
            value = extension.value
            if isinstance(value, x509.CRLDistributionPoints | x509.FreshestCRL):
                for point in value:
                    found["lists"] += _addresses(point.full_name or ())
            elif isinstance(value, x509.AuthorityInformationAccess):
                for description in value:
                    if description.access_method == AuthorityInformationAccessOID.OCSP:
                        found["responders"] += _addresses([description.access_location])
                    elif description.access_method == AuthorityInformationAccessOID.CA_ISSUERS:
                        found["issuers"] += _addresses([description.access_location])
    except (MalformedInput, *REFUSALS):
        return Places()
    return Places(*(tuple(dict.fromkeys(found[name]))[:MAX_ADDRESSES] for name in ("lists", "responders", "issuers")))


@lru_cache(maxsize=256)
def change_places(der: bytes) -> tuple[str, ...]:
    """Where a revocation list says that its changes can be had (RFC 5280 section 5.2.6)."""
    found = revocation_list(der)
    try:
        points = found.extensions.get_extension_for_class(x509.FreshestCRL).value if found is not None else ()
        return tuple(dict.fromkeys(url for point in points for url in _addresses(point.full_name or ())))[
            :MAX_ADDRESSES
        ]
    except (x509.ExtensionNotFound, *REFUSALS):
        return ()


def _addresses(names: Iterable[x509.GeneralName]) -> list[str]:
    return [
        name.value
        for name in names
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith(("http://", "https://"))
    ]


def ocsp_question(leaf: bytes, issuer: bytes, nonce: bytes = b"") -> bytes:
    """An OCSP request for one certificate, DER (RFC 6960 section 4.1). Raises MalformedInput."""
    try:
        # SHA-1 only names the issuer here, and many responders know no other (RFC 5019 section 2.1.1).
        builder = ocsp.OCSPRequestBuilder().add_certificate(parse_x509(leaf), parse_x509(issuer), hashes.SHA1())  # noqa: S303
        if nonce:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return bytes(builder.build().public_bytes(Encoding.DER))
    except REFUSALS:
        raise MalformedInput("No question can be made about this certificate.") from None


def ocsp_fits(answer: bytes, nonce: bytes) -> bool:
    """Whether an answer is one to our question: successful, and if it carries a nonce, then ours (RFC 9654)."""
    response = _response(answer)
    if response is None:
        return False
    try:
        echoed = response.extensions.get_extension_for_oid(x509.OCSPNonce.oid).value
    except x509.ExtensionNotFound:
        return True  # RFC 9654 section 2.1: a responder may leave it out, and cached answers do
    except REFUSALS:
        return False
    return isinstance(echoed, x509.OCSPNonce) and echoed.nonce == nonce


@lru_cache(maxsize=256)
def revocation_list(der: bytes) -> x509.CertificateRevocationList | None:
    """A list as the arithmetic library reads it, in milliseconds whatever its length; None when it cannot be read."""
    if len(der) > MAX_LIST_BYTES:
        return None
    try:
        found = x509.load_der_x509_crl(der)
        found.issuer, found.last_update_utc, found.next_update_utc  # noqa: B018
    except REFUSALS:
        return None
    return found


@lru_cache(maxsize=1024)
def _response(der: bytes) -> ocsp.OCSPResponse | None:
    if len(der) > MAX_ANSWER_BYTES:
        return None
    try:
        found = ocsp.load_der_ocsp_response(der)
        if found.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        _ = list(found.responses)
    except REFUSALS:
        return None
    return found


def list_validity(der: bytes) -> Validity | None:
    """The dates of a revocation list; None when it cannot be read."""
    found = revocation_list(der)
    return Validity(found.last_update_utc, found.next_update_utc) if found is not None else None


def answer_validity(der: bytes) -> Validity | None:
    """The dates of an OCSP answer's first part; None when it cannot be read or says nothing."""
    parts = list(found.responses) if (found := _response(der)) else []
    return Validity(parts[0].this_update_utc, parts[0].next_update_utc) if parts else None


def concerning(
    chain: tuple[bytes, ...], crls: tuple[bytes, ...], ocsps: tuple[bytes, ...]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The lists and answers that can say something of the certificates of a chain; the others only cost time.

    Where a certificate names another issuer of its list (indirect lists, RFC 5280 section 6.3.3) all lists are kept.
    """
    issuers, serials = set(), set()
    for der in chain[:-1]:
        try:
            certificate = parse_x509(der)
            if _indirect(certificate):
                return crls, ocsps
            issuers.add(_name_key(certificate.issuer))
            serials.add(certificate.serial_number)
        except (MalformedInput, *REFUSALS):
            return crls, ocsps
    kept = tuple(der for der in crls if _issuer_of(der) in issuers)
    # A responder's own certificate may need an answer too, so answers are not sorted out by the leaf alone.
    return kept, tuple(der for der in ocsps if _serials(der) & serials)


def _indirect(certificate: x509.Certificate) -> bool:
    try:
        points = certificate.extensions.get_extension_for_oid(ExtensionOID.CRL_DISTRIBUTION_POINTS).value
    except x509.ExtensionNotFound:
        return False
    return isinstance(points, x509.CRLDistributionPoints) and any(point.crl_issuer for point in points)


@lru_cache(maxsize=1024)
def _issuer_of(der: bytes) -> tuple[str, ...]:
    found = revocation_list(der)
    return _name_key(found.issuer) if found is not None else ()  # an empty list is false


def _name_key(name: x509.Name) -> tuple[str, ...]:
    """Names that RFC 5280 section 7.1 calls equal have equal keys; a few others may too, which only costs time."""
    return tuple(f"{part.oid.dotted_string}={' '.join(str(part.value).casefold().split())}" for part in name)


@lru_cache(maxsize=1024)
def _serials(der: bytes) -> frozenset[int]:
    found = _response(der)
    return frozenset(part.serial_number for part in found.responses) if found else frozenset()


def told(
    leaf: bytes, crls: tuple[bytes, ...], ocsps: tuple[bytes, ...], moment: datetime, state: Revocation, *, late: bool
) -> str:
    """How and when it was found out whether `leaf` is revoked, as a sentence; empty where `path` says it better.

    Args:
        crls, ocsps: those that `concerning` kept.
    """
    if state not in (Revocation.GOOD, Revocation.UNKNOWN):
        return ""
    try:
        certificate = parse_x509(leaf)
        issuer, serial = _name_key(certificate.issuer), certificate.serial_number
    except (MalformedInput, *REFUSALS):
        return ""
    lists = [(list_validity(der), "list") for der in crls if _issuer_of(der) == issuer]
    answers = [(answer_validity(der), "answer") for der in ocsps if serial in _serials(der)]
    known = [(dates, kind) for dates, kind in (*lists, *answers) if dates is not None]
    current = [
        (dates, kind)
        for dates, kind in known
        if (late or dates.this_update <= moment) and (dates.next_update is None or moment <= dates.next_update)
    ]
    if state is Revocation.GOOD:
        if not current:
            return "Not revoked, says a list that its issuer has named."
        dates, kind = max(current, key=lambda entry: entry[0].this_update)
        until = f", valid until {day(dates.next_update)}" if dates.next_update else ""
        source = "list" if kind == "list" else "answer (OCSP)"
        return f"Not revoked, says its issuer's {source} of {day(dates.this_update)}{until}."
    begin = "Whether it was revoked is not checked"
    if current:
        return f"{begin}: what is here does not answer for it and every authority above it."
    if not known:
        return f"{begin}: no list or answer of its issuer is here."
    dates, kind = max(known, key=lambda entry: entry[0].this_update)
    if dates.this_update > moment:
        return f"{begin}: the {kind} here is dated {day(dates.this_update)}, which has not come yet."
    assert dates.next_update is not None  # noqa: S101 - without an end it would be current
    return f"{begin}: the {kind} of its issuer that is here ended on {day(dates.next_update)}."


_REASONS = {
    "key_compromise": ": its key fell into wrong hands",
    "ca_compromise": ": the key of its authority fell into wrong hands",
    "affiliation_changed": ": its owner changed place or name",
    "superseded": ": another one took its place",
    "cessation_of_operation": ": it is no longer used",
    "certificate_hold": ": it is suspended for now",
    "privilege_withdrawn": ": its owner may no longer use it",
    "aa_compromise": ": the key of its authority fell into wrong hands",
}
"""RFC 5280 section 5.3.1, as the end of a sentence."""


def revoked_sentence(own: bool, revoked_at: datetime, reason: str) -> str:
    """ "The certificate was revoked on 2026-05-30: its key fell into wrong hands."

    Args:
        own: it is the certificate itself, and not one of an authority above it.
        reason: the name of a CRLReason, as snake_case.
    """
    who = "The certificate" if own else "An issuer's certificate"
    return f"{who} was revoked on {day(revoked_at)}{_REASONS.get(reason, '')}."
