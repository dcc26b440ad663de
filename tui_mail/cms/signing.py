"""Making SignedData (RFC 5652 section 5, RFC 8551 section 2)."""

from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from tui_mail.cms import attributes as attr
from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import digest as digest_of
from tui_mail.cms.algorithms import digest_identifier
from tui_mail.cms.capabilities import OUR_CAPABILITIES, Capability, encode_capabilities
from tui_mail.cms.certificates import CertificateFacts, issuer_and_serial, read_facts
from tui_mail.cms.content import DATA, SIGNED_DATA
from tui_mail.cms.schemes import RSA_PSS, ml_dsa_kind, read_pss_restriction, signature_identifier
from tui_mail.model.errors import CertificateProblem, UnsupportedAlgorithm
from tui_mail.model.keys import SignatureScheme, SigningKey

_MICALG = {
    "sha1": "sha-1",
    "sha224": "sha-224",
    "sha256": "sha-256",
    "sha384": "sha-384",
    "sha512": "sha-512",
    "shake256-len": "shake256-512",
}
_WRITABLE_DIGESTS = ("sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512")


def micalg(digest: str) -> str:
    """The value of the micalg parameter of multipart/signed (RFC 8551 section 3.5.3.2)."""
    return _MICALG.get(digest, digest)


def digest_name_for(key: SigningKey) -> str:
    """The digest that suits a key: as strong as the key, and what its algorithm prescribes."""
    return _scheme_for(read_facts(key.certificate), None).digest


def _scheme_for(facts: CertificateFacts, wish: str | None) -> SignatureScheme:
    key = facts.public_key
    if kind := ml_dsa_kind(key):
        # RFC 9882 section 3.3: every reader has SHA-512, SHAKE256 is the other one.
        return SignatureScheme(kind, "shake256" if wish == "shake256" else "sha512")
    if wish is not None and wish not in _WRITABLE_DIGESTS:
        raise UnsupportedAlgorithm(f"The digest {wish} is not used for signing; try {', '.join(_WRITABLE_DIGESTS)}.")
    if isinstance(key, rsa.RSAPublicKey):
        if facts.key_algorithm.oid == RSA_PSS:
            return SignatureScheme("rsa-pss", read_pss_restriction(facts.key_algorithm) or wish or "sha256")
        return SignatureScheme("rsa-v15", wish or "sha256")
    if isinstance(key, ec.EllipticCurvePublicKey):
        fitting = "sha256" if key.key_size <= 256 else "sha384" if key.key_size <= 384 else "sha512"
        return SignatureScheme("ecdsa", wish or fitting)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return SignatureScheme("ed25519", "sha512")  # RFC 8419 section 3.1
    if isinstance(key, ed448.Ed448PublicKey):
        return SignatureScheme("ed448", "shake256-len")
    raise CertificateProblem("This certificate's key cannot sign mail. Choose another certificate for signing.")


def build_signed_data(
    content: bytes,
    *keys: SigningKey,
    detached: bool,
    signing_time: datetime,
    digest: str | None = None,
    capabilities: Iterable[Capability] = OUR_CAPABILITIES,
    encryption_certificate: bytes | None = None,
) -> bytes:
    """Sign content and answer a DER ContentInfo with the signers' certificates and their chains.

    Args:
        content: canonical bytes: a MIME entity with CRLF line ends.
        keys: each makes a SignerInfo of its own over the same content, so that who knows one of them can check it.
        detached: leave the content out, for multipart/signed.
        digest: None for the one that suits the key; keys with a prescribed digest ignore the wish.
        encryption_certificate: DER of the one to encrypt answers for; None for the signer's own, where it can encrypt.
    """
    capabilities = tuple(capabilities)
    signers, digest_ids = [], set()
    certificates = {key.certificate for key in keys} | {above for key in keys for above in key.chain}
    if encryption_certificate is not None:
        certificates.add(encryption_certificate)
    for key in keys:
        facts = read_facts(key.certificate)
        scheme = _scheme_for(facts, digest)
        digest_ids.add(digest_identifier(scheme.digest))
        prefers = encryption_certificate or _own_if_it_can_encrypt(facts)
        message_digest = digest_of(scheme.digest, [content])
        attributes = _signed_attributes(facts, scheme, message_digest, signing_time, capabilities, prefers)
        signers.append(_signer_info(facts, key, scheme, attributes))
    encapsulated = [der.oid(DATA)]
    if not detached:
        encapsulated += der.wrap(0xA0, der.wrap(ber.OCTET_STRING, [content]))
    signed_data = der.wrap(
        ber.SEQUENCE,
        [
            der.integer(1),
            der.set_of(digest_ids),
            *der.wrap(ber.SEQUENCE, encapsulated),
            der.set_of(certificates, tag=0xA0),
            der.set_of(signers),
        ],
    )
    return b"".join(der.wrap(ber.SEQUENCE, [der.oid(SIGNED_DATA), *der.wrap(0xA0, signed_data)]))


def _signer_info(facts: CertificateFacts, key: SigningKey, scheme: SignatureScheme, attributes: list[bytes]) -> bytes:
    """SignerInfo (RFC 5652 section 5.3)."""
    return der.sequence(
        der.integer(1),
        issuer_and_serial(facts.certificate).encode(),
        digest_identifier(scheme.digest),
        der.set_of(attributes, tag=0xA0),
        signature_identifier(scheme.kind, scheme.digest),
        der.octet_string(key.sign(der.set_of(attributes), scheme)),
    )


def _own_if_it_can_encrypt(facts: CertificateFacts) -> bytes | None:
    return facts.certificate if isinstance(facts.public_key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else None


def _signed_attributes(
    facts: CertificateFacts,
    scheme: SignatureScheme,
    message_digest: bytes,
    signing_time: datetime,
    capabilities: tuple[Capability, ...],
    prefers: bytes | None,
) -> list[bytes]:
    identifier = issuer_and_serial(facts.certificate)
    signature_id = signature_identifier(scheme.kind, scheme.digest)
    # RFC 6211 section 2: digestAlgorithm, then [1] IMPLICIT signatureAlgorithm.
    protection = der.sequence(digest_identifier(scheme.digest), b"\xa1" + signature_id[1:])
    found = [
        attr.attribute(attr.CONTENT_TYPE, der.oid(DATA)),
        attr.attribute(attr.SIGNING_TIME, der.time(signing_time)),
        attr.attribute(attr.MESSAGE_DIGEST, der.octet_string(message_digest)),
        attr.attribute(attr.ALGORITHM_PROTECTION, protection),
        attr.attribute(attr.SIGNING_CERTIFICATE_V2, attr.signing_certificate_v2(facts.certificate, identifier)),
    ]
    if capabilities:
        found.append(attr.attribute(attr.CAPABILITIES, encode_capabilities(capabilities)))
    if capabilities and prefers is not None:
        # RFC 8551 section 2.5.3: [0] IMPLICIT IssuerAndSerialNumber.
        preference = b"\xa0" + issuer_and_serial(prefers).encode()[1:]
        found.append(attr.attribute(attr.ENCRYPTION_KEY_PREFERENCE, preference))
    return found
