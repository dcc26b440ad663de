"""Still more mails that pretend, beside `test_pretenders`: signatures taken apart and put together anew, layers around
layers, and names that a terminal shows as an address.
"""

# ruff: noqa: E501 - a table reads better with one trick a line

from collections.abc import Callable

import pytest
from asn1crypto import cms

from tests.pki import NOW, Identity
from tests.trust.test_pretenders import (
    ANNA,
    BERT,
    EVE,
    FIRST_SIGHT,
    HEAD,
    PKI,
    TRUST,
    A,
    annas,
    attached,
    by,
    entity,
    inside,
    mail,
    opaque,
    pasted,
    sealed,
    signature,
    swapped,
    word,
    words,
)
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import view
from tui_mail.trust.context import TrustContext

E = "eve@evil.test"
BLOCKED = TrustContext(anchors=TRUST.anchors, blocked=frozenset({(A, "")}))


def taken_apart(signer: Identity, content: bytes, *, detached: bool = True) -> cms.ContentInfo:
    """A signature whose fields can be changed."""
    return cms.ContentInfo.load(signature(signer, content, detached=detached))


def attributes_as_content() -> bytes:
    """RFC 5652 with the attack on plain signatures: Anna's signed attributes are the words, and nothing is signed."""
    made = taken_apart(ANNA, words("Dear Bert\r\n"), detached=False)
    data = made["content"]
    attributes = data["signer_infos"][0]["signed_attrs"].untag().dump()
    data["signer_infos"][0]["signed_attrs"] = None
    data["encap_content_info"]["content"] = attributes
    return opaque(made.dump(force=True))


def two_signers(*, annas_first: bool) -> bytes:
    """Eve's signature of these words beside Anna's of others, in one object."""
    content = words()
    hers, eves = taken_apart(ANNA, words("Dear Bert\r\n")), taken_apart(EVE, content)
    data = eves["content"]
    both = [hers["content"]["signer_infos"][0], data["signer_infos"][0]]
    data["signer_infos"] = cms.SignerInfos(both if annas_first else both[::-1])
    data["certificates"] = cms.CertificateSet([*data["certificates"], *hers["content"]["certificates"]])
    return pasted(content, eves.dump(force=True))


def with_annas(*fields: str) -> bytes:
    """Eve's signature of these words, with Anna's certificate in some places."""
    made, hers = taken_apart(EVE, words()), taken_apart(ANNA, words())
    if "signer" in fields:
        made["content"]["signer_infos"][0]["sid"] = hers["content"]["signer_infos"][0]["sid"]
    if "attributes" in fields:
        made["content"]["signer_infos"][0]["signed_attrs"] = hers["content"]["signer_infos"][0]["signed_attrs"]
    made["content"]["certificates"] = hers["content"]["certificates"]
    return pasted(words(), made.dump(force=True))


def around(inner: bytes, signer: Identity, head: str = HEAD) -> bytes:
    """A layer of this person around the signed part of a message."""
    return protect(head.encode() + entity(inner), sign=signer.key, now=NOW, headers="none")


def wrapped(inner: bytes, author: str) -> bytes:
    """A whole message as what Eve signed (RFC 8551 section 3.1)."""
    content = b"Content-Type: message/rfc822\r\n\r\n" + inner
    return opaque(signature(EVE, content, detached=False), head=f"From: {author}\r\nTo: bert@clinic.test\r\n")


def shown(name: str) -> bytes:
    """Eve's signed mail under this name."""
    return by(EVE, f"{word(name)} <{E}>")


