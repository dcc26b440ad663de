"""Who may be told that a message was read (RFC 8098 section 2.1): one address that asks, inside the protection."""

import pytest

from tests.pki import NOW, Pki
from tests.vectors import vectors
from tui_mail.cms.enveloped import default_plan
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.reports import receipt_to
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA, BEN = PKI.issue("anna@clinic.example"), PKI.issue("ben@office.example")
ASKING = b"From: anna@clinic.example\r\nDisposition-Notification-To: Anna <anna@clinic.example>\r\n"
TEXT = b"Content-Type: text/plain\r\n\r\nHello\r\n"


def asker(raw: bytes) -> str:
    found = receipt_to(open_message(raw, keys=(BEN.key,), trust=TrustContext(), now=NOW))
    return found.spec if found is not None else ""


def test_who_asks_is_seen_in_a_third_party_mail() -> None:
    assert asker(vectors("mime/parse-trees/eml/legacy/009.eml").read_bytes()) == "dwsauder@example.com"


def test_who_asks_inside_the_encryption_is_seen() -> None:
    raw = protect(ASKING + TEXT, sign=ANNA.key, recipients=(default_plan(BEN.certificate),), now=NOW)
    assert asker(raw) == "anna@clinic.example"


def test_nobody_on_the_way_can_ask_for_the_sender_of_a_protected_mail() -> None:
    raw = protect(ASKING.split(b"\r\n")[0] + b"\r\n" + TEXT, sign=ANNA.key, now=NOW)
    assert asker(b"Disposition-Notification-To: mallory@evil.example\r\n" + raw) == ""


@pytest.mark.parametrize(
    "more",
    [
        b"Auto-Submitted: auto-replied (vacation)\r\n",
        b"List-Id: <x.example>\r\n",
        b"Disposition-Notification-To: other@clinic.example\r\n",
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n",
    ],
)
def test_robots_lists_reports_and_several_askers_get_none(more: bytes) -> None:
    assert asker(ASKING + more + TEXT) == ""
    assert asker(ASKING + b"Auto-Submitted: no\r\n" + TEXT) == "anna@clinic.example"


@pytest.mark.parametrize("value", [b"", b"nobody", b"<>", b"a@b, c@d"])
def test_what_is_no_address_or_two_asks_for_nothing(value: bytes) -> None:
    assert asker(b"From: anna@clinic.example\r\nDisposition-Notification-To: %s\r\n%s" % (value, TEXT)) == ""
