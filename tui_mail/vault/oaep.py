"""RSAES-OAEP decoding (RFC 8017 section 7.1.2) for the digests that the library does not offer, SHA-3 among them.

SAFE: Manger's attack needs to know whether the first octet was zero. Every block of the right size runs through the
same steps: both masks, the whole label digest, the search for the mark; the three findings are joined without a short
way out, and whatever is wrong is the same `DecryptionFailed`. What alone differs is the length of the search for the
mark, nanoseconds that depend on octets which a block with a wrong digest has made random. A block that is too short
depends on the key and the digest, which are public.

No random key takes the place of a block that does not fit, as it does for RSA v1.5: to make blocks that fit one must
know what is in them, so that "did not fit" says nothing of anybody else's block.
"""

import hmac

from tui_mail.cms.algorithms import digest
from tui_mail.model.errors import DecryptionFailed


def decode_oaep(block: bytes, digest_name: str, mask_digest: str, label: bytes) -> bytes:
    """The message in a block of the modulus' size, as RSADP gave it. Raises DecryptionFailed, UnsupportedAlgorithm."""
    expected = digest(digest_name, [label])
    size = len(expected)
    if len(block) < 2 * size + 2:
        raise DecryptionFailed
    masked_seed, masked_data = block[1 : 1 + size], block[1 + size :]
    seed = _xor(masked_seed, _mask(masked_data, size, mask_digest))
    data = _xor(masked_data, _mask(seed, len(masked_data), mask_digest))
    rest = data[size:]
    mark = len(rest) - len(rest.lstrip(b"\0"))
    good = block[0] == 0
    good &= hmac.compare_digest(data[:size], expected)
    good &= rest[mark : mark + 1] == b"\1"
    if not good:
        raise DecryptionFailed
    return rest[mark + 1 :]


def _mask(seed: bytes, length: int, name: str) -> bytes:
    """MGF1 (RFC 8017 appendix B.2.1)."""
    made = b""
    counter = 0
    while len(made) < length:
        made += digest(name, [seed, counter.to_bytes(4, "big")])
        counter += 1
    return made[:length]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
