"""Mails that pretend: each was made with real keys, reads as if Anna, or the director, had written it, and is never Y.

Eve has an honest certificate for her own address from the same trusted authority, and can sign, encrypt and send
whatever she likes. The names are what the mail tries.
"""

# ruff: noqa: E501 - a table reads better with one trick a line

import base64
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.pki import NOT_BEFORE, NOW, Identity, Pki
from tui_mail.cms.enveloped import build_enveloped, default_plan
from tui_mail.cms.signed import build_signed_data
from tui_mail.mime.encode import base64_body
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import SeenCertificate, TrustContext

PKI = Pki()
A = "anna@clinic.test"
ANNA, EVE, BERT = PKI.issue(A), PKI.issue("eve@evil.test"), PKI.issue("bert@clinic.test", key="rsa")
REVOKED = PKI.issue(A)
NAMES = x509.NameConstraints([x509.RFC822Name("evil.test")], None)
CONFINED = PKI.authority("Confined", above=PKI.ca, extensions=[(NAMES, True)])
WEB_ONLY = PKI.authority(
    "Web", above=PKI.ca, extensions=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]
)
BLOCKED = PKI.issue(A)
TRUST = TrustContext(
    anchors=(PKI.ca.certificate,),
    crls=(PKI.ca.crl(REVOKED),),
    blocked=frozenset({(A, BLOCKED.sha256)}),
    known={A: (SeenCertificate(ANNA.sha256, "anna", NOT_BEFORE, NOW, True, 41),)},
)
FIRST_SIGHT = TrustContext(anchors=TRUST.anchors, crls=TRUST.crls, blocked=TRUST.blocked)
"""Bert as he was before Anna wrote for the first time: no earlier certificate helps him."""

HEAD = f"From: Anna <{A}>\r\nTo: bert@clinic.test\r\nSubject: Pay\r\n"
TEXT = "Pay Eve 10,000 Euro.\r\n"


def mail(author: str, more: str = "") -> bytes:
    """An unsigned message with this From field."""
    return f"From: {author}\r\nTo: bert@clinic.test\r\nSubject: Pay\r\n{more}\r\n{TEXT}".encode()


def by(signer: Identity, author: str, more: str = "", **options: object) -> bytes:
    """A message that this person signed, whoever it says it is from."""
    return protect(mail(author, more), sign=signer.key, now=NOW, **{"headers": "none", **options})  # type: ignore[arg-type]


def annas(**options: object) -> bytes:
    """What Anna really wrote and signed."""
    plain = f"From: Anna <{A}>\r\nTo: bert@clinic.test\r\nSubject: Hello\r\n\r\nDear Bert\r\n".encode()
    return protect(plain, sign=ANNA.key, now=NOW, **{"headers": "none", **options})  # type: ignore[arg-type]


def entity(raw: bytes) -> bytes:
    """The signed part of a message as a part of another: its content type and body."""
    found = re.search(rb"Content-Type: multipart/signed[^\r]*(?:\r\n[ \t][^\r]*)*\r\n", raw)
    assert found is not None
    return found[0] + b"\r\n" + raw.partition(b"\r\n\r\n")[2]


def inside(kind: str, *parts: bytes, head: str = HEAD) -> bytes:
    """A multipart of these parts."""
    body = b"".join(b"--q\r\n" + part + b"\r\n" for part in parts)
    return (
        f"{head}MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=q\r\n\r\n".encode() + body + b"--q--\r\n"
    )


def words(text: str = TEXT, kind: str = "plain") -> bytes:
    """A part of text."""
    return f"Content-Type: text/{kind}\r\n\r\n{text}".encode()


def attached(raw: bytes) -> bytes:
    """A whole message as a part."""
    return b"Content-Type: message/rfc822\r\n\r\n" + raw


def sealed(content: bytes, head: str = HEAD) -> bytes:
    """Encrypted for Bert, by nobody."""
    data = build_enveloped(content, [default_plan(BERT.certificate)], "aes-256-gcm")
    return (
        f"{head}Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
        + base64_body(data)
    )


def opaque(data: bytes, head: str = HEAD, kind: str = "signed-data") -> bytes:
    """A CMS object as the whole message."""
    line = f"Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\n"
    return f"{head}{line}Content-Transfer-Encoding: base64\r\n\r\n".encode() + base64_body(data)


