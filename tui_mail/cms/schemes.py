"""Signature algorithms: reading their identifiers, checking a signature, and the rules for weak ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import DIGEST_OIDS, Algorithm, digest, digest_name, hash_algorithm, read_algorithm
from tui_mail.cms.ber import Fields
from tui_mail.cms.pss_shake import pss_shake_verifier
from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm

RSA_PSS = "1.2.840.113549.1.1.10"
RSA = "1.2.840.113549.1.1.1"
MGF1 = "1.2.840.113549.1.1.8"
PSS_SHAKE = "rsa-pss-shake"
"""The kind of RFC 8702 section 3.2.1, which has no parameters and no other mask than its digest."""

_KINDS: dict[str, tuple[str, str]] = {
    RSA: ("rsa-v15", ""),
    "1.2.840.113549.1.1.2": ("rsa-v15", "md2"),
    "1.2.840.113549.1.1.3": ("rsa-v15", "md4"),
    "1.2.840.113549.1.1.4": ("rsa-v15", "md5"),
    "1.2.840.113549.1.1.5": ("rsa-v15", "sha1"),
    "1.3.14.3.2.29": ("rsa-v15", "sha1"),
    "1.2.840.113549.1.1.14": ("rsa-v15", "sha224"),
    "1.2.840.113549.1.1.11": ("rsa-v15", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa-v15", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa-v15", "sha512"),
    "1.2.840.113549.1.1.15": ("rsa-v15", "sha512-224"),
    "1.2.840.113549.1.1.16": ("rsa-v15", "sha512-256"),
    "2.16.840.1.101.3.4.3.13": ("rsa-v15", "sha3-224"),
    "2.16.840.1.101.3.4.3.14": ("rsa-v15", "sha3-256"),
    "2.16.840.1.101.3.4.3.15": ("rsa-v15", "sha3-384"),
    "2.16.840.1.101.3.4.3.16": ("rsa-v15", "sha3-512"),
    "1.2.840.10045.2.1": (
        "ecdsa",
        "",
    ),  # QUIRK: the key's identifier in its place; old smart cards do it
    "1.2.840.10045.4.1": ("ecdsa", "sha1"),
    "1.2.840.10045.4.3.1": ("ecdsa", "sha224"),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
    "2.16.840.1.101.3.4.3.9": ("ecdsa", "sha3-224"),
    "2.16.840.1.101.3.4.3.10": ("ecdsa", "sha3-256"),
    "2.16.840.1.101.3.4.3.11": ("ecdsa", "sha3-384"),
    "2.16.840.1.101.3.4.3.12": ("ecdsa", "sha3-512"),
    "1.3.6.1.5.5.7.6.30": (PSS_SHAKE, "shake128"),
    "1.3.6.1.5.5.7.6.31": (PSS_SHAKE, "shake256"),
    "1.3.6.1.5.5.7.6.32": ("ecdsa", "shake128"),
    "1.3.6.1.5.5.7.6.33": ("ecdsa", "shake256"),
    **{
        # BSI TR-03111 section 5.2.1, by German smart cards: the two numbers side by side, without DER.
        f"0.4.0.127.0.7.1.1.4.1.{number}": ("ecdsa-plain", f"sha{bits}")
        for number, bits in enumerate((1, 224, 256, 384, 512), 1)
    },
    "1.3.101.112": ("ed25519", ""),
    "1.3.101.113": ("ed448", ""),
    "2.16.840.1.101.3.4.3.17": ("ml-dsa-44", ""),
    "2.16.840.1.101.3.4.3.18": ("ml-dsa-65", ""),
    "2.16.840.1.101.3.4.3.19": ("ml-dsa-87", ""),
}
_OIDS = {scheme: oid for oid, scheme in _KINDS.items() if oid != "1.3.14.3.2.29"}

_SLH_DSA = tuple(f"{digest}-{size}{kind}" for digest in ("sha2", "shake") for size in (128, 192, 256) for kind in "sf")
_NAMED = {
    "1.2.840.10040.4.1": "dsa",
    "1.2.840.10040.4.3": "dsa+sha1",
    "2.16.840.1.101.3.4.3.1": "dsa+sha224",
    "2.16.840.1.101.3.4.3.2": "dsa+sha256",
    **{f"2.16.840.1.101.3.4.3.{20 + i}": f"slh-dsa-{name}" for i, name in enumerate(_SLH_DSA)},
    **{f"2.16.840.1.101.3.4.3.{32 + i}": f"hash-ml-dsa-{size}" for i, size in enumerate((44, 65, 87))},
    **{f"2.16.840.1.101.3.4.3.{35 + i}": f"hash-slh-dsa-{name}" for i, name in enumerate(_SLH_DSA)},
    "1.3.36.3.3.1.2": "rsa-v15+ripemd160",
    "1.2.840.113549.1.9.16.3.5": "rsa-kem",
}
_NAMED_PREFIXES = {
    "0.4.0.127.0.7.1.1.4.1.": "ecdsa in plain format",
    "1.3.6.1.5.5.7.6.": "composite signature",
    "1.2.643.": "gost",
    "1.2.156.10197.1.": "sm2",
}

_SHAKES = {"shake128": "sha256", "shake256": "sha512"}
"""The digest of the same length as their output in signatures (RFC 8702 section 3.2)."""

ML_DSA = {
    "ml-dsa-44": mldsa.MLDSA44PublicKey,
    "ml-dsa-65": mldsa.MLDSA65PublicKey,
    "ml-dsa-87": mldsa.MLDSA87PublicKey,
}
"""The kinds of key behind the parameter sets of FIPS 204."""
WITHOUT_DIGEST = ("ed25519", "ed448", *ML_DSA)
"""Their names say all: the digest is only that of the signed attributes."""

SHA1_END = datetime(2017, 1, 1, tzinfo=UTC)
"""From here on nobody who could be believed signed with SHA-1 (collisions became practical)."""
SHORT_RSA_END = datetime(2014, 1, 1, tzinfo=UTC)
"""From here on RSA keys under 2048 bits are refused (NIST SP 800-131A)."""
MIN_RSA_BITS = 2048
MIN_HISTORIC_RSA_BITS = 1024
MAX_RSA_BITS = 16384
"""A longer key would only be a way to keep us busy."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a signature is to be checked. `digest` is the one of signed attributes and content, empty for none."""

    kind: str
    digest: str
    mgf_digest: str = ""
    salt_length: int = 0

    @property
    def name(self) -> str:
        """As the command line prints it: "rsa-pss+sha256", "ed25519"."""
        return _name(self.kind, self.digest)


