"""Attributes of a SignerInfo (RFC 5652 sections 5.3 and 11, RFC 5035, RFC 6211, RFC 8551 section 2.5)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import DIGESTS, Algorithm, read_algorithm
from tui_mail.cms.ber import Element, Fields
from tui_mail.cms.certificates import CertificateFacts, CertificateId, read_certificate_id
from tui_mail.model.errors import LimitExceeded, MalformedInput, UnsupportedAlgorithm

MAX_ATTRIBUTES = 100
"""In one set; real signatures have five to ten."""

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
CAPABILITIES = "1.2.840.113549.1.9.15"
ENCRYPTION_KEY_PREFERENCE = "1.2.840.113549.1.9.16.2.11"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"

ONLY_SIGNED = (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, CAPABILITIES, ENCRYPTION_KEY_PREFERENCE)
"""These must never be unsigned attributes (RFC 5652 section 11, RFC 8551 section 2.5)."""
_SINGLE_VALUED = (*ONLY_SIGNED, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, ALGORITHM_PROTECTION)

_NAMES = {
    CONTENT_TYPE: "content type",
    MESSAGE_DIGEST: "message digest",
    SIGNING_TIME: "signing time",
    CAPABILITIES: "capabilities",
    ENCRYPTION_KEY_PREFERENCE: "encryption key preference",
    SIGNING_CERTIFICATE: "signing certificate",
    SIGNING_CERTIFICATE_V2: "signing certificate",
    ALGORITHM_PROTECTION: "algorithm protection",
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One Attribute; the values are elements as received."""

    oid: str
    values: tuple[Element, ...]


def read_attributes(element: Element) -> tuple[Attribute, ...]:
    """Read a SET OF Attribute, whatever its own tag is. Raises LimitExceeded."""
    found: list[Attribute] = []
    for item in ber.children(element):
        if len(found) == MAX_ATTRIBUTES:
            raise LimitExceeded(f"The signature has more than {MAX_ATTRIBUTES} attributes.")
        parts = list(islice(ber.children(item), 3))
        if item.tag != ber.SEQUENCE or len(parts) != 2 or parts[1].tag != ber.SET:
            raise MalformedInput("An attribute is not a name and a set of values.")
        found.append(Attribute(ber.oid(parts[0]), tuple(ber.children(parts[1]))))
    return tuple(found)


def single(attributes: Sequence[Attribute], oid: str) -> Element | None:
    """The one value of an attribute, None when it is absent. Raises MalformedInput when there are several."""
    found: Element | None = None
    for attribute in attributes:
        if attribute.oid == oid:
            if found is not None or len(attribute.values) != 1:
                raise MalformedInput(_not_one(oid))
            found = attribute.values[0]
    return found


def _not_one(oid: str) -> str:
    return f"The signature does not have exactly one {_NAMES.get(oid, oid)}."


def check_structure(signed: Sequence[Attribute], unsigned: Sequence[Attribute]) -> None:
    """RFC 5652 section 11: which attributes may occur once and only among the signed ones. Raises MalformedInput."""
    seen: set[str] = set()
    for attribute in signed:
        oid = attribute.oid
        if oid in _SINGLE_VALUED and (oid in seen or len(attribute.values) != 1):
            raise MalformedInput(_not_one(oid))
        seen.add(oid)
    for attribute in unsigned:
        if attribute.oid in ONLY_SIGNED:
            raise MalformedInput(f"The {_NAMES[attribute.oid]} stands outside the signature.")


def read_time(element: Element) -> datetime:
    """Time (RFC 5652 section 11.3): whole seconds in UTC, two-digit years from 50 on belong to 19YY."""
    return read_time_octets(element.tag, bytes(element.body))


