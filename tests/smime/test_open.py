"""Opening messages: layers, tampering, hostile text."""

import base64
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pki import NOW, Identity, Pki
from tui_mail.cli.check_report import report
from tui_mail.cms import ber, der
from tui_mail.cms.content import AUTH_ENVELOPED_DATA
from tui_mail.cms.enveloped import default_plan
from tui_mail.cms.signed import parse_signed_data
from tui_mail.model.errors import VaultLocked
from tui_mail.model.keys import UnwrapRequest
from tui_mail.model.message import EncState
from tui_mail.model.security import Letter, Summary
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import attachment, enc_state, view, words
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA = PKI.issue("anna@clinic.test")
BERT = PKI.issue("bert@clinic.test", key="rsa")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
PLAIN = (
    b"From: Anna <anna@clinic.test>\r\nTo: bert@clinic.test\r\nSubject: Hello\r\nMessage-ID: <1@clinic.test>\r\n\r\n"
    b"Dear Bert\r\n"
)


def opened(raw: bytes, *, trust: TrustContext = TRUST, keys: tuple[object, ...] = (), now: datetime = NOW) -> Opened:
    return open_message(raw, keys=keys, trust=trust, now=now)  # type: ignore[arg-type]


def signed(message: bytes = PLAIN, signer: Identity = ANNA, **options: object) -> bytes:
    return protect(message, sign=signer.key, now=NOW, **options)  # type: ignore[arg-type]


def encrypted(message: bytes = PLAIN, signer: Identity | None = ANNA, cipher: str = "aes-256-gcm") -> bytes:
    key = None if signer is None else signer.key
    return protect(message, sign=key, recipients=[default_plan(BERT.certificate)], cipher=cipher, now=NOW)


def swapped(raw: bytes, old: bytes, new: bytes) -> bytes:
    assert raw.count(old) >= 1
    return raw.replace(old, new)


# ---- the seven ways to fail, each with its letter and a sentence


def letter_of(raw: bytes, trust: TrustContext = TRUST, now: datetime = NOW) -> str:
    security = opened(raw, trust=trust, now=now).security
    assert security.verdict.reasons and security.verdict.reasons[0].endswith(".")
    return security.verdict.letter.value


def test_an_untouched_message_is_y_detached_and_opaque() -> None:
    assert letter_of(signed()) == "Y"
    assert letter_of(signed(opaque=True)) == "Y"


def test_an_altered_body_is_x() -> None:
    assert letter_of(swapped(signed(), b"Dear Bert", b"Dear Eve!")) == "X"


def test_an_altered_signature_is_x() -> None:
    raw = signed()
    body = re.search(rb"smime\.p7s\"\r\n\r\n(.+?)\r\n--", raw, re.DOTALL)
    assert body is not None
    der = bytearray(base64.b64decode(body[1]))
    der[-5] ^= 1
    assert letter_of(raw.replace(body[1], base64.encodebytes(bytes(der)).replace(b"\n", b"\r\n").strip())) == "X"


def test_another_from_is_m() -> None:
    """RFC 8550 section 3."""
    raw = signed(headers="none")
    assert letter_of(raw.replace(b"From: Anna <anna@", b"From: Anna <boss@", 1)) == "M"


@pytest.mark.parametrize(
    "author",
    [
        b"anna@clinic.test, eve@evil.test",
        b'"anna@clinic.test" <eve@evil.test>',
        b"<anna@clinic.test> <eve@evil.test>",
        b"eve@evil.test\r\nFrom: anna@clinic.test",
        b"",
    ],
)
def test_a_from_that_does_not_name_one_author_is_never_green(author: bytes) -> None:
    """RFC 8550 section 3; Johnny i1 to i3."""
    raw = signed(headers="none").replace(b"Anna <anna@clinic.test>", author, 1)
    assert letter_of(raw) == "M"


def test_a_sender_who_is_somebody_else_is_never_green() -> None:
    assert letter_of(signed(b"Sender: eve@evil.test\r\n" + PLAIN)) == "M"


def test_an_expired_certificate_is_e() -> None:
    assert letter_of(signed(), now=datetime(2036, 1, 1, tzinfo=UTC)) == "E"