def _name(kind: str, digest: str) -> str:
    if not digest or kind in WITHOUT_DIGEST:
        return kind
    return f"{'rsa-pss' if kind == PSS_SHAKE else kind}+{digest}"


def algorithm_name(algorithm: Algorithm) -> str:
    """A name for any signature algorithm, the dotted identifier when there is none."""
    if algorithm.oid == RSA_PSS:
        return "rsa-pss"
    if algorithm.oid in _KINDS:
        return _name(*_KINDS[algorithm.oid])
    if algorithm.oid in _NAMED:
        return _NAMED[algorithm.oid]
    for prefix, name in _NAMED_PREFIXES.items():
        if algorithm.oid.startswith(prefix):
            return f"{name} ({algorithm.oid})"
    return algorithm.oid


def read_scheme(signature: Algorithm, digest_algorithm: Algorithm, *, direct: bool = False) -> Scheme:
    """The scheme that a SignerInfo's two algorithms ask for.

    Args:
        direct: without signed attributes, so that the signature covers the content itself.

    Raises:
        UnsupportedAlgorithm: named but not computed here.
        MalformedInput: the two name different digests (RFC 8933 section 2), or parameters are wrong.
    """
    if signature.oid == RSA_PSS:
        scheme = _read_pss(signature.parameters)
    elif signature.oid in _KINDS:
        kind, own_digest = _KINDS[signature.oid]
        if kind in ML_DSA and signature.parameters:
            raise MalformedInput("An ML-DSA signature has parameters, which must be absent.")  # RFC 9882 section 2
        if kind in ML_DSA and direct:
            return Scheme(kind, "")  # RFC 9882 section 3.3: the digest algorithm is ignored
        if kind == PSS_SHAKE and signature.parameters:
            raise MalformedInput("An RSA-PSS signature with SHAKE has parameters, which must be absent.")
        scheme = Scheme(kind, own_digest or digest_name(digest_algorithm))
    else:
        raise UnsupportedAlgorithm(f"Signatures with {algorithm_name(signature)} are not computed here.")
    if scheme.digest != digest_name(digest_algorithm):
        raise MalformedInput("The signature names two different digest algorithms.")
    return scheme


