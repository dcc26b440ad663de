"""AlgorithmIdentifiers: what an object identifier means, and what we call it.

Everything that has a name here but no arithmetic is refused by name with `UnsupportedAlgorithm`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives import hashes

from tui_mail.cms import ber, der
from tui_mail.cms.ber import Element, Fields
from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier (RFC 5280 section 4.1.1.2). `parameters` is DER, empty when absent."""

    oid: str
    parameters: bytes = b""

    def encode(self) -> bytes:
        """The DER form."""
        return der.algorithm(self.oid, self.parameters)

    def same_as(self, other: "Algorithm") -> bool:
        """Equal, where absent parameters and NULL are the same (RFC 5754 section 2)."""
        mine = b"" if self.parameters == der.NULL else self.parameters
        theirs = b"" if other.parameters == der.NULL else other.parameters
        return self.oid == other.oid and mine == theirs


def read_algorithm(element: Element, tag: int = ber.SEQUENCE) -> Algorithm:
    """Read an AlgorithmIdentifier; `tag` when it is implicitly tagged."""
    # The same few stand in every message. SAFE: known again by all their octets.
    return _known_algorithm(element.raw, tag) if element.size <= _MAX_KEPT_BYTES else _read_algorithm(element, tag)


@lru_cache(maxsize=1024)
def _known_algorithm(octets: bytes, tag: int) -> Algorithm:
    return _read_algorithm(ber.read_tlv(octets), tag)


def _read_algorithm(element: Element, tag: int) -> Algorithm:
    fields = Fields(element, tag)
    oid = ber.oid(fields.take())
    rest = fields.rest()
    if len(rest) > 1:
        raise MalformedInput("An algorithm has two sets of parameters.")
    return Algorithm(oid, der.from_ber(rest[0]) if rest else b"")


_MAX_KEPT_BYTES = 200
"""Longer identifiers are read anew each time, so that strangers cannot fill the memory."""

DIGESTS = {
    "1.2.840.113549.2.2": "md2",
    "1.2.840.113549.2.4": "md4",
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.5": "sha512-224",
    "2.16.840.1.101.3.4.2.6": "sha512-256",
    "2.16.840.1.101.3.4.2.7": "sha3-224",
    "2.16.840.1.101.3.4.2.8": "sha3-256",
    "2.16.840.1.101.3.4.2.9": "sha3-384",
    "2.16.840.1.101.3.4.2.10": "sha3-512",
    "2.16.840.1.101.3.4.2.11": "shake128",
    "2.16.840.1.101.3.4.2.12": "shake256",
    "2.16.840.1.101.3.4.2.18": "shake256-len",
    "1.3.36.3.2.1": "ripemd160",
}
DIGEST_OIDS = {name: oid for oid, name in DIGESTS.items()}

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303 — computed only to say that the content is unchanged, never accepted
    "sha1": hashes.SHA1(),  # noqa: S303 — accepted only for mail signed before 2017
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha512-224": hashes.SHA512_224(),
    "sha512-256": hashes.SHA512_256(),
    "sha3-224": hashes.SHA3_224(),
    "sha3-256": hashes.SHA3_256(),
    "sha3-384": hashes.SHA3_384(),
    "sha3-512": hashes.SHA3_512(),
}

_SHAKE_256_BYTES = 64  # RFC 8702 section 3.1 and RFC 8419 section 2.3: 512 bits of output
_SHAKE_128_BYTES = 32


def digest_name(algorithm: Algorithm) -> str:
    """The name of a digest algorithm, e.g. "sha256". Raises UnsupportedAlgorithm for one that is not listed."""
    name = DIGESTS.get(algorithm.oid)
    if name is None:
        raise UnsupportedAlgorithm(f"The digest algorithm {algorithm.oid} is not known here.")
    return name


def hash_algorithm(name: str) -> hashes.HashAlgorithm:
    """The arithmetic behind a digest name, for signatures and key derivation."""
    found = _HASHES.get(name)
    if found is None:
        raise UnsupportedAlgorithm(f"The digest {name} is not computed here.")
    return found


def digest(name: str, chunks: Iterable[bytes | memoryview]) -> bytes:
    """Digest of the joined chunks."""
    if name.startswith("shake"):
        shake = hashlib.shake_128() if name == "shake128" else hashlib.shake_256()
        for chunk in chunks:
            shake.update(chunk)
        return shake.digest(_SHAKE_128_BYTES if name == "shake128" else _SHAKE_256_BYTES)
    hash_algorithm(name)
    # SHA512/224 is "sha512_224" to hashlib, SHA3-256 is "sha3_256".
    state = hashlib.new(name.replace("-", "_"), usedforsecurity=False)
    for chunk in chunks:
        state.update(chunk)
    return state.digest()


def digest_identifier(name: str) -> bytes:
    """AlgorithmIdentifier of a digest for writing: parameters absent (RFC 5754 section 2), the length for SHAKE256."""
    parameters = der.integer(_SHAKE_256_BYTES * 8) if name == "shake256-len" else b""
    return der.algorithm(DIGEST_OIDS[name], parameters)
