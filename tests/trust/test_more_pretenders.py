"""More mails that pretend, beside `test_pretenders`: fields, certificates and lists that try to make a mail of Eve's
read as one of Anna's.
"""

# ruff: noqa: E501 - a table reads better with one trick a line

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.pki import NOW, Identity
from tests.trust.test_pretenders import (
    ANNA,
    BERT,
    CONFINED,
    EVE,
    FIRST_SIGHT,
    PKI,
    TRUST,
    A,
    annas,
    attached,
    by,
    entity,
    inside,
    mail,
    sealed,
    swapped,
    word,
    words,
)
from tui_mail.mime.encode import address_value
from tui_mail.model.address import Address
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext

E = "eve@evil.test"
CYRILLIC = "\u0430nna@clinic.test"
UTF8 = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")


def raw_from(field: bytes, raw: bytes | None = None) -> bytes:
    """Eve's signed mail whose From field is these bytes, whatever they are."""
    return swapped(b"From: eve@evil.test\r\n", field + b"\r\n", raw or by(EVE, E))


def named(*names: x509.GeneralName, legacy: str = "", **how: object) -> bytes:
    """Mail in Anna's name by a certificate with these alternative names."""
    extensions = [(x509.SubjectAlternativeName(list(names)), False)] if names else []
    return by(PKI.issue("", name="Anna", addresses=(), legacy_address=legacy, extensions=extensions, **how), A)  # type: ignore[arg-type]


def utf8(text: str, *, tag: int = 0x0C) -> x509.OtherName:
    """An SmtpUTF8Mailbox (RFC 9598)."""
    return x509.OtherName(UTF8, bytes((tag, len(text.encode()))) + text.encode())


def ia5(text: str) -> x509.RFC822Name:
    """An rfc822Name with whatever text, as a careless authority would write it."""
    return x509.RFC822Name._init_without_validation(text)


def director() -> Identity:
    """A certificate of the same domain for somebody else, who may sign."""
    return PKI.issue("director@clinic.test")


