"""The two questions that may be asked of a private key. Key bytes never travel: only these calls do.

A software key, a smart card and the engine's agent are all classes with these methods.
"""

from typing import Protocol

from msgspec import Struct


class RsaTransport(Struct, frozen=True, tag=True):
    """Decrypt `ciphertext` with RSA (RFC 8017).

    `oaep_hash` and `mgf_hash` are "sha1", "sha256" …; None means PKCS #1 v1.5, whose implicit rejection answers random
    bytes instead of raising: choose the recipient by its id.
    """

    ciphertext: bytes
    oaep_hash: str | None = None
    mgf_hash: str | None = None
    label: bytes = b""


class KeyAgreement(Struct, frozen=True, tag=True):
    """Raw shared secret Z with the originator's public key, DER SubjectPublicKeyInfo (RFC 5753, RFC 8418)."""

    peer_public_key: bytes


class Decapsulation(Struct, frozen=True, tag=True):
    """Shared secret of an ML-KEM ciphertext (RFC 9629, FIPS 203)."""

    ciphertext: bytes


class RsaDecapsulation(Struct, frozen=True, tag=True):
    """The bare RSA of RSA-KEM: the secret as an octet string as long as the modulus (RFC 9690 appendix A.2)."""

    ciphertext: bytes


UnwrapRequest = RsaTransport | KeyAgreement | Decapsulation | RsaDecapsulation


class SignatureScheme(Struct, frozen=True):
    """How to sign: `kind` is "rsa-v15", "rsa-pss", "ecdsa", "ed25519", "ml-dsa-65" …; `digest` is "sha256" …"""

    kind: str
    digest: str = "sha256"


class DecryptionKey(Protocol):
    """A private key that can open messages."""

    @property
    def certificate(self) -> bytes:
        """DER of the certificate that belongs to the key."""
        ...

    def unwrap(self, request: UnwrapRequest) -> bytes:
        """Answer one request. Raises DecryptionFailed for anything that does not work, VaultLocked when locked."""
        ...


class SigningKey(Protocol):
    """A private key that can sign."""

    @property
    def certificate(self) -> bytes:
        """DER of the certificate that belongs to the key."""
        ...

    @property
    def chain(self) -> tuple[bytes, ...]:
        """DER of intermediate certificates to send along, without the leaf and without the root."""
        ...

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        """Signature over `data` (which is hashed here). Raises VaultLocked when locked."""
        ...
