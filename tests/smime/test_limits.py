"""Every limit on what one message may cost: what lies beyond is told, and never raises."""

import base64
import time
import zlib

import pytest

from tests.pki import NOW, Pki
from tui_mail.cms import (
    attributes,
    ber,
    capabilities,
    compressed,
    der,
    envelope,
    kem,
    password,
    recipients,
    recurring,
    schemes,
    signed_data,
)
from tui_mail.cms.content import COMPRESSED_DATA, DATA
from tui_mail.cms.enveloped import build_enveloped, decrypt_with_password, default_plan, parse_enveloped
from tui_mail.cms.signed import build_signed_data, parse_signed_data
from tui_mail.model.security import Integrity, Letter
from tui_mail.smime import peel
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.view import view
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA = PKI.issue("anna@clinic.test")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
HEAD = b"From: Anna <anna@clinic.test>\r\nTo: bert@clinic.test\r\nSubject: Much\r\n"
TEXT = b"Content-Type: text/plain\r\n\r\nDear Bert\r\n"


def opened(raw: bytes) -> Opened:
    found = open_message(raw, keys=(ANNA.key,), trust=TRUST, now=NOW)
    view(found, 1)
    return found


def as_object(data: bytes, kind: str) -> bytes:
    body = base64.encodebytes(data).replace(b"\n", b"\r\n")
    head = f"Content-Type: application/pkcs7-mime; smime-type={kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + body


def signed_by_many(content: bytes, times: int) -> bytes:
    """One SignedData whose only signature stands there many times."""
    data = build_signed_data(content, ANNA.key, detached=False, signing_time=NOW)
    outer = list(ber.children(ber.read_tlv(data)))
    *fields, signers = list(ber.children(next(ber.children(outer[1]))))
    one = next(ber.children(signers)).raw
    inner = der.sequence(*(field.raw for field in fields), der.tlv(ber.SET, one * times))
    return der.sequence(outer[0].raw, der.context(0, inner))


def squeeze(content: bytes) -> bytes:
    """CompressedData (RFC 3274)."""
    content_info = der.sequence(der.oid(DATA), der.context(0, der.octet_string(zlib.compress(content, 9))))
    algorithm = der.algorithm("1.2.840.113549.1.9.16.3.8")
    return der.sequence(der.oid(COMPRESSED_DATA), der.context(0, der.sequence(der.integer(0), algorithm, content_info)))


def test_the_signatures_of_one_object_are_limited() -> None:
    fits = opened(HEAD + as_object(signed_by_many(TEXT, signed_data.MAX_SIGNERS), "signed-data"))
    assert fits.security.verdict.letter is Letter.VALID
    found = opened(HEAD + as_object(signed_by_many(TEXT, signed_data.MAX_SIGNERS + 1), "signed-data"))
    assert found.security.verdict.letter is Letter.BROKEN
    assert f"more than {signed_data.MAX_SIGNERS} signatures" in found.security.verdict.reasons[0]


def test_the_signatures_of_all_layers_together_are_limited() -> None:
    """Eleven layers of 32 signers each would cost 352 public key operations."""
    message = TEXT
    for _ in range(peel.MAX_LAYERS - 1):
        message = as_object(signed_by_many(message, signed_data.MAX_SIGNERS), "signed-data")
    begin = time.process_time()
    security = opened(HEAD + message).security
    assert time.process_time() - begin < 1
    checked = [one for one in security.signatures if one.integrity is Integrity.INTACT]
    assert len(checked) == peel.MAX_CHECKED_SIGNATURES
    assert any("the others are not checked" in one.integrity_reason for one in security.signatures)


def test_the_layers_are_limited() -> None:
    message = TEXT
    for _ in range(peel.MAX_LAYERS + 1):
        message = as_object(squeeze(message), "compressed-data")
    found = opened(HEAD + message)
    assert found.security.layers == ("compressed",) * peel.MAX_LAYERS
    assert any(f"more than {peel.MAX_LAYERS} layers" in warning for warning in found.security.warnings)


def test_the_attributes_of_a_signature_are_limited() -> None:
    one = attributes.attribute("1.2.3", der.NULL)
    fits = ber.read_tlv(der.tlv(ber.SET, one * attributes.MAX_ATTRIBUTES))
    assert len(attributes.read_attributes(fits)) == attributes.MAX_ATTRIBUTES
    with pytest.raises(attributes.LimitExceeded):
        attributes.read_attributes(ber.read_tlv(der.tlv(ber.SET, one * (attributes.MAX_ATTRIBUTES + 1))))


def test_the_certificates_of_a_signature_are_limited() -> None:
    data = build_signed_data(TEXT, ANNA.key, detached=False, signing_time=NOW)
    outer = list(ber.children(ber.read_tlv(data)))
    fields = [field.raw for field in ber.children(next(ber.children(outer[1])))]
    many = der.tlv(0xA0, ANNA.certificate * (signed_data.MAX_CERTIFICATES + 50))
    crowd = der.sequence(outer[0].raw, der.context(0, der.sequence(*fields[:3], many, fields[4])))
    assert len(parse_signed_data(crowd).certificates) == signed_data.MAX_CERTIFICATES
    assert opened(HEAD + as_object(crowd, "signed-data")).security.verdict.letter is Letter.VALID


