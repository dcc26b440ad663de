"""KEM recipients (RFC 9629): ML-KEM (RFC 9936) and RSA-KEM (RFC 9690, and RFC 5990 inside key transport).

Law: everything that anybody can see to be wrong is refused before the private key is asked.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import mlkem, rsa
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import Algorithm, digest_name, hash_algorithm, read_algorithm
from tui_mail.cms.ber import Element, Fields
from tui_mail.cms.certificates import (
    CertificateFacts,
    CertificateId,
    issuer_and_serial,
    read_certificate_id,
    read_facts,
)
from tui_mail.cms.key_wrap import WRAP_OIDS, unwrap_key, wrap_key, wrap_key_bytes
from tui_mail.model.errors import DecryptionFailed, MalformedInput, UnsupportedAlgorithm
from tui_mail.model.keys import Decapsulation, DecryptionKey, RsaDecapsulation

KEM_RECIPIENT = "1.2.840.113549.1.9.16.13.3"
ML_KEM_OIDS = {"ml-kem-768": "2.16.840.1.101.3.4.4.2", "ml-kem-1024": "2.16.840.1.101.3.4.4.3"}
RSA_KEM = "1.0.18033.2.2.4"
RSA_KEM_TRANSPORT = "1.2.840.113549.1.9.16.3.14"
HKDF_DIGESTS = {
    "1.2.840.113549.1.9.16.3.28": "sha256",
    "1.2.840.113549.1.9.16.3.29": "sha384",
    "1.2.840.113549.1.9.16.3.30": "sha512",
}
"""id-alg-hkdf-with-sha… (RFC 8619)."""
HKDF_SHA256 = "1.2.840.113549.1.9.16.3.28"
_KDF3 = "1.3.133.16.840.9.44.1.2"

MAX_SECRET_BYTES = 1024
"""More than this is not asked of a key derivation."""

_NAMES = {
    **{oid: name for name, oid in ML_KEM_OIDS.items()},
    RSA_KEM: "rsa-kem",
    RSA_KEM_TRANSPORT: "rsa-kem",
    "2.16.840.1.101.3.4.4.1": "ml-kem-512",
    **{f"1.3.6.1.5.5.7.6.{number}": f"composite kem (1.3.6.1.5.5.7.6.{number})" for number in range(55, 67)},
    **{f"1.0.18033.2.2.7.{number}": f"frodokem (1.0.18033.2.2.7.{number})" for number in range(1, 9)},
}


def kem_name(algorithm: Algorithm) -> str:
    """ "ml-kem-768", "rsa-kem", a name of what is not computed here, or the dotted identifier."""
    return _NAMES.get(algorithm.oid, algorithm.oid)


@dataclass(frozen=True, slots=True)
class KemRecipient:
    """KEMRecipientInfo (RFC 9629 section 3) without the identifier. `user_material` is None when absent."""

    version: int
    kem: Algorithm
    ciphertext: bytes
    derivation: Algorithm
    key_bytes: int
    user_material: bytes | None
    wrap: Algorithm
    encrypted_key: bytes

    def unwrap(self, key: DecryptionKey) -> bytes:
        """The content-encryption key. Raises UnsupportedAlgorithm, MalformedInput, DecryptionFailed, VaultLocked."""
        if self.version != 0:
            raise MalformedInput("A KEM recipient has an unknown version.")
        if wrap_key_bytes(self.wrap) != self.key_bytes:
            raise MalformedInput("A KEM recipient names a wrong length of the key.")
        # The derivation is tried with no secret first, so that an unknown algorithm is named before the key is used.
        self._derive(b"")
        return unwrap_key(self.wrap, self._derive(_decapsulate(self.kem, self.ciphertext, key)), self.encrypted_key)

    def _derive(self, secret: bytes) -> bytes:
        info = other_info(self.wrap, self.key_bytes, self.user_material)
        return derive(self.derivation, secret, self.key_bytes, info)


def other_info(wrap: Algorithm, key_bytes: int, user_material: bytes | None) -> bytes:
    """CMSORIforKEMOtherInfo (RFC 9629 section 5)."""
    material = b"" if user_material is None else der.context(0, der.octet_string(user_material))
    return der.sequence(wrap.encode(), der.integer(key_bytes), material)


def derive(derivation: Algorithm, secret: bytes, length: int, info: bytes) -> bytes:
    """Key derivation by HKDF without salt (RFC 9629 section 6) or KDF3 of ANS X9.44 (RFC 9690 section 2.1)."""
    if not 0 < length <= MAX_SECRET_BYTES:
        raise MalformedInput("A KEM recipient asks for a key of an impossible length.")
    if derivation.oid in HKDF_DIGESTS and not derivation.parameters:
        return HKDF(hash_algorithm(HKDF_DIGESTS[derivation.oid]), length, None, info).derive(secret)
    if derivation.oid == _KDF3 and derivation.parameters:
        name = digest_name(read_algorithm(ber.read_tlv(derivation.parameters)))
        # KDF3 hashes counter, secret, info: the concatenation KDF of NIST SP 800-56A.
        return ConcatKDFHash(hash_algorithm(name), length, info).derive(secret)
    raise UnsupportedAlgorithm(f"The key derivation {derivation.oid} is not computed here.")


def _decapsulate(kem: Algorithm, ciphertext: bytes, key: DecryptionKey) -> bytes:
    """The shared secret; for a ciphertext that is not for this key any bytes at all (implicit rejection)."""
    if kem.oid in ML_KEM_OIDS.values():
        if kem.parameters:
            raise MalformedInput("ML-KEM has parameters, which must be absent.")  # RFC 9936 section 3
        if kem.oid != read_facts(key.certificate).key_algorithm.oid:
            raise MalformedInput("A KEM recipient names another parameter set than that of the key.")
        return key.unwrap(Decapsulation(ciphertext))
    if kem.oid == RSA_KEM:
        derivation, length = _rsa_kem_parameters(kem)
        derive(derivation, b"", length, b"")
        return derive(derivation, key.unwrap(RsaDecapsulation(ciphertext)), length, b"")
    raise UnsupportedAlgorithm(f"Key encapsulation with {kem_name(kem)} is not computed here.")


def _rsa_kem_parameters(kem: Algorithm) -> tuple[Algorithm, int]:
    """RsaKemParameters (RFC 9690 section 2.3): how long the shared secret is and how it is derived."""
    fields = Fields(ber.read_tlv(kem.parameters or der.NULL))
    derivation = read_algorithm(fields.take())
    length = ber.small_integer(fields.take(ber.INTEGER))
    fields.end()
    return derivation, length


def unwrap_rsa_kem_transport(algorithm: Algorithm, encrypted_key: bytes, key: DecryptionKey) -> bytes:
    """RSA-KEM as key transport, GenericHybridParameters (RFC 5990 appendix A.4): read for old mail, never written."""
    fields = Fields(ber.read_tlv(algorithm.parameters or der.NULL))
    kem, wrap = read_algorithm(fields.take()), read_algorithm(fields.take())
    fields.end()
    if kem.oid != RSA_KEM:
        raise UnsupportedAlgorithm(f"Key transport with {kem_name(kem)} is not computed here.")
    derivation, length = _rsa_kem_parameters(kem)
    if wrap_key_bytes(wrap) != length:
        raise MalformedInput("RSA-KEM names a wrong length of the key.")
    derive(derivation, b"", length, b"")
    public = read_facts(key.certificate).public_key
    if not isinstance(public, rsa.RSAPublicKey):
        raise DecryptionFailed
    modulus_bytes = (public.key_size + 7) // 8
    ciphertext, wrapped = encrypted_key[:modulus_bytes], encrypted_key[modulus_bytes:]
    return unwrap_key(wrap, derive(derivation, key.unwrap(RsaDecapsulation(ciphertext)), length, b""), wrapped)


def read_kem_recipient(element: Element) -> tuple[CertificateId, KemRecipient]:
    """Read the oriValue of an OtherRecipientInfo of the type `KEM_RECIPIENT`. Raises MalformedInput."""
    fields = Fields(element)
    version = ber.small_integer(fields.take(ber.INTEGER))
    certificate_id = read_certificate_id(fields.take())
    kem = read_algorithm(fields.take())
    ciphertext = ber.octets(fields.take())
    derivation = read_algorithm(fields.take())
    key_bytes = ber.small_integer(fields.take(ber.INTEGER))
    holder = fields.optional(0xA0)
    user_material = None if holder is None else ber.octets(Fields(holder, 0xA0).take())
    wrap = read_algorithm(fields.take())
    encrypted_key = ber.octets(fields.take())
    fields.end()
    found = KemRecipient(version, kem, ciphertext, derivation, key_bytes, user_material, wrap, encrypted_key)
    return certificate_id, found


def build_kem_recipient(facts: CertificateFacts, key: bytes) -> bytes:
    """DER [4] OtherRecipientInfo with a KEMRecipientInfo for an ML-KEM certificate.

    HKDF with SHA-256 and AES-256 key wrap, whatever the content cipher (RFC 9936 section 3, table 1).
    """
    public = facts.public_key
    if not isinstance(public, mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey):
        raise UnsupportedAlgorithm("ml-kem does not fit the key of a recipient's certificate.")
    secret, ciphertext = public.encapsulate()
    wrap, derivation, length = Algorithm(WRAP_OIDS["aes-256"]), Algorithm(HKDF_SHA256), 32
    key_encryption_key = derive(derivation, secret, length, other_info(wrap, length, None))
    info = der.sequence(
        der.integer(0),
        issuer_and_serial(facts.certificate).encode(),
        Algorithm(facts.key_algorithm.oid).encode(),
        der.octet_string(ciphertext),
        derivation.encode(),
        der.integer(length),
        wrap.encode(),
        der.octet_string(wrap_key(key_encryption_key, key)),
    )
    return der.context(4, der.oid(KEM_RECIPIENT), info)