def _read_pss(parameters: bytes) -> Scheme:
    """RSASSA-PSS-params (RFC 4055 section 3.1), all with the defaults of SHA-1."""
    digest, mgf_digest, salt_length = "sha1", "sha1", 20
    if not parameters:
        raise MalformedInput("An RSA-PSS signature lacks its parameters.")
    fields = Fields(ber.read_tlv(parameters))
    if found := fields.optional(0xA0):
        digest = digest_name(read_algorithm(Fields(found, None).take()))
    if found := fields.optional(0xA1):
        mask = read_algorithm(Fields(found, None).take())
        if mask.oid != MGF1 or not mask.parameters:
            raise UnsupportedAlgorithm("RSA-PSS with another mask function than MGF1 is not computed here.")
        mgf_digest = digest_name(read_algorithm(ber.read_tlv(mask.parameters)))
    if found := fields.optional(0xA2):
        salt_length = ber.small_integer(Fields(found, None).take())
    if (found := fields.optional(0xA3)) and ber.small_integer(Fields(found, None).take()) != 1:
        raise MalformedInput("An RSA-PSS signature has an unknown trailer.")
    fields.end()
    return Scheme("rsa-pss", digest, mgf_digest, salt_length)


def read_pss_restriction(key_algorithm: Algorithm) -> str:
    """The one digest that an RSA-PSS key may be used with (RFC 4055 section 3.1), empty for any."""
    return _read_pss(key_algorithm.parameters).digest if key_algorithm.parameters else ""


def pss_parameters(digest: str, salt_length: int) -> bytes:
    """RSASSA-PSS-params with the same digest for hash and mask."""
    identifier = der.algorithm(DIGEST_OIDS[digest], der.NULL)  # RFC 4055 section 2.1: NULL here, unlike elsewhere
    return der.sequence(
        der.context(0, identifier),
        der.context(1, der.algorithm(MGF1, identifier)),
        der.context(2, der.integer(salt_length)),
    )


def signature_identifier(kind: str, digest: str) -> bytes:
    """AlgorithmIdentifier for writing a signature of `kind`."""
    if kind == "rsa-pss":
        return der.algorithm(RSA_PSS, pss_parameters(digest, hash_algorithm(digest).digest_size))
    if kind == "rsa-v15":
        return der.algorithm(_OIDS[kind, digest], der.NULL)  # RFC 3370 section 3.2: NULL must be there
    return der.algorithm(_OIDS[kind, "" if kind in WITHOUT_DIGEST else digest])


def ml_dsa_kind(key: object) -> str:
    """ "ml-dsa-44", "ml-dsa-65" or "ml-dsa-87"; empty for a public key of another kind."""
    return next((kind for kind, family in ML_DSA.items() if isinstance(key, family)), "")