PRETENDERS: dict[str, Callable[[], bytes]] = {
    # the signature
    "her signed attributes as the words": attributes_as_content,
    "Eve's signature beside Anna's of other words": lambda: two_signers(annas_first=True),
    "Anna's signature of other words beside Eve's": lambda: two_signers(annas_first=False),
    "Eve's signature with Anna's certificate beside it": with_annas,
    "Eve's signature that names Anna's certificate": lambda: with_annas("signer"),
    "Eve's signature that names Anna's certificate, with Anna's attributes": lambda: with_annas("signer", "attributes"),
    # layers
    "Eve's layer around what Anna did not sign": lambda: around(by(EVE, A), EVE),
    "Anna's own layer around Eve's signed words in her name, broken": lambda: swapped(b"Pay Eve 10", b"Pay Eve 99", around(by(EVE, A), ANNA)),
    "a whole message of Anna's in Eve's layer, under Anna's name": lambda: wrapped(mail(A), A),
    "a whole message of Eve's in Eve's layer, under Anna's name": lambda: wrapped(mail(E), A),
    "her signed mail as a whole message": lambda: HEAD.encode() + attached(annas()),
    "her signed mail as an international message": lambda: HEAD.encode() + b"Content-Type: message/global\r\n\r\n" + annas(),
    "her signed mail as a piece of one": lambda: HEAD.encode() + b"Content-Type: message/partial; id=a; number=1; total=1\r\n\r\n" + annas(),
    "her signed part sealed behind another": lambda: sealed(inside("related", words(), entity(annas()), head="")),
    "her signed part under a second type": lambda: b"Content-Type: text/plain\r\n" + annas(),
    "two boundaries": lambda: swapped(b"boundary=", b"boundary=q; boundary="),
    # names
    "a vertical tab in the name": lambda: shown("anna\v@clinic.test"),
    "a form feed in the name": lambda: shown("anna@\fclinic.test"),
    "a delete character in the name": lambda: shown("anna\x7f@clinic.test"),
    "a C1 control in the name": lambda: shown("anna\x85@clinic.test"),
    "blanks around the at sign": lambda: shown("anna @ clinic.test"),
    "no-break spaces around the at sign": lambda: shown("anna\u00a0@\u00a0clinic.test"),
    "hair spaces around the at sign": lambda: shown("anna\u200a@\u200aclinic.test"),
    "a line separator before the at sign": lambda: shown("anna\u2028@clinic.test"),
    "the at sign as a word": lambda: by(EVE, f'"anna (at) clinic.test" <{E}>'),
    "the at sign as a word in brackets": lambda: by(EVE, f'"anna[AT]clinic.test" <{E}>'),
    "the at sign between apostrophes": lambda: by(EVE, f"\"anna'@'clinic.test\" <{E}>"),
    "tag characters around the at sign": lambda: shown("anna\U000e0040@\U000e0041clinic.test"),
    "the name in UTF-7": lambda: by(EVE, f"=?utf-7?q?anna+AEA-clinic.test?= <{E}>"),
    "a second field inside the name": lambda: shown(f"Anna\nFrom: {A}"),
    "the name after bytes that are no text": lambda: by(EVE, f"X <{E}>").replace(b"From: X ", b"From: \xe4 anna@clinic.test ", 1),
    "five thousand comments around her address": lambda: by(EVE, f"{'(' * 5000}{A}{')' * 5000} {E}"),
    # addresses
    "two addresses in one pair of brackets": lambda: by(EVE, f"<{E},{A}>"),
    "two addresses in brackets without a comma": lambda: by(EVE, f"<{E} {A}>"),
    "her address in brackets within a quoted name part": lambda: by(EVE, f'<"Anna <{A}>"@evil.test>'),
    "a backslash before Eve's domain": lambda: by(EVE, "anna@clinic.test\\@evil.test"),
    "a Turkish I in the domain": lambda: swapped(A.encode(), "anna@cl\u0130nic.test".encode()),
    "her address behind a NUL in the subject of the certificate": lambda: by(PKI.issue("", name="x", addresses=(), legacy_address=f"{A}\0.evil.test"), A),
    "a group as Sender": lambda: by(EVE, E, f"Sender: Board: {A};\r\n"),
    "a name alone as Sender": lambda: by(EVE, E, "Sender: anna at clinic.test\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("made", PRETENDERS.values(), ids=PRETENDERS)
def test_a_mail_that_pretends_is_never_y(made: Callable[[], bytes]) -> None:
    """RFC 5652 section 5.6, RFC 9787 sections 3 and 4, RFC 8550 section 3."""
    raw = made()
    for trust in (TRUST, FIRST_SIGHT):
        security = open_message(raw, keys=(BERT.key,), trust=trust, now=NOW).security
        assert security.verdict.letter.value != "Y", security.verdict.reasons


def test_a_blocked_address_is_never_y_whatever_certificate_signs() -> None:
    for raw in (annas(), by(PKI.issue(A), A)):
        assert open_message(raw, trust=BLOCKED, now=NOW).security.verdict.letter.value == "X"


@pytest.mark.parametrize(
    "raw",
    [
        annas().replace(b"\r\n\r\n--", b"\r\n\r\nPay Eve now!\r\n--", 1),
        annas() + b"\r\nPay Eve now!\r\n",
        swapped(b"\r\n\r\n", b"\r\nContent-Type: text/plain\r\n\r\n").replace(
            b"\r\n\r\n--", b"\r\n\r\nPay Eve!\r\n--", 1
        ),
        around(annas(), EVE).replace(b"\r\n\r\n--", b"\r\n\r\nPay Eve now!\r\n--", 1),
    ],
    ids=["before the parts", "behind the parts", "under two types", "inside Eve's layer"],
)
def test_what_stands_around_her_signed_part_is_never_shown_as_hers(raw: bytes) -> None:
    """RFC 2046 section 5.1.1: what stands before and behind the parts is no part of the message."""
    opened = open_message(raw, trust=FIRST_SIGHT, now=NOW)
    assert opened.security.verdict.letter.value == "Y"
    text = str(view(opened, 1).lines)
    assert b"Pay Eve" in raw and "Pay Eve" not in text and "Dear Bert" in text
