"""RFC 9788 section 5.2: hidden fields repeated in the text for old programs, hidden again by those that know."""

import pytest

from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import decrypt, default_plan, parse_enveloped
from tui_mail.mime.legacy_display import with_legacy_display
from tui_mail.mime.tree import parse
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import body
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA, BERT = PKI.issue("anna@clinic.test"), PKI.issue("bert@clinic.test")
HEAD = "From: Anna <anna@clinic.test>\nTo: bert@clinic.test\nSubject: Grüße & <mehr>\nKeywords: secret\n"
PLAIN = (HEAD + "Content-Type: text/plain; charset=utf-8; format=flowed\n\nHällo\n\nEnde\n").encode()
HTML = (
    HEAD + 'Content-Type: text/html; charset="utf-8"\n\n<html><body class="x"><p>Hällo</p></body></html>\n'
).encode()
BOTH = (
    HEAD + 'Content-Type: multipart/mixed; boundary="m"\n\n--m\nContent-Type: multipart/alternative; boundary="a"\n\n'
    "--a\nContent-Type: text/plain; charset=utf-8\n\nHällo\n--a\nContent-Type: text/html; charset=utf-8\n\n"
    "<p>Hällo</p>\n--a--\n--m\nContent-Type: text/plain\nContent-Disposition: attachment; filename=f.txt\n\n"
    "file\n--m--\n"
).encode()


def sealed(message, *, legacy_display=True, sign=None, **more):
    raw = protect(
        message,
        sign=sign,
        recipients=[default_plan(BERT.certificate)],
        cipher="aes-256-gcm",
        now=NOW,
        legacy_display=legacy_display,
        **more,
    )
    inner = parse(decrypt(parse_enveloped(parse(raw).body_bytes()), BERT.key))
    opened = open_message(raw, trust=TrustContext(revocation="off"), now=NOW, keys=(BERT.key,))
    return inner, opened


@pytest.mark.parametrize("message", [PLAIN, HTML, BOTH])
def test_the_reader_hides_what_was_written_for_others_and_shows_the_text_alone(message):
    inner, opened = sealed(message)
    assert inner.params["hp"] == "cipher"
    shown = body(opened)[1]
    assert shown.startswith("Hällo")
    assert "Subject" not in shown
    assert "secret" not in shown
    assert opened.root.get("subject") == b"[...]"


def test_section_5_2_2_plain_text_begins_with_the_fields_and_an_empty_line():
    inner, _ = sealed(PLAIN)
    assert inner.params["hp-legacy-display"] == "1"
    assert inner.params["format"] == "flowed"
    text = inner.text().replace("\r\n", "\n")
    assert text == "Subject: Grüße & <mehr>\nKeywords: secret\n\nHällo\n\nEnde\n"


def test_section_5_2_3_html_gets_a_division_of_its_class_with_escaped_text():
    inner, _ = sealed(HTML)
    assert inner.params["hp-legacy-display"] == "1"
    assert (
        '<body class="x"><div class="header-protection-legacy-display"><pre>Subject: Grüße &amp; &lt;mehr&gt;\n'
        in inner.text().replace("\r\n", "\n")
    )


def test_every_form_of_the_main_text_is_marked_and_no_attachment():
    inner, _ = sealed(BOTH)
    marked = [(leaf.type, leaf.params.get("hp-legacy-display")) for leaf in inner.walk() if not leaf.children]
    assert marked == [("text/plain", "1"), ("text/html", "1"), ("text/plain", None)]
    assert [leaf.body for leaf in inner.walk() if leaf.is_attachment] == [b"file"]


def test_nothing_is_repeated_when_nothing_is_hidden_or_nobody_asked():
    """Section 5.2.1: only when encrypting, and only with a policy that hides something."""
    inner, _ = sealed(PLAIN, legacy_display=False)
    assert "hp-legacy-display" not in inner.params
    signed = protect(PLAIN, sign=ANNA.key, now=NOW, legacy_display=True)
    assert b"hp-legacy-display" not in signed
    inner, _ = sealed(PLAIN, headers="none")
    assert "hp-legacy-display" not in inner.params


def test_a_signed_and_encrypted_message_with_repeated_fields_is_intact():
    _, opened = sealed(PLAIN, sign=ANNA.key)
    assert [one.integrity.value for one in opened.security.signatures] == ["intact"]


def test_an_entity_without_a_text_stays_as_it_is():
    entity = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    assert with_legacy_display(entity, ["Subject: x"]) == entity
