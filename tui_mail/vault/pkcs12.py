"""Keys from and to files: PKCS #12 of many producers, and PEM with a key and its certificates (RFC 7292, RFC 9579)."""

import base64
import binascii
import re
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from tui_mail.cms import ber, der
from tui_mail.cms.ber import Fields
from tui_mail.cms.certificates import read_facts
from tui_mail.cms.schemes import RSA_PSS
from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm, UsageError, WrongPassphrase
from tui_mail.vault.lattice_key import ExpandedKey, LatticePublicKey, read_lattice_key
from tui_mail.vault.pkcs12_file import DOES_NOT_OPEN, PRESENT_FORM, Form, decrypt_key_info, read_file, write_file
from tui_mail.vault.software_key import PrivateKey, SoftwareKey

MAX_KEY_FILE_BYTES = 5_000_000

# The library announces on stderr what it will refuse one day (odd serial numbers, BER); a terminal is no place for it.
warnings.filterwarnings("ignore", module=r"tui_mail\.(trust|vault)\.")

_PEM_KEY = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.DOTALL)
_PEM_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


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
        except (ValueError, TypeError, LibraryUnsupported) as error:
            if _blames_the_password(error):
                continue
            return _open_by_hand(data, password)
        certificates = [found.cert.certificate] if found.cert else []
        certificates += [more.certificate for more in found.additional_certs]
        return found.key, certificates
    raise WrongPassphrase(DOES_NOT_OPEN)


def _open_by_hand(data: bytes, password: str) -> tuple[object, list[x509.Certificate]]:
    """For kinds and forms of keys that the library's reader refuses: ML-DSA, ML-KEM, X25519."""
    try:
        keys, blobs = read_file(data, password)
    except MalformedInput:
        raise MalformedInput("The PKCS #12 file is damaged or of an unknown form.") from None
    try:
        certificates = [x509.load_der_x509_certificate(blob) for blob in blobs]
    except ValueError:
        raise MalformedInput("A certificate in this file cannot be read.") from None
    return (_load_key_info(keys[0]) if keys else None), certificates


def _load_key_info(info: bytes) -> object:
    """The key of a DER PrivateKeyInfo."""
    try:
        return read_lattice_key(info) or serialization.load_der_private_key(info, None)
    except LibraryUnsupported:
        raise UnsupportedAlgorithm("This kind of private key is not supported here.") from None
    except (ValueError, TypeError):
        raise MalformedInput("The private key in this file cannot be read.") from None


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
            raise WrongPassphrase(DOES_NOT_OPEN) from None
        raise MalformedInput("The private key in this file cannot be read.") from None
    certificates = []
    for block in _PEM_CERTIFICATE.findall(data):
        try:
            certificates.append(x509.load_pem_x509_certificate(block))
        except ValueError:
            raise MalformedInput("A certificate in this file cannot be read.") from None
    return _join(private, certificates)


def _load_pem(block: bytes, password: str) -> object:
    if block.startswith((b"-----BEGIN PRIVATE KEY-----", b"-----BEGIN ENCRYPTED PRIVATE KEY-----")):
        lattice = _lattice_key_of(block, password)
        if lattice is not None:
            return lattice
    try:
        return serialization.load_pem_private_key(block, password.encode() if password else None)
    except TypeError as error:
        if password:  # given although the key is not encrypted
            return serialization.load_pem_private_key(block, None)
        raise WrongPassphrase("The private key in this file needs its password.") from error


def _lattice_key_of(block: bytes, password: str) -> object | None:
    """An ML-DSA or ML-KEM key in PEM armour, in any of its forms; None for every other key."""
    try:
        info = base64.b64decode(b"".join(block.splitlines()[1:-1]))
        if block.startswith(b"-----BEGIN ENCRYPTED"):
            info = decrypt_key_info(info, password.encode())
    except (binascii.Error, MalformedInput, UnsupportedAlgorithm, WrongPassphrase):
        return None  # whoever reads other keys knows more forms, and says what is wrong
    return read_lattice_key(info)


def _join(private: object, certificates: list[x509.Certificate]) -> SoftwareKey:
    """The certificate that fits the key becomes the leaf; the others that chain above it, without a root, the chain."""
    if private is None:
        raise MalformedInput("There is no private key in this file, only certificates.")
    if not isinstance(private, PrivateKey):
        raise UnsupportedAlgorithm("This kind of private key is not used for mail.")
    own = [certificate for certificate in certificates if _belongs(private, certificate)]
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
    if isinstance(private, ExpandedKey) and isinstance(public := leaf.public_key(), LatticePublicKey):
        private.check(public)
    return SoftwareKey(private, _der(leaf), tuple(_der(certificate) for certificate in chain))


def _belongs(private: PrivateKey, certificate: x509.Certificate) -> bool:
    try:
        public = certificate.public_key()
    except (ValueError, LibraryUnsupported):
        return False
    if isinstance(private, ExpandedKey):
        return private.names(public)
    return _spki(public) == _spki(private.public_key())


def _spki(public: object) -> bytes:
    encoded: bytes = public.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def save_pkcs12(key: SoftwareKey, password: str, name: str = "", *, form: Form = PRESENT_FORM) -> bytes:
    """A PKCS #12 file of any kind of key, with its certificate and chain."""
    if not password:
        raise UsageError("Choose a password for the exported key.")
    return write_file(_key_info(key), [key.certificate, *key.chain], password, name, form)


def _key_info(key: SoftwareKey) -> bytes:
    """PrivateKeyInfo; of an RSA-PSS key with the identifier and parameters of its certificate (RFC 4055 section 1.2),
    which the library drops, so that no program uses the key with another padding."""
    own = read_facts(key.certificate).key_algorithm
    info = key.pkcs8()
    if own.oid != RSA_PSS:
        return info
    fields = Fields(ber.read_tlv(info))
    version, _algorithm, private = (fields.take().raw for _ in range(3))
    return der.sequence(version, own.encode(), private)
