"""ML-DSA and ML-KEM private keys in their three forms: seed, expanded, both (RFC 9881 section 6, RFC 9935 section 6).

Law: a seed always wins, because everything follows from it; a key whose two forms, or whose expanded form and
certificate, do not belong together is refused when it is read. The door of `pqcrypto`, which computes with expanded
keys; the other library takes seeds alone.
"""

import hashlib
import importlib
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

from tui_mail.cms import ber, der
from tui_mail.cms.ber import Fields
from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm
from tui_mail.vault.fips204 import public_half

SeedKey = (
    mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
    | mlkem.MLKEM768PrivateKey
    | mlkem.MLKEM1024PrivateKey
)
LatticePublicKey = (
    mldsa.MLDSA44PublicKey
    | mldsa.MLDSA65PublicKey
    | mldsa.MLDSA87PublicKey
    | mlkem.MLKEM768PublicKey
    | mlkem.MLKEM1024PublicKey
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One parameter set: `public_bytes` is the length of the encoded public key; `rows`, `columns` and `eta` are
    those of FIPS 204 table 1, 0 for ML-KEM."""

    name: str
    oid: str
    private: type[SeedKey]
    public: type[LatticePublicKey]
    seed_bytes: int
    expanded_bytes: int
    public_bytes: int
    rows: int = 0
    columns: int = 0
    eta: int = 0

    @property
    def arithmetic(self) -> Any:
        """The functions for expanded keys; imported when first needed, because almost nobody has such a key."""
        return importlib.import_module("pqcrypto").__dict__[self.name.replace("-", "_")]


_DSA, _KEM = "2.16.840.1.101.3.4.3.", "2.16.840.1.101.3.4.4."
_KINDS = (
    _Kind("ml-dsa-44", f"{_DSA}17", mldsa.MLDSA44PrivateKey, mldsa.MLDSA44PublicKey, 32, 2560, 1312, 4, 4, 2),
    _Kind("ml-dsa-65", f"{_DSA}18", mldsa.MLDSA65PrivateKey, mldsa.MLDSA65PublicKey, 32, 4032, 1952, 6, 5, 4),
    _Kind("ml-dsa-87", f"{_DSA}19", mldsa.MLDSA87PrivateKey, mldsa.MLDSA87PublicKey, 32, 4896, 2592, 8, 7, 2),
    _Kind("ml-kem-768", f"{_KEM}2", mlkem.MLKEM768PrivateKey, mlkem.MLKEM768PublicKey, 64, 2400, 1184),
    _Kind("ml-kem-1024", f"{_KEM}3", mlkem.MLKEM1024PrivateKey, mlkem.MLKEM1024PublicKey, 64, 3168, 1568),
)
_BY_OID = {kind.oid: kind for kind in _KINDS}

_CONTRADICTION = (
    "The private key contradicts itself: its seed and its expanded form belong to different keys. "
    "Ask for the key file anew from where it came."
)
_DAMAGED = "The private key is damaged: it does not fit its certificate. Ask for the key file anew from where it came."


class ExpandedKey:
    """A private key of which only the expanded form exists."""

    __slots__ = ("_kind", "_octets")

    def __init__(self, kind: _Kind, octets: bytes) -> None:
        self._kind = kind
        self._octets = octets

    @property
    def kind(self) -> str:
        """ "ml-dsa-44" … "ml-kem-1024"."""
        return self._kind.name

    def sign(self, data: bytes) -> bytes:
        """Pure ML-DSA with an empty context. Raises UnsupportedAlgorithm for an ML-KEM key, which only decapsulates."""
        if not self._kind.eta:
            raise UnsupportedAlgorithm("An ML-KEM key cannot sign.")
        return bytes(self._kind.arithmetic.sign(self._octets, data))

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """The shared secret of an ML-KEM ciphertext. Raises ValueError for one of a wrong length or another kind."""
        if self._kind.eta:
            raise ValueError("an ML-DSA key opens nothing")
        return bytes(self._kind.arithmetic.decaps(self._octets, ciphertext))

    def pkcs8(self) -> bytes:
        """DER PrivateKeyInfo in the expanded form."""
        return der.sequence(
            der.integer(0), der.algorithm(self._kind.oid), der.octet_string(der.octet_string(self._octets))
        )

    def names(self, public: object) -> bool:
        """Whether this key claims to be the private half of `public`; `check` says whether it is."""
        if not isinstance(public, self._kind.public):
            return False
        if self._kind.eta:
            return self._octets[:32] == public.public_bytes_raw()[:32]  # rho, the seed of the matrix
        return self._inside(public.public_bytes_raw())

    def _inside(self, public: bytes) -> bool:
        """FIPS 203 section 7.1: an ML-KEM private key holds its public key and the digest of it."""
        start = len(self._octets) - 64 - len(public)
        return self._octets[start:-32] == public + hashlib.sha3_256(public).digest()

    def check(self, public: LatticePublicKey, sentence: str = _DAMAGED) -> None:
        """Raise MalformedInput with `sentence` unless this is the private half of `public`."""
        raw = public.public_bytes_raw()
        if isinstance(public, mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey):
            secret, ciphertext = public.encapsulate()
            good = self._inside(raw) and self.decapsulate(ciphertext) == secret
        else:
            good = self.names(public) and self._has_public_half(raw)
        if not good:
            raise MalformedInput(sentence)

    def _has_public_half(self, public: bytes) -> bool:
        """Digest of the public key, the public key itself and t0 are all as the secret vectors say."""
        kind = self._kind
        try:
            found, low = public_half(self._octets, kind.rows, kind.columns, kind.eta)
        except ValueError:
            return False
        told = self._octets[64:128]
        return found == public and self._octets.endswith(low) and told == hashlib.shake_256(public).digest(64)

    def __repr__(self) -> str:
        return f"<ExpandedKey {self.kind}>"


def read_lattice_key(private_key_info: bytes) -> SeedKey | ExpandedKey | None:
    """The key of a DER PrivateKeyInfo (RFC 5958) in any of the three forms; None for keys of other kinds.

    Raises MalformedInput for damage and for two forms that contradict each other.
    """
    fields = Fields(ber.read_tlv(private_key_info))
    ber.small_integer(fields.take(ber.INTEGER))
    kind = _BY_OID.get(ber.oid(Fields(fields.take()).take()))
    if kind is None:
        return None
    inner = ber.read_tlv(ber.octets(fields.take()))
    if inner.tag == 0x80:
        return _from_seed(kind, bytes(inner.body))
    if inner.tag == ber.OCTET_STRING:
        return _expanded(kind, ber.octets(inner))
    both = Fields(inner)
    seed, expanded = ber.octets(both.take()), _expanded(kind, ber.octets(both.take()))
    both.end()
    private = _from_seed(kind, seed)
    expanded.check(private.public_key(), _CONTRADICTION)
    if not _same_secrets(kind, seed, expanded.pkcs8()[-kind.expanded_bytes :]):
        raise MalformedInput(_CONTRADICTION)
    return private


def _expanded(kind: _Kind, octets: bytes) -> ExpandedKey:
    if len(octets) != kind.expanded_bytes:
        raise MalformedInput("The private key has a wrong length.")
    return ExpandedKey(kind, octets)


def _from_seed(kind: _Kind, seed: bytes) -> SeedKey:
    if len(seed) != kind.seed_bytes:
        raise MalformedInput("The private key has a wrong length.")
    return kind.private.from_seed_bytes(seed)


def _same_secrets(kind: _Kind, seed: bytes, expanded: bytes) -> bool:
    """What no public key shows: z of ML-KEM (FIPS 203 section 7.1), K of ML-DSA (FIPS 204 section 6.1)."""
    if not kind.eta:
        return expanded[-32:] == seed[32:]
    stream = hashlib.shake_256(seed + bytes((kind.rows, kind.columns))).digest(128)
    return expanded[32:64] == stream[96:]
