"""Third-party CMS objects and keys as tests need them: cut out of mails, PEM armour and PKCS #12 files."""

import base64
import email
import re
import zipfile
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, load_pem_private_key, pkcs12

from tests.vectors import vectors
from tui_mail.vault.software_key import SoftwareKey


def crlf(data: bytes) -> bytes:
    """Canonical line ends."""
    return re.sub(rb"\r?\n", b"\r\n", data)


def unarmour(data: bytes) -> bytes:
    """DER from PEM, or the data itself."""
    found = re.search(rb"-----BEGIN [^-]+-----(.+?)-----END", data, re.S)
    return base64.b64decode(found[1]) if found else data


def opaque(path: Path) -> bytes:
    """The CMS object of an application/pkcs7-mime mail."""
    return email.message_from_bytes(path.read_bytes()).get_payload(decode=True)


def detached(path: Path) -> tuple[bytes, bytes]:
    """Signed bytes and CMS object of a multipart/signed mail (RFC 1847 section 2.1), cut out by offset."""
    data = crlf(path.read_bytes())
    message = email.message_from_bytes(data)
    delimiter = b"\r\n--" + message.get_boundary().encode()
    first = data.index(delimiter, data.index(b"\r\n\r\n"))
    start = data.index(b"\r\n", first + 2) + 2
    return data[start : data.index(delimiter, start)], message.get_payload(1).get_payload(decode=True)


@lru_cache(maxsize=32)
def p12_key(path: Path, password: str) -> SoftwareKey:
    """The key of a PKCS #12 file."""
    private, certificate, _ = pkcs12.load_key_and_certificates(path.read_bytes(), password.encode())
    return SoftwareKey(private, certificate.public_bytes(Encoding.DER))


def certificate_der(path: Path) -> bytes:
    """The first certificate of a PEM or DER file."""
    data = path.read_bytes()
    found = re.search(rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----.+?-----END (?:TRUSTED )?CERTIFICATE-----", data, re.S)
    return unarmour(found[0]) if found else data


def pem_key(key_file: Path, certificate_file: Path) -> SoftwareKey:
    """A key from a PEM or DER file and its certificate from another (or the same)."""
    data = key_file.read_bytes()
    if b"-----BEGIN" in data:
        private = load_pem_private_key(data[data.index(b"-----BEGIN") :], None, unsafe_skip_rsa_key_validation=True)
    else:
        private = load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)
    return SoftwareKey(private, certificate_der(certificate_file))


@lru_cache(maxsize=2)
def _archive(name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(vectors("pq", "cryptonext", f"{name}.zip")) as archive:
        return {Path(one).name: archive.read(one) for one in archive.namelist()}


def cryptonext_cms() -> dict[str, bytes]:
    """A vendor's CMS objects of every post-quantum kind, by file name, with certificates, keys and the plaintext."""
    return _archive("artifacts_cms_v3")


def cryptonext_keys() -> dict[str, bytes]:
    """The same vendor's certificates and private keys in all forms, by file name."""
    return _archive("artifacts_certs_r5")


def nss_key(name: str) -> SoftwareKey:
    """Fran's RSA or EC key of the NSS interoperability tests."""
    return p12_key(vectors("nss", "tests", "smime", "interop-openssl", name), "nss")


def thunderbird_key(name: str) -> SoftwareKey:
    """A person's key of Thunderbird's test mails."""
    return p12_key(vectors("thunderbird", f"{name}.p12"), "nss")


__all__ = [
    "certificate_der",
    "crlf",
    "cryptonext_cms",
    "cryptonext_keys",
    "detached",
    "nss_key",
    "opaque",
    "p12_key",
    "pem_key",
    "thunderbird_key",
    "unarmour",
]