PRETENDERS: dict[str, Callable[[], bytes]] = {
    # letters
    "the name shows her address with a Cyrillic letter": lambda: by(EVE, f"{word(CYRILLIC)} <{E}>"),
    "the name shows her address with a zero-width joiner": lambda: by(EVE, f"{word('anna@clinic' + chr(0x200D) + '.test')} <{E}>"),
    "the name shows her address right to left": lambda: by(EVE, f"{word(chr(0x202E) + 'tset.cinilc@anna')} <{E}>"),
    "the name shows her address in mathematical letters": lambda: by(EVE, f"{word('𝐚𝐧𝐧𝐚@𝐜𝐥𝐢𝐧𝐢𝐜.𝐭𝐞𝐬𝐭')} <{E}>"),
    "the name shows her address with an ideographic full stop": lambda: by(EVE, f"{word('anna@clinic。test')} <{E}>"),
    "the name shows her address between quotation marks": lambda: by(EVE, f"{word('“' + A + '”')} <{E}>"),
    "the name shows her address in encoded words of two charsets": lambda: by(EVE, f"{word('anna@', 'utf-16')} {word('clinic.test')} <{E}>"),
    "the name shows her address in quoted-printable words": lambda: by(EVE, f"=?utf-8?q?anna=40clinic.test?= <{E}>"),
    "the name shows her address with the at sign as an escape": lambda: by(EVE, f'"anna\\@clinic.test" <{E}>'),
    "the name shows her address by a mailto link": lambda: by(EVE, f'"mailto:{A}" <{E}>'),
    "a Greek letter in the domain": lambda: swapped(A.encode(), "anna@clin\u03b9c.test".encode()),
    "a dotless i in the domain": lambda: swapped(A.encode(), "anna@cl\u0131nic.test".encode()),
    "a Kelvin sign for a k": lambda: swapped(A.encode(), "\u212aanna@clinic.test".encode()),
    "a long s in the name part": lambda: by(PKI.issue("tess@clinic.test"), "te\u017fs@clinic.test"),
    "a ligature in the name part": lambda: by(PKI.issue("office@clinic.test"), "o\ufb03ce@clinic.test"),
    "sharp s for ss in the domain": lambda: by(PKI.issue("anna@strasse.test"), "anna@stra\u00dfe.test"),
    "a tag character behind the name part": lambda: swapped(A.encode(), "anna\U000e0041@clinic.test".encode()),
    "a variation selector": lambda: swapped(A.encode(), "anna\ufe0f@clinic.test".encode()),
    # the form of the field
    "her address quoted as a name part of Eve's": lambda: by(EVE, f'"{A}"@evil.test'),
    "a percent route through Eve": lambda: by(EVE, "anna%clinic.test@evil.test", ""),
    "a comment inside the address": lambda: by(EVE, "anna(x)@(y)clinic.test"),
    "a comment that closes late": lambda: by(EVE, f"eve@evil.test (hello\\) <{A}>"),
    "a comment before her address": lambda: by(EVE, f"(eve@evil.test) {A}"),
    "an encoded word for the whole address": lambda: by(EVE, word(A)),
    "an encoded word for the address in brackets": lambda: by(EVE, f"<{word(A)}>"),
    "an encoded word that holds brackets": lambda: by(EVE, f"{word(f'Anna <{A}>, Eve')} <{E}>"),
    "brackets twice": lambda: by(EVE, f"<{A}> <{E}>"),
    "brackets in brackets": lambda: by(EVE, f"<{E}<{A}>>"),
    "her address without brackets before Eve's": lambda: by(EVE, f"{A} <{E}>"),
    "her address behind Eve's": lambda: by(EVE, f"<{E}> {A}"),
    "a semicolon between two": lambda: by(EVE, f"{E}; {A}"),
    "a group of both": lambda: by(EVE, f"Board: {E}, {A};"),
    "an obsolete route over Anna": lambda: by(EVE, f"Anna <@clinic.test,@evil.test:{A}>"),
    "a domain literal": lambda: by(EVE, "anna@[clinic.test]"),
    "a dot behind the domain of another": lambda: by(EVE, "anna@clinic.test."),
    "a NUL at the end of her address": lambda: raw_from(b"From: anna@clinic.test\0"),
    "a NUL and Eve's address": lambda: raw_from(b"From: anna@clinic.test\0, eve@evil.test"),
    "a bare CR hides Eve": lambda: raw_from(b"From: eve@evil.test\rFrom: anna@clinic.test"),
    "a bare LF starts another From": lambda: raw_from(b"From: eve@evil.test\nFrom: anna@clinic.test"),
    "folded in the middle of the address": lambda: raw_from(b"From: anna@\r\n clinic.test"),
    "folded before the first word": lambda: raw_from(b"From:\r\n anna@clinic.test"),
    "a blank before the colon": lambda: raw_from(b"From : anna@clinic.test\r\nFrom: eve@evil.test"),
    "another case of the name": lambda: raw_from(b"fRoM: anna@clinic.test\r\nFrom: eve@evil.test"),
    "thousands of blanks": lambda: raw_from(b"From: anna@clinic.test" + b" " * 900 + b",eve@evil.test"),
    # other fields
    "Anna resent by Eve": lambda: by(EVE, A, f"Resent-From: {E}\r\nResent-Sender: {E}\r\n"),
    "Eve as the address for answers": lambda: by(EVE, A, f"Reply-To: {E}\r\n"),
    "Eve as the path back": lambda: b"Return-Path: <eve@evil.test>\r\n" + by(EVE, A),
    "two Sender fields": lambda: by(EVE, A, f"Sender: {E}\r\nSender: {A}\r\n"),
    "Anna's mail that a list sends on in its own name": lambda: swapped(b"Anna <anna@clinic.test>", b"Anna via Staff <staff@lists.test>"),
    "Anna's mail that a list sends on with its address as Sender": lambda: swapped(b"To: bert", b"Sender: staff@lists.test\r\nTo: bert"),
    "a second From around a protected one": lambda: b"From: anna@clinic.test\r\n" + protect(mail(E), sign=EVE.key, now=NOW),
    "her protected mail with Eve's From before it": lambda: b"From: eve@evil.test\r\n" + annas(headers="baseline"),
    "two From fields inside the protected part": lambda: protect(mail(E, f"From: {A}\r\n"), sign=EVE.key, now=NOW),
    # certificates
    "her address behind a NUL in the certificate": lambda: named(ia5("anna@clinic.test\0@evil.test")),
    "her address with a blank in the certificate": lambda: named(ia5("anna @clinic.test")),
    "two addresses in one name of the certificate": lambda: named(ia5(f"{E},{A}")),
    "her address with a name in the certificate": lambda: named(ia5(f"Anna <{A}>")),
    "only her domain in the certificate": lambda: named(ia5("clinic.test")),
    "her domain with a dot in the certificate": lambda: named(ia5(".clinic.test")),
    "a star for everybody of her domain": lambda: named(ia5("*@clinic.test")),
    "an empty name in the certificate": lambda: named(ia5("")),
    "her domain as a host name": lambda: named(x509.DNSName("clinic.test")),
    "an international mailbox with a Cyrillic letter": lambda: named(utf8(CYRILLIC)),
    "an international mailbox that confines itself no more": lambda: named(utf8("\u0430nna@clinic.test"), ca=CONFINED),
    "her address as an international mailbox below a confined authority": lambda: named(utf8(A), ca=CONFINED),
    "her address among others below a confined authority": lambda: named(ia5(E), ia5(A), ca=CONFINED),
    "her address in the subject, Eve's in the alternative names": lambda: by(PKI.issue(E, ca=CONFINED, legacy_address=A), A),
    "her address in the subject in capitals": lambda: named(ca=CONFINED, legacy=A.upper()),
    "her address as a user id": lambda: named(x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.USER_ID, A)]))),
    "the director signs for Anna": lambda: by(director(), f"Anna <{A}>"),
    "a signer with two addresses, neither hers": lambda: by(PKI.issue(E, addresses=(E, "director@clinic.test")), A),
    # where the signature stands
    "her signed mail as the second message of a digest": lambda: inside("digest", attached(mail(A)), attached(annas())),
    "her signed part behind an empty one": lambda: inside("mixed", b"Content-Type: text/plain\r\n\r\n", entity(annas())),
    "her signed part in a list's wrapper that Eve signed": lambda: protect(inside("mixed", words(), entity(annas())), sign=EVE.key, now=NOW, headers="none"),
    "her signed part encrypted with Eve's text before it": lambda: sealed(inside("mixed", words(), entity(annas()), head="")),
    "her signed part in a kind of multipart that nobody knows": lambda: inside("signed-by-anna", words(), entity(annas())),
}  # fmt: skip


