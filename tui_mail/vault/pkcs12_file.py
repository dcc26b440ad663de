"""PKCS #12 by hand (RFC 7292, RFC 8018): for kinds of keys that the library's reader and writer do not know.

Keys are PrivateKeyInfo in DER here, whatever their kind; `pkcs12` joins them with their certificates.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from tui_mail.cms import ber, der
from tui_mail.cms.ber import Element, Fields
from tui_mail.model.errors import LimitExceeded, MalformedInput, UnsupportedAlgorithm, WrongPassphrase

MAX_ROUNDS = 10_000_000
MAX_BAGS = 200

_DATA, _ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_BAG = "1.2.840.113549.1.12.10.1."
_KEY_BAG, _SHROUDED_KEY_BAG, _CERTIFICATE_BAG = f"{_BAG}1", f"{_BAG}2", f"{_BAG}3"
_X509 = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME, _LOCAL_KEY_ID = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
_PBES2, _PBKDF2 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12"
_CIPHER_BYTES = {
    "2.16.840.1.101.3.4.1.2": 16,
    "2.16.840.1.101.3.4.1.22": 24,
    "2.16.840.1.101.3.4.1.42": 32,
}
_HMAC_SHA1, _HMAC_SHA256 = "1.2.840.113549.2.7", "1.2.840.113549.2.9"
_HMACS: dict[str, hashes.HashAlgorithm] = {
    _HMAC_SHA1: hashes.SHA1(),  # noqa: S303 - the default of RFC 8018 appendix A.2; as HMAC it is not broken
    _HMAC_SHA256: hashes.SHA256(),
    "1.2.840.113549.2.10": hashes.SHA384(),
    "1.2.840.113549.2.11": hashes.SHA512(),
}
_SHA1, _SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
_DIGESTS = {
    _SHA1: "sha1",
    _SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}

DOES_NOT_OPEN = "The password does not open this key file (or the file is damaged). Try again."
_UNKNOWN_METHOD = "The key file is protected with a method that is not supported here."


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is encrypted and authenticated. `cipher`, `function` and `digest` are object identifiers."""

    cipher: str
    function: str
    digest: str
    rounds: int


PRESENT_FORM = Form("2.16.840.1.101.3.4.1.42", _HMAC_SHA256, _SHA256, 600_000)
"""AES-256 and SHA-256, which every mail program of today opens."""
OLD_FORM = Form("2.16.840.1.101.3.4.1.2", _HMAC_SHA1, _SHA1, 600_000)
"""AES-128 with the default function of PBKDF2: what gpgsm 2.2 reads; still PBES2, with as many rounds."""


def write_file(key_info: bytes, certificates: list[bytes], password: str, name: str, form: Form) -> bytes:
    """A PKCS #12 file with one DER PrivateKeyInfo and its certificates, the key's own first."""
    secret = password.encode()
    key_id = _attribute(_LOCAL_KEY_ID, der.octet_string(b"\x01"))
    label = [_attribute(_FRIENDLY_NAME, der.tlv(0x1E, name.encode("utf-16-be")))] if name else []
    keys = der.sequence(_bag(_SHROUDED_KEY_BAG, encrypt_key_info(key_info, secret, form), [key_id, *label]))
    bags = []
    for position, certificate in enumerate(certificates):
        value = der.sequence(der.oid(_X509), der.context(0, der.octet_string(certificate)))
        bags.append(_bag(_CERTIFICATE_BAG, value, [key_id, *label] if position == 0 else []))
    identifier, sealed = _encrypt(der.sequence(*bags), secret, form)
    content = der.sequence(der.oid(_DATA), identifier, der.tlv(0x80, sealed))
    hidden = der.sequence(der.oid(_ENCRYPTED_DATA), der.context(0, der.sequence(der.integer(0), content)))
    safe = der.sequence(hidden, _data(keys))
    salt = os.urandom(16)
    mac = _mac(form.digest, password, salt, form.rounds, safe)
    digest_info = der.sequence(der.algorithm(form.digest, der.NULL), der.octet_string(mac))
    return der.sequence(
        der.integer(3), _data(safe), der.sequence(digest_info, der.octet_string(salt), der.integer(form.rounds))
    )


