"""Is one signature good? Facts only: who may be trusted is another room's question.

Law: bad mail never raises here; everything that can be wrong is an `Integrity` with a sentence.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tui_mail.cms import attributes as attr
from tui_mail.cms import ber
from tui_mail.cms.algorithms import digest
from tui_mail.cms.capabilities import Capability, read_capabilities
from tui_mail.cms.certificates import CertificateFacts, readable_facts
from tui_mail.cms.content import DATA
from tui_mail.cms.schemes import Scheme, algorithm_name, is_valid, read_scheme, refusal
from tui_mail.cms.signed_data import SignedData, Signer
from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm
from tui_mail.model.security import Integrity


class SignerResult(Struct, frozen=True):
    """What is true of one signature.

    Attributes:
        reason: a sentence, empty when the signature is intact.
        certificate: DER of the signer's certificate, None when it is not known.
        algorithm: "rsa-pss+sha256", "ecdsa+sha384", "ed25519" … or the dotted identifier.
        signing_time: as claimed by the signer.
        capabilities: only from an intact signature.
        encryption_certificate: the certificate that the signer wants mail encrypted for, if it names one that is here.
    """

    integrity: Integrity
    reason: str = ""
    certificate: bytes | None = None
    algorithm: str = ""
    signing_time: datetime | None = None
    capabilities: tuple[Capability, ...] = ()
    encryption_certificate: bytes | None = None


def check_signer(
    signed: SignedData,
    signer: Signer,
    content: bytes | Sequence[bytes | memoryview] | None,
    *,
    now: datetime,
    extra_certificates: Sequence[bytes] = (),
) -> SignerResult:
    """Check one signature of a SignedData.

    Args:
        content: the canonical bytes that a detached signature covers, whole or in pieces; None when the content is
            inside. Both at once, or neither, is a broken message (RFC 8551 section 3.5.3).
        now: the moment of judgement; a signature cannot have been made after it.
        extra_certificates: DER of certificates known from elsewhere, used when the message brings none.
    """
    result = SignerResult(Integrity.MALFORMED, algorithm=algorithm_name(signer.signature_algorithm))
    if signer.malformed:
        return replace(result, reason=signer.malformed, algorithm="")
    try:
        return _check(signed, signer, content, now, extra_certificates, result)
    except UnsupportedAlgorithm as error:
        return replace(result, integrity=Integrity.UNSUPPORTED, reason=str(error))
    except MalformedInput as error:
        return replace(result, reason=str(error))


def _check(
    signed: SignedData,
    signer: Signer,
    content: bytes | Sequence[bytes | memoryview] | None,
    now: datetime,
    extra_certificates: Sequence[bytes],
    result: SignerResult,
) -> SignerResult:
    signed_attributes = signer.signed_attributes
    attr.check_structure(signed_attributes or (), signer.unsigned_attributes)
    signing_time = _signing_time(signed_attributes or ())
    result = replace(result, signing_time=signing_time)
    candidates = _named(signer, signed.certificates) or _named(signer, tuple(extra_certificates))
    if candidates:
        result = replace(result, certificate=candidates[0].certificate)
    chunks = _content_chunks(signed, content)
    scheme = read_scheme(signer.signature_algorithm, signer.digest_algorithm, direct=signed_attributes is None)
    result = replace(result, algorithm=scheme.name)
    if signed_attributes is None:
        _refuse_ambiguous(signed, chunks)
        whole: bytes | None = b"".join(chunks)
    else:
        if not _digest_matches(signed, signer, signed_attributes, scheme, chunks):
            return replace(result, integrity=Integrity.ALTERED, reason="The content was changed after signing.")
        whole = None
    if not candidates:
        return replace(
            result,
            integrity=Integrity.NO_CERTIFICATE,
            reason="The signer's certificate is not in the message and not known here.",
        )
    candidates = [facts for facts in candidates if attr.names_certificate(signed_attributes or (), facts)]
    if not candidates:
        raise MalformedInput("The signature names another certificate than the one that came with it.")
    made = min(signing_time or now, now)
    return _judge(scheme, candidates, signer, whole, made, _with_wishes(result, signed, signer))


def _named(signer: Signer, certificates: tuple[bytes, ...]) -> list[CertificateFacts]:
    return [facts for facts in readable_facts(certificates) if signer.certificate_id.matches(facts)]


def _content_chunks(
    signed: SignedData, content: bytes | Sequence[bytes | memoryview] | None
) -> Sequence[bytes | memoryview]:
    if content is None:
        if signed.content is None:
            raise MalformedInput("The signed object holds no content.")
        return [signed.content]
    if signed.content is not None:
        raise MalformedInput("The signature carries a content of its own beside the one that is shown.")
    return [content] if isinstance(content, bytes) else content


def _signing_time(attributes: Sequence[attr.Attribute]) -> datetime | None:
    value = attr.single(attributes, attr.SIGNING_TIME)
    return None if value is None else attr.read_time(value)


def _refuse_ambiguous(signed: SignedData, chunks: Sequence[bytes | memoryview]) -> None:
    """A signature without signed attributes over bytes that are themselves signed attributes was made for another
    content: the two forms of RFC 5652 section 5.4 cannot be told apart by the signature (RFC 8933, EUF-CMA)."""
    if signed.content_type != DATA:
        raise MalformedInput("A signature over this type of content must have signed attributes.")
    if not chunks or bytes(chunks[0][:1]) != b"\x31":
        return
    try:
        found = {item.oid for item in attr.read_attributes(ber.read_tlv(b"".join(chunks)))}
    except MalformedInput:
        return
    if {attr.CONTENT_TYPE, attr.MESSAGE_DIGEST} <= found:
        raise MalformedInput("The signature was made for another content than the one that is shown.")


def _digest_matches(
    signed: SignedData,
    signer: Signer,
    attributes: Sequence[attr.Attribute],
    scheme: Scheme,
    chunks: Sequence[bytes | memoryview],
) -> bool:
    content_type = attr.single(attributes, attr.CONTENT_TYPE)
    message_digest = attr.single(attributes, attr.MESSAGE_DIGEST)
    if content_type is None or message_digest is None:
        raise MalformedInput("The signature lacks its content type or message digest.")
    if ber.oid(content_type) != signed.content_type:
        raise MalformedInput("The signature was made for another type of content.")
    protection = attr.single(attributes, attr.ALGORITHM_PROTECTION)
    if protection is not None:
        attr.check_algorithm_protection(protection, signer.digest_algorithm, signer.signature_algorithm)
    return hmac.compare_digest(digest(scheme.digest, chunks), ber.octets(message_digest))


def _judge(
    scheme: Scheme,
    candidates: list[CertificateFacts],
    signer: Signer,
    whole: bytes | None,
    made: datetime,
    good: SignerResult,
) -> SignerResult:
    """Try every certificate that the signer's identifier fits: a key identifier may fit several."""
    bare = replace(good, capabilities=(), encryption_certificate=None)
    problem: UnsupportedAlgorithm | MalformedInput | None = None
    for facts in candidates:
        covered = signer.covered_bytes() if whole is None else (whole,)
        try:
            key = facts.public_key
            refused = refusal(scheme, key, made)
            if refused and len(candidates) == 1:
                return replace(bare, integrity=Integrity.REFUSED, reason=refused, certificate=facts.certificate)
            if not any(is_valid(scheme, key, signer.signature, data) for data in covered):
                continue
        except (UnsupportedAlgorithm, MalformedInput) as error:
            problem = error
            continue
        if refused:
            return replace(bare, integrity=Integrity.REFUSED, reason=refused, certificate=facts.certificate)
        return replace(good, integrity=Integrity.INTACT, certificate=facts.certificate)
    if problem is not None:
        raise problem
    return replace(
        bare,
        integrity=Integrity.BAD_SIGNATURE,
        reason="The signature does not fit: it was changed, or another key made it.",
        certificate=candidates[0].certificate,
    )


def _with_wishes(result: SignerResult, signed: SignedData, signer: Signer) -> SignerResult:
    """Add what the signer asks of those who answer: ciphers, and the certificate to encrypt for."""
    attributes = signer.signed_attributes or ()
    capabilities = attr.single(attributes, attr.CAPABILITIES)
    if capabilities is not None:
        result = replace(result, capabilities=read_capabilities(capabilities))
    preference = attr.single(attributes, attr.ENCRYPTION_KEY_PREFERENCE)
    wanted = None if preference is None else attr.read_key_preference(preference)
    if wanted is not None:
        for facts in readable_facts(signed.certificates):
            if wanted.matches(facts):
                return replace(result, encryption_certificate=facts.certificate)
    return result
