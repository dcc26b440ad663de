"""New private keys with certificates that they sign themselves: the way to begin without any authority."""

from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tui_mail.model.address import ascii_domain
from tui_mail.model.errors import UsageError
from tui_mail.vault.software_key import SoftwareKey

_Signing = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
)
_Kem = mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey
_MAKERS: dict[str, Callable[[], _Signing]] = {
    "rsa-3072": lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072),
    "rsa-4096": lambda: rsa.generate_private_key(public_exponent=65537, key_size=4096),
    "ecdsa-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ml-dsa-44": mldsa.MLDSA44PrivateKey.generate,
    "ml-dsa-65": mldsa.MLDSA65PrivateKey.generate,
    "ml-dsa-87": mldsa.MLDSA87PrivateKey.generate,
}
_KEM_MAKERS: dict[str, tuple[Callable[[], _Kem], str]] = {
    "ml-kem-768": (mlkem.MLKEM768PrivateKey.generate, "ml-dsa-65"),
    "ml-kem-1024": (mlkem.MLKEM1024PrivateKey.generate, "ml-dsa-87"),
}
"""A KEM key cannot sign its own certificate: it comes with a signing key that is as strong."""
KEY_TYPES = (*_MAKERS, *_KEM_MAKERS)
MAX_DAYS = 3650
MAX_NAME_CHARACTERS = 64

_SMTP_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_CLOCK_DIFFERENCE = timedelta(hours=1)


def make_keys(address: str, name: str, key_type: str, days: int, now: datetime) -> tuple[SoftwareKey, ...]:
    """The key of one of `KEY_TYPES`; for a KEM key also the signing key that certifies it, which comes first."""
    if key_type not in _KEM_MAKERS:
        return (make_self_signed(address, name, key_type, days, now)[0],)
    make, signer_type = _KEM_MAKERS[key_type]
    private, kem = _MAKERS[signer_type](), make()
    return (
        SoftwareKey(private, _certify(address, name, private, private, days, now)),
        SoftwareKey(kem, _certify(address, name, kem, private, days, now)),
    )


def make_self_signed(address: str, name: str, key_type: str, days: int, now: datetime) -> tuple[SoftwareKey, bytes]:
    """A key that can sign and its DER certificate for mail. Raises UsageError for another type."""
    private = new_signing_key(key_type)
    der = _certify(address, name, private, private, days, now)
    return SoftwareKey(private, der), der


def new_signing_key(key_type: str) -> _Signing:
    """A fresh private key. Raises UsageError for a type that is unknown or cannot sign."""
    if key_type not in _MAKERS:
        raise UsageError(f"Keys can be made of the types {', '.join(_MAKERS)}, not {key_type!r}.")
    return _MAKERS[key_type]()


def digest_for(private: _Signing) -> hashes.SHA256 | None:
    """What such a key signs with; None for those that hash by themselves."""
    return hashes.SHA256() if isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None


def subject_for(address: str, name: str) -> x509.Name:
    """A common name: the person's, or the address."""
    text = (name.strip() or address.strip())[:MAX_NAME_CHARACTERS]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certify(address: str, name: str, private: _Signing | _Kem, issuer: _Signing, days: int, now: datetime) -> bytes:
    """A DER certificate for mail (RFC 8550 section 4, RFC 5280 section 4.2) in which `issuer` vouches for `private`.

    It begins an hour before `now`, because the clocks of two people differ.
    """
    name_of_address = mailbox(address)
    if not 0 < days <= MAX_DAYS:
        raise UsageError(f"A certificate can be made for 1 to {MAX_DAYS} days.")
    subject = subject_for(address, name)
    public = private.public_key()
    above = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before((now - _CLOCK_DIFFERENCE).replace(microsecond=0))
        .not_valid_after((now + timedelta(days=days)).replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage_of(private), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectAlternativeName([name_of_address]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
        .sign(issuer, digest_for(issuer))
    )
    return certificate.public_bytes(serialization.Encoding.DER)


def usage_of(private: _Signing | _Kem) -> x509.KeyUsage:
    """RFC 8550 section 4.4.2; RFC 9935 section 5: an ML-KEM key enciphers keys and does nothing else."""
    kem = isinstance(private, mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey)
    return x509.KeyUsage(
        digital_signature=not kem,
        content_commitment=False,
        key_encipherment=kem or isinstance(private, rsa.RSAPrivateKey),
        data_encipherment=False,
        key_agreement=isinstance(private, ec.EllipticCurvePrivateKey),
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def mailbox(address: str) -> x509.GeneralName:
    """rfc822Name, or SmtpUTF8Mailbox when the local part is not ASCII (RFC 9598 section 3). Domain as A-label.

    Raises UsageError for what is no address.
    """
    address = address.strip()
    local, at, domain = address.rpartition("@")
    if not (at and local and domain) or any(c.isspace() or ord(c) < 32 for c in address):
        raise UsageError(f"{address!r} is not an e-mail address: it needs the form name@example.org.")
    try:
        a_labels = ascii_domain(domain)
    except UnicodeError:
        raise UsageError(f"{domain!r} is not a domain name.") from None
    if local.isascii():
        return x509.RFC822Name(f"{local}@{a_labels}")
    text = f"{local}@{a_labels}".encode()
    if len(text) > 255:
        raise UsageError("The address is too long for a certificate.")
    length = bytes((len(text),)) if len(text) < 0x80 else bytes((0x81, len(text)))
    return x509.OtherName(_SMTP_UTF8_MAILBOX, b"\x0c" + length + text)
