"""What a mail certificate must be by itself, whoever issued it (RFC 8550 section 4, RFC 5280 section 4.2)."""

from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tui_mail.model.errors import MalformedInput
from tui_mail.trust.certificate import REFUSALS, parse_x509, read_certificate

SHORTEST_RSA_BITS = 1024
SHORTEST_RSA_BITS_SINCE_2014 = 2048
SHORTEST_CURVE_BITS = 224
"""As strong as RSA with 2048 bits."""

_KEY_LENGTH_RULE_BEGINS = datetime(2014, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def profile_fault(der: bytes, *, encrypt: bool = False) -> str:
    """Why this certificate may not sign mail (or, with `encrypt`, not be encrypted to), at any time. Empty: it may.

    RFC 8550 section 4.4.2: a keyUsage without digitalSignature and nonRepudiation must not be accepted for
    signatures; RFC 5280 section 4.2: an unknown critical extension rejects the certificate.
    """
    try:
        certificate = parse_x509(der)
        info = read_certificate(der)
    except MalformedInput as error:
        return str(error)
    try:
        unknown = _unknown_critical(certificate)
    except REFUSALS:
        return "The certificate's extensions cannot be read."
    if unknown:
        return f"The certificate demands something unknown here (critical extension {unknown})."
    if not (info.can_encrypt if encrypt else info.can_sign):
        use = "encrypting mail to its owner" if encrypt else "signing mail"
        return f"The certificate does not allow {use}."
    try:
        key = certificate.public_key()
    except REFUSALS:
        if encrypt:
            return f"The certificate's kind of key ({info.key_algorithm}) is not supported here."
        key = None
    if isinstance(key, rsa.RSAPublicKey):
        since_2014 = info.not_before >= _KEY_LENGTH_RULE_BEGINS
        if key.key_size < (SHORTEST_RSA_BITS_SINCE_2014 if since_2014 else SHORTEST_RSA_BITS):
            return f"The certificate's key is too short to be safe (RSA with {key.key_size} bits)."
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < SHORTEST_CURVE_BITS:
        return f"The certificate's key is too short to be safe (a curve of {key.key_size} bits)."
    if info.self_signed and not _signed_by_itself(certificate):
        return "The certificate claims to be signed by itself, but that signature is wrong."
    return ""


def _unknown_critical(certificate: x509.Certificate) -> str:
    """The first critical extension that nobody here understands, as dotted OID; empty when there is none."""
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            dotted: str = extension.oid.dotted_string
            return dotted
    return ""


def _signed_by_itself(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except InvalidSignature:
        return False
    except REFUSALS:
        # A name that is its own issuer's without being self-signed, or an algorithm nobody knows: anchors decide.
        return True
    return True
