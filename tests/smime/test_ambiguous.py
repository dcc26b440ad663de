"""A plain message whose structure others may read differently says so; what is only sloppy does not."""

import pytest

from tests.pki import NOW
from tui_mail.smime.open import open_message
from tui_mail.trust.context import TrustContext

HEAD = b"From: anna@clinic.test\r\nSubject: x\r\n"
OUTER = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
TEXT = b"Content-Type: text/plain\r\n\r\nDear Bert\r\n"

DANGEROUS = {
    "two content-type fields": b"Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\nHello",
    "two content-transfer-encoding fields": b"Content-Transfer-Encoding: base64\r\n"
    b"Content-Transfer-Encoding: 7bit\r\n\r\nQQ==",
    "content-type can be read in several ways": b"Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n"
    b"--b\r\n\r\n--b--",
    "two multiparts share a boundary": OUTER + OUTER + TEXT + b"--b--\r\n--b--\r\n",
    "one boundary begins like another": OUTER + OUTER.replace(b'"b"', b'"bb"').replace(b"--b", b"--bb") + TEXT
    + b"--bb--\r\n--b--\r\n",
    "parts after the end of a multipart": OUTER + TEXT + b"--b--\r\n--b\r\n" + TEXT + b"--b--\r\n",
}  # fmt: skip
SLOPPY = {
    "no end": OUTER + TEXT,
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\nHello",
    "no subtype": b"Content-Type: text\r\n\r\nHello",
    "a line in the header": b"Hello there\r\nContent-Type: text/plain\r\n\r\nHello",
    "two dispositions": b"Content-Disposition: inline\r\nContent-Disposition: inline\r\n\r\nHello",
    "nothing": TEXT,
}


def warnings(body: bytes) -> tuple[str, ...]:
    return open_message(HEAD + body, trust=TrustContext(revocation="off"), now=NOW).security.warnings


@pytest.mark.parametrize("name", DANGEROUS)
def test_a_plain_message_that_others_may_read_differently_is_told(name: str) -> None:
    assert warnings(DANGEROUS[name]) == (f"Other programs may read the structure of this message differently: {name}.",)


@pytest.mark.parametrize("name", SLOPPY)
def test_a_plain_message_that_is_only_sloppy_is_not(name: str) -> None:
    assert warnings(SLOPPY[name]) == ()
