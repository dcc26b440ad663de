"""A private key in memory. Law: its bytes leave only through `pkcs8()`, which the vault and PKCS #12 export call."""

import hashlib
import secrets

from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, mlkem, padding, rsa, x448, x25519

from tui_mail.model.errors import DecryptionFailed, MalformedInput, UnsupportedAlgorithm, VaultLocked
from tui_mail.model.keys import (
    Decapsulation,
    KeyAgreement,
    RsaDecapsulation,
    RsaTransport,
    SignatureScheme,
    UnwrapRequest,
)
from tui_mail.vault.lattice_key import ExpandedKey, read_lattice_key
from tui_mail.vault.oaep import decode_oaep

MlDsaKey = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
WholeMessageSigner = ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey | MlDsaKey | ExpandedKey
MlKemKey = mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey
PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | x25519.X25519PrivateKey
    | x448.X448PrivateKey
    | MlDsaKey
    | MlKemKey
    | ExpandedKey
)

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3-224": hashes.SHA3_224,
    "sha3-256": hashes.SHA3_256,
    "sha3-384": hashes.SHA3_384,
    "sha3-512": hashes.SHA3_512,
}
_OAEP_HASHES = {"sha1", "sha224", "sha256", "sha384", "sha512"}
"""With these the library does it."""


def _hash(name: str) -> hashes.HashAlgorithm:
    try:
        return _HASHES[name]()
    except KeyError:
        raise UnsupportedAlgorithm(f"The digest {name} is not computed here.") from None


class SoftwareKey:
    """A private key with its certificate; a `SigningKey` and a `DecryptionKey` of model.keys."""

    __slots__ = ("_certificate", "_chain", "_private")

    def __init__(self, private: PrivateKey, certificate: bytes, chain: tuple[bytes, ...] = ()) -> None:
        self._private: PrivateKey | None = private
        self._certificate = certificate
        self._chain = chain

    @classmethod
    def from_pkcs8(cls, pkcs8: bytes, certificate: bytes, chain: tuple[bytes, ...] = ()) -> "SoftwareKey":
        """Read an unencrypted DER PrivateKeyInfo (RFC 5958). Raises MalformedInput or UnsupportedAlgorithm."""
        try:
            # SAFE: the RSA consistency test costs 100 ms a key; the vault's tag has vouched for these bytes already.
            private: object = read_lattice_key(pkcs8) or serialization.load_der_private_key(
                pkcs8, None, unsafe_skip_rsa_key_validation=True
            )
        except LibraryUnsupported:
            raise UnsupportedAlgorithm("This kind of private key is not computed here.") from None
        except (ValueError, TypeError):
            raise MalformedInput("The private key cannot be read.") from None
        if not isinstance(private, PrivateKey):
            raise UnsupportedAlgorithm("This kind of private key is not used for mail.")
        return cls(private, certificate, chain)

    @property
    def certificate(self) -> bytes:
        """DER of the certificate that belongs to the key."""
        return self._certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        """DER of the intermediate certificates to send along."""
        return self._chain

    @property
    def sha256(self) -> str:
        """Fingerprint of the certificate, 64 lower-case hex digits."""
        return hashlib.sha256(self._certificate).hexdigest()

    @property
    def locked(self) -> bool:
        """The private half was forgotten."""
        return self._private is None

    def forget(self) -> None:
        """Drop the private half; sign and unwrap raise VaultLocked from now on."""
        self._private = None

    def pkcs8(self) -> bytes:
        """The unencrypted DER PrivateKeyInfo. For the vault and for export only: never log or store it in clear."""
        key = self._unlocked()
        if isinstance(key, ExpandedKey):
            return key.pkcs8()
        return key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def _unlocked(self) -> PrivateKey:
        if self._private is None:
            raise VaultLocked("The keys are locked. Unlock the vault with your passphrase.")
        return self._private

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        """Signature over `data`, hashed here. ECDSA answers the DER pair of RFC 5753."""
        key = self._unlocked()
        if isinstance(key, rsa.RSAPrivateKey):
            digest = _hash(scheme.digest)
            if scheme.kind == "rsa-v15":
                return key.sign(data, padding.PKCS1v15(), digest)
            if scheme.kind == "rsa-pss":
                return key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        elif isinstance(key, ec.EllipticCurvePrivateKey) and scheme.kind == "ecdsa":
            return key.sign(data, ec.ECDSA(_hash(scheme.digest)))
        elif isinstance(key, WholeMessageSigner) and scheme.kind == _kind_without_digest(key):
            return key.sign(data)
        raise UnsupportedAlgorithm(f"This key cannot make {scheme.kind} signatures.")

    def unwrap(self, request: UnwrapRequest) -> bytes:
        """Answer one request. Everything that does not work is the same DecryptionFailed."""
        key = self._unlocked()
        try:
            if isinstance(request, RsaTransport) and isinstance(key, rsa.RSAPrivateKey):
                return _rsa(key, request)
            if isinstance(request, KeyAgreement):
                return _agree(key, request)
            if isinstance(request, RsaDecapsulation) and isinstance(key, rsa.RSAPrivateKey):
                return _bare_rsa(key, request.ciphertext)
            if isinstance(request, Decapsulation) and isinstance(key, MlKemKey | ExpandedKey):
                return key.decapsulate(request.ciphertext)
        except (ValueError, TypeError, LibraryUnsupported, UnsupportedAlgorithm):
            raise DecryptionFailed from None
        raise DecryptionFailed

    def __repr__(self) -> str:
        return f"<SoftwareKey {self.sha256[:16]}{' locked' if self.locked else ''}>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("private keys do not travel")


