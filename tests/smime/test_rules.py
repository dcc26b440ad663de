"""Rules that implementations of the standards usually break, by their number in the list of acceptance criteria.

Here stand those that concern a whole message; the others are named in the tests of their rooms.
"""

from datetime import timedelta

import pytest

from tests.pki import NOW, Pki
from tui_mail.cms import attributes as attr
from tui_mail.cms import ber, der
from tui_mail.cms.capabilities import CEK_HKDF, OUR_CAPABILITIES, all_bind
from tui_mail.cms.enveloped import build_enveloped, decrypt, default_plan, parse_enveloped
from tui_mail.cms.key_wrap import HKDF_OIDS
from tui_mail.cms.signed import build_signed_data, check_signer, parse_signed_data
from tui_mail.mime.encode import base64_body
from tui_mail.mime.tree import parse
from tui_mail.model.errors import UnsupportedAlgorithm
from tui_mail.model.security import Integrity, Letter
from tui_mail.smime.open import open_message
from tui_mail.smime.peel import MAX_LAYERS
from tui_mail.smime.protect import protect
from tui_mail.smime.view import view
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA, BERT = PKI.issue("anna@clinic.test", key="rsa"), PKI.issue("bert@clinic.test")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
HEAD = b"From: anna@clinic.test\r\nTo: bert@clinic.test\r\nSubject: Rules\r\nMIME-Version: 1.0\r\n"
TEXT = b"Content-Type: text/plain\r\n\r\nThe text\r\n"


def opened(raw, *keys, now=NOW, trust=TRUST):
    return open_message(raw, trust=trust, now=now, keys=keys)


def as_object(data, name="smime.p7m", kind="application/pkcs7-mime"):
    return f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'.encode() + base64_body(
        data
    )


def signed_text(entity, key=ANNA.key):
    """A clear-signed mail over exactly these bytes, which may be anything."""
    data = build_signed_data(entity, key, detached=True, signing_time=NOW)
    return (
        HEAD
        + b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="b"\r\n\r\n--b\r\n'
        + entity
        + b"\r\n--b\r\n"
        + as_object(data, "smime.p7s", "application/pkcs7-signature")
        + b"--b--\r\n"
    )


def test_rule_7_a_signing_time_in_the_future_is_said():
    raw = protect(HEAD + b"\r\nText\r\n", sign=ANNA.key, now=NOW + timedelta(days=30))
    (check,) = opened(raw).security.signatures
    assert "has not come yet" in check.path_reason


def with_unsigned_attribute(data, value, oid="1.2.840.113549.1.9.6"):
    """The one SignerInfo of a SignedData with one more attribute outside the signature."""
    signer = list(ber.children(list(ber.children(ber.read_tlv(data)))[1]))
    fields = list(ber.children(signer[0]))
    infos = next(iter(ber.children(fields[-1])))
    grown = der.tlv(0x30, bytes(infos.body), der.set_of([attr.attribute(oid, value)], tag=0xA1))
    body = der.sequence(*(one.raw for one in fields[:-1]), der.set_of([grown]))
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.context(0, body))


def test_rfc5652_section_11_4_countersignatures_are_ignored_whatever_they_are():
    """A countersignature is a SignerInfo outside the signature: a good one adds nothing, a broken one takes nothing."""
    data = build_signed_data(TEXT, ANNA.key, detached=False, signing_time=NOW)
    other = build_signed_data(b"other", BERT.key, detached=False, signing_time=NOW)
    for value in (signer_info(other), der.sequence(), der.octet_string(b"rubbish")):
        signed = parse_signed_data(with_unsigned_attribute(data, value))
        (signer,) = signed.signers
        result = check_signer(signed, signer, None, now=NOW)
        assert (result.integrity, result.certificate) == (Integrity.INTACT, ANNA.certificate)


def signer_info(data):
    """The SignerInfo of a SignedData, as it stands."""
    body = next(iter(ber.children(list(ber.children(ber.read_tlv(data)))[1])))
    return next(iter(ber.children(list(ber.children(body))[-1]))).raw


def test_rule_9_a_broken_recipient_of_another_kind_does_not_block_ours():
    data = build_enveloped(TEXT, [default_plan(BERT.certificate)], "aes-256-cbc")
    outer = list(ber.children(ber.read_tlv(data)))
    fields = list(ber.children(next(iter(ber.children(outer[1])))))
    ours = next(iter(ber.children(fields[1]))).raw
    for broken in (
        der.context(4, der.oid("1.2.840.113549.1.9.16.13.3"), der.sequence(der.integer(0))),
        der.context(4, der.oid("1.2.3.4"), der.NULL),
        der.context(9, der.integer(1)),
        der.sequence(der.integer(7)),
    ):
        body = der.sequence(fields[0].raw, der.set_of([ours, broken]), fields[2].raw)
        made = der.sequence(outer[0].raw, der.context(0, body))
        assert decrypt(parse_enveloped(made), BERT.key) == TEXT