@pytest.mark.parametrize("made", PRETENDERS.values(), ids=PRETENDERS)
def test_a_mail_that_pretends_is_never_y(made: Callable[[], bytes]) -> None:
    """RFC 8550 section 3, RFC 9598, RFC 9787 sections 3 and 4."""
    raw = made()
    for trust in (TRUST, FIRST_SIGHT):
        security = open_message(raw, keys=(BERT.key,), trust=trust, now=NOW).security
        assert security.verdict.letter.value != "Y", security.verdict.reasons


def test_what_is_written_goes_to_the_domain_with_sharp_s_and_not_to_the_one_with_ss() -> None:
    """RFC 5891: the older IDNA made one person's domain of another's."""
    assert address_value(Address("anna@stra\u00dfe.test")) == "anna@xn--strae-oqa.test"


def test_what_they_imitate_is_y() -> None:
    assert len(PRETENDERS) >= 70
    two = PKI.issue(A, addresses=(E, A))
    for raw in (annas(), by(two, A), by(ANNA, f"Anna <{A.upper()}>")):
        security = open_message(
            raw, keys=(BERT.key,), trust=TrustContext(anchors=TRUST.anchors, crls=TRUST.crls), now=NOW
        ).security
        assert security.verdict.letter.value == "Y", security.verdict.reasons
