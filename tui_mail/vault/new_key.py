"""A new private key with a certificate that it signs itself: the way to begin without any authority."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tui_mail.model.errors import UsageError
from tui_mail.vault.software_key import SoftwareKey

KEY_TYPES = ("rsa-3072", "ecdsa-p256")
MAX_DAYS = 3650
MAX_NAME_CHARACTERS = 64

_SMTP_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_CLOCK_DIFFERENCE = timedelta(hours=1)


def make_self_signed(address: str, name: str, key_type: str, days: int, now: datetime) -> tuple[SoftwareKey, bytes]:
    """A key of one of `KEY_TYPES` and its DER certificate for mail (RFC 8550 section 4, RFC 5280 section 4.2).

    It begins an hour before `now`, because the clocks of two people differ.
    """
    address = address.strip()
    local, at, domain = address.rpartition("@")
    if not (at and local and domain) or any(c.isspace() or ord(c) < 32 for c in address):
        raise UsageError(f"{address!r} is not an e-mail address: it needs the form name@example.org.")
    if not 0 < days <= MAX_DAYS:
        raise UsageError(f"A certificate can be made for 1 to {MAX_DAYS} days.")
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if key_type == "rsa-3072":
        private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    elif key_type == "ecdsa-p256":
        private = ec.generate_private_key(ec.SECP256R1())
    else:
        raise UsageError(f"Keys can be made of the types {' and '.join(KEY_TYPES)}, not {key_type!r}.")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (name.strip() or address)[:MAX_NAME_CHARACTERS])])
    public = private.public_key()
    is_rsa = isinstance(private, rsa.RSAPrivateKey)
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before((now - _CLOCK_DIFFERENCE).replace(microsecond=0))
        .not_valid_after((now + timedelta(days=days)).replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(rsa_key=is_rsa), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_mailbox(local, domain)]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(private, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return SoftwareKey(private, der), der


def _usage(*, rsa_key: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=rsa_key,
        data_encipherment=False,
        key_agreement=not rsa_key,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _mailbox(local: str, domain: str) -> x509.GeneralName:
    """rfc822Name, or SmtpUTF8Mailbox when the local part is not ASCII (RFC 9598 section 3). Domain as A-label."""
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{domain!r} is not a domain name.") from None
    if local.isascii():
        return x509.RFC822Name(f"{local}@{ascii_domain}")
    text = f"{local}@{ascii_domain}".encode()
    if len(text) > 255:
        raise UsageError("The address is too long for a certificate.")
    length = bytes((len(text),)) if len(text) < 0x80 else bytes((0x81, len(text)))
    return x509.OtherName(_SMTP_UTF8_MAILBOX, b"\x0c" + length + text)
