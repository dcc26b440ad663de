"""Recipients without a certificate: passwords (pwri, RFC 3211) and keys shared beforehand (kekri)."""

import os
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import Algorithm, hash_algorithm, read_algorithm
from tui_mail.cms.ber import Element, Fields
from tui_mail.cms.ciphers import ContentCipher, block_cipher, find_cipher
from tui_mail.cms.key_wrap import unwrap_key, wrap_key_bytes, wrap_name
from tui_mail.model.errors import DecryptionFailed, LimitExceeded, MalformedInput, UnsupportedAlgorithm

PBKDF2 = "1.2.840.113549.1.5.12"
PWRI_KEK = "1.2.840.113549.1.9.16.3.9"
MAX_ITERATIONS = 10_000_000
"""A message may not make us derive a key for longer than some seconds."""
OUR_ITERATIONS = 600_000

_HMACS = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
_HMAC_SHA256 = "1.2.840.113549.2.9"


@dataclass(frozen=True, slots=True)
class SharedKeyRecipient:
    """KEKRecipientInfo (RFC 5652 section 6.2.3)."""

    key_id: bytes
    algorithm: Algorithm
    encrypted_key: bytes

    @property
    def name(self) -> str:
        """For the list of recipients: "aes-128-wrap", "3des-wrap" … or the dotted identifier."""
        return wrap_name(self.algorithm)

    def unwrap(self, key: bytes) -> bytes:
        """The content-encryption key, with the raw shared key."""
        if len(key) != wrap_key_bytes(self.algorithm):
            raise DecryptionFailed
        return unwrap_key(self.algorithm, key, self.encrypted_key)


def read_shared_key(member: Element) -> SharedKeyRecipient:
    """Read a [2] KEKRecipientInfo."""
    fields = Fields(member, 0xA2)
    ber.small_integer(fields.take())
    key_id = ber.octets(Fields(fields.take()).take())
    algorithm = read_algorithm(fields.take())
    encrypted_key = ber.octets(fields.take())
    return SharedKeyRecipient(key_id, algorithm, encrypted_key)


@dataclass(frozen=True, slots=True)
class PasswordRecipient:
    """PasswordRecipientInfo (RFC 5652 section 6.2.4). `derivation` is None when the field is absent."""

    derivation: Algorithm | None
    encryption: Algorithm
    encrypted_key: bytes

    @property
    def name(self) -> str:
        """For the list of recipients."""
        return "pbkdf2" if self.derivation and self.derivation.oid == PBKDF2 else "password"

    def unwrap(self, password: bytes) -> bytes:
        """The content-encryption key (RFC 3211 section 2.3.2)."""
        if self.encryption.oid != PWRI_KEK:
            raise UnsupportedAlgorithm(f"Password recipients with {self.encryption.oid} are not computed here.")
        inner = read_algorithm(ber.read_tlv(self.encryption.parameters or der.NULL))
        cipher = find_cipher(inner)
        if cipher.authenticated:
            raise UnsupportedAlgorithm("Password recipients with an authenticated cipher are not computed here.")
        key = _derive(self.derivation, cipher, password)
        return _unwrap_twice(cipher, key, ber.octets(ber.read_tlv(inner.parameters or der.NULL)), self.encrypted_key)


def read_password(member: Element) -> PasswordRecipient:
    """Read a [3] PasswordRecipientInfo."""
    fields = Fields(member, 0xA3)
    ber.small_integer(fields.take())
    derivation = fields.optional(0xA0)
    encryption = read_algorithm(fields.take())
    encrypted_key = ber.octets(fields.take())
    return PasswordRecipient(
        None if derivation is None else read_algorithm(derivation, 0xA0), encryption, encrypted_key
    )


def _derive(derivation: Algorithm | None, cipher: ContentCipher, password: bytes) -> bytes:
    """PBKDF2 (RFC 8018 section 5.2)."""
    if derivation is None or derivation.oid != PBKDF2 or not derivation.parameters:
        raise UnsupportedAlgorithm("Password recipients without PBKDF2 are not computed here.")
    fields = Fields(ber.read_tlv(derivation.parameters))
    salt = ber.octets(fields.take())
    iterations = ber.small_integer(fields.take())
    if not 0 < iterations <= MAX_ITERATIONS:
        raise LimitExceeded("The message asks for too many rounds of key derivation.")
    length = fields.optional(ber.INTEGER)
    if length is not None and ber.small_integer(length) != cipher.key_bytes:
        raise MalformedInput("The password recipient names a wrong key length.")
    function = fields.optional(ber.SEQUENCE)
    name = "sha1" if function is None else _HMACS.get(read_algorithm(function).oid, "")
    if not name:
        raise UnsupportedAlgorithm("The password recipient's key derivation is not computed here.")
    return PBKDF2HMAC(hash_algorithm(name), cipher.key_bytes, salt, iterations).derive(password)


def _unwrap_twice(cipher: ContentCipher, key: bytes, vector: bytes, wrapped: bytes) -> bytes:
    block = block_cipher(cipher, key)
    size = block.block_size // 8
    if len(vector) != size or len(wrapped) < 2 * size or len(wrapped) % size:
        raise DecryptionFailed
    # The last block first: its predecessor is its vector, and it is the vector of the whole.
    last = _cbc(block, wrapped[-2 * size : -size], wrapped[-size:], decrypt=True)
    inner = _cbc(block, last, wrapped, decrypt=True)
    plain = _cbc(block, vector, inner, decrypt=True)
    length = plain[0]
    key_start = plain[4 : 4 + length]
    check = bytes(one ^ 0xFF for one in plain[1:4])
    if len(key_start) != length or length < 3 or check != key_start[:3]:
        raise DecryptionFailed
    return key_start


def _cbc(block: BlockCipherAlgorithm, vector: bytes, data: bytes, *, decrypt: bool) -> bytes:
    cipher = Cipher(block, modes.CBC(vector))
    context = cipher.decryptor() if decrypt else cipher.encryptor()
    return context.update(data) + context.finalize()


def build_password_recipient(password: bytes, key: bytes) -> bytes:
    """DER PasswordRecipientInfo: PBKDF2 with HMAC-SHA-256, AES-256-CBC twice over (RFC 3211 section 2.3.1)."""
    salt, vector = os.urandom(16), os.urandom(16)
    derived = PBKDF2HMAC(hashes.SHA256(), 32, salt, OUR_ITERATIONS).derive(password)
    block = AES(derived)
    head = bytes((len(key), *(one ^ 0xFF for one in key[:3])))
    padded = head + key + os.urandom(-(len(head) + len(key)) % 16)
    if len(padded) < 32:
        padded += os.urandom(32 - len(padded))
    once = _cbc(block, vector, padded, decrypt=False)
    wrapped = _cbc(block, once[-16:], once, decrypt=False)
    parameters = der.sequence(
        der.octet_string(salt),
        der.integer(OUR_ITERATIONS),
        der.integer(32),
        der.algorithm(_HMAC_SHA256, der.NULL),
    )
    inner = der.algorithm("2.16.840.1.101.3.4.1.42", der.octet_string(vector))
    return der.context(
        3,
        der.integer(0),
        der.context(0, der.oid(PBKDF2), parameters),
        der.algorithm(PWRI_KEK, inner),
        der.octet_string(wrapped),
    )
