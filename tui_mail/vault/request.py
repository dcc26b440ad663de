"""Certificate requests for an authority (PKCS #10, RFC 2986), and the keys that wait for what it issues."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from tui_mail.vault.new_key import digest_for, mailbox, new_signing_key, subject_for, usage_of


def make_request(address: str, name: str, key_type: str) -> tuple[bytes, bytes]:
    """A new key and the request for its certificate.

    The request asks for what a certificate for mail needs (RFC 8550 section 4.4): the address, key usage, and e-mail
    protection. Returns the key as unencrypted DER PrivateKeyInfo, for the vault alone, and the request as PEM.
    Raises UsageError for a type of key that cannot sign, or for what is no address.
    """
    private = new_signing_key(key_type)
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject_for(address, name))
        .add_extension(x509.SubjectAlternativeName([mailbox(address)]), critical=False)
        .add_extension(usage_of(private), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .sign(private, digest_for(private))
    )
    pkcs8 = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pkcs8, request.public_bytes(serialization.Encoding.PEM)


def is_for(certificate: bytes, pkcs8: bytes) -> bool:
    """Whether this DER certificate holds the public half of this DER PrivateKeyInfo."""
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
        # SAFE: the vault made the key itself and its tag has vouched for the bytes.
        private = serialization.load_der_private_key(pkcs8, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, LibraryUnsupported):
        return False
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(*form) == private.public_key().public_bytes(*form)