def _data(content: bytes) -> bytes:
    return der.sequence(der.oid(_DATA), der.context(0, der.octet_string(content)))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of([value]))


def _bag(oid: str, value: bytes, attributes: list[bytes]) -> bytes:
    return der.sequence(der.oid(oid), der.context(0, value), der.set_of(attributes) if attributes else b"")


def encrypt_key_info(key_info: bytes, secret: bytes, form: Form) -> bytes:
    """EncryptedPrivateKeyInfo (RFC 5958 section 3) of a DER PrivateKeyInfo."""
    identifier, sealed = _encrypt(key_info, secret, form)
    return der.sequence(identifier, der.octet_string(sealed))


def _encrypt(content: bytes, secret: bytes, form: Form) -> tuple[bytes, bytes]:
    """PBES2 (RFC 8018 section 6.2): the AlgorithmIdentifier and the ciphertext."""
    salt, vector = os.urandom(16), os.urandom(16)
    key = PBKDF2HMAC(_HMACS[form.function], _CIPHER_BYTES[form.cipher], salt, form.rounds).derive(secret)
    function = b"" if form.function == _HMAC_SHA1 else der.algorithm(form.function, der.NULL)
    derivation = der.algorithm(_PBKDF2, der.sequence(der.octet_string(salt), der.integer(form.rounds), function))
    scheme = der.algorithm(form.cipher, der.octet_string(vector))
    padder = padding.PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize()
    context = Cipher(AES(key), modes.CBC(vector)).encryptor()
    return der.algorithm(_PBES2, der.sequence(derivation, scheme)), context.update(padded) + context.finalize()