def pasted(content: bytes, signature: bytes) -> bytes:
    """A multipart/signed put together by hand."""
    kind = 'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s\r\n\r\n'
    part = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return (
        f"{HEAD}{kind}".encode() + b"--s\r\n" + content + b"\r\n--s\r\n" + part + base64_body(signature) + b"--s--\r\n"
    )


def signature(signer: Identity, content: bytes, *, detached: bool = True) -> bytes:
    return build_signed_data(content, signer.key, detached=detached, signing_time=NOW)


def claims(**made: object) -> bytes:
    """Mail in Anna's name signed with a certificate that names her and has something wrong."""
    return by(PKI.issue(A, **made), f"Anna <{A}>")  # type: ignore[arg-type]


def word(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?b?{base64.b64encode(text.encode(charset)).decode()}?="


def swapped(old: bytes, new: bytes, raw: bytes | None = None) -> bytes:
    whole = annas() if raw is None else raw
    assert old in whole
    return whole.replace(old, new, 1)


def edited(old: bytes, new: bytes) -> bytes:
    """Anna's opaque message with other words inside."""
    data = signature(ANNA, words("Dear Bert, all is well.\r\n"), detached=False)
    assert old in data and len(old) == len(new)
    return opaque(data.replace(old, new))


MIX = f'"{A}" <eve@evil.test>'
PRETENDERS: dict[str, Callable[[], bytes]] = {
    # who is said to write
    "the name shows Anna's address": lambda: by(EVE, MIX),
    "the name shows her address in encoded words": lambda: by(EVE, f"{word(A)} <eve@evil.test>"),
    "the name shows her address in Latin-1": lambda: by(EVE, f"{word(A, 'iso-8859-1')} <eve@evil.test>"),
    "the name is split over two encoded words": lambda: by(EVE, f"{word('anna@clin')} {word('ic.test')} <eve@evil.test>"),
    "the name uses a full-width at sign": lambda: by(EVE, f"{word('anna＠clinic.test')} <eve@evil.test>"),
    "the name uses a small at sign": lambda: by(EVE, f"{word('anna﹫clinic.test')} <eve@evil.test>"),
    "the name is full-width throughout": lambda: by(EVE, f"{word('ａｎｎａ＠ｃｌｉｎｉｃ．ｔｅｓｔ')} <eve@evil.test>"),
    "the name shows her address in angle brackets": lambda: by(EVE, f'"Anna <{A}>" <eve@evil.test>'),
    "the name shows her address behind many blanks": lambda: by(EVE, f'"{A}{" " * 60}" <eve@evil.test>'),
    "a comment shows her address": lambda: by(EVE, f"eve@evil.test ({A})"),
    "two authors, Anna first": lambda: by(EVE, f"{A}, eve@evil.test"),
    "two authors, Eve first": lambda: by(EVE, f"eve@evil.test, {A}"),
    "two From fields, Anna's first": lambda: b"From: anna@clinic.test\r\n" + by(EVE, "eve@evil.test"),
    "two From fields, Anna's last": lambda: swapped(b"To:", b"From: anna@clinic.test\r\nTo:", by(EVE, "eve@evil.test")),
    "no From at all, Anna as Sender": lambda: swapped(b"From: eve@evil.test", b"Sender: anna@clinic.test", by(EVE, "eve@evil.test")),
    "an empty From": lambda: swapped(b"eve@evil.test", b"", by(EVE, "eve@evil.test")),
    "a From that is only a name": lambda: by(EVE, "Anna"),
    "a group with Anna in it": lambda: by(EVE, f"Board: {A};"),
    "an empty group": lambda: by(EVE, "Anna:;"),
    "Anna as author, Eve as Sender and signer": lambda: by(EVE, A, "Sender: eve@evil.test\r\n"),
    "Eve as author and signer, Anna as Sender": lambda: by(EVE, "eve@evil.test", f"Sender: {A}\r\n"),
    "Anna as author, Eve as signer": lambda: by(EVE, A),
    "a NUL between two addresses": lambda: by(EVE, "anna@clinic.test\0@evil.test"),
    "a source route": lambda: by(EVE, "<@evil.test:anna@clinic.test>"),
    "a folded From with Anna in the second line": lambda: by(EVE, f"eve@evil.test,\r\n {A}"),
    "Anna's signature under the director's From": lambda: swapped(b"Anna <anna@clinic.test>", b"director@clinic.test"),
    # addresses that look alike
    "a Cyrillic letter in the name part": lambda: swapped(A.encode(), "\u0430nna@clinic.test".encode()),
    "a Cyrillic letter in the domain": lambda: swapped(A.encode(), "anna@\u0441linic.test".encode()),
    "a certificate for the Cyrillic domain": lambda: by(PKI.issue("anna@xn--linic-6of.test"), f"Anna <{A}>"),
    "a full-width letter in the name part": lambda: swapped(A.encode(), "\uff41nna@clinic.test".encode()),
    "a zero-width space": lambda: swapped(A.encode(), "an\u200bna@clinic.test".encode()),
    "a soft hyphen": lambda: swapped(A.encode(), "an\u00adna@clinic.test".encode()),
    "a bidirectional override": lambda: swapped(A.encode(), "\u202eanna@clinic.test".encode()),
    "a combining accent": lambda: swapped(A.encode(), "anna\u0301@clinic.test".encode()),
    "a subdomain": lambda: swapped(A.encode(), b"anna@ward.clinic.test"),
    "a longer domain": lambda: swapped(A.encode(), b"anna@clinic.test.evil.test"),
    "a plus tag": lambda: swapped(A.encode(), b"anna+director@clinic.test"),
    # certificates that name her
    "a self-signed certificate with her address": lambda: claims(self_signed=True),
    "a certificate of an authority that nobody trusts": lambda: by(Pki("Test Root").issue(A), A),
    "an authority confined to another domain": lambda: claims(ca=CONFINED),
    "a confined authority, her address in the subject": lambda: by(
        PKI.issue("eve@evil.test", ca=CONFINED, legacy_address=A), A
    ),
    "an authority for web servers": lambda: claims(ca=WEB_ONLY),
    "a certificate for web servers": lambda: claims(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
    "a certificate for code": lambda: claims(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,)),
    "a certificate that may only encrypt": lambda: claims(sign=False),
    "a certificate that has ended": lambda: claims(not_after=NOW - timedelta(days=1)),
    "a certificate that has not begun": lambda: claims(not_before=NOW + timedelta(days=1)),
    "a certificate that was revoked": lambda: by(REVOKED, A),
    "a certificate that Bert has blocked": lambda: by(BLOCKED, A),
    "a certificate with an unknown critical extension": lambda: claims(
        extensions=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)]
    ),
    "her address only in the common name": lambda: by(PKI.issue("", name=A, addresses=()), A),
    "her address as a URI": lambda: by(
        PKI.issue("", name="Anna", addresses=(), extensions=[(_alternative(x509.UniformResourceIdentifier(f"mailto:{A}")), False)]), A
    ),
    "her address as a host name": lambda: by(
        PKI.issue("", name="Anna", addresses=(), extensions=[(_alternative(x509.DNSName("anna.clinic.test")), False)]), A
    ),
    "her address in a directory name": lambda: by(
        PKI.issue(
            "",
            name="Anna",
            addresses=(),
            extensions=[
                (_alternative(x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, A)]))), False)
            ],
        ),
        A,
    ),
    "a certificate that another person's certificate issued": lambda: by(_issued_by(EVE), A),
    "another certificate than her last 41 mails": lambda: claims(self_signed=True, name="Anna"),
    # where the signature stands
    "her signed mail forwarded in an unsigned one": lambda: inside("mixed", words(), attached(annas())),
    "her signed mail forwarded in Eve's signed one": lambda: protect(
        inside("mixed", words(), attached(annas())), sign=EVE.key, now=NOW, headers="none"
    ),
    "her signed part behind Eve's text": lambda: inside("mixed", words(), entity(annas())),
    "her signed part before Eve's text": lambda: inside("mixed", entity(annas()), words()),
    "her signed part alone in a wrapper": lambda: inside("mixed", entity(annas())),
    "her signed part as an alternative": lambda: inside("alternative", entity(annas()), words("<p>Pay Eve", "html")),
    "her signed part as a related picture": lambda: inside("related", words("<p>Pay Eve<img src=cid:a>", "html"), entity(annas())),
    "her signed part in a digest": lambda: inside("digest", attached(annas()), attached(mail(A))),
    "her signed part in a report": lambda: inside("report", words(), entity(annas())),
    "style sheets hide her part": lambda: inside(
        "mixed", words("<style>*{display:none} b{display:block}</style><b>Pay Eve</b><div>", "html"), entity(annas())
    ),
    "an unclosed tag swallows her part": lambda: inside("mixed", words("<b>Pay Eve</b><textarea>", "html"), entity(annas())),
    "white on white around her part": lambda: inside("mixed", words("Pay Eve<font color=white>", "html"), entity(annas())),
    "a mailing list's footer in a wrapper": lambda: inside("mixed", entity(annas()), words("-- \r\nlist@clinic.test")),
    "a mailing list's footer inside the signed part": lambda: swapped(b"Dear Bert\r\n", b"Dear Bert\r\n-- \r\nPay Eve\r\n"),
    "an opaque signature as an attachment": lambda: inside("mixed", words(), entity_of(annas(opaque=True))),
    "three parts in a multipart/signed": lambda: swapped(
        b"\r\n--", b"\r\n--", pasted(words(), b"") .replace(b"--s--", b"--s\r\n" + words() + b"\r\n--s--")
    ),
    "her signature pasted under other words": lambda: pasted(words(), signature(ANNA, words("Dear Bert\r\n"))),
    "the words inside the signature instead of beside it": lambda: pasted(
        words(), signature(ANNA, words("Dear Bert\r\n"), detached=False)
    ),
    "Eve's signature with words inside and others beside": lambda: pasted(words(), signature(EVE, words(), detached=False)),
    "an opaque signature without its words": lambda: opaque(signature(ANNA, words())),
    "an opaque signature with other words": lambda: edited(b"all is well", b"pay it Eve!"),
    "a signature that is text": lambda: pasted(words(), b"signed, Anna"),
    "a signature that calls itself encrypted": lambda: opaque(signature(EVE, words(), detached=False), kind="enveloped-data"),
    "encrypted by nobody in her name": lambda: sealed(words()),
    "encrypted around Eve's signature": lambda: sealed(entity(by(EVE, A))),
    "her signature around what nobody signed inside": lambda: protect(sealed(words()), sign=ANNA.key, now=NOW, headers="none"),
    "a protected From inside, Eve's signature": lambda: swapped(
        A.encode(), b"eve@evil.test", protect(mail(A), sign=EVE.key, now=NOW)
    ),
    "a protected From inside that differs from outside": lambda: swapped(
        b"From: eve@evil.test", b"From: anna@clinic.test", protect(mail("eve@evil.test"), sign=EVE.key, now=NOW)
    ).replace(b"From: eve@evil.test", b"From: anna@clinic.test"),
    "a header that claims encryption": lambda: mail(A, 'Content-Type: text/plain; hp="cipher"\r\n'),
    "a header that claims a signature was good": lambda: mail(A, "Authentication-Results: smime=pass\r\nX-Sig: Y\r\n"),
    "an attachment called smime.p7s": lambda: inside(
        "mixed", words(), b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nYES"
    ),
}  # fmt: skip


