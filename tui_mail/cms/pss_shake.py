"""RSASSA-PSS with SHAKE as digest and as mask (RFC 8702 section 3.2.1, RFC 8017 section 9.1.2), only for checking.

The library computes PSS with MGF1 alone. All that is worked on here is public: key, signature and content.
"""

import hashlib
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa

from tui_mail.model.errors import UnsupportedAlgorithm

DIGEST_BYTES = {"shake128": 32, "shake256": 64}
"""The length of the digest, and of the salt."""
MAX_EXPONENT_BITS = 64
"""Real keys have 17; a longer one would only be a way to keep us busy."""

_TRAILER = 0xBC


def pss_shake_verifier(key: rsa.RSAPublicKey, name: str) -> Callable[[bytes, bytes], None]:
    """What raises InvalidSignature for a signature that `key` did not make. Raises UnsupportedAlgorithm.

    Args:
        name: "shake128" or "shake256".
    """
    numbers, bits = key.public_numbers(), key.key_size - 1
    if numbers.e.bit_length() > MAX_EXPONENT_BITS:
        raise UnsupportedAlgorithm("An RSA key with so large an exponent is not computed with here.")

    def verify(signature: bytes, data: bytes) -> None:
        value = int.from_bytes(signature, "big")
        if len(signature) != (key.key_size + 7) // 8 or value >= numbers.n:
            raise InvalidSignature
        recovered = pow(value, numbers.e, numbers.n)
        if recovered.bit_length() > bits:
            raise InvalidSignature
        _check_encoding(recovered.to_bytes((bits + 7) // 8, "big"), bits, name, data)

    return verify


def _check_encoding(encoded: bytes, bits: int, name: str, data: bytes) -> None:
    """EMSA-PSS-VERIFY."""
    size = DIGEST_BYTES[name]
    filled = len(encoded) - size - 1
    if filled < size + 1 or encoded[-1] != _TRAILER:
        raise InvalidSignature
    told = encoded[filled:-1]
    mask = _shake(name, told, filled)
    block = int.from_bytes(encoded[:filled], "big") ^ int.from_bytes(mask, "big")
    spare_bits = 8 * len(encoded) - bits
    unmasked = (block & (1 << 8 * filled - spare_bits) - 1).to_bytes(filled, "big")
    padding, salt = unmasked[:-size], unmasked[-size:]
    expected = _shake(name, bytes(8) + _shake(name, data, size) + salt, size)
    if padding != bytes(len(padding) - 1) + b"\x01" or not hmac.compare_digest(expected, told):
        raise InvalidSignature


def _shake(name: str, data: bytes, size: int) -> bytes:
    return (hashlib.shake_128 if name == "shake128" else hashlib.shake_256)(data).digest(size)