def test_rfc5753_section_3_1_1_agreement_with_the_senders_certificate_is_named():
    """Static-static ECDH: not computed here, and not called damaged."""
    recipient = der.sequence(BERT_ID, der.octet_string(bytes(40)))
    agreement = der.context(
        1,
        der.integer(3),
        der.context(0, ANNA_ID),
        der.algorithm("1.3.132.1.11.1", der.algorithm("2.16.840.1.101.3.4.1.45")),
        der.sequence(recipient),
    )
    cipher = der.algorithm("2.16.840.1.101.3.4.1.42", der.octet_string(bytes(16)))
    content = der.sequence(der.oid("1.2.840.113549.1.7.1"), cipher, der.tlv(0x80, bytes(32)))
    body = der.sequence(der.integer(2), der.set_of([agreement]), content)
    enveloped = parse_enveloped(der.sequence(der.oid("1.2.840.113549.1.7.3"), der.context(0, body)))
    assert [one.info.algorithm for one in enveloped.recipients] == ["ecdh+sha256 (static)"]
    with pytest.raises(UnsupportedAlgorithm, match="static"):
        decrypt(enveloped, BERT.key)


def identifier(person):
    return der.sequence(person.x509.issuer.public_bytes(), der.integer(person.x509.serial_number))


ANNA_ID, BERT_ID = identifier(ANNA), identifier(BERT)


def test_rule_16_a_key_is_bound_to_its_cipher_when_all_recipients_announced_it():
    """RFC 9709 section 3: nobody can then call GCM CBC, or the other way round."""
    assert OUR_CAPABILITIES[0].oid == CEK_HKDF
    assert all_bind([OUR_CAPABILITIES]) and not all_bind([OUR_CAPABILITIES, ()]) and not all_bind([])
    for cipher in ("aes-256-gcm", "aes-128-cbc", "chacha20-poly1305"):
        raw = protect(
            HEAD + b"\r\nBound\r\n",
            sign=None,
            recipients=[default_plan(BERT.certificate)],
            cipher=cipher,
            now=NOW,
            bind=True,
        )
        enveloped = parse_enveloped(parse(raw).body_bytes())
        assert (enveloped.algorithm.oid, enveloped.cipher) == (CEK_HKDF, cipher)
        assert opened(raw, BERT.key).payload.body.strip() == b"Bound"


@pytest.mark.parametrize(
    "entity",
    [
        b"Content-Type: text/plain\r\n\r\nblanks at the end  \r\n\t\r\n",
        b"Content-Type: text/plain; charset=latin-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n",
        b"Content-Type: text/plain\r\nX-Field: part of what is signed  \r\n\r\nText\r\n",
        b"Content-Type: text/plain\r\n\r\nno line break at the end",
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\xff\x01\r\n",
    ],
)
def test_rule_17_what_stands_in_a_signed_part_is_hashed_as_it_stands(entity):
    """RFC 8551 section 3.1.1: trailing blanks are kept, eight-bit content is accepted, part headers are covered."""
    found = opened(signed_text(entity))
    assert found.security.verdict.letter is Letter.VALID, found.security.verdict
    changed = opened(signed_text(entity).replace(b"Content-Type: text/plain", b"Content-Type: Text/plain", 1))
    assert changed.security.verdict.letter is Letter.BROKEN or b"text/plain" not in entity


@pytest.mark.parametrize("value", ["sha1", "sha-512,sha-256", '"sha-256, md5"', "unknown", ""])
def test_rule_17_a_wrong_or_listed_micalg_does_not_matter_on_reading(value):
    raw = signed_text(TEXT).replace(b'; boundary="b"', f'; micalg={value}; boundary="b"'.encode(), 1)
    assert opened(raw).security.verdict.letter is Letter.VALID


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("smime.p7m", "application/octet-stream"),
        ("SMIME.P7M", "application/octet-stream"),
        ("x", "application/x-pkcs7-mime"),
    ],
)
def test_rule_18_the_object_at_the_root_is_recognised_by_type_or_by_name(name, kind):
    data = build_enveloped(TEXT, [default_plan(BERT.certificate)], "aes-256-gcm")
    assert b"The text" in opened(HEAD + as_object(data, name, kind), BERT.key).payload.source


def test_rule_18_an_attachment_with_that_name_is_not_the_message():
    data = build_enveloped(TEXT, [default_plan(BERT.certificate)], "aes-256-gcm")
    inside = as_object(data, kind="application/octet-stream").replace(
        b"\r\n\r\n", b"\r\nContent-Disposition: attachment; filename=smime.p7m\r\n\r\n", 1
    )
    raw = (
        HEAD + b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\n' + TEXT + b"--m\r\n" + inside + b"--m--\r\n"
    )
    found = opened(raw, BERT.key)
    assert (found.security.encryption, found.security.verdict.letter) == (None, Letter.NONE)