def test_the_recipients_are_limited() -> None:
    data = build_enveloped(TEXT, [default_plan(ANNA.certificate)], "aes-256-gcm")
    outer = list(ber.children(ber.read_tlv(data)))
    version, people, *rest = list(ber.children(next(ber.children(outer[1]))))
    crowd = der.tlv(ber.SET, next(ber.children(people)).raw * (recipients.MAX_RECIPIENTS + 1))
    inner = der.sequence(version.raw, crowd, *(field.raw for field in rest))
    found = opened(HEAD + as_object(der.sequence(outer[0].raw, der.context(0, inner)), "enveloped-data"))
    assert f"more than {recipients.MAX_RECIPIENTS} recipients" in found.problem


def test_what_unfolds_is_limited_over_all_layers_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peel, "MAX_DECOMPRESSED_BYTES", 500_000)
    inner = as_object(squeeze(TEXT + bytes(300_000)), "compressed-data")
    assert not opened(HEAD + inner).problem
    twice = as_object(squeeze(inner + b"\r\n" * 120_000), "compressed-data")
    assert "larger than" in opened(HEAD + twice).problem


def test_a_small_message_does_not_unfold_to_gigabytes() -> None:
    bomb = squeeze(bytes(compressed.MAX_DECOMPRESSED_BYTES + 1))
    begin = time.process_time()
    assert "larger than" in opened(HEAD + as_object(bomb, "compressed-data")).problem
    assert time.process_time() - begin < 3


def test_the_recipients_that_name_one_key_are_tried_only_so_often() -> None:
    """Each costs a private key operation and a pass over the content."""
    data = build_enveloped(TEXT, [default_plan(ANNA.certificate)], "aes-256-gcm")
    outer = list(ber.children(ber.read_tlv(data)))
    version, people, *rest = list(ber.children(next(ber.children(outer[1]))))
    good = next(ber.children(people)).raw
    wrong = good[:-1] + bytes([good[-1] ^ 1])
    for before, opens in ((envelope.MAX_TRIES - 1, True), (envelope.MAX_TRIES, False)):
        crowd = der.tlv(ber.SET, wrong * before + good)
        inner = der.sequence(version.raw, crowd, *(field.raw for field in rest))
        found = opened(HEAD + as_object(der.sequence(outer[0].raw, der.context(0, inner)), "enveloped-data"))
        assert (not found.problem) is opens


def test_the_rounds_of_a_password_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "OUR_ITERATIONS", 1_001)
    data = build_enveloped(TEXT, [], "aes-256-gcm", passwords=["secret"])
    assert decrypt_with_password(parse_enveloped(data), "secret") == TEXT
    monkeypatch.setattr(password, "MAX_ITERATIONS", 1_000)
    with pytest.raises(attributes.LimitExceeded, match="too many rounds"):
        decrypt_with_password(parse_enveloped(data), "secret")


def test_a_key_that_is_too_long_is_not_computed_with(monkeypatch: pytest.MonkeyPatch) -> None:
    rosa = PKI.issue("anna@clinic.test", key="rsa")
    data = as_object(build_signed_data(TEXT, rosa.key, detached=False, signing_time=NOW), "signed-data")
    assert opened(HEAD + data).security.verdict.letter is Letter.VALID
    recurring._known.clear()  # what was found of her signatures held for the limit of before
    monkeypatch.setattr(schemes, "MAX_RSA_BITS", 2_047)
    monkeypatch.setattr(schemes, "checker", lambda *_: pytest.fail("it was computed with"))
    found = opened(HEAD + data).security
    assert found.verdict.letter is Letter.BROKEN
    assert "too long" in " ".join(found.verdict.reasons)


def test_what_a_kem_recipient_may_ask_of_a_derivation_is_limited() -> None:
    hkdf = kem.Algorithm(kem.HKDF_SHA256)
    assert len(kem.derive(hkdf, b"secret", kem.MAX_SECRET_BYTES, b"")) == kem.MAX_SECRET_BYTES
    for length in (0, kem.MAX_SECRET_BYTES + 1):
        with pytest.raises(kem.MalformedInput, match="impossible length"):
            kem.derive(hkdf, b"secret", length, b"")


def test_the_capabilities_of_a_signature_are_limited() -> None:
    one = der.sequence(der.oid("1.2.3.4"))
    fits = capabilities.read_capabilities(ber.read_tlv(der.sequence(one * capabilities.MAX_CAPABILITIES)))
    assert len(fits) == capabilities.MAX_CAPABILITIES
    more = capabilities.read_capabilities(ber.read_tlv(der.sequence(one * (capabilities.MAX_CAPABILITIES + 1))))
    assert more == fits
