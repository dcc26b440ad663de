"""Reading protected header fields (RFC 9788)."""

import re

from tests.pki import NOW, Identity, Pki
from tui_mail.cms.enveloped import RecipientPlan, build_enveloped, default_plan
from tui_mail.cms.signed import build_signed_data
from tui_mail.mime.encode import base64_body
from tui_mail.mime.tree import parse
from tui_mail.model.security import Letter
from tui_mail.smime.confidentiality import Withheld
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import view, words
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA = PKI.issue("anna@clinic.test")
BERT = PKI.issue("bert@clinic.test", key="rsa")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
PLAN: RecipientPlan = default_plan(BERT.certificate)
PLAIN = (
    b"From: Anna <anna@clinic.test>\r\nTo: Bert <bert@clinic.test>\r\nSubject: Secret plan\r\nKeywords: plot\r\n"
    b"Date: Mon, 01 Jun 2026 14:00:00 +0200\r\nMessage-ID: <1@clinic.test>\r\nReferences: <0@clinic.test>\r\n\r\nx\r\n"
)


def opened(raw: bytes, trust: TrustContext = TRUST) -> Opened:
    return open_message(raw, keys=(BERT.key,), trust=trust, now=NOW)


def wrap_encrypted(payload: bytes, outer: bytes) -> bytes:
    """An encrypted message around exactly this payload."""
    data = build_enveloped(payload, [PLAN], "aes-256-gcm")
    head = b"Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data\r\n"
    return outer + head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64_body(data)


def wrap_signed(payload: bytes, outer: bytes, signer: Identity = ANNA) -> bytes:
    """An opaque signed message around exactly this payload."""
    data = build_signed_data(payload, signer.key, detached=False, signing_time=NOW)
    head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
    return outer + head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64_body(data)


def test_encrypted_messages_show_the_inner_subject_and_name_what_was_hidden() -> None:
    """Section 3.2.1 and 4.3: Subject obscured, Keywords removed, everything else repeated."""
    raw = protect(PLAIN, sign=ANNA.key, recipients=[PLAN], cipher="aes-256-gcm", now=NOW)
    assert b"Secret" not in raw and b"plot" not in raw
    headers = opened(raw).security.headers
    assert headers.subject == "Secret plan"
    assert headers.confidential == ("subject", "keywords")
    assert headers.outer == {"subject": "[...]"}
    assert view(opened(raw), 1).references == ("<0@clinic.test>",)


def test_the_shy_policy_hides_names_and_the_time_zone() -> None:
    """Section 3.2.2."""
    raw = protect(PLAIN, sign=None, recipients=[PLAN], now=NOW, headers="shy")
    assert b"Anna <" not in raw and b"+0200" not in raw
    assert view(opened(raw), 1).sender.name == "Anna"


def test_without_the_key_only_the_outside_is_known() -> None:
    raw = protect(PLAIN, sign=ANNA.key, recipients=[PLAN], now=NOW)
    headers = open_message(raw, trust=TRUST, now=NOW).security.headers
    assert (headers.subject, headers.protected, headers.confidential) == ("[...]", (), ())


def test_signed_messages_prefer_the_signed_copy_of_a_field() -> None:
    """Section 4.2: an outer field that was changed on the way is ignored and can be seen."""
    raw = protect(PLAIN, sign=ANNA.key, now=NOW).replace(b"Subject: Secret plan", b"Subject: You have won", 1)
    headers = opened(raw).security.headers
    assert headers.subject == "Secret plan"
    assert headers.outer == {"subject": "You have won"}
    assert headers.confidential == ()


def test_hp_cipher_in_a_message_that_is_only_signed_proves_no_encryption() -> None:
    """Section 2.1.1: the parameter alone makes nothing confidential."""
    payload = PLAIN.replace(
        b"\r\n\r\n", b'\r\nHP-Outer: Subject: [...]\r\nContent-Type: text/plain; hp="cipher"\r\n\r\n', 1
    )
    security = opened(wrap_signed(payload, b"From: anna@clinic.test\r\nSubject: [...]\r\n")).security
    assert security.headers.subject == "Secret plan"
    assert security.headers.confidential == ()
    assert security.encryption is None