def with_certificate(replacement: bytes) -> bytes:
    """Anna's signed message with another certificate in the place of hers."""
    pair = parse_signed_data(base64.b64decode(signed(opaque=True).partition(b"\r\n\r\n")[2]))
    assert pair.certificates == (ANNA.certificate,)
    head, _, body = signed(opaque=True).partition(b"\r\n\r\n")
    der_bytes = base64.b64decode(body).replace(ANNA.certificate, replacement)
    return head + b"\r\n\r\n" + base64.encodebytes(der_bytes).replace(b"\n", b"\r\n")


def same_length(make: Callable[[], Identity]) -> bytes:
    """ECDSA signatures vary by a byte or two; the replacement must fit into the place of the first."""
    made = (make().certificate for _ in range(5_000))
    return next(one for one in made if len(one) == len(ANNA.certificate))


def test_a_swapped_certificate_never_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5652 section 5.3 and RFC 5035: the signer's certificate is named in the signature and inside it."""
    assert letter_of(with_certificate(same_length(lambda: PKI.issue("anna@clinic.test")))) == "?"
    serial = ANNA.x509.serial_number
    monkeypatch.setattr("cryptography.x509.random_serial_number", lambda: serial)
    assert letter_of(with_certificate(same_length(lambda: PKI.issue("anna@clinic.test")))) == "X"
    private = load_der_private_key(ANNA.key.pkcs8(), None)
    assert letter_of(with_certificate(same_length(lambda: PKI.issue("anna@clinic.test", key=private)))) == "X"


def test_a_certificate_made_again_for_the_same_address_is_not_y() -> None:
    stranger = Pki("Other Root").issue("anna@clinic.test")
    assert letter_of(signed(signer=stranger)) == "N"
    self_signed = PKI.issue("anna@clinic.test", self_signed=True)
    assert letter_of(signed(signer=self_signed)) == "N"