_KINDS_WITHOUT_DIGEST = {
    ed25519.Ed25519PrivateKey: "ed25519",
    ed448.Ed448PrivateKey: "ed448",
    mldsa.MLDSA44PrivateKey: "ml-dsa-44",
    mldsa.MLDSA65PrivateKey: "ml-dsa-65",
    mldsa.MLDSA87PrivateKey: "ml-dsa-87",
}


def _kind_without_digest(key: WholeMessageSigner) -> str:
    if isinstance(key, ExpandedKey):
        return key.kind
    return next(name for kind, name in _KINDS_WITHOUT_DIGEST.items() if isinstance(key, kind))


def _rsa(key: rsa.RSAPrivateKey, request: RsaTransport) -> bytes:
    if request.oaep_hash is None:
        # SAFE: OpenSSL 3.2+ rejects implicitly (random bytes of a plausible length), so this is no padding oracle.
        return key.decrypt(request.ciphertext, padding.PKCS1v15())
    mask_hash = request.mgf_hash or request.oaep_hash
    if not {request.oaep_hash, mask_hash} <= _OAEP_HASHES:
        return decode_oaep(_bare_rsa(key, request.ciphertext), request.oaep_hash, mask_hash, request.label)
    digest, mask = _hash(request.oaep_hash), padding.MGF1(_hash(mask_hash))
    return key.decrypt(request.ciphertext, padding.OAEP(mask, digest, request.label or None))


def _bare_rsa(key: rsa.RSAPrivateKey, ciphertext: bytes) -> bytes:
    """RSADP (RFC 8017 section 5.1.2), which the library does not offer without a padding.

    SAFE: blinded by a fresh random factor, so that the time depends on nothing that a sender chose. What comes out is
    hashed as a whole or goes to `decode_oaep`; the octet in front makes it a number of one length, so that writing it
    out does not tell how many octets are zero. Refused before the key is used is only what everybody can see.
    """
    numbers = key.private_numbers()
    modulus, exponent = numbers.public_numbers.n, numbers.public_numbers.e
    size, secret = (key.key_size + 7) // 8, int.from_bytes(ciphertext, "big")
    if len(ciphertext) != size or not 0 < secret < modulus:
        raise DecryptionFailed
    factor = secrets.randbelow(modulus - 2) + 2
    blinded = secret * pow(factor, exponent, modulus) % modulus
    first, second = pow(blinded, numbers.dmp1, numbers.p), pow(blinded, numbers.dmq1, numbers.q)
    plain = second + numbers.q * ((first - second) * numbers.iqmp % numbers.p)
    return (plain * pow(factor, -1, modulus) % modulus | 1 << 8 * size).to_bytes(size + 1, "big")[1:]


def _agree(key: PrivateKey, request: KeyAgreement) -> bytes:
    peer = serialization.load_der_public_key(request.peer_public_key)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(peer, ec.EllipticCurvePublicKey):
        return key.exchange(ec.ECDH(), peer)
    if isinstance(key, x25519.X25519PrivateKey) and isinstance(peer, x25519.X25519PublicKey):
        return key.exchange(peer)
    if isinstance(key, x448.X448PrivateKey) and isinstance(peer, x448.X448PublicKey):
        return key.exchange(peer)
    raise DecryptionFailed