def test_hp_counts_only_on_the_root_of_the_payload() -> None:
    """Section 2.1: a part further down cannot speak for the message."""
    payload = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nSubject: Injected\r\nFrom: eve@evil.test\r\n"
        b'Content-Type: text/plain; hp="clear"\r\n\r\nx\r\n--b--\r\n'
    )
    headers = opened(wrap_signed(payload, b"From: anna@clinic.test\r\nSubject: Outside\r\n")).security.headers
    assert headers.subject == "Outside" and headers.protected == ()
    plain = b'From: a@b.test\r\nSubject: x\r\nContent-Type: text/plain; hp="clear"\r\n\r\nx'
    assert opened(plain).security.headers.protected == ()


def test_folded_hp_outer_records_are_compared_by_name_and_value() -> None:
    """Section 2.2 and appendix C.3.8."""
    payload = (
        b"Subject: Secret\r\nMessage-ID: <very.long@clinic.test>\r\nFrom: anna@clinic.test\r\n"
        b"HP-Outer: Subject: [...]\r\nHP-Outer:\r\n Message-ID: <very.long@clinic.test>\r\n"
        b'HP-Outer: From: anna@clinic.test\r\nContent-Type: text/plain; hp="cipher"\r\n\r\nx\r\n'
    )
    outer = b"From: anna@clinic.test\r\nSubject: [...]\r\nMessage-ID: <very.long@clinic.test>\r\n"
    assert opened(wrap_encrypted(payload, outer)).security.headers.confidential == ("subject",)


def test_a_field_without_a_record_is_confidential() -> None:
    """Section 2.2.1 and 4.3: whoever exposed it did so without the author."""
    payload = b'Subject: Secret\r\nFrom: anna@clinic.test\r\nContent-Type: text/plain; hp="cipher"\r\n\r\nx\r\n'
    headers = opened(wrap_encrypted(payload, b"From: anna@clinic.test\r\nSubject: Secret\r\n")).security.headers
    assert headers.confidential == ("subject", "from")


def test_an_inner_from_that_nobody_vouches_for_is_not_shown() -> None:
    """Section 4.4: mismatch and no valid signature by the inner author, so the outer From is shown with a warning."""
    payload = PLAIN.replace(b"\r\n\r\n", b'\r\nContent-Type: text/plain; hp="cipher"\r\n\r\n', 1)
    outer = b"From: eve@evil.test\r\nSubject: [...]\r\n"
    message = opened(wrap_encrypted(payload, outer))
    assert message.security.headers.from_ == "eve@evil.test"
    assert view(message, 1).sender.spec == "eve@evil.test"
    assert any("differs" in warning for warning in message.security.warnings)
    clear = payload.replace(b'"cipher"', b'"clear"')
    stranger = Pki("Other").issue("anna@clinic.test")
    spoofed = opened(wrap_signed(clear, outer, stranger))
    assert spoofed.security.verdict.letter is Letter.MISMATCH
    assert view(spoofed, 1).sender.spec == "eve@evil.test"


def test_an_inner_from_with_a_valid_signature_wins_over_a_rewritten_outer_one() -> None:
    """Section 4.4: mailing lists rewrite From; the author's valid signature settles who wrote."""
    raw = protect(PLAIN, sign=ANNA.key, now=NOW)
    rewritten = raw.replace(b"From: Anna <anna@clinic.test>", b"From: list@lists.test", 1)
    message = opened(rewritten)
    assert message.security.verdict.letter is Letter.VALID
    assert view(message, 1).sender.spec == "anna@clinic.test"
    assert message.security.headers.outer["from"] == "list@lists.test"


def test_legacy_display_elements_are_hidden_only_inside_encryption() -> None:
    """Section 4.5.3: shown by old programs, dropped here from text, quotes and search."""
    text = (
        b"From: anna@clinic.test\r\nSubject: Real\r\n"
        b'Content-Type: text/plain; hp="cipher"; hp-legacy-display="1"\r\n\r\n'
        b"Subject: Real\r\n\r\nThe text.\r\n"
    )
    message = opened(wrap_encrypted(text, b"From: anna@clinic.test\r\nSubject: [...]\r\n"))
    assert view(message, 1).quote_text == "The text."
    assert "Subject" not in words(message)[1]
    html = re.sub(rb"text/plain", b"text/html", text).partition(b"\r\n\r\n")[0] + (
        b"\r\n\r\n<div class='header-protection-legacy-display'><pre>Subject: Real</pre></div><p>The text."
    )
    page = opened(wrap_encrypted(html, b"From: anna@clinic.test\r\n"))
    assert view(page, 1).quote_text == "The text." and words(page) == ("The text.", "The text.")
    clear = text.replace(b'"cipher"', b'"clear"')
    assert "Subject: Real" in view(opened(wrap_signed(clear, b"From: anna@clinic.test\r\n")), 1).quote_text