def test_truncated_cms_is_x_and_the_detached_text_stays_readable() -> None:
    raw = signed()
    at = raw.index(b'smime.p7s"\r\n\r\n') + 200
    cut = opened(raw[:at] + b"\r\n" + raw[raw.rindex(b"--=_") :])
    assert cut.security.verdict.letter is Letter.BROKEN
    assert "Dear Bert" in view(cut, 1).quote_text
    whole = signed(opaque=True)
    assert letter_of(whole[: len(whole) // 2]) == "X"


def test_an_unknown_authority_is_n() -> None:
    assert letter_of(signed(), trust=TrustContext(revocation="off")) == "N"


def test_a_pin_makes_y_and_only_for_its_address() -> None:
    pinned = TrustContext(pins=frozenset({("anna@clinic.test", ANNA.sha256)}), revocation="off")
    assert letter_of(signed(), trust=pinned) == "Y"
    elsewhere = TrustContext(pins=frozenset({("bert@clinic.test", ANNA.sha256)}), revocation="off")
    assert letter_of(signed(), trust=elsewhere) == "N"


# ---- layers


def test_a_mailing_list_footer_makes_the_signature_errant() -> None:
    """RFC 9787 section 4.5.1."""
    inner = signed(headers="none")
    part = inner[inner.index(b"Content-Type: multipart/signed") :]
    raw = (
        b"From: anna@clinic.test\r\nContent-Type: multipart/mixed; boundary=list\r\n\r\n--list\r\n" + part
        + b"\r\n--list\r\nContent-Type: text/plain\r\n\r\nlist footer\r\n--list--\r\n"
    )  # fmt: skip
    message = opened(raw)
    assert message.security.summary is Summary.NONE
    assert message.security.verdict.letter is Letter.NONE
    assert message.security.errant_layers == 1
    assert "Dear Bert" in view(message, 1).quote_text and "list footer" in view(message, 1).quote_text


def test_an_encrypted_part_inside_a_mixed_is_never_decrypted() -> None:
    """RFC 9787 section 4.5: errant layers are not opened (EFAIL)."""
    inner = encrypted()
    part = inner[inner.index(b"Content-Type: application/pkcs7-mime") :]
    raw = (
        b"From: e@e.test\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b'--x\r\nContent-Type: text/html\r\n\r\n<img src="'
        b"\r\n--x\r\n" + part + b'\r\n--x\r\nContent-Type: text/html\r\n\r\n">\r\n--x--\r\n'
    )
    message = opened(raw, keys=(BERT.key,))
    assert message.security.errant_layers == 1 and message.security.encryption is None
    assert "Dear Bert" not in words(message)[1]


def test_a_signature_around_encryption_is_not_the_authors() -> None:
    """RFC 9787 section 5.2: sign inside, encrypt outside."""
    message = opened(signed(encrypted(signer=None), headers="none"), keys=(BERT.key,))
    assert message.security.layers == ("signed", "encrypted")
    assert message.security.summary is Summary.ENCRYPTED
    assert message.security.verdict.letter is Letter.NONE
    assert any("around the encrypted content" in warning for warning in message.security.warnings)


def test_the_cms_content_decides_and_not_the_label() -> None:
    """RFC 8551 section 3.2.2."""
    raw = encrypted().replace(b"smime-type=authEnveloped-data", b"smime-type=signed-data")
    message = opened(raw, keys=(BERT.key,))
    assert message.security.verdict.letter is Letter.VALID
    octets = encrypted().replace(b"application/pkcs7-mime", b"application/octet-stream")
    assert opened(octets, keys=(BERT.key,)).security.summary is Summary.SIGNED_ENCRYPTED


def test_compressed_content_is_opened_within_its_limit() -> None:
    """RFC 3274, RFC 8551 section 3.6."""
    from tui_mail.cms import der

    oid = der.oid
    inner = zlib.compress(b"Content-Type: text/plain\r\n\r\nsmall")
    octet = der.tlv(0x04, inner)
    encapsulated = der.tlv(0x30, oid("1.2.840.113549.1.7.1"), der.tlv(0xA0, octet))
    algorithm = der.tlv(0x30, oid("1.2.840.113549.1.9.16.3.8"))
    data = der.tlv(0x30, der.tlv(0x02, b"\0"), algorithm, encapsulated)
    cms = der.tlv(0x30, oid("1.2.840.113549.1.9.16.1.9"), der.tlv(0xA0, data))
    raw = (
        b"From: a@b.test\r\nContent-Type: application/pkcs7-mime; smime-type=compressed-data\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(cms)
    )
    message = opened(raw)
    assert message.security.layers == ("compressed",)
    assert view(message, 1).quote_text == "small"


def test_a_detached_signature_survives_bare_line_feeds() -> None:
    """RFC 8551 section 3.1.1: what is hashed is canonical, whatever the transport did to line ends."""
    assert letter_of(signed().replace(b"\r\n", b"\n")) == "Y"


def test_a_wrong_micalg_does_not_matter() -> None:
    """RFC 8551 section 3.5.3.2: receivers must not rely on it."""
    assert letter_of(re.sub(rb"micalg=[a-z0-9-]+", b"micalg=nonsense", signed())) == "Y"


def test_three_parts_in_a_signed_multipart_are_refused() -> None:
    """RFC 1847 section 2.1."""
    raw = signed()
    delimiter = re.search(rb"boundary=\"([^\"]+)\"", raw)
    assert delimiter is not None
    mark = b"--" + delimiter[1]
    assert letter_of(raw.replace(mark + b"--", mark + b"\r\n\r\nmore\r\n" + mark + b"--")) == "X"


def test_an_openpgp_signature_is_no_layer_of_ours() -> None:
    raw = signed().replace(b"pkcs7-signature", b"pgp-signature")
    assert opened(raw).security.summary is Summary.NONE


# ---- keys


class LockedKey:
    """A key whose vault is locked."""

    certificate = BERT.certificate

    def unwrap(self, request: UnwrapRequest) -> bytes:
        raise VaultLocked("locked")


def test_a_locked_key_says_that_unlocking_would_help() -> None:
    message = opened(encrypted(), keys=(LockedKey(),))
    assert message.locked and view(message, 1).key_locked
    assert enc_state(message.security) is EncState.LOCKED
    assert message.security.encryption is not None and "Unlock" in (message.security.encryption.reason or "")


def test_a_key_of_any_age_opens_old_mail() -> None:
    message = opened(encrypted(), keys=(BERT.key,), now=datetime(2050, 1, 1, tzinfo=UTC))
    assert enc_state(message.security) is EncState.OPEN
    assert "Dear Bert" in view(message, 1).quote_text


def test_an_altered_authenticated_message_shows_nothing() -> None:
    """RFC 5083: no plaintext before the tag is verified."""
    raw = encrypted()
    head, _, body = raw.partition(b"\r\n\r\n")
    der = bytearray(base64.b64decode(body))
    der[-30] ^= 1
    message = opened(head + b"\r\n\r\n" + base64.encodebytes(bytes(der)), keys=(BERT.key,))
    assert message.security.encryption is not None and not message.security.encryption.opened
    assert words(message) == ("", "")
    assert "Dear" not in view(message, 1).lines[0][0].text


def test_the_label_of_authenticated_encryption_alone_authenticates_nothing() -> None:
    """RFC 5083 section 2: anybody can put it on CBC; what stays closed is not called authenticated either."""
    head, _, body = encrypted(cipher="aes-256-cbc").partition(b"\r\n\r\n")
    outer = list(ber.children(ber.read_tlv(base64.b64decode(body))))
    fields = [field.raw for field in ber.children(next(ber.children(outer[1])))][:3]
    forged = der.sequence(
        der.oid(AUTH_ENVELOPED_DATA), der.context(0, der.sequence(*fields, der.octet_string(bytes(16))))
    )
    message = opened(head + b"\r\n\r\n" + base64.encodebytes(forged), keys=(BERT.key,))
    found = report(message, "letter.eml", with_body=False)["encryption"]
    assert found["cipher"] == "aes-256-cbc" and not found["opened"] and not found["authenticated"]


def test_capabilities_come_only_from_intact_signatures() -> None:
    """RFC 8551 section 2.7.1."""
    assert opened(signed()).capabilities[0].capabilities
    assert opened(swapped(signed(), b"Dear Bert", b"Dear Eve!")).capabilities == ()
    assert opened(swapped(signed(), b"Dear Bert", b"Dear Eve!")).certificates == ()


def test_a_date_far_from_the_signing_time_is_remarked() -> None:
    raw = signed(headers="none")
    later = (NOW + timedelta(days=2)).strftime("%a, %d %b %Y %H:%M:%S +0000").encode()
    moved = re.sub(rb"Date: [^\r]+", b"Date: " + later, raw, count=1)
    assert any("Date" in warning for warning in opened(moved).security.warnings)


# ---- hostile text


def test_hostile_text_in_headers_bodies_and_names_comes_out_clean() -> None:
    evil = "\x1b]52;c;ZXZpbA==\x07\x9b31m\u202e[@click=app.quit]x"
    word = "=?utf-8?B?" + base64.b64encode(evil.encode()).decode() + "?="
    raw = (
        f"From: {word} <anna@clinic.test>\r\nTo: {word} <b@b.test>\r\nSubject: {word}\r\nMessage-ID: <\x1b[31m@x>\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{evil}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<a href='https://x.test/\x1b\u202e'>{evil}</a>\r\n"
        f'--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename="{word}"\r\n\r\nx\r\n--b--\r\n'
    ).encode()
    message = opened(protect(raw, sign=ANNA.key, now=NOW))
    shown = view(message, 1)
    texts = [
        shown.subject,
        shown.sender.name,
        shown.sender.spec,
        shown.message_id,
        shown.to[0].name,
        words(message)[0],
    ]
    texts += [value for _, value in shown.headers] + [one.name for one in shown.attachments]
    texts += [text for line in shown.lines for run in line for text in (run.text, run.link)]
    texts.append(words(message)[1].replace("\n", ""))
    for text in texts:
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), text
    assert "[@click=app.quit]" in shown.subject
    assert attachment(message, 0)[1] == b"x"


@settings(max_examples=150)
@given(st.integers(0, 4_000), st.integers(0, 255), st.booleans(), st.sampled_from(["detached", "opaque", "encrypted"]))
def test_any_single_damage_gives_a_verdict_and_never_y_for_other_text(
    position: int, value: int, cut: bool, form: str
) -> None:
    raw = SAMPLES[form]
    position %= len(raw)
    damaged = raw[:position] if cut else raw[:position] + bytes([value]) + raw[position + 1 :]
    message = opened(damaged, keys=(BERT.key,))
    shown = view(message, 1)
    if message.security.verdict.letter is Letter.VALID:
        assert "Dear Bert" in shown.quote_text


SAMPLES = {"detached": signed(), "opaque": signed(opaque=True), "encrypted": encrypted()}