def _mac(digest: str, password: str, salt: bytes, rounds: int, content: bytes) -> bytes:
    """The MAC of RFC 7292 appendix B: the key is as long as the digest, so one block of the derivation suffices."""
    name = _DIGESTS[digest]
    block = 128 if name in ("sha384", "sha512") else 64
    text = password.encode("utf-16-be") + b"\0\0"
    state = b"\x03" * block
    for part in (salt, text):
        length = block * -(-len(part) // block)
        state += (part * (length // len(part) + 1))[:length] if part else b""
    for _ in range(rounds):
        state = hashlib.new(name, state, usedforsecurity=False).digest()
    return hmac.digest(state, content, name)


def read_file(data: bytes, password: str) -> tuple[list[bytes], list[bytes]]:
    """The keys (DER PrivateKeyInfo) and certificates (DER) of a PKCS #12 file with PBES2 and AES.

    Raises WrongPassphrase, MalformedInput, UnsupportedAlgorithm.
    """
    fields = Fields(ber.read_tlv(data))
    ber.small_integer(fields.take(ber.INTEGER))
    safe = _read_data(fields.take())
    _check_mac(fields.optional(ber.SEQUENCE), password, safe)
    keys: list[bytes] = []
    certificates: list[bytes] = []
    for bag_id, value in _bags(safe, password.encode()):
        if bag_id == _KEY_BAG:
            keys.append(der.from_ber(value))
        elif bag_id == _SHROUDED_KEY_BAG:
            keys.append(decrypt_key_info(value.raw, password.encode()))
        elif bag_id == _CERTIFICATE_BAG:
            parts = Fields(value)
            if ber.oid(parts.take()) == _X509:
                certificates.append(ber.octets(Fields(parts.take(0xA0), 0xA0).take()))
        if len(keys) + len(certificates) > MAX_BAGS:
            raise LimitExceeded(f"The key file holds more than {MAX_BAGS} keys and certificates.")
    return keys, certificates


def _check_mac(element: Element | None, password: str, safe: bytes) -> None:
    if element is None:
        return
    fields = Fields(element)
    info = Fields(fields.take())
    digest = ber.oid(Fields(info.take()).take())
    told = ber.octets(info.take())
    salt = ber.octets(fields.take())
    found = fields.optional(ber.INTEGER)
    rounds = 1 if found is None else _rounds(found)
    if digest not in _DIGESTS:
        raise UnsupportedAlgorithm(_UNKNOWN_METHOD)
    if not hmac.compare_digest(told, _mac(digest, password, salt, rounds, safe)):
        raise WrongPassphrase(DOES_NOT_OPEN)


def _rounds(element: Element) -> int:
    rounds = ber.small_integer(element)
    if not 0 < rounds <= MAX_ROUNDS:
        raise LimitExceeded("The key file asks for too many rounds of key derivation.")
    return rounds


def _read_data(element: Element) -> bytes:
    fields = Fields(element)
    if ber.oid(fields.take()) != _DATA:
        raise UnsupportedAlgorithm(_UNKNOWN_METHOD)
    return ber.octets(Fields(fields.take(0xA0), 0xA0).take())


def _bags(safe: bytes, secret: bytes) -> Iterator[tuple[str, Element]]:
    """Identifier and value of every bag in the AuthenticatedSafe."""
    for element in ber.children(ber.read_tlv(safe)):
        if ber.oid(Fields(element).take()) == _ENCRYPTED_DATA:
            outer = Fields(element)
            outer.take()
            encrypted = Fields(Fields(outer.take(0xA0), 0xA0).take())
            ber.small_integer(encrypted.take(ber.INTEGER))
            info = Fields(encrypted.take())
            info.take()
            contents = _decrypt(info.take(), ber.octets(info.take(), 0x80), secret)
        else:
            contents = _read_data(element)
        for bag in ber.children(ber.read_tlv(contents)):
            parts = Fields(bag)
            yield ber.oid(parts.take()), Fields(parts.take(0xA0), 0xA0).take()


def decrypt_key_info(encrypted: bytes, secret: bytes) -> bytes:
    """The PrivateKeyInfo of an EncryptedPrivateKeyInfo (RFC 5958 section 3). Raises as `read_file` does."""
    fields = Fields(ber.read_tlv(encrypted))
    info = _decrypt(fields.take(), ber.octets(fields.take()), secret)
    try:
        Fields(ber.read_tlv(info)).take(ber.INTEGER)  # its version
    except MalformedInput:  # one wrong passphrase of 256 leaves a right padding behind
        raise WrongPassphrase(DOES_NOT_OPEN) from None
    return info


def _decrypt(algorithm: Element, ciphertext: bytes, secret: bytes) -> bytes:
    outer = Fields(algorithm)
    if ber.oid(outer.take()) != _PBES2:
        raise UnsupportedAlgorithm(_UNKNOWN_METHOD)
    parameters = Fields(outer.take())
    derivation, scheme = Fields(parameters.take()), Fields(parameters.take())
    cipher = ber.oid(scheme.take())
    if ber.oid(derivation.take()) != _PBKDF2 or cipher not in _CIPHER_BYTES:
        raise UnsupportedAlgorithm(_UNKNOWN_METHOD)
    fields = Fields(derivation.take())
    salt, rounds = ber.octets(fields.take()), _rounds(fields.take())
    fields.optional(ber.INTEGER)
    function = fields.optional(ber.SEQUENCE)
    name = _HMAC_SHA1 if function is None else ber.oid(Fields(function).take())
    vector = ber.octets(scheme.take())
    if name not in _HMACS or len(vector) != 16 or len(ciphertext) % 16:
        raise UnsupportedAlgorithm(_UNKNOWN_METHOD)
    key = PBKDF2HMAC(_HMACS[name], _CIPHER_BYTES[cipher], salt, rounds).derive(secret)
    context = Cipher(AES(key), modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    try:
        return unpadder.update(context.update(ciphertext) + context.finalize()) + unpadder.finalize()
    except ValueError:
        raise WrongPassphrase(DOES_NOT_OPEN) from None