def read_time_octets(tag: int, octets: bytes) -> datetime:
    """`read_time` of an element's tag and content."""
    digits = octets[:-1]
    if octets[-1:] != b"Z" or not digits.isdigit():
        raise MalformedInput("The signing time is malformed.")
    if tag == ber.UTC_TIME and len(digits) == 12:
        digits = (b"19" if digits[:2] >= b"50" else b"20") + digits
    elif tag != ber.GENERALIZED_TIME or len(digits) != 14:
        raise MalformedInput("The signing time is malformed.")
    try:
        return datetime(
            int(digits[:4]),
            int(digits[4:6]),
            int(digits[6:8]),
            int(digits[8:10]),
            int(digits[10:12]),
            int(digits[12:]),
            tzinfo=UTC,
        )
    except ValueError as error:
        raise MalformedInput("The signing time is malformed.") from error


def check_algorithm_protection(element: Element, digest_algorithm: Algorithm, signature: Algorithm) -> None:
    """CMSAlgorithmProtection must repeat the SignerInfo's algorithms (RFC 6211 section 2). Raises MalformedInput."""
    fields = Fields(element)
    told_digest = read_algorithm(fields.take())
    told_signature = fields.optional(0xA1)
    fields.end()
    if told_signature is None:
        raise MalformedInput("The algorithm protection names no signature algorithm.")
    if not told_digest.same_as(digest_algorithm) or not read_algorithm(told_signature, 0xA1).same_as(signature):
        raise MalformedInput("The algorithms were changed after signing.")


def names_certificate(attributes: Sequence[Attribute], facts: CertificateFacts) -> bool:
    """Whether the ESS signing certificate attributes, where present, name this certificate (RFC 5035 section 3)."""
    for oid, default in ((SIGNING_CERTIFICATE, "sha1"), (SIGNING_CERTIFICATE_V2, "sha256")):
        value = single(attributes, oid)
        if value is None:
            continue
        name, told = _named_digest(value, default, optional_algorithm=oid == SIGNING_CERTIFICATE_V2)
        if told != facts.digest(name):
            return False
    return True


def _named_digest(value: Element, default: str, *, optional_algorithm: bool) -> tuple[str, bytes]:
    """The digest algorithm and the digest of the first certificate, which is the signer's (RFC 5035 section 5)."""
    first = next(ber.children(Fields(value).take(ber.SEQUENCE)), None)
    if first is None:
        raise MalformedInput("The signing certificate attribute names no certificate.")
    fields = Fields(first)
    name = default
    if optional_algorithm and (told := fields.optional(ber.SEQUENCE)) is not None:
        told_oid = read_algorithm(told).oid
        if told_oid not in DIGESTS:
            raise UnsupportedAlgorithm(f"The digest algorithm {told_oid} is not known here.")
        name = DIGESTS[told_oid]
    return name, ber.octets(fields.take())


def read_key_preference(element: Element) -> CertificateId | None:
    """SMIMEEncryptionKeyPreference (RFC 8551 section 2.5.3); None for a form that names no certificate here."""
    if element.tag == 0xA0:
        inner = list(ber.children(element))
        # QUIRK: [0] is IMPLICIT IssuerAndSerialNumber; some senders tag it EXPLICITly.
        if len(inner) == 1:
            return read_certificate_id(inner[0])
        if len(inner) == 2 and inner[0].tag == ber.SEQUENCE:
            return read_certificate_id(ber.read_tlv(b"\x30" + element.raw[1:]))  # known again, if it is
        if len(inner) == 2:
            return CertificateId(der.from_ber(inner[0]), ber.integer(inner[1]))
    elif element.tag == 0xA1:
        return CertificateId(key_identifier=ber.octets(Fields(element, None).take()))
    elif element.tag == 0x82:
        return CertificateId(key_identifier=bytes(element.body))
    return None


def attribute(oid: str, *values: bytes) -> bytes:
    """DER of one Attribute."""
    return der.sequence(der.oid(oid), der.set_of(values))


def signing_certificate_v2(certificate: bytes, identifier: CertificateId) -> bytes:
    """The value of signingCertificateV2: SHA-256 (the default, so not named) and IssuerSerial."""
    issuer = der.sequence(der.context(4, identifier.issuer))
    cert_id = der.sequence(
        der.octet_string(hashlib.sha256(certificate).digest()),
        der.sequence(issuer, der.integer(identifier.serial)),
    )
    return der.sequence(der.sequence(cert_id))
