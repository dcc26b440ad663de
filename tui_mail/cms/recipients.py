"""RecipientInfos as received (RFC 5652 section 6.2): whom they name, and the request that opens them.

Law: a recipient is chosen by its identifier, never by trying keys until one fits; and a recipient of somebody else
that is unknown or broken does not matter.
"""

from dataclasses import dataclass

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import Algorithm, digest_name, read_algorithm
from tui_mail.cms.ber import Element, Fields
from tui_mail.cms.certificates import CertificateId, read_certificate_id, read_facts, read_issuer_and_serial
from tui_mail.cms.kem import (
    KEM_RECIPIENT,
    RSA_KEM_TRANSPORT,
    KemRecipient,
    kem_name,
    read_kem_recipient,
    unwrap_rsa_kem_transport,
)
from tui_mail.cms.key_wrap import P_SPECIFIED, RSA_OAEP, agreement_name, derive_key, unwrap_key
from tui_mail.cms.password import PasswordRecipient, SharedKeyRecipient, read_password, read_shared_key
from tui_mail.cms.schemes import MGF1, RSA
from tui_mail.model.errors import DecryptionFailed, MalformedInput, UnsupportedAlgorithm
from tui_mail.model.keys import DecryptionKey, KeyAgreement, RsaTransport
from tui_mail.model.security import RecipientId

MAX_RECIPIENTS = 5000


@dataclass(frozen=True, slots=True)
class KeyTransport:
    """KeyTransRecipientInfo: the key encrypted with RSA."""

    algorithm: Algorithm
    encrypted_key: bytes

    def unwrap(self, key: DecryptionKey) -> bytes:
        """The content-encryption key; for RSA v1.5 any bytes at all when the ciphertext is not for this key."""
        if self.algorithm.oid == RSA_KEM_TRANSPORT:
            return unwrap_rsa_kem_transport(self.algorithm, self.encrypted_key, key)
        return key.unwrap(_transport_request(self.algorithm, self.encrypted_key))


