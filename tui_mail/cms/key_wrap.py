"""Key encryption: the key derivation and key wrap algorithms of RFC 5753, RFC 8418, RFC 3394, RFC 3217."""

import hmac

from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from tui_mail.cms import der
from tui_mail.cms.algorithms import Algorithm, digest, hash_algorithm
from tui_mail.model.errors import DecryptionFailed, UnsupportedAlgorithm

RSA_OAEP = "1.2.840.113549.1.1.7"
P_SPECIFIED = "1.2.840.113549.1.1.9"

WRAP_OIDS = {
    "aes-128": "2.16.840.1.101.3.4.1.5",
    "aes-192": "2.16.840.1.101.3.4.1.25",
    "aes-256": "2.16.840.1.101.3.4.1.45",
}
_TRIPLE_DES_WRAP = "1.2.840.113549.1.9.16.3.6"
_TRIPLE_DES_VECTOR = bytes.fromhex("4adda22c79e82105")
_WRAP_BYTES = {WRAP_OIDS["aes-128"]: 16, WRAP_OIDS["aes-192"]: 24, WRAP_OIDS["aes-256"]: 32, _TRIPLE_DES_WRAP: 24}
_WRAP_NAMES = {
    **{oid: f"{name}-wrap" for name, oid in WRAP_OIDS.items()},
    _TRIPLE_DES_WRAP: "3des-wrap",
    "1.2.840.113549.1.9.16.3.7": "rc2-wrap",
    **{f"1.2.392.200011.61.1.1.3.{number}": f"camellia-{bits}-wrap" for number, bits in ((2, 128), (3, 192), (4, 256))},
    "1.2.410.200004.7.1.1.1": "seed-wrap",
}

X963_OIDS = {
    "sha1": "1.3.133.16.840.63.0.2",
    "sha224": "1.3.132.1.11.0",
    "sha256": "1.3.132.1.11.1",
    "sha384": "1.3.132.1.11.2",
    "sha512": "1.3.132.1.11.3",
}
"""dhSinglePass-stdDH-…kdf-scheme (RFC 5753 section 7.1.4)."""
_COFACTOR_OIDS = {
    "sha1": "1.3.133.16.840.63.0.3",
    "sha224": "1.3.132.1.14.0",
    "sha256": "1.3.132.1.14.1",
    "sha384": "1.3.132.1.14.2",
    "sha512": "1.3.132.1.14.3",
}
HKDF_OIDS = {
    "sha256": "1.2.840.113549.1.9.16.3.19",
    "sha384": "1.2.840.113549.1.9.16.3.20",
    "sha512": "1.2.840.113549.1.9.16.3.21",
}
"""dhSinglePass-stdDH-hkdf-…-scheme (RFC 8418 section 2.2)."""

_KDFS: dict[str, tuple[str, str]] = {
    **{oid: ("x963", name) for name, oid in X963_OIDS.items()},
    # The cofactor of the NIST curves is 1, so the cofactor schemes compute the same secret.
    **{oid: ("x963", name) for name, oid in _COFACTOR_OIDS.items()},
    **{oid: ("hkdf", name) for name, oid in HKDF_OIDS.items()},
}
_NAMED = {
    "1.2.840.113549.1.9.16.3.5": "dh (ephemeral-static)",
    "1.2.840.113549.1.9.16.3.10": "dh (static-static)",
    "1.3.133.16.840.63.0.16": "ecmqv+sha1",
    **{f"1.3.132.1.15.{n}": f"ecmqv+{name}" for n, name in enumerate(("sha224", "sha256", "sha384", "sha512"))},
}


def agreement_name(algorithm: Algorithm) -> str:
    """A name for a key agreement algorithm: "ecdh+sha256", the dotted identifier when there is none."""
    if algorithm.oid in _KDFS:
        kind, name = _KDFS[algorithm.oid]
        return f"ecdh+{name}" if kind == "x963" else f"ecdh-hkdf+{name}"
    return _NAMED.get(algorithm.oid, algorithm.oid)


def wrap_name(wrap: Algorithm) -> str:
    """A name for any key wrap, the dotted identifier when there is none."""
    return _WRAP_NAMES.get(wrap.oid, wrap.oid)


def wrap_key_bytes(wrap: Algorithm) -> int:
    """How long the key of a wrap algorithm is. Raises UnsupportedAlgorithm."""
    found = _WRAP_BYTES.get(wrap.oid)
    if found is None:
        raise UnsupportedAlgorithm(f"The key wrap {wrap_name(wrap)} is not computed here.")
    return found


def derive_key(scheme: Algorithm, wrap: Algorithm, secret: bytes, user_material: bytes | None) -> bytes:
    """The key-encryption key of a shared secret (RFC 5753 section 7.2, RFC 8418 section 2.2).

    Args:
        secret: the raw shared secret Z.
        user_material: ukm, None when absent.
    """
    if scheme.oid not in _KDFS:
        raise UnsupportedAlgorithm(f"Key agreement with {agreement_name(scheme)} is not computed here.")
    kind, name = _KDFS[scheme.oid]
    length = wrap_key_bytes(wrap)
    shared_info = der.sequence(
        wrap.encode(),
        b"" if user_material is None else der.context(0, der.octet_string(user_material)),
        der.context(2, der.octet_string((length * 8).to_bytes(4, "big"))),
    )
    algorithm = hash_algorithm(name)
    if kind == "x963":
        return X963KDF(algorithm, length, shared_info).derive(secret)
    return HKDF(algorithm, length, None, shared_info).derive(secret)


def wrap_key(key_encryption_key: bytes, key: bytes) -> bytes:
    """AES key wrap (RFC 3394)."""
    return keywrap.aes_key_wrap(key_encryption_key, key)


def unwrap_key(wrap: Algorithm, key_encryption_key: bytes, wrapped: bytes) -> bytes:
    """AES key unwrap (RFC 3394), or that of Triple-DES (RFC 3217), which is only read. Raises DecryptionFailed."""
    if wrap.oid == _TRIPLE_DES_WRAP:
        return _unwrap_triple_des(key_encryption_key, wrapped)
    try:
        return keywrap.aes_key_unwrap(key_encryption_key, wrapped)
    except (keywrap.InvalidUnwrap, ValueError, LibraryUnsupported):
        raise DecryptionFailed from None


def _unwrap_triple_des(key_encryption_key: bytes, wrapped: bytes) -> bytes:
    """RFC 3217 section 3.2."""
    if len(wrapped) != 40:
        raise DecryptionFailed
    block = TripleDES(key_encryption_key)
    turned = _decrypt(block, _TRIPLE_DES_VECTOR, wrapped)[::-1]
    plain = _decrypt(block, turned[:8], turned[8:])
    key, check = plain[:24], plain[24:]
    if not hmac.compare_digest(digest("sha1", [key])[:8], check):
        raise DecryptionFailed
    return key


def _decrypt(block: TripleDES, vector: bytes, data: bytes) -> bytes:
    context = Cipher(block, modes.CBC(vector)).decryptor()
    return context.update(data) + context.finalize()