def _alternative(name: x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([name])


def _issued_by(person: Identity) -> Identity:
    authority = PKI.authority("Person")
    authority.x509 = person.x509
    return PKI.issue(A, ca=authority)


def entity_of(raw: bytes) -> bytes:
    """The opaque body of a message as a part of another."""
    return raw[raw.index(b"Content-Type: application/pkcs7-mime") :]


@pytest.mark.parametrize("made", PRETENDERS.values(), ids=PRETENDERS)
def test_a_mail_that_pretends_is_never_y(made: Callable[[], bytes]) -> None:
    """RFC 8550 section 3, RFC 9787 sections 3 and 4, RFC 9788 section 4.4; "Johnny, you are fired" (2019)."""
    raw = made()
    for trust in (TRUST, FIRST_SIGHT):
        security = open_message(raw, keys=(BERT.key,), trust=trust, now=NOW).security
        assert security.verdict.letter.value != "Y", security.verdict.reasons


def test_there_are_enough_of_them_and_what_they_imitate_is_y() -> None:
    assert len(PRETENDERS) >= 80
    for raw in (annas(), annas(opaque=True), annas(headers="baseline"), by(EVE, "Eve <eve@evil.test>")):
        assert open_message(raw, keys=(BERT.key,), trust=FIRST_SIGHT, now=NOW).security.verdict.letter.value == "Y"
