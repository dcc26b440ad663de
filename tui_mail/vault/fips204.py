"""The public half of an expanded ML-DSA key (FIPS 204): used once, at import, to see whether a key is consistent.

No library offers this. Nothing here signs; time does not matter, because nobody outside can ask for it.
"""

import hashlib
from collections.abc import Iterable

_Q = 8380417
_ROOT = 1753
_N = 256
_DROPPED_BITS = 13
_STREAM_BYTES = 1344
"""448 candidates, of which one in a thousand is too large, for 256 coefficients."""

_ZETAS = tuple(pow(_ROOT, int(f"{index:08b}"[::-1], 2), _Q) for index in range(_N))


def public_half(expanded: bytes, rows: int, columns: int, eta: int) -> tuple[bytes, bytes]:
    """The encoded public key and the encoded t0 that belong to rho, s1 and s2 of an expanded private key.

    Raises ValueError when a coefficient is out of range (section 7.2, skDecode).
    """
    bits = 3 if eta == 2 else 4
    size = 32 * bits
    vectors = []
    for start in range(128, 128 + size * (columns + rows), size):
        packed = _unpack(expanded[start : start + size], bits)
        if max(packed) > 2 * eta:
            raise ValueError("a coefficient of the secret vectors is out of range")
        vectors.append([eta - value for value in packed])
    first, second = [_ntt(vector) for vector in vectors[:columns]], vectors[columns:]
    high, low = b"", b""
    for row in range(rows):
        total = [0] * _N
        for column, vector in enumerate(first):
            matrix = _sample(expanded[:32] + bytes((column, row)))
            total = [(have + a * b) % _Q for have, a, b in zip(total, matrix, vector, strict=True)]
        product = _inverse_ntt(total)
        parts = [_power2round((a + b) % _Q) for a, b in zip(product, second[row], strict=True)]
        high += _pack((one for one, _ in parts), 23 - _DROPPED_BITS)
        low += _pack(((1 << _DROPPED_BITS - 1) - zero for _, zero in parts), _DROPPED_BITS)
    return expanded[:32] + high, low


def _power2round(value: int) -> tuple[int, int]:
    """Algorithm 35."""
    low = value % (1 << _DROPPED_BITS)
    if low > 1 << _DROPPED_BITS - 1:
        low -= 1 << _DROPPED_BITS
    return (value - low) >> _DROPPED_BITS, low


def _sample(seed: bytes) -> list[int]:
    """RejNTTPoly, algorithm 30."""
    stream = hashlib.shake_128(seed).digest(_STREAM_BYTES)
    candidates = (int.from_bytes(stream[at : at + 3], "little") & 0x7FFFFF for at in range(0, _STREAM_BYTES, 3))
    return [value for value in candidates if value < _Q][:_N]


def _ntt(values: list[int]) -> list[int]:
    """Algorithm 41."""
    values, index, length = list(values), 0, 128
    while length:
        for start in range(0, _N, 2 * length):
            index += 1
            for at in range(start, start + length):
                turned = _ZETAS[index] * values[at + length] % _Q
                values[at + length], values[at] = (values[at] - turned) % _Q, (values[at] + turned) % _Q
        length //= 2
    return values


def _inverse_ntt(values: list[int]) -> list[int]:
    """Algorithm 42."""
    values, index, length = list(values), _N, 1
    while length < _N:
        for start in range(0, _N, 2 * length):
            index -= 1
            for at in range(start, start + length):
                one, other = values[at], values[at + length]
                values[at], values[at + length] = (one + other) % _Q, -_ZETAS[index] * (one - other) % _Q
        length *= 2
    factor = pow(_N, -1, _Q)
    return [value * factor % _Q for value in values]


def _unpack(octets: bytes, bits: int) -> list[int]:
    """SimpleBitUnpack, algorithm 18."""
    whole = int.from_bytes(octets, "little")
    return [whole >> at & (1 << bits) - 1 for at in range(0, len(octets) * 8, bits)]


def _pack(values: Iterable[int], bits: int) -> bytes:
    """SimpleBitPack, algorithm 16."""
    whole = sum(value << position * bits for position, value in enumerate(values))
    return whole.to_bytes(_N * bits // 8, "little")
