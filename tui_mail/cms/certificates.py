"""What CMS needs to know of a certificate: its identifiers and its public key. Nothing here judges it."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import Algorithm, digest, read_algorithm
from tui_mail.cms.ber import Fields
from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm

_SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
_MAX_KEPT_BYTES = 1_000
"""Longer identifiers are read anew each time, so that strangers cannot fill the memory."""


@dataclass(frozen=True)
class CertificateFacts:
    """Parts of one certificate (RFC 5280 section 4.1) as they are encoded.

    Attributes:
        issuer: DER of the issuer's Name.
        key_identifier: the subjectKeyIdentifier extension, else the SHA-1 of the key bits that takes its place
            (RFC 5280 section 4.2.1.2, method 1).
        public_key_info: DER SubjectPublicKeyInfo.
        key_algorithm: its AlgorithmIdentifier.
    """

    certificate: bytes
    serial: int
    issuer: bytes
    key_identifier: bytes
    has_key_identifier: bool
    public_key_info: bytes
    key_algorithm: Algorithm

    @cached_property
    def public_key(self) -> PublicKeyTypes:
        """The key. Raises UnsupportedAlgorithm or MalformedInput."""
        try:
            return load_der_public_key(self.public_key_info)
        except LibraryUnsupported as error:
            raise UnsupportedAlgorithm(f"Keys of the kind {self.key_algorithm.oid} are not computed here.") from error
        except (ValueError, TypeError) as error:
            raise MalformedInput("The public key of a certificate cannot be read.") from error

    def digest(self, name: str) -> bytes:
        """The digest of the whole certificate. Raises UnsupportedAlgorithm."""
        return _certificate_digest(self.certificate, name)


@lru_cache(maxsize=1024)
def _certificate_digest(certificate: bytes, name: str) -> bytes:
    return digest(name, [certificate])


@lru_cache(maxsize=1024)
def read_facts(certificate: bytes) -> CertificateFacts:
    """Read one DER certificate. Raises MalformedInput."""
    outer = Fields(ber.read_tlv(certificate))
    fields = Fields(outer.take(ber.SEQUENCE))
    fields.optional(0xA0)
    serial = ber.integer(fields.take(ber.INTEGER))
    fields.take(ber.SEQUENCE)
    issuer = der.from_ber(fields.take(ber.SEQUENCE))
    fields.take(ber.SEQUENCE)
    fields.take(ber.SEQUENCE)
    key_info = fields.take(ber.SEQUENCE)
    key_fields = Fields(key_info)
    key_algorithm = read_algorithm(key_fields.take())
    key_bits = ber.bit_string(key_fields.take())
    fields.optional(0x81, 0xA1)
    fields.optional(0x82, 0xA2)
    named = _key_identifier(fields)
    implied = hashlib.sha1(key_bits, usedforsecurity=False).digest()
    return CertificateFacts(
        certificate, serial, issuer, named or implied, named is not None, key_info.raw, key_algorithm
    )


def _key_identifier(fields: Fields) -> bytes | None:
    extensions = fields.optional(0xA3)
    if extensions is None:
        return None
    for extension in ber.children(Fields(extensions, None).take(ber.SEQUENCE)):
        parts = Fields(extension)
        if ber.oid(parts.take()) == _SUBJECT_KEY_IDENTIFIER:
            return ber.octets(ber.read_tlv(ber.octets(parts.rest()[-1])))
    return None


def readable_facts(certificates: tuple[bytes, ...]) -> list[CertificateFacts]:
    """The facts of those certificates that can be read, each once, in order."""
    found = []
    for certificate in dict.fromkeys(certificates):
        try:
            found.append(read_facts(certificate))
        except MalformedInput:
            continue
    return found


def same_name(one: bytes, other: bytes) -> bool:
    """Whether two DER Names are the same: octet by octet, else by their text without case (RFC 5280 section 7.1)."""
    if one == other:
        return True
    return abs(len(one) - len(other)) < 64 and name_text(one).casefold() == name_text(other).casefold()


def name_text(name: bytes) -> str:
    """A DER Name as one line (RFC 4514), in hex when it cannot be read."""
    try:
        return x509.Name.from_bytes(name).rfc4514_string()
    except (ValueError, TypeError):
        return f"#{name.hex()}"


@dataclass(frozen=True, slots=True)
class CertificateId:
    """How a SignerInfo or RecipientInfo names a certificate: issuer and serial number, or a key identifier."""

    issuer: bytes = b""
    serial: int = 0
    key_identifier: bytes = b""

    def matches(self, facts: CertificateFacts) -> bool:
        """The identifier names this certificate."""
        if self.issuer:
            return self.serial == facts.serial and same_name(self.issuer, facts.issuer)
        return self.key_identifier == facts.key_identifier

    @property
    def text(self) -> str:
        """ "issuer/serial in hex" or "ski:hex"."""
        return f"{name_text(self.issuer)}/{self.serial:x}" if self.issuer else f"ski:{self.key_identifier.hex()}"

    def encode(self, key_identifier_tag: int = 0x80) -> bytes:
        """The DER form, a CHOICE of IssuerAndSerialNumber and [0] SubjectKeyIdentifier."""
        if self.issuer:
            return der.sequence(self.issuer, der.integer(self.serial))
        return der.tlv(key_identifier_tag, self.key_identifier)


def read_issuer_and_serial(element: ber.Element, tag: int = ber.SEQUENCE) -> CertificateId:
    """IssuerAndSerialNumber (RFC 5652 section 10.2.4)."""
    fields = Fields(element, tag)
    issuer = der.from_ber(fields.take(ber.SEQUENCE))
    serial = ber.integer(fields.take())
    fields.end()
    return CertificateId(issuer, serial)


def read_certificate_id(element: ber.Element) -> CertificateId:
    """SignerIdentifier or RecipientIdentifier: IssuerAndSerialNumber or [0] SubjectKeyIdentifier."""
    # People write more than once. SAFE: known again by all its octets.
    return _known_id(element.raw) if element.size <= _MAX_KEPT_BYTES else _read_certificate_id(element)


@lru_cache(maxsize=4096)
def _known_id(octets: bytes) -> CertificateId:
    return _read_certificate_id(ber.read_tlv(octets))


def _read_certificate_id(element: ber.Element) -> CertificateId:
    if element.tag in (0x80, 0xA0):
        return CertificateId(key_identifier=ber.octets(element, 0x80))
    return read_issuer_and_serial(element)


def issuer_and_serial(certificate: bytes) -> CertificateId:
    """The identifier that we write for a certificate."""
    facts = read_facts(certificate)
    return CertificateId(facts.issuer, facts.serial)
