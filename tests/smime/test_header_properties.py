"""Header protection as a property: whatever was protected is what the reader gets back (RFC 9788)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import default_plan
from tui_mail.mime.encode import header, text_value
from tui_mail.mime.headers import decode
from tui_mail.model.security import Letter
from tui_mail.smime.confidentiality import HIDDEN_SUBJECT
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA = PKI.issue("anna@clinic.test")
BERT = PKI.issue("bert@clinic.test")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Zs")), max_size=60)
FORMS = st.sampled_from(["detached", "opaque", "encrypted", "signed and encrypted"])


def words(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=60)
@given(TEXT, TEXT, st.text("abcdefg", min_size=1, max_size=8), FORMS)
def test_what_is_protected_comes_back_field_by_field(subject: str, comment: str, name: str, form: str) -> None:
    raw = (
        b"From: Anna <anna@clinic.test>\r\nTo: bert@clinic.test\r\n"
        + header("Subject", text_value(subject))
        + header("Comments", text_value(comment))
        + f"X-{name}: {name}\r\nMessage-ID: <{name}@clinic.test>\r\n\r\nText\r\n".encode()
    )
    sealed = "encrypted" in form
    plans = [default_plan(BERT.certificate)] if sealed else []
    signer = None if form == "encrypted" else ANNA.key
    made = protect(raw, sign=signer, recipients=plans, opaque=form == "opaque", now=NOW)
    found = open_message(made, keys=(BERT.key,), trust=TRUST, now=NOW)
    source = found.source
    assert words(decode(source.get("subject"))) == words(subject)
    assert words(decode(source.get("comments"))) == words(comment)
    assert source.get(f"x-{name}") == name.encode()
    assert found.security.headers.message_id == f"<{name}@clinic.test>"
    assert {"from", "to", "subject", "message-id", f"x-{name}"} <= set(found.security.headers.protected)
    if signer is not None:
        assert found.security.verdict.letter is Letter.VALID
    if sealed and words(subject) not in ("", HIDDEN_SUBJECT):
        assert "subject" in found.security.headers.confidential
        assert decode(found.root.get("subject") or b"") == HIDDEN_SUBJECT