def test_rule_19_nesting_ends_at_a_named_depth_and_is_said():
    entity = TEXT
    for _ in range(MAX_LAYERS + 1):
        entity = as_object(build_signed_data(entity, ANNA.key, detached=False, signing_time=NOW))
    found = opened(HEAD + entity)
    assert len(found.security.layers) == MAX_LAYERS
    assert any(f"more than {MAX_LAYERS} layers" in warning for warning in found.security.warnings)


def test_rule_19_a_bundle_of_certificates_is_not_a_signed_message():
    body = der.sequence(
        der.integer(1),
        der.set_of([]),
        der.sequence(der.oid("1.2.840.113549.1.7.1")),
        der.set_of([ANNA.certificate], tag=0xA0),
        der.set_of([]),
    )
    found = opened(HEAD + as_object(der.sequence(der.oid("1.2.840.113549.1.7.2"), der.context(0, body)), "smime.p7c"))
    assert found.security.verdict.letter is Letter.NONE
    assert any("bundle of certificates" in warning for warning in found.security.warnings)


def test_rule_33_answers_go_to_the_protected_recipients_and_not_to_those_added_outside():
    """RFC 9788 section 6.2: somebody who replays the message with another Cc must not get the answer."""
    raw = protect(HEAD + b"\r\nText\r\n", sign=ANNA.key, recipients=[default_plan(BERT.certificate)], now=NOW)
    replayed = b"Cc: eve@evil.test\r\nReply-To: eve@evil.test\r\n" + raw.replace(b"To: bert@", b"To: eve@", 1)
    shown = view(opened(replayed, BERT.key), 1)
    assert [address.spec for address in (*shown.to, *shown.cc, *shown.reply_to)] == ["bert@clinic.test"]
    assert "eve" not in shown.quote_text


def test_rule_35_header_protection_is_never_written_as_a_wrapped_message():
    raw = protect(HEAD + b"\r\nText\r\n", sign=ANNA.key, recipients=[default_plan(BERT.certificate)], now=NOW)
    found = opened(raw, BERT.key)
    assert found.payload.type == "text/plain"
    assert b"message/rfc822" not in raw


def test_rule_43_the_moment_of_judgement_is_an_argument():
    raw = protect(HEAD + b"\r\nText\r\n", sign=ANNA.key, now=NOW)
    assert opened(raw).security.verdict.letter is Letter.VALID
    assert opened(raw, now=NOW + timedelta(days=20 * 365)).security.verdict.letter is Letter.EXPIRED
    assert opened(raw, now=NOW - timedelta(days=20 * 365)).security.verdict.letter is Letter.BROKEN


def test_rule_45_an_x25519_recipient_gets_the_hkdf_agreement():
    """RFC 8418 section 2.2; the other derivations are only read."""
    person = PKI.issue("dana@clinic.test", key="x25519")
    enveloped = parse_enveloped(build_enveloped(TEXT, [default_plan(person.certificate)], "aes-128-gcm"))
    assert enveloped.recipients[0].way.algorithm.oid == HKDF_OIDS["sha256"]
    assert decrypt(enveloped, person.key) == TEXT


def test_rule_48_an_unknown_sender_is_a_verdict_on_a_readable_message():
    stranger = Pki("Nobody's Root").issue("anna@clinic.test")
    raw = protect(HEAD + b"\r\nReadable\r\n", sign=stranger.key, recipients=[default_plan(BERT.certificate)], now=NOW)
    found = opened(raw, BERT.key)
    assert found.security.verdict.letter is Letter.NEW
    assert b"Readable" in found.payload.source


def test_rule_49_a_from_and_an_attachment_name_alone_make_no_y():
    """Without mathematics on the bytes there is no Y, whatever the message calls itself."""
    data = build_signed_data(b"something else", ANNA.key, detached=True, signing_time=NOW)
    fakes = (
        signed_text(TEXT).replace(b"The text", b"Any text"),
        HEAD + as_object(data, "smime.p7s", "application/pkcs7-signature"),
        HEAD + as_object(b"no object at all", "smime.p7m"),
        HEAD + b'Content-Type: text/plain; name="smime.p7s"\r\n\r\nText\r\n',
    )
    for raw in fakes:
        assert opened(raw).security.verdict.letter is not Letter.VALID


def test_rfc8551_section_2_4_1_only_data_is_read_as_a_message():
    """A signature that somebody made over a time stamp, a program or a receipt is none under a letter."""
    data = build_signed_data(TEXT, ANNA.key, detached=False, signing_time=NOW)
    stamp = "1.2.840.113549.1.9.16.1.4"
    outer = list(ber.children(ber.read_tlv(data)))
    version, digests, holder, *rest = (field.raw for field in ber.children(next(ber.children(outer[1]))))
    content = der.sequence(der.oid(stamp), list(ber.children(ber.read_tlv(holder)))[1].raw)
    raw = HEAD + as_object(der.sequence(outer[0].raw, der.context(0, der.sequence(version, digests, content, *rest))))
    found = opened(raw)
    assert found.problem == f"What was signed is no message but an object of the type {stamp}."
    assert "The text" not in view(found, 1).quote_text
    assert found.security.verdict.letter is Letter.BROKEN  # here the attribute says that it was data
