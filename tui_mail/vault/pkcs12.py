"""Keys from and to files: PKCS #12 of many producers, and PEM with a key and its certificates (RFC 7292, RFC 9579)."""

import re
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm, UsageError, WrongPassphrase
from tui_mail.vault.software_key import PrivateKey, SoftwareKey

MAX_KEY_FILE_BYTES = 5_000_000
EXPORT_ROUNDS = 600_000

# The library announces on stderr what it will refuse one day (odd serial numbers, BER); a terminal is no place for it.
warnings.filterwarnings("ignore", module=r"tui_mail\.(trust|vault)\.")

_PEM_KEY = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.DOTALL)
_PEM_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)

_Exportable = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


def load_pkcs12(data: bytes, password: str) -> tuple[SoftwareKey, ...]:
    """The keys of a PKCS #12 file, each with its certificate and chain (the library reads one key a file).

    Raises WrongPassphrase, MalformedInput, UnsupportedAlgorithm.
    """
    private, certificates = _open_pkcs12(data, password)
    return (_join(private, certificates),)


def _open_pkcs12(data: bytes, password: str) -> tuple[object, list[x509.Certificate]]:
    if data[:1] != b"\x30":
        raise MalformedInput("This is not a PKCS #12 file (.p12 or .pfx).")
    # QUIRK: "no password" is an empty string for some producers and an absent one for others (RFC 7292 appendix B).
    attempts: tuple[bytes | None, ...] = (password.encode(),) if password else (None, b"")
    for attempt in attempts:
        try:
            found = pkcs12.load_pkcs12(data, attempt)
        except LibraryUnsupported:
            raise UnsupportedAlgorithm("The file is encrypted with a method that is not supported here.") from None
        except (ValueError, TypeError) as error:
            if _blames_the_password(error):
                continue
            raise MalformedInput("The PKCS #12 file is damaged or of an unknown form.") from None
        certificates = [found.cert.certificate] if found.cert else []
        certificates += [more.certificate for more in found.additional_certs]
        return found.key, certificates
    raise WrongPassphrase("The password does not open this key file (or the file is damaged). Try again.")


def _blames_the_password(error: Exception) -> bool:
    text = str(error).lower()
    return "password" in text or "mac" in text or "decrypt" in text


def load_key_file(path: Path, password: str) -> SoftwareKey:
    """A key with its certificate from a .p12 file, or from a PEM file that holds both.

    Raises UsageError when the file cannot be read, else as `load_pkcs12`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"The key file {path} cannot be read: {error.strerror}.") from None
    return load_key(data, password)


def load_key(data: bytes, password: str) -> SoftwareKey:
    """A key from the bytes of a .p12 or PEM file."""
    if len(data) > MAX_KEY_FILE_BYTES:
        raise MalformedInput("The file is larger than any key file.")
    found = _PEM_KEY.search(data)
    if found is None:
        return load_pkcs12(data, password)[0]
    try:
        private = _load_pem(found.group(), password)
    except LibraryUnsupported:
        raise UnsupportedAlgorithm("This kind of private key is not supported here.") from None
    except ValueError as error:
        if _blames_the_password(error):
            raise WrongPassphrase(
                "The password does not open this key file (or the file is damaged). Try again."
            ) from None
        raise MalformedInput("The private key in this file cannot be read.") from None
    certificates = []
    for block in _PEM_CERTIFICATE.findall(data):
        try:
            certificates.append(x509.load_pem_x509_certificate(block))
        except ValueError:
            raise MalformedInput("A certificate in this file cannot be read.") from None
    return _join(private, certificates)


def _load_pem(block: bytes, password: str) -> object:
    try:
        return serialization.load_pem_private_key(block, password.encode() if password else None)
    except TypeError as error:
        if password:  # given although the key is not encrypted
            return serialization.load_pem_private_key(block, None)
        raise WrongPassphrase("The private key in this file needs its password.") from error


def _join(private: object, certificates: list[x509.Certificate]) -> SoftwareKey:
    """The certificate that fits the key becomes the leaf; the others that chain above it, without a root, the chain."""
    if private is None:
        raise MalformedInput("There is no private key in this file, only certificates.")
    if not isinstance(private, PrivateKey):
        raise UnsupportedAlgorithm("This kind of private key is not used for mail.")
    public = _spki(private.public_key())
    own = [certificate for certificate in certificates if _spki_of(certificate) == public]
    if not own:
        raise MalformedInput("There is no certificate for the private key in this file.")
    leaf = max(own, key=lambda certificate: certificate.not_valid_after_utc)
    chain: list[x509.Certificate] = []
    child = leaf
    while len(chain) < 10 and child.issuer != child.subject:
        above = next((c for c in certificates if c.subject == child.issuer and c not in (leaf, *chain)), None)
        if above is None or above.issuer == above.subject:
            break
        chain.append(above)
        child = above
    return SoftwareKey(private, _der(leaf), tuple(_der(certificate) for certificate in chain))


def _spki(public: object) -> bytes:
    encoded: bytes = public.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def _spki_of(certificate: x509.Certificate) -> bytes:
    try:
        return _spki(certificate.public_key())
    except (ValueError, LibraryUnsupported):
        return b""


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def save_pkcs12(key: SoftwareKey, password: str, name: str = "") -> bytes:
    """A PKCS #12 file: AES-256-CBC and HMAC-SHA-256 with PBKDF2, which every present mail program opens."""
    if not password:
        raise UsageError("Choose a password for the exported key.")
    private = serialization.load_der_private_key(key.pkcs8(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, _Exportable):
        raise UnsupportedAlgorithm("This kind of key cannot be exported as PKCS #12.")
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(EXPORT_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password.encode())
    )
    chain = [x509.load_der_x509_certificate(der) for der in key.chain]
    return pkcs12.serialize_key_and_certificates(
        name.encode() or None, private, x509.load_der_x509_certificate(key.certificate), chain or None, encryption
    )
