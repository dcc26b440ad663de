"""Content encryption: AES-CBC and older block ciphers without, AES-GCM, AES-CCM and ChaCha20-Poly1305 with
authentication.

Law: of an authenticated cipher nothing is handed out before its tag is verified (RFC 5083 section 2.2).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import SEED, Camellia, TripleDES
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tui_mail.cms import ber, der
from tui_mail.cms.aead import CcmDecryption, chacha20_decryptor
from tui_mail.cms.algorithms import Algorithm, read_algorithm
from tui_mail.cms.ber import Fields
from tui_mail.model.errors import DecryptionFailed, MalformedInput, UnsupportedAlgorithm

CEK_HKDF = "1.2.840.113549.1.9.16.3.31"
_CEK_HKDF_SALT = b"The Cryptographic Message Syntax"

MIN_TAG_BYTES = 12
DEFAULT_TAG_BYTES = 12
FULL_TAG_BYTES = 16
SPARE_BYTES = 16
"""The library asks for room for one block more than it writes."""
_BLOCK_BYTES = 16
_PIECE_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class ContentCipher:
    """A content encryption algorithm; `mode` is "cbc", "gcm", "ccm" or "chacha"."""

    name: str
    oid: str
    key_bytes: int
    mode: str

    @property
    def authenticated(self) -> bool:
        """An AEAD, which belongs into AuthEnvelopedData."""
        return self.mode != "cbc"


_ALL = (
    ContentCipher("aes-128-cbc", "2.16.840.1.101.3.4.1.2", 16, "cbc"),
    ContentCipher("aes-192-cbc", "2.16.840.1.101.3.4.1.22", 24, "cbc"),
    ContentCipher("aes-256-cbc", "2.16.840.1.101.3.4.1.42", 32, "cbc"),
    ContentCipher("aes-128-gcm", "2.16.840.1.101.3.4.1.6", 16, "gcm"),
    ContentCipher("aes-192-gcm", "2.16.840.1.101.3.4.1.26", 24, "gcm"),
    ContentCipher("aes-256-gcm", "2.16.840.1.101.3.4.1.46", 32, "gcm"),
    ContentCipher("aes-128-ccm", "2.16.840.1.101.3.4.1.7", 16, "ccm"),
    ContentCipher("aes-192-ccm", "2.16.840.1.101.3.4.1.27", 24, "ccm"),
    ContentCipher("aes-256-ccm", "2.16.840.1.101.3.4.1.47", 32, "ccm"),
    ContentCipher("chacha20-poly1305", "1.2.840.113549.1.9.16.3.18", 32, "chacha"),
    ContentCipher("3des-cbc", "1.2.840.113549.3.7", 24, "cbc"),
    ContentCipher("camellia-128-cbc", "1.2.392.200011.61.1.1.1.2", 16, "cbc"),  # RFC 3657
    ContentCipher("camellia-192-cbc", "1.2.392.200011.61.1.1.1.3", 24, "cbc"),
    ContentCipher("camellia-256-cbc", "1.2.392.200011.61.1.1.1.4", 32, "cbc"),
    ContentCipher("seed-cbc", "1.2.410.200004.1.4", 16, "cbc"),  # RFC 4010
)
_BY_OID = {cipher.oid: cipher for cipher in _ALL}
_BY_NAME = {cipher.name: cipher for cipher in _ALL}
CIPHER_OIDS = {cipher.name: cipher.oid for cipher in _ALL}
WRITABLE_CIPHERS = tuple(
    cipher.name for cipher in _ALL if cipher.name.startswith(("aes-", "chacha20-")) and cipher.mode != "ccm"
)
"""What `ContentEncryption` makes; the others are only read."""

_NAMED = {
    "1.2.840.113549.3.2": "rc2-cbc",
    "1.2.840.113549.3.4": "rc4",
    "1.3.14.3.2.7": "des-cbc",
    "1.2.840.113533.7.66.10": "cast5-cbc",
    "1.3.6.1.4.1.188.7.1.1.2": "idea-cbc",
    "1.2.643.2.2.21": "gost 28147-89",
    CEK_HKDF: "cek-hkdf-sha256",
}


def cipher_name(algorithm: Algorithm) -> str:
    """A name for any content encryption algorithm, the dotted identifier when there is none."""
    algorithm = _inner(algorithm)
    known = _BY_OID.get(algorithm.oid)
    return known.name if known else _NAMED.get(algorithm.oid, algorithm.oid)


def _inner(algorithm: Algorithm) -> Algorithm:
    """The real algorithm behind id-alg-cek-hkdf-sha256 (RFC 9709)."""
    if algorithm.oid != CEK_HKDF or not algorithm.parameters:
        return algorithm
    return read_algorithm(ber.read_tlv(algorithm.parameters))


def find_cipher(algorithm: Algorithm) -> ContentCipher:
    """The cipher of an AlgorithmIdentifier. Raises UnsupportedAlgorithm."""
    found = _BY_OID.get(_inner(algorithm).oid)
    if found is None:
        raise UnsupportedAlgorithm(f"The cipher {cipher_name(algorithm)} is not computed here.")
    return found


def writable_cipher(name: str) -> ContentCipher:
    """The cipher that `ContentEncryption` will use. Raises UnsupportedAlgorithm."""
    if name not in WRITABLE_CIPHERS:
        raise UnsupportedAlgorithm(f"The cipher {name} is not used for sending; try {', '.join(WRITABLE_CIPHERS)}.")
    return _BY_NAME[name]


def decrypt_content(
    algorithm: Algorithm,
    key: bytes,
    data: bytes | memoryview,
    mac: bytes,
    authenticated: bytes,
    *,
    room: BytesIO | None = None,
) -> bytes:
    """Decrypt content.

    Args:
        mac: the tag of AuthEnvelopedData, empty for EnvelopedData.
        authenticated: DER SET OF the authenticated attributes, empty for none.
        room: what holds `data`, for a view that nobody needs any more: the plaintext takes its place, if the cipher
            can work in pieces. Its content is lost, also when this fails.
    Raises:
        DecryptionFailed: for every failure that depends on the key.
        UnsupportedAlgorithm, MalformedInput: for what anybody can see from outside.
    """
    cipher = find_cipher(algorithm)
    if len(key) != cipher.key_bytes:
        raise DecryptionFailed
    if algorithm.oid == CEK_HKDF:
        algorithm = _inner(algorithm)
        info = algorithm.encode()
        key = HKDF(hashes.SHA256(), len(key), _CEK_HKDF_SALT, info).derive(key)
    if not cipher.authenticated:
        return _decrypt_cbc(cipher, ber.octets(_parameters(algorithm)), key, data, room)
    nonce, tag_bytes = _nonce(cipher, algorithm)
    # QUIRK: RFC 5084 has 12 as the default length of the tag; RFC 8551's own sample leaves it out with a tag of 16.
    if not max(MIN_TAG_BYTES, tag_bytes) <= len(mac) <= FULL_TAG_BYTES:
        raise MalformedInput("The message authentication code has a wrong length.")
    try:
        return _decrypt_authenticated(cipher, nonce, key, data, mac, authenticated, room)
    except (InvalidTag, ValueError, OverflowError):
        raise DecryptionFailed from None


def _parameters(algorithm: Algorithm) -> ber.Element:
    if not algorithm.parameters:
        raise MalformedInput("The cipher lacks its parameters.")
    return ber.read_tlv(algorithm.parameters)


def _nonce(cipher: ContentCipher, algorithm: Algorithm) -> tuple[bytes, int]:
    parameters = _parameters(algorithm)
    if cipher.mode == "chacha":
        nonce, tag_bytes = ber.octets(parameters), FULL_TAG_BYTES  # RFC 8103 section 2
        if len(nonce) != 12:
            raise MalformedInput("The cipher's nonce has a wrong length.")
        return nonce, tag_bytes
    fields = Fields(parameters)
    nonce = ber.octets(fields.take())
    told = fields.optional(ber.INTEGER)
    if not 7 <= len(nonce) <= 64:
        raise MalformedInput("The cipher's nonce has a wrong length.")
    return nonce, ber.small_integer(told) if told else DEFAULT_TAG_BYTES


def _decrypt_authenticated(
    cipher: ContentCipher,
    nonce: bytes,
    key: bytes,
    data: bytes | memoryview,
    mac: bytes,
    authenticated: bytes,
    room: BytesIO | None,
) -> bytes:
    # SAFE: each way raises for a wrong tag; until its end nobody but this function holds the plaintext.
    if cipher.mode == "chacha":
        plaintext = _Plaintext(chacha20_decryptor(key, nonce, data, mac, authenticated), data, room)
    elif cipher.mode == "ccm":
        ccm = CcmDecryption(key, nonce)
        plaintext = _Plaintext(ccm.context, data, room)
        ccm.verify(plaintext.pieces(), plaintext.size_bytes, mac, authenticated)
    else:
        context = Cipher(AES(key), modes.GCM(nonce, mac, MIN_TAG_BYTES)).decryptor()
        context.authenticate_additional_data(authenticated)
        plaintext = _Plaintext(context, data, room)
        context.finalize()
    return plaintext.cut(plaintext.size_bytes)


class _Plaintext:
    """What a cipher makes of content that may be as large as a mail, written to the one place where it will stay."""

    def __init__(self, context: CipherContext, data: bytes | memoryview, room: BytesIO | None) -> None:
        if room is None or not isinstance(data, memoryview):
            self._whole = BytesIO(bytes(len(data) + SPARE_BYTES))
            with self._whole.getbuffer() as new:
                self.size_bytes = context.update_into(data, new)
            return
        self._whole = room
        self.size_bytes = 0
        with room.getbuffer() as old:
            # SAFE: what is read is copied first, and what is written never reaches what is still to be read.
            for at in range(0, len(data), _PIECE_BYTES):
                piece = bytes(data[at : at + _PIECE_BYTES])
                with old[self.size_bytes : self.size_bytes + len(piece) + SPARE_BYTES] as place:
                    self.size_bytes += context.update_into(piece, place)
        data.release()

    def pieces(self) -> Iterator[memoryview]:
        """All of it, in order."""
        with self._whole.getbuffer() as whole:
            for at in range(0, self.size_bytes, _PIECE_BYTES):
                with whole[at : min(at + _PIECE_BYTES, self.size_bytes)] as piece:
                    yield piece

    def tail(self, size_bytes: int) -> bytes:
        """The last bytes."""
        self._whole.seek(max(self.size_bytes - size_bytes, 0))
        return self._whole.read(min(size_bytes, self.size_bytes))

    def cut(self, size_bytes: int) -> bytes:
        """The first bytes, not copied: a BytesIO hands its own buffer out."""
        self._whole.truncate(size_bytes)
        return self._whole.getvalue()


def block_cipher(cipher: ContentCipher, key: bytes) -> BlockCipherAlgorithm:
    """The cipher behind a CBC mode."""
    if cipher.name.startswith("camellia-"):
        return Camellia(key)
    if cipher.name == "seed-cbc":
        return SEED(key)
    return TripleDES(key) if cipher.name == "3des-cbc" else AES(key)


def _decrypt_cbc(
    cipher: ContentCipher, vector: bytes, key: bytes, data: bytes | memoryview, room: BytesIO | None
) -> bytes:
    block = block_cipher(cipher, key)
    if len(vector) * 8 != block.block_size:
        raise MalformedInput("The cipher's initialisation vector has a wrong length.")
    context = Cipher(block, modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(block.block_size).unpadder()
    block_bytes = block.block_size // 8
    try:
        plaintext = _Plaintext(context, data, room)
        context.finalize()
        last = unpadder.update(plaintext.tail(block_bytes)) + unpadder.finalize()
        return plaintext.cut(plaintext.size_bytes - block_bytes + len(last))
    except ValueError:
        raise DecryptionFailed from None


class ContentEncryption:
    """One encryption with fresh randomness, which writes to where its result will stay: content may be as large as a
    mail. `identifier` is the AlgorithmIdentifier.

    Args:
        bind: derive the key from the cipher, so that nobody can call it another one (RFC 9709 section 3).
    """

    def __init__(self, cipher: ContentCipher, key: bytes, *, bind: bool = False) -> None:
        self._cipher = cipher
        self._nonce = os.urandom(16 if cipher.mode == "cbc" else 12)
        parameters = der.octet_string(self._nonce)
        if cipher.mode == "gcm":
            parameters = der.sequence(parameters, der.integer(FULL_TAG_BYTES))
        identifier = der.algorithm(cipher.oid, parameters)
        if bind:
            key = HKDF(hashes.SHA256(), len(key), _CEK_HKDF_SALT, identifier).derive(key)
            identifier = der.algorithm(CEK_HKDF, identifier)
        self._key = key
        self.identifier = identifier

    def size_bytes(self, content_bytes: int) -> int:
        """How long the ciphertext of so much content is; CBC fills up the last block, a whole one if need be."""
        return content_bytes if self._cipher.authenticated else (content_bytes // _BLOCK_BYTES + 1) * _BLOCK_BYTES

    def write(self, content: bytes, room: memoryview) -> bytes:
        """Write the ciphertext to the begin of `room`, which must have SPARE_BYTES more; the tag, empty for CBC."""
        if self._cipher.mode == "chacha":
            end = len(content) + FULL_TAG_BYTES
            ChaCha20Poly1305(self._key).encrypt_into(self._nonce, content, None, room[:end])
            return bytes(room[len(content) : end])
        if self._cipher.mode == "gcm":
            sealer = Cipher(AES(self._key), modes.GCM(self._nonce)).encryptor()
            sealer.update_into(content, room)
            sealer.finalize()
            return sealer.tag
        context = Cipher(AES(self._key), modes.CBC(self._nonce)).encryptor()
        whole = len(content) // _BLOCK_BYTES * _BLOCK_BYTES
        context.update_into(memoryview(content)[:whole], room)
        padder = padding.PKCS7(AES.block_size).padder()
        last = padder.update(content[whole:]) + padder.finalize()
        room[whole : whole + _BLOCK_BYTES] = context.update(last) + context.finalize()
        return b""
