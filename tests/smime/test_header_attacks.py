"""Header protection against senders who do not keep to it (RFC 9788): every message here was made to mislead."""

import pytest

from tests.pki import NOW
from tests.smime.test_header_protection import ANNA, opened, wrap_encrypted, wrap_signed
from tui_mail.cms.signed import build_signed_data
from tui_mail.mime.encode import base64_body
from tui_mail.model.security import Headers, Letter
from tui_mail.smime.view import attachment, view

OUTER = (
    b"From: anna@clinic.test\r\nTo: bert@clinic.test\r\nSubject: [...]\r\n"
    b"Date: Mon, 01 Jun 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
)
FIELDS = (
    b"From: anna@clinic.test\r\nTo: bert@clinic.test\r\nSubject: Inside\r\nDate: Mon, 01 Jun 2026 12:00:00 +0000\r\n"
)
RECORDS = b"HP-Outer: From: anna@clinic.test\r\nHP-Outer: To: bert@clinic.test\r\nHP-Outer: Subject: [...]\r\n"
RECORDS += b"HP-Outer: Date: Mon, 01 Jun 2026 12:00:00 +0000\r\n"


def payload(kind: bytes = b'text/plain; hp="cipher"', fields: bytes = FIELDS, records: bytes = RECORDS) -> bytes:
    return b"Content-Type: " + kind + b"\r\n" + fields + records + b"\r\nThe text\r\n"


def headers(raw: bytes) -> Headers:
    return opened(raw).security.headers


SUBJECTS = {
    "as it should be": (wrap_encrypted(payload(), OUTER), "Inside", ("subject",)),
    "capitals": (wrap_encrypted(payload(b"text/plain; HP=CIPHER"), OUTER), "Inside", ("subject",)),
    "signed only, called encrypted": (wrap_signed(payload(), OUTER), "Inside", ()),
    "encrypted, called signed only": (wrap_encrypted(payload(b'text/plain; hp="clear"'), OUTER), "Inside", ()),
    "an unknown value": (wrap_encrypted(payload(b'text/plain; hp="x"'), OUTER), "[...]", ()),
    "on a part below the payload": (
        wrap_encrypted(b"Content-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n" + payload() + b"--p--\r\n", OUTER),
        "[...]",
        (),
    ),
    "on the signature between envelope and payload": (
        wrap_encrypted(
            b'Content-Type: application/pkcs7-mime; hp="cipher"\r\nSubject: Between\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n"
            + base64_body(build_signed_data(payload(b"text/plain"), ANNA.key, detached=False, signing_time=NOW)),
            OUTER,
        ),
        "[...]",
        (),
    ),
    "on a message without any layer": (OUTER + payload(), "[...]", ()),
    "records outside": (wrap_encrypted(payload(), b"HP-Outer: Subject: Inside\r\n" + OUTER), "Inside", ("subject",)),
    "records folded": (
        wrap_encrypted(payload(records=RECORDS.replace(b"HP-Outer: ", b"HP-Outer:\r\n ")), OUTER),
        "Inside",
        ("subject",),
    ),
    "two subjects inside": (
        wrap_encrypted(payload(fields=FIELDS.replace(b"Date:", b"Subject: Other\r\nDate:")), OUTER),
        "Inside",
        ("subject",),
    ),
    "a record that lies": (
        wrap_encrypted(payload(records=RECORDS.replace(b"[...]", b"Inside")), OUTER),
        "Inside",
        (),  # section 4.3: the sender's own word; what really stands outside is shown beside it
    ),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_subject_comes_from_the_root_of_the_payload_alone(name: str) -> None:
    raw, subject, confidential = SUBJECTS[name]
    found = headers(raw)
    assert (found.subject, found.confidential) == (subject, confidential)
    if subject == "Inside":
        assert found.outer == {"subject": "[...]"}


def test_the_same_author_in_two_spellings_is_no_other_author() -> None:
    """Section 4.4: compared by A-label, and without regard to case."""
    for outside, inside in (("ANNA@Clinic.TEST", "anna@clinic.test"), ("a@xn--bcher-kva.test", "a@bücher.test")):
        fields = FIELDS.replace(b"anna@clinic.test", inside.encode())
        raw = wrap_encrypted(payload(fields=fields), OUTER.replace(b"anna@clinic.test", outside.encode()))
        assert not any("differs" in one for one in opened(raw).security.warnings)
        assert headers(raw).from_ == inside


def test_only_the_texts_that_are_shown_lose_their_marked_lines_and_no_file_does() -> None:
    """Section 4.5.3."""
    marked = b"Content-Type: text/plain; hp-legacy-display=1"
    parts = [
        marked + b"\r\n\r\nSubject: Inside\r\n\r\nThe text\r\n",
        marked + b"\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nFirst\r\n\r\nSecond\r\n",
    ]
    body = b"--p\r\n" + b"--p\r\n".join(parts) + b"--p--\r\n"
    found = opened(wrap_encrypted(payload(b'multipart/mixed; boundary=p; hp="cipher"')[:-10] + body, OUTER))
    assert view(found, 1).quote_text.strip() == "The text"
    assert attachment(found, 0)[1] == b"First\r\n\r\nSecond"


def test_a_wrapped_message_by_somebody_else_is_a_forwarded_one() -> None:
    """Section 4.10.1: it speaks neither for From nor for Subject."""
    inner = b"Content-Type: message/rfc822\r\n\r\n" + FIELDS.replace(b"anna@", b"eve@") + b"\r\nThe text\r\n"
    found = opened(wrap_signed(inner, OUTER)).security
    assert (found.headers.from_, found.headers.subject, found.verdict.letter) == (
        "anna@clinic.test",
        "[...]",
        Letter.VALID,
    )
