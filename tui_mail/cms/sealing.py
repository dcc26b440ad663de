"""Making EnvelopedData and AuthEnvelopedData (RFC 5652 section 6, RFC 5083, RFC 5753, RFC 8418, RFC 9629)."""

import os
from collections.abc import Iterable, Sequence
from io import BytesIO

from cryptography.hazmat.primitives.asymmetric import ec, mlkem, padding, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import DIGEST_OIDS, Algorithm, hash_algorithm
from tui_mail.cms.capabilities import Capability, announces_oaep
from tui_mail.cms.certificates import CertificateFacts, issuer_and_serial, read_facts
from tui_mail.cms.ciphers import FULL_TAG_BYTES, SPARE_BYTES, ContentCipher, ContentEncryption, writable_cipher
from tui_mail.cms.content import AUTH_ENVELOPED_DATA, DATA, ENVELOPED_DATA
from tui_mail.cms.kem import build_kem_recipient
from tui_mail.cms.key_wrap import HKDF_OIDS, RSA_OAEP, WRAP_OIDS, X963_OIDS, derive_key, wrap_key
from tui_mail.cms.password import build_password_recipient
from tui_mail.cms.schemes import MGF1, RSA
from tui_mail.model.errors import CertificateProblem, MalformedInput, UnsupportedAlgorithm


class RecipientPlan(Struct, frozen=True):
    """For whom and how the content key is encrypted: "rsa-v15", "rsa-oaep", "ecdh" or "ml-kem"."""

    certificate: bytes
    key_encryption: str


def default_plan(certificate: bytes, capabilities: Iterable[Capability] = ()) -> RecipientPlan:
    """The way to encrypt for a certificate: ECDH or KEM as the key demands; for RSA, OAEP only if it was announced.

    Raises CertificateProblem for a key that cannot encrypt.
    """
    try:
        key = read_facts(certificate).public_key
    except (MalformedInput, UnsupportedAlgorithm) as error:
        raise CertificateProblem(f"Nothing can be encrypted for this certificate. {error}") from error
    if isinstance(key, rsa.RSAPublicKey):
        return RecipientPlan(certificate, "rsa-oaep" if announces_oaep(capabilities) else "rsa-v15")
    if isinstance(key, ec.EllipticCurvePublicKey | x25519.X25519PublicKey | x448.X448PublicKey):
        return RecipientPlan(certificate, "ecdh")
    if isinstance(key, mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey):
        return RecipientPlan(certificate, "ml-kem")
    raise CertificateProblem("This certificate's key can only sign; ask its owner for one that can encrypt.")


def build_enveloped(
    content: bytes,
    recipients: Sequence[RecipientPlan],
    cipher: str,
    *,
    passwords: Sequence[str] = (),
    bind: bool = False,
) -> bytes:
    """Encrypt content and answer a DER ContentInfo: AuthEnvelopedData for an AEAD, EnvelopedData for CBC.

    Args:
        content: canonical bytes: a MIME entity with CRLF line ends.
        cipher: one of `ciphers.WRITABLE_CIPHERS`.
        passwords: further recipients who know only a password (RFC 3211).
        bind: bind the key to the cipher; only for recipients who all announced that they can read it (RFC 9709).
    """
    if not recipients and not passwords:
        raise CertificateProblem("There is nobody to encrypt for. Name at least one recipient.")
    chosen = writable_cipher(cipher)
    key = os.urandom(chosen.key_bytes)
    infos = [_recipient_info(plan, key, chosen) for plan in recipients]
    infos += [build_password_recipient(password.encode(), key) for password in passwords]
    encryption = ContentEncryption(chosen, key, bind=bind)
    size = encryption.size_bytes(len(content))
    if chosen.authenticated:
        kind, version = AUTH_ENVELOPED_DATA, 0
        mac_head = der.header(ber.OCTET_STRING, FULL_TAG_BYTES)
        rest = size + len(mac_head) + FULL_TAG_BYTES
    else:
        # RFC 5652 section 6.1: 3 with a password or other recipient, 2 when any RecipientInfo has not the version 0.
        ways = {plan.key_encryption for plan in recipients}
        version = 3 if passwords or "ml-kem" in ways else 2 if "ecdh" in ways else 0
        kind, mac_head, rest = ENVELOPED_DATA, b"", size
    head = der.opening(ber.SEQUENCE, der.oid(DATA) + encryption.identifier + der.header(0x80, size), size)
    head = der.opening(ber.SEQUENCE, der.integer(version) + der.set_of(infos) + head, rest)
    head = der.opening(ber.SEQUENCE, der.oid(kind) + der.opening(0xA0, head, rest), rest)
    return _written(head, encryption, content, size, mac_head)