def test_an_answer_keeps_inside_what_the_answered_message_kept_inside() -> None:
    """Section 6.1: people, display names and threads that only the inside named."""
    kept = (
        b'Content-Type: text/plain; hp="cipher"\r\nFrom: Anna <anna@clinic.test>\r\nTo: Bert <bert@clinic.test>\r\n'
        b"Cc: Mole <mole@clinic.test>\r\nSubject: Secret\r\nMessage-ID: <secret@clinic.test>\r\n"
        b"HP-Outer: From: anna@clinic.test\r\nHP-Outer: To: bert@clinic.test\r\nHP-Outer: Subject: [...]\r\n\r\nx\r\n"
    )
    outer = b"From: anna@clinic.test\r\nTo: bert@clinic.test\r\nSubject: [...]\r\nMIME-Version: 1.0\r\n"
    withheld = Withheld.by(opened(wrap_encrypted(kept, outer)).security.headers)
    assert withheld.addresses == {"mole@clinic.test"}
    answer = (
        b"From: Bert <bert@clinic.test>\r\nTo: Anna <anna@clinic.test>\r\nCc: M <mole@clinic.test>, d@clinic.test\r\n"
        b"Subject: Re: Secret\r\nIn-Reply-To: <secret@clinic.test>\r\nReferences: <secret@clinic.test>\r\n\r\ny\r\n"
    )
    raw = protect(answer, sign=ANNA.key, recipients=[PLAN], now=NOW, withheld=withheld)
    outside = parse(raw)
    assert [outside.get(name) for name in ("to", "cc")] == [b"anna@clinic.test", b"d@clinic.test"]
    assert b"secret" not in raw.lower() and b"mole" not in raw.lower()
    inside = opened(raw)
    assert inside.source.get("in-reply-to") == b"<secret@clinic.test>"
    assert [one.spec for one in inside.source.addresses("cc")] == ["mole@clinic.test", "d@clinic.test"]
    assert {"to", "cc", "subject", "in-reply-to", "references"} <= set(inside.security.headers.confidential)


def test_an_answer_to_a_message_with_only_a_hidden_subject_shows_names_and_thread_as_always() -> None:
    withheld = Withheld.by(opened(protect(PLAIN, sign=ANNA.key, recipients=[PLAN], now=NOW)).security.headers)
    assert withheld.addresses == set()
    outside = parse(protect(PLAIN, sign=ANNA.key, recipients=[PLAN], now=NOW, withheld=withheld))
    assert (outside.get("to"), outside.get("references")) == (b"Bert <bert@clinic.test>", b"<0@clinic.test>")


def test_a_marked_text_without_a_blank_line_is_not_lost() -> None:
    """Section 4.5.3.1 hides up to the first blank line; without one there is nothing that was put before the text."""
    payload = (
        b'Content-Type: text/plain; hp="cipher"; hp-legacy-display="1"\r\nFrom: anna@clinic.test\r\n\r\nOne line\r\n'
    )
    found = opened(wrap_encrypted(payload, b"From: anna@clinic.test\r\nMIME-Version: 1.0\r\n"))
    assert "One line" in view(found, 1).quote_text


def test_the_older_wrapping_is_read() -> None:
    """Section 4.10.1, RFC 8551 section 3.1: a message/rfc822 alone as payload, of the same author."""
    payload = b"Content-Type: message/rfc822\r\n\r\n" + PLAIN
    outer = b"From: anna@clinic.test\r\nSubject: [...]\r\n"
    message = opened(wrap_encrypted(payload, outer))
    assert message.security.headers.subject == "Secret plan"
    assert view(message, 1).quote_text == "x"
    assert "subject" in message.security.headers.confidential
    forwarded = opened(wrap_signed(payload, b"From: bert@clinic.test\r\nSubject: Fwd\r\n"))
    assert forwarded.security.headers.subject == "Fwd"
    assert [one.type for one in view(forwarded, 1).attachments] == ["message/rfc822"]
