"""A forwarded message with a signature of its own colours nothing outside of itself (RFC 9787 section 4)."""

import pytest

from tests.pki import NOW, Identity, Pki
from tui_mail.model.security import Letter, MessageSecurity
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA, BOB, EVE = PKI.issue("anna@clinic.test"), PKI.issue("bob@clinic.test"), Pki("E").issue("bob@clinic.test")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
HEAD = b"From: %s\r\nTo: bert@clinic.test\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\n"


def inner(signer: Identity | None, *, opaque: bool = False, altered: bool = False) -> bytes:
    text = b"From: bob@clinic.test\r\nTo: anna@clinic.test\r\nSubject: Rent\r\n\r\nPay 10 Euro\r\n"
    if signer is not None:
        text = protect(text, sign=signer.key, opaque=opaque, now=NOW)
    return text.replace(b"10 Euro", b"99 Euro") if altered else text


def around(message: bytes, author: str, *, alone: bool) -> bytes:
    part = b"Content-Type: message/rfc822\r\n\r\n" + message
    if alone:
        return HEAD % author.encode() + part
    multipart = b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n"
    text = b"--outer\r\n\r\nSee below\r\n--outer\r\n"
    return HEAD % author.encode() + multipart + text + part + b"\r\n--outer--\r\n"


def judged(raw: bytes) -> MessageSecurity:
    return open_message(raw, trust=TRUST, now=NOW).security


INNER = {
    "plain": inner(None),
    "good": inner(BOB),
    "opaque": inner(BOB, opaque=True),
    "altered": inner(BOB, altered=True),
    "unknown": inner(EVE),
}


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("name", INNER)
def test_what_is_signed_inside_does_not_sign_what_is_around_it(name: str, alone: bool) -> None:
    found = judged(around(INNER[name], "bob@clinic.test", alone=alone))
    assert found.verdict.letter is Letter.NONE
    assert (found.signatures, found.layers, found.headers.protected) == ((), (), ())
    assert found.headers.subject == "Fwd"


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("name", INNER)
@pytest.mark.parametrize("altered", [False, True])
def test_a_signed_message_has_the_same_verdict_whatever_it_forwards(name: str, alone: bool, altered: bool) -> None:
    raw = protect(around(INNER[name], "anna@clinic.test", alone=alone), sign=ANNA.key, now=NOW)
    if altered:
        raw = raw.replace(b"To: anna@clinic.test", b"To: dora@clinic.test")
        assert judged(raw).verdict.letter is Letter.BROKEN
        return
    found = judged(raw)
    assert found.verdict.letter is Letter.VALID
    assert [one.signer and one.signer.addresses for one in found.signatures] == [("anna@clinic.test",)]
    assert found.headers.subject == "Fwd"
