"""Certificates read once: `read_certificate` gives the facts, `load_certificates` finds them in files of any form."""

import base64
import binascii
import hashlib
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, mlkem, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.errors import MalformedInput

MAX_CERTIFICATE_BYTES = 100_000
MAX_CERTIFICATES = 2_000
MAX_ADDRESSES = 200

SMTP_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_ANY_PURPOSE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
_RSASSA_PSS = x509.ObjectIdentifier("1.2.840.113549.1.1.10")
_UTF8_STRING = 0x0C
REFUSALS = (
    ValueError,
    TypeError,
    OverflowError,
    LibraryUnsupported,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""Whatever the library raises for certificates that are not what they should be."""

# The library announces on stderr what it will refuse one day (odd serial numbers, BER); a terminal is no place for it.
warnings.filterwarnings("ignore", module=r"tui_mail\.(trust|vault)\.")

_BEGIN = re.compile(rb"-----BEGIN ((?:X509 )?CERTIFICATE|PKCS7|CMS)-----")


@lru_cache(maxsize=4096)
def parse_x509(der: bytes) -> x509.Certificate:
    """The library's certificate object for floor-1 use. Raises MalformedInput."""
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise MalformedInput("The certificate is larger than any real one.")
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.serial_number  # noqa: B018
    except REFUSALS:
        raise MalformedInput("The certificate cannot be read.") from None
    return certificate


@lru_cache(maxsize=4096)
def read_certificate(der: bytes) -> CertificateInfo:
    """The facts of one DER certificate. Raises MalformedInput."""
    certificate = parse_x509(der)
    may_sign, may_encrypt = _purposes(certificate)
    return CertificateInfo(
        sha256=hashlib.sha256(der).hexdigest(),
        public_key_sha256=_public_key_sha256(certificate),
        addresses=_addresses(certificate),
        subject=_one_line(certificate, "subject"),
        issuer=_one_line(certificate, "issuer"),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_algorithm=_key_algorithm(certificate),
        can_sign=may_sign,
        can_encrypt=may_encrypt,
        self_signed=_same_name(certificate),
        is_ca=_is_ca(certificate),
        domains=_domains(certificate),
    )


def load_certificates(data: bytes) -> tuple[bytes, ...]:
    """Every certificate in a PEM file, a DER file, bare base64 or a PKCS #7 bag, as DER, in order, each once.

    Raises MalformedInput when there is none.
    """
    found: dict[bytes, None] = {}
    for der in _blocks(data):
        for certificate in _certificates_of(der):
            found[certificate] = None
            if len(found) > MAX_CERTIFICATES:
                raise MalformedInput(f"The file holds more than {MAX_CERTIFICATES} certificates.")
    if not found:
        raise MalformedInput("There is no certificate in this file: PEM, DER and PKCS #7 (.p7b) can be read.")
    return tuple(found)


def _blocks(data: bytes) -> list[bytes]:
    armoured = list(_armoured(data))
    if armoured:
        try:
            # RFC 1421 header lines ("Proc-Type: …") may stand before the base64 text.
            return [base64.b64decode(re.sub(rb"^.*:.*$", b"", body, flags=re.MULTILINE)) for body in armoured]
        except binascii.Error:
            raise MalformedInput("The PEM file is damaged: its base64 text does not decode.") from None
    if data.lstrip()[:1] == b"M":
        try:
            return [base64.b64decode(data)]
        except binascii.Error:
            return []
    return [data]


def _armoured(data: bytes) -> Iterator[bytes]:
    """What stands between BEGIN and END lines (RFC 7468), in linear time whatever the file is."""
    unclosed: set[bytes] = set()
    position = 0
    while (begin := _BEGIN.search(data, position)) is not None:
        label, position = begin[1], begin.end()
        end = -1 if label in unclosed else data.find(b"-----END " + label + b"-----", position)
        if end < 0:
            unclosed.add(label)  # and so is every later one
        else:
            yield data[position:end]
            position = end


def _certificates_of(der: bytes) -> list[bytes]:
    try:
        parse_x509(der)
        return [der]
    except MalformedInput:
        pass
    try:
        bag = pkcs7.load_der_pkcs7_certificates(der)
    except REFUSALS:
        return []
    return [certificate.public_bytes(serialization.Encoding.DER) for certificate in bag]


def _one_line(certificate: x509.Certificate, field: str) -> str:
    try:
        name: x509.Name = getattr(certificate, field)
        return name.rfc4514_string({NameOID.EMAIL_ADDRESS: "emailAddress"})
    except REFUSALS:
        return "(a name that cannot be read)"


def _same_name(certificate: x509.Certificate) -> bool:
    try:
        return certificate.subject == certificate.issuer
    except REFUSALS:
        return False


def _extension(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> x509.ExtensionType | None:
    """The extension's value; None when it is absent. Raises one of REFUSALS when the extensions do not parse."""
    try:
        return certificate.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        constraints = _extension(certificate, ExtensionOID.BASIC_CONSTRAINTS)
    except REFUSALS:
        return False
    return isinstance(constraints, x509.BasicConstraints) and constraints.ca


def _addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """rfc822Name, SmtpUTF8Mailbox (RFC 9598) and emailAddress of the subject (RFC 8550 section 3), each once."""
    found: dict[str, None] = {}
    try:
        names = _extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except REFUSALS:
        return ()
    if isinstance(names, x509.SubjectAlternativeName):
        for name in names:
            if isinstance(name, x509.RFC822Name):
                found[name.value] = None
            elif isinstance(name, x509.OtherName) and name.type_id == SMTP_UTF8_MAILBOX:
                text = _utf8_string(name.value)
                # RFC 9598 section 3: only for a local part that is not ASCII.
                if text and not text.rpartition("@")[0].isascii():
                    found[text] = None
    try:
        for attribute in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
            if isinstance(attribute.value, str):
                found[attribute.value] = None
    except REFUSALS:
        pass
    return tuple(found)[:MAX_ADDRESSES]


def _domains(certificate: x509.Certificate) -> tuple[str, ...]:
    """dNSName values, each once."""
    try:
        names = _extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except REFUSALS:
        return ()
    if not isinstance(names, x509.SubjectAlternativeName):
        return ()
    return tuple(dict.fromkeys(names.get_values_for_type(x509.DNSName)))[:MAX_ADDRESSES]


def _utf8_string(der: bytes) -> str:
    if len(der) < 2 or der[0] != _UTF8_STRING:
        return ""
    if der[1] < 0x80:
        length, start = der[1], 2
    else:
        start = 2 + (der[1] & 0x7F)
        length = int.from_bytes(der[2:start], "big")
    if start + length != len(der):
        return ""
    try:
        return der[start:].decode()
    except UnicodeDecodeError:
        return ""


def _public_key_sha256(certificate: x509.Certificate) -> str:
    try:
        spki = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except REFUSALS:
        # A kind of key that the library does not know: the certificate itself stands for the key.
        spki = certificate.public_bytes(serialization.Encoding.DER)
    return hashlib.sha256(spki).hexdigest()


_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_KEY_NAMES = (
    (ed25519.Ed25519PublicKey, "Ed25519"),
    (ed448.Ed448PublicKey, "Ed448"),
    (x25519.X25519PublicKey, "X25519"),
    (x448.X448PublicKey, "X448"),
    (mldsa.MLDSA44PublicKey, "ML-DSA-44"),
    (mldsa.MLDSA65PublicKey, "ML-DSA-65"),
    (mldsa.MLDSA87PublicKey, "ML-DSA-87"),
    (mlkem.MLKEM768PublicKey, "ML-KEM-768"),
    (mlkem.MLKEM1024PublicKey, "ML-KEM-1024"),
)


_NAMES_WITHOUT_ARITHMETIC = {
    "1.2.840.10046.2.1": "DH",
    "2.16.840.1.101.3.4.4.1": "ML-KEM-512",
    **{f"2.16.840.1.101.3.4.3.{number}": "SLH-DSA" for number in range(20, 32)},
    **{f"1.3.6.1.5.5.7.6.{number}": "Composite ML-DSA" for number in range(37, 55)},
    **{f"1.3.6.1.5.5.7.6.{number}": "Composite ML-KEM" for number in range(55, 67)},
}


def _key_algorithm(certificate: x509.Certificate) -> str:
    oid = certificate.public_key_algorithm_oid
    try:
        key = certificate.public_key()
    except REFUSALS:
        return _NAMES_WITHOUT_ARITHMETIC.get(oid.dotted_string, oid.dotted_string)
    if isinstance(key, rsa.RSAPublicKey):
        return f"{'RSA-PSS' if oid == _RSASSA_PSS else 'RSA'} {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ECDSA {_CURVES.get(key.curve.name, key.curve.name)}"
    return next((name for kind, name in _KEY_NAMES if isinstance(key, kind)), oid.dotted_string)


def _purposes(certificate: x509.Certificate) -> tuple[bool, bool]:
    """Whether the certificate may sign and may be encrypted to (RFC 8550 sections 4.4.2 and 4.4.4)."""
    try:
        usage = _extension(certificate, ExtensionOID.KEY_USAGE)
        purposes = _extension(certificate, ExtensionOID.EXTENDED_KEY_USAGE)
    except REFUSALS:
        return False, False
    if (
        isinstance(purposes, x509.ExtendedKeyUsage)
        and ExtendedKeyUsageOID.EMAIL_PROTECTION not in purposes
        and _ANY_PURPOSE not in purposes
    ):
        return False, False
    signs, enciphers, agrees = True, True, True
    if isinstance(usage, x509.KeyUsage):
        signs = usage.digital_signature or usage.content_commitment
        enciphers, agrees = usage.key_encipherment, usage.key_agreement
    try:
        key = certificate.public_key()
    except REFUSALS:
        return signs, enciphers or agrees
    if isinstance(key, rsa.RSAPublicKey):
        return signs, enciphers and certificate.public_key_algorithm_oid != _RSASSA_PSS
    if isinstance(key, ec.EllipticCurvePublicKey):
        return signs, agrees
    if isinstance(key, x25519.X25519PublicKey | x448.X448PublicKey):
        return False, agrees
    if isinstance(key, mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey):
        return False, enciphers
    return signs, False


def to_pem(der: bytes) -> str:
    """A certificate as PEM text (RFC 7468)."""
    text = base64.b64encode(der).decode("ascii")
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