def is_valid(scheme: Scheme, key: PublicKeyTypes, signature: bytes, data: bytes) -> bool:
    """Whether `key` made `signature` over `data`; False for a key of another kind. Raises UnsupportedAlgorithm."""
    return checker(scheme, key)(signature, data)


def checker(scheme: Scheme, key: PublicKeyTypes) -> Callable[[bytes, bytes], bool]:
    """`is_valid` for one scheme and key, for whoever asks again. Raises UnsupportedAlgorithm, now or when asked."""
    verify = _arithmetic(scheme, key)
    if verify is None:
        return lambda _signature, _data: False

    def check(signature: bytes, data: bytes) -> bool:
        try:
            verify(signature, data)
        except LibraryUnsupported as error:
            raise UnsupportedAlgorithm(f"Signatures with {scheme.name} are not computed here.") from error
        except (InvalidSignature, ValueError):
            return False
        return True

    return check


def _arithmetic(scheme: Scheme, key: PublicKeyTypes) -> Callable[[bytes, bytes], object] | None:
    """What raises InvalidSignature for a wrong signature; None for a key of another kind than the scheme's."""
    kind = scheme.kind
    if isinstance(key, rsa.RSAPublicKey):
        if kind == "rsa-v15":
            return _with(key.verify, padding.PKCS1v15(), hash_algorithm(scheme.digest))
        if kind == "rsa-pss":
            mask = padding.MGF1(hash_algorithm(scheme.mgf_digest))
            return _with(key.verify, padding.PSS(mask, scheme.salt_length), hash_algorithm(scheme.digest))
        if kind == PSS_SHAKE:
            return pss_shake_verifier(key, scheme.digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if kind == "ecdsa-plain":
            plain = ec.ECDSA(hash_algorithm(scheme.digest))
            return lambda signature, data: key.verify(_der_pair(signature, key), data, plain)
        if kind == "ecdsa" and scheme.digest in _SHAKES:
            # RFC 8702 section 3.2.2. The library hashes with no SHAKE, but takes a digest of this length as it is.
            length = ec.ECDSA(utils.Prehashed(hash_algorithm(_SHAKES[scheme.digest])))
            return lambda signature, data: key.verify(signature, digest(scheme.digest, [data]), length)
        if kind == "ecdsa":
            return _with(key.verify, ec.ECDSA(hash_algorithm(scheme.digest)))
    elif (isinstance(key, ed25519.Ed25519PublicKey) and kind == "ed25519") or (
        isinstance(key, ed448.Ed448PublicKey) and kind == "ed448"
    ):
        return key.verify
    elif (
        isinstance(key, mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey)
        and ml_dsa_kind(key) == kind
    ):
        return key.verify  # RFC 9882 section 3: pure ML-DSA with an empty context
    return None


def _with(verify: Callable[..., object], *how: object) -> Callable[[bytes, bytes], object]:
    return lambda signature, data: verify(signature, data, *how)


def _der_pair(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """The DER form of a signature in plain format. Raises InvalidSignature for a wrong length."""
    size = (key.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignature
    r, s = signature[:size], signature[size:]
    return utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def refusal(scheme: Scheme, key: PublicKeyTypes, made: datetime) -> str:
    """Why a signature that is correct must not count, as a sentence; empty when it may.

    Args:
        made: the latest moment at which the signature can have been made.
    """
    for name in {scheme.digest, scheme.mgf_digest}:
        if name in ("md2", "md4", "md5"):
            return f"The digest {name.upper()} is broken: anybody can make this signature fit another text."
        if name == "sha1" and made >= SHA1_END:
            return "The signature uses SHA-1, which is no longer safe: only mail signed before 2017 may."
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_HISTORIC_RSA_BITS or (key.key_size < MIN_RSA_BITS and made >= SHORT_RSA_END):
            return f"The signing key is too short: RSA with {key.key_size} bits."
        if key.key_size > MAX_RSA_BITS:
            return f"The signing key is too long to be checked: RSA with {key.key_size} bits."
    return ""