def _written(head: bytes, encryption: ContentEncryption, content: bytes, size: int, mac_head: bytes) -> bytes:
    """The whole object in one buffer: ciphertext as large as a mail is never copied."""
    start = len(head)
    # Room for all from the begin: a BytesIO that grows is copied.
    whole = BytesIO(bytes(start + size + SPARE_BYTES + len(mac_head) + FULL_TAG_BYTES))
    with whole.getbuffer() as room, room[start:] as later:
        room[:start] = head
        mac = encryption.write(content, later)
    whole.seek(start + size)
    whole.write(mac_head + mac)
    whole.truncate()
    return whole.getvalue()


def _recipient_info(plan: RecipientPlan, key: bytes, cipher: ContentCipher) -> bytes:
    facts = read_facts(plan.certificate)
    public = facts.public_key
    if plan.key_encryption in ("rsa-v15", "rsa-oaep") and isinstance(public, rsa.RSAPublicKey):
        return _transport_info(facts, public, key, oaep=plan.key_encryption == "rsa-oaep")
    if plan.key_encryption == "ecdh":
        return _agreement_info(facts, key, cipher)
    if plan.key_encryption == "ml-kem":
        return build_kem_recipient(facts, key)
    raise UnsupportedAlgorithm(f"{plan.key_encryption} does not fit the key of a recipient's certificate.")


def _transport_info(facts: CertificateFacts, public: rsa.RSAPublicKey, key: bytes, *, oaep: bool) -> bytes:
    """KeyTransRecipientInfo; OAEP with SHA-256 for both hash and mask (RFC 8551 section 2.3)."""
    if oaep:
        sha256 = hash_algorithm("sha256")
        encrypted = public.encrypt(key, padding.OAEP(padding.MGF1(sha256), sha256, None))
        identifier = der.algorithm(DIGEST_OIDS["sha256"], der.NULL)
        parameters = der.sequence(der.context(0, identifier), der.context(1, der.algorithm(MGF1, identifier)))
        algorithm = der.algorithm(RSA_OAEP, parameters)
    else:
        encrypted = public.encrypt(key, padding.PKCS1v15())
        algorithm = der.algorithm(RSA, der.NULL)
    return der.sequence(
        der.integer(0), issuer_and_serial(facts.certificate).encode(), algorithm, der.octet_string(encrypted)
    )


def _agreement_info(facts: CertificateFacts, key: bytes, cipher: ContentCipher) -> bytes:
    """KeyAgreeRecipientInfo with an ephemeral key; the wrap is as strong as the content cipher."""
    scheme, originator, secret = _agree(facts)
    wrap = Algorithm(WRAP_OIDS[f"aes-{cipher.key_bytes * 8}"])
    key_encryption_key = derive_key(Algorithm(scheme), wrap, secret, None)
    recipient = der.sequence(
        issuer_and_serial(facts.certificate).encode(), der.octet_string(wrap_key(key_encryption_key, key))
    )
    return der.context(
        1,
        der.integer(3),
        der.context(0, der.context(1, originator)),
        der.algorithm(scheme, wrap.encode()),
        der.sequence(recipient),
    )


def _agree(facts: CertificateFacts) -> tuple[str, bytes, bytes]:
    """Key agreement scheme, the content of OriginatorPublicKey, and the shared secret."""
    public = facts.public_key
    if isinstance(public, ec.EllipticCurvePublicKey):
        ephemeral = ec.generate_private_key(public.curve)
        point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        digest = "sha256" if public.key_size <= 256 else "sha384" if public.key_size <= 384 else "sha512"
        secret = ephemeral.exchange(ec.ECDH(), public)
        return X963_OIDS[digest], facts.key_algorithm.encode() + der.bit_string(point), secret
    if isinstance(public, x25519.X25519PublicKey):
        own = x25519.X25519PrivateKey.generate()
        bits = der.bit_string(own.public_key().public_bytes_raw())
        return HKDF_OIDS["sha256"], facts.key_algorithm.encode() + bits, own.exchange(public)
    if isinstance(public, x448.X448PublicKey):
        larger = x448.X448PrivateKey.generate()
        bits = der.bit_string(larger.public_key().public_bytes_raw())
        return HKDF_OIDS["sha512"], facts.key_algorithm.encode() + bits, larger.exchange(public)
    raise UnsupportedAlgorithm("ecdh does not fit the key of a recipient's certificate.")