@dataclass(frozen=True, slots=True)
class Agreement:
    """One recipient of a KeyAgreeRecipientInfo (RFC 5753, RFC 8418).

    Attributes:
        originator_key: the bits of the originator's public key, None when it names a certificate instead.
    """

    algorithm: Algorithm
    originator_key: bytes | None
    user_material: bytes | None
    encrypted_key: bytes

    def unwrap(self, key: DecryptionKey) -> bytes:
        """The content-encryption key."""
        if self.originator_key is None:
            # RFC 5753 section 3.1 has only ephemeral-static for mail; some programs of smart cards made the other.
            raise UnsupportedAlgorithm("Key agreement with the sender's certificate (static) is not computed here.")
        wrap = read_algorithm(ber.read_tlv(self.algorithm.parameters or der.NULL))
        # The originator's own curve parameters are a repetition of ours (RFC 5753 section 3.1.1).
        own = read_facts(key.certificate).key_algorithm
        peer = der.sequence(own.encode(), der.bit_string(self.originator_key))
        # The derivation is tried with no secret first, so that an unknown algorithm is named before the key is used.
        derive_key(self.algorithm, wrap, b"", self.user_material)
        secret = key.unwrap(KeyAgreement(peer))
        return unwrap_key(wrap, derive_key(self.algorithm, wrap, secret, self.user_material), self.encrypted_key)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of an encrypted message.

    Attributes:
        certificate_id: whom it names; None for passwords, shared keys and kinds that are not read here.
        way: how the key is protected; None when that cannot be computed here.
    """

    info: RecipientId
    certificate_id: CertificateId | None = None
    way: KeyTransport | Agreement | KemRecipient | PasswordRecipient | SharedKeyRecipient | None = None

    def matches(self, certificate: bytes) -> bool:
        """The recipient is the owner of this DER certificate."""
        if self.certificate_id is None:
            return False
        try:
            return self.certificate_id.matches(read_facts(certificate))
        except MalformedInput:
            return False


def read_recipients(element: Element) -> tuple[Recipient, ...]:
    """Read the SET OF RecipientInfo. Broken members are kept as recipients that match nobody."""
    found: list[Recipient] = []
    for member in ber.children(element):
        try:
            found.extend(_read_recipient(member))
        except MalformedInput:
            found.append(Recipient(RecipientId("unknown", "malformed", "")))
        if len(found) > MAX_RECIPIENTS:
            raise MalformedInput(f"The message has more than {MAX_RECIPIENTS} recipients.")
    return tuple(found)


def _read_recipient(member: Element) -> list[Recipient]:
    if member.tag == ber.SEQUENCE:
        return [_read_transport(member)]
    if member.tag == 0xA1:
        return _read_agreement(member)
    if member.tag == 0xA2:
        shared = read_shared_key(member)
        return [Recipient(RecipientId("kekri", shared.name, shared.key_id.hex()), way=shared)]
    if member.tag == 0xA3:
        password = read_password(member)
        return [Recipient(RecipientId("pwri", password.name, ""), way=password)]
    if member.tag == 0xA4:
        return [_read_other(member)]
    return [Recipient(RecipientId("unknown", "", ""))]


def _read_transport(member: Element) -> Recipient:
    fields = Fields(member)
    ber.small_integer(fields.take())
    certificate_id = read_certificate_id(fields.take())
    algorithm = read_algorithm(fields.take())
    encrypted_key = ber.octets(fields.take())
    fields.end()
    info = RecipientId("ktri", _transport_name(algorithm), certificate_id.text)
    return Recipient(info, certificate_id, KeyTransport(algorithm, encrypted_key))


def _transport_name(algorithm: Algorithm) -> str:
    if algorithm.oid in (RSA, RSA_KEM_TRANSPORT):
        return "rsa-v15" if algorithm.oid == RSA else "rsa-kem"
    if algorithm.oid != RSA_OAEP:
        return algorithm.oid
    try:
        return f"rsa-oaep+{_transport_request(algorithm, b'').oaep_hash}"
    except (MalformedInput, UnsupportedAlgorithm):
        return "rsa-oaep"


def _transport_request(algorithm: Algorithm, encrypted_key: bytes) -> RsaTransport:
    """RFC 3370 section 4.2.1, and RSAES-OAEP-params of RFC 4055 section 4.1 with all their defaults of SHA-1."""
    if algorithm.oid == RSA:
        return RsaTransport(encrypted_key)
    if algorithm.oid != RSA_OAEP:
        raise UnsupportedAlgorithm(f"Key transport with {algorithm.oid} is not computed here.")
    digest, mgf_digest, label = "sha1", "sha1", b""
    if not algorithm.parameters or algorithm.parameters == der.NULL:
        return RsaTransport(encrypted_key, digest, mgf_digest)
    fields = Fields(ber.read_tlv(algorithm.parameters))
    if found := fields.optional(0xA0):
        digest = digest_name(read_algorithm(Fields(found, None).take()))
    if found := fields.optional(0xA1):
        mask = read_algorithm(Fields(found, None).take())
        if mask.oid != MGF1 or not mask.parameters:
            raise UnsupportedAlgorithm("RSA-OAEP with another mask function than MGF1 is not computed here.")
        mgf_digest = digest_name(read_algorithm(ber.read_tlv(mask.parameters)))
    if found := fields.optional(0xA2):
        source = read_algorithm(Fields(found, None).take())
        if source.oid != P_SPECIFIED:
            raise UnsupportedAlgorithm("RSA-OAEP with an unknown source of the label is not computed here.")
        label = ber.octets(ber.read_tlv(source.parameters)) if source.parameters else b""
    fields.end()
    return RsaTransport(encrypted_key, digest, mgf_digest, label)


def _read_agreement(member: Element) -> list[Recipient]:
    fields = Fields(member, 0xA1)
    ber.small_integer(fields.take())
    originator = Fields(fields.take(0xA0), 0xA0).take()
    originator_key = None
    if originator.tag == 0xA1:
        key_fields = Fields(originator, 0xA1)
        key_fields.take()
        originator_key = ber.bit_string(key_fields.take())
    holder = fields.optional(0xA1)
    user_material = None if holder is None else ber.octets(Fields(holder, 0xA1).take())
    algorithm = read_algorithm(fields.take())
    found = []
    for item in ber.children(fields.take(ber.SEQUENCE)):
        parts = Fields(item)
        certificate_id = _read_agreement_id(parts.take())
        way = Agreement(algorithm, originator_key, user_material, ber.octets(parts.take()))
        name = agreement_name(algorithm) + ("" if originator_key is not None else " (static)")
        info = RecipientId("kari", name, certificate_id.text)
        found.append(Recipient(info, certificate_id, way))
    return found


def _read_agreement_id(element: Element) -> CertificateId:
    """KeyAgreeRecipientIdentifier: IssuerAndSerialNumber or [0] RecipientKeyIdentifier."""
    if element.tag == 0xA0:
        return CertificateId(key_identifier=ber.octets(Fields(element, 0xA0).take()))
    return read_issuer_and_serial(element)


def _read_other(member: Element) -> Recipient:
    """OtherRecipientInfo: KEM recipients (RFC 9629); others are named by their type."""
    fields = Fields(member, 0xA4)
    kind = ber.oid(fields.take())
    if kind != KEM_RECIPIENT:
        return Recipient(RecipientId("unknown", kind, ""))
    certificate_id, way = read_kem_recipient(fields.take())
    return Recipient(RecipientId("kemri", kem_name(way.kem), certificate_id.text), certificate_id, way)


def unwrap(recipient: Recipient, key: DecryptionKey) -> bytes:
    """The content-encryption key. Raises DecryptionFailed, UnsupportedAlgorithm, VaultLocked."""
    if not isinstance(recipient.way, KeyTransport | Agreement | KemRecipient):
        raise UnsupportedAlgorithm(f"Key encryption with {recipient.info.algorithm} is not computed here.")
    try:
        return recipient.way.unwrap(key)
    except MalformedInput:
        raise DecryptionFailed from None
