"""ChaCha20-Poly1305 (RFC 8439 section 2.8) and CCM (RFC 3610) by the library's primitives: its functions for the whole
want content and tag in one piece and give the plaintext in another, which are two more copies of a large mail.
"""

import hmac
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES, ChaCha20
from cryptography.hazmat.primitives.poly1305 import Poly1305

_BLOCK_BYTES = 16
_PIECE_BYTES = 1 << 18
_SHORT_LENGTHS = 0xFF00
"""From here on CCM writes the length of the additional data in four octets (RFC 3610 section 2.2)."""


def chacha20_decryptor(
    key: bytes, nonce: bytes, data: bytes | memoryview, tag: bytes, additional: bytes
) -> CipherContext:
    """What decrypts `data`, of which the tag is good. Raises InvalidTag."""
    one_time_key = _chacha20(key, nonce, 0).update(bytes(32))
    mac = Poly1305(one_time_key)
    for covered in (additional, data):
        mac.update(covered)
        mac.update(bytes(-len(covered) % _BLOCK_BYTES))
    mac.update(len(additional).to_bytes(8, "little") + len(data).to_bytes(8, "little"))
    try:
        mac.verify(tag)
    except InvalidSignature:
        raise InvalidTag from None
    return _chacha20(key, nonce, 1)


def _chacha20(key: bytes, nonce: bytes, block: int) -> CipherContext:
    return Cipher(ChaCha20(key, block.to_bytes(4, "little") + nonce), None).decryptor()


class CcmDecryption:
    """AES-CCM. Its tag covers the plaintext: `context` decrypts first, and only `verify` says whether that counts.

    Raises ValueError for a nonce that CCM has not, or more content than its nonce leaves room to count.
    """

    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._counter_bytes = 15 - len(nonce)
        if not 2 <= self._counter_bytes <= 8:
            raise ValueError("The nonce of CCM has 7 to 13 octets.")
        self._key = key
        self._nonce = nonce
        first = bytes((self._counter_bytes - 1,)) + nonce + bytes(self._counter_bytes)
        self.context = Cipher(AES(key), modes.CTR(first)).decryptor()
        self._mask = self.context.update(bytes(_BLOCK_BYTES))

    def verify(self, plaintext: Iterable[memoryview], size_bytes: int, tag: bytes, additional: bytes) -> None:
        """Raises InvalidTag.

        Args:
            plaintext: in pieces of whole blocks, but for the last; `size_bytes` together.
        """
        if size_bytes >> 8 * self._counter_bytes:
            raise ValueError("So much content cannot be counted.")
        flags = 0x40 * bool(additional) | (len(tag) - 2) // 2 << 3 | self._counter_bytes - 1
        head = bytes((flags,)) + self._nonce + size_bytes.to_bytes(self._counter_bytes, "big")
        if additional:
            length = len(additional)
            told = length.to_bytes(2, "big") if length < _SHORT_LENGTHS else b"\xff\xfe" + length.to_bytes(4, "big")
            head += told + additional
        chain = Cipher(AES(self._key), modes.CBC(bytes(_BLOCK_BYTES))).encryptor()
        last = chain.update(head + bytes(-len(head) % _BLOCK_BYTES))[-_BLOCK_BYTES:]
        scratch = bytearray(_PIECE_BYTES + _BLOCK_BYTES)
        for piece in plaintext:
            whole = len(piece) // _BLOCK_BYTES * _BLOCK_BYTES
            if whole:
                written = chain.update_into(piece[:whole], scratch)
                last = bytes(scratch[written - _BLOCK_BYTES : written])
            if whole < len(piece):
                last = chain.update(bytes(piece[whole:]) + bytes(whole + _BLOCK_BYTES - len(piece)))
        expected = bytes(a ^ b for a, b in zip(last, self._mask, strict=True))[: len(tag)]
        if len(tag) % 2 or not hmac.compare_digest(expected, tag):
            raise InvalidTag
