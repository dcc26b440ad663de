"""SignedData and SignerInfo as received (RFC 5652 section 5). Reading judges nothing; `verify` does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import Algorithm, read_algorithm
from tui_mail.cms.attributes import Attribute, read_attributes
from tui_mail.cms.ber import Element, Fields
from tui_mail.cms.certificates import CertificateId, read_certificate_id
from tui_mail.cms.content import DATA, SIGNED_DATA, read_content_info
from tui_mail.model.errors import LimitExceeded, MalformedInput

MAX_SIGNERS = 32
MAX_CERTIFICATES = 200
MAX_CRLS = 50

_NOBODY = CertificateId()
_UNKNOWN = Algorithm("")


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo.

    Attributes:
        malformed: why it could not be read, as a sentence; the other fields mean nothing then.
        signed_attributes: None when the field is absent.
        signed_set: the element that holds them, as received.
    """

    malformed: str = ""
    certificate_id: CertificateId = _NOBODY
    digest_algorithm: Algorithm = _UNKNOWN
    signature_algorithm: Algorithm = _UNKNOWN
    signature: bytes = b""
    signed_attributes: tuple[Attribute, ...] | None = None
    unsigned_attributes: tuple[Attribute, ...] = ()
    signed_set: Element | None = None

    @property
    def signed_bytes(self) -> tuple[bytes, ...]:
        """All forms of `covered_bytes`."""
        return tuple(self.covered_bytes())

    def covered_bytes(self) -> Iterator[bytes]:
        """What the signature may cover, likeliest first: the signed attributes as SET OF, not as the [0] of the
        message (RFC 5652 section 5.4). All forms hold the same attributes; the second is made only when asked for."""
        if self.signed_set is None:
            return
        # QUIRK: DER sorts a SET OF; some signers (old Java, smart card middleware) sign and send in their own order.
        yield der.tlv(ber.SET, bytes(self.signed_set.body))
        yield der.set_of(der.from_ber(child) for child in ber.children(self.signed_set))


@dataclass(frozen=True, slots=True)
class SignedData:
    """A SignedData object.

    Attributes:
        certificates: DER of each X.509 certificate; other kinds are left out.
        content: the joined eContent, None when it is absent.
        content_type: dotted eContentType.
    """

    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signers: tuple[Signer, ...]
    content: bytes | None
    content_type: str

    @property
    def certs_only(self) -> bool:
        """A bundle of certificates or revocation lists without any signature (RFC 8551 section 3.2.2)."""
        return not self.signers and self.content is None


def parse_signed_data(data: bytes | BytesIO) -> SignedData:
    """Read a ContentInfo with SignedData, BER or DER.

    Args:
        data: in a BytesIO it is used up: a content as large as a mail is not copied out of it, it stays in its place.

    Raises:
        MalformedInput: the outer structure is broken. A broken SignerInfo is kept as `Signer.malformed`, because
            one signer's fault must not hide another's signature.
    """
    if not isinstance(data, BytesIO):
        signed, content = _read_signed_data(data)
        return signed if content is None else replace(signed, content=bytes(content))
    signed, content = _read_signed_data(data.getbuffer())
    if content is None:
        return signed
    with data.getbuffer() as room:
        # The content is the only view of the buffer that is left, and nothing but the content is needed of it.
        room[: len(content)] = content
    size = len(content)
    if isinstance(content, memoryview):
        content.release()
    data.truncate(size)
    return replace(signed, content=data.getvalue())


def _read_signed_data(data: bytes | memoryview) -> tuple[SignedData, bytes | memoryview | None]:
    """Everything but the content, and the content, in place if it stands in one piece."""
    content_type, content = read_content_info(data)
    if content_type != SIGNED_DATA:
        raise MalformedInput("This CMS object is not signed data.")
    fields = Fields(content)
    ber.small_integer(fields.take(ber.INTEGER))
    fields.take(ber.SET)  # digestAlgorithms: a hint for one-pass readers, may be empty or wrong
    encapsulated = Fields(fields.take(ber.SEQUENCE))
    encapsulated_type = ber.oid(encapsulated.take())
    holder = encapsulated.optional(0xA0)
    encapsulated.end()
    certificates = _take_set(fields.optional(0xA0), MAX_CERTIFICATES)
    crls = _take_set(fields.optional(0xA1), MAX_CRLS)
    infos = fields.take(ber.SET)
    fields.end()
    if holder is not None:
        infos = ber.read_tlv(
            infos.raw
        )  # a copy of its own, so that nothing holds on to the octets around a large content
    signers: list[Signer] = []
    for element in ber.children(infos):
        if len(signers) == MAX_SIGNERS:
            raise LimitExceeded(f"The message has more than {MAX_SIGNERS} signatures.")
        signers.append(_read_signer_gently(element))
    signed = SignedData(certificates, crls, tuple(signers), None, encapsulated_type)
    return signed, None if holder is None else _read_content(holder, encapsulated_type)


def _take_set(element: Element | None, limit: int) -> tuple[bytes, ...]:
    """The members with the universal SEQUENCE tag, in DER; attribute certificates and other forms have context tags."""
    found: list[bytes] = []
    for member in ber.children(element) if element else ():
        if len(found) == limit:
            break
        if member.tag == ber.SEQUENCE:
            found.append(_certificate_bytes(member))
    return tuple(found)


def _certificate_bytes(member: Element) -> bytes:
    # A certificate is DER and signed as such; only its outer shell can come in BER from an encoder that streams.
    raw = member.raw
    return der.from_ber(member) if raw[1] == 0x80 else raw


def _read_content(holder: Element, content_type: str) -> bytes | memoryview:
    fields = Fields(holder, None)
    content = fields.take()
    fields.end()
    if content.tag in (ber.OCTET_STRING, ber.OCTET_STRING | ber.CONSTRUCTED):
        return ber.octets_in_place(content)
    if content_type == DATA:
        raise MalformedInput("The signed content is not an octet string.")
    return content.body  # RFC 5652 section 5.2.1: PKCS #7 signed the content octets of any type


def _read_signer_gently(element: Element) -> Signer:
    try:
        return _read_signer(element)
    except MalformedInput as error:
        return Signer(malformed=str(error))


def _read_signer(element: Element) -> Signer:
    fields = Fields(element)
    ber.small_integer(fields.take(ber.INTEGER))
    certificate_id = read_certificate_id(fields.take())
    digest_algorithm = read_algorithm(fields.take())
    signed = fields.optional(0xA0)
    signature_algorithm = read_algorithm(fields.take())
    signature = ber.octets(fields.take())
    unsigned = fields.optional(0xA1)
    fields.end()
    return Signer(
        certificate_id=certificate_id,
        digest_algorithm=digest_algorithm,
        signature_algorithm=signature_algorithm,
        signature=signature,
        signed_attributes=None if signed is None else read_attributes(signed),
        unsigned_attributes=() if unsigned is None else read_attributes(unsigned),
        signed_set=signed,
    )
