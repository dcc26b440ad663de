"""`multipart/signed` and p7m as real mailers, gateways and lists send them: each form gets the letter that it deserves.

RFC 1847 section 2.1, RFC 2045 section 5.1, RFC 2046 section 5.1, RFC 2231, RFC 8551 sections 3.2 and 3.5.
"""

import base64
import quopri

import pytest

from tests.pki import NOW, Pki
from tui_mail.cms import ber, der
from tui_mail.cms.content import SIGNED_DATA
from tui_mail.cms.enveloped import build_enveloped, default_plan
from tui_mail.cms.signed import build_signed_data
from tui_mail.mime.encode import base64_body
from tui_mail.model.security import MessageSecurity, Summary
from tui_mail.smime.open import Opened, open_message
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA = PKI.issue("anna@clinic.test", key="ecdsa")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
HEAD = b"From: anna@clinic.test\r\nTo: bert@clinic.test\r\nSubject: Forms\r\nMIME-Version: 1.0\r\n"
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nThe text\r\n"
PROTOCOL = b'protocol="application/pkcs7-signature"; micalg=sha-256'
P7S = b"application/pkcs7-signature; name=smime.p7s"


def opened(raw: bytes) -> Opened:
    return open_message(raw, trust=TRUST, now=NOW, keys=(ANNA.key,))


def judged(raw: bytes) -> MessageSecurity:
    return opened(raw).security


def letter(raw: bytes) -> str:
    return judged(raw).verdict.letter.value


def signature(content: bytes, *, detached: bool = True) -> bytes:
    return build_signed_data(content, ANNA.key, detached=detached, signing_time=NOW)


def clear_signed(
    content: bytes = TEXT,
    *,
    kind: bytes = b"multipart/signed; " + PROTOCOL + b"; boundary=b",
    boundary: bytes = b"b",
    before: bytes = b"",
    after: bytes = b"",
    second: bytes = P7S,
    encoding: bytes = b"base64",
    body: bytes | None = None,
    end: bool = True,
    head: bytes = HEAD,
) -> bytes:
    """A clear-signed mail, right but for what is asked to be odd."""
    body = base64_body(signature(content)) if body is None else body
    lines = [
        head + b"Content-Type: " + kind + b"\r\n",
        before + b"--" + boundary + b"\r\n" + content,
        b"--" + boundary,
        b"Content-Type: " + second,
        b"Content-Transfer-Encoding: " + encoding + b"\r\n",
        body.removesuffix(b"\r\n"),
    ]
    return b"\r\n".join([*lines, b"--" + boundary + b"--\r\n" + after] if end else lines)


def every_second_bare(raw: bytes) -> bytes:
    return b"".join(line + (b"\r\n", b"\n")[number % 2] for number, line in enumerate(raw.split(b"\r\n")))


GOOD = {
    "plain": clear_signed(),
    "bare line feeds": clear_signed().replace(b"\r\n", b"\n"),
    "mixed line ends": every_second_bare(clear_signed()),
    "white space after delimiters": clear_signed().replace(b"--b\r\n", b"--b \t\r\n"),
    "preamble and epilogue": clear_signed(before=b"S/MIME follows\r\n\r\n", after=b"--\r\nA list\r\n"),
    "no last delimiter": clear_signed(end=False),
    "a From_ line of mbox": b"From anna Mon Jan  1 00:00:00 2026\r\n" + clear_signed(),
    "no MIME-Version": clear_signed(head=HEAD.replace(b"MIME-Version: 1.0\r\n", b"")),
    "capitals": clear_signed(
        kind=b'MULTIPART/SIGNED; PROTOCOL="APPLICATION/PKCS7-SIGNATURE"; BOUNDARY=b',
        second=b"Application/PKCS7-Signature",
    ),
    "x- types": clear_signed(
        kind=b'multipart/signed; protocol="application/x-pkcs7-signature"; boundary=b',
        second=b"application/x-pkcs7-signature",
    ),
    "an octet-stream with the name of a signature": clear_signed(second=b"application/octet-stream; name=smime.p7s"),
    "no micalg": clear_signed(kind=b'multipart/signed; protocol="application/pkcs7-signature"; boundary=b'),
    "no protocol": clear_signed(kind=b"multipart/signed; boundary=b"),
    "an unknown micalg": clear_signed(kind=b"multipart/signed; " + PROTOCOL + b"x; boundary=b"),
    "comments": clear_signed(kind=b"(a) multipart/signed (b); (c) " + PROTOCOL + b" (d); boundary = b (e)"),
    "folded": clear_signed(
        kind=b'multipart/signed;\r\n\tprotocol="application/pkcs7-signature"; micalg="md5,\r\n md2";\r\n boundary=b'
    ),
    "a boundary of two pieces": clear_signed(
        kind=b"multipart/signed; " + PROTOCOL + b"; boundary*0=one; boundary*1=two", boundary=b"onetwo"
    ),
    "an encoded boundary": clear_signed(kind=b"multipart/signed; " + PROTOCOL + b"; boundary*=us-ascii'en'%62"),
    "a boundary with = and no quotes": clear_signed(
        kind=b"multipart/signed; " + PROTOCOL + b"; boundary=----=_Next=1", boundary=b"----=_Next=1"
    ),
    "a boundary with a quote": clear_signed(
        kind=b"multipart/signed; " + PROTOCOL + b'; boundary="q\\"z"', boundary=b'q"z'
    ),
    "a boundary that ends like a last one": clear_signed(
        kind=b"multipart/signed; " + PROTOCOL + b'; boundary="b--"', boundary=b"b--"
    ),
    "inner parts whose boundary begins like ours": clear_signed(
        b"Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n\r\nThe text\r\n--b1--\r\n"
    ),
    "eight bits": clear_signed("Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n".encode()),
    "white space at line ends": clear_signed(b"Content-Type: text/plain\r\n\r\nThe text \t \r\n \r\n\r\n"),
    "an empty body": clear_signed(b"Content-Type: text/plain\r\n\r\n"),
    "a header and nothing else": clear_signed(b"Content-Type: text/plain\r\n"),
    "nothing at all": clear_signed(b""),
    "no header": clear_signed(b"\r\nThe text"),
    "a forwarded message": clear_signed(b"Content-Type: message/rfc822\r\n\r\nFrom: eve@evil.test\r\n\r\nThe text\r\n"),
    "base64 in one line": clear_signed(body=base64.b64encode(signature(TEXT))),
    "base64 without padding": clear_signed(body=base64.b64encode(signature(TEXT)).rstrip(b"=")),
    "base64 indented": clear_signed(body=base64_body(signature(TEXT)).replace(b"\r\n", b" \r\n\t")),
    "base64 with blank lines": clear_signed(body=base64_body(signature(TEXT)).replace(b"\r\n", b"\r\n\r\n")),
    "base64 with foreign characters": clear_signed(body=b"!!" + base64_body(signature(TEXT))),
    "base64 in capitals with a comment": clear_signed(encoding=b"BASE64 (rfc 2045)"),
    "quoted-printable": clear_signed(
        encoding=b"quoted-printable", body=quopri.encodestring(signature(TEXT)).removesuffix(b"\n")
    ),
    "binary": clear_signed(encoding=b"binary", body=signature(TEXT)),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_only_looks_odd_is_y(name: str) -> None:
    found = judged(GOOD[name])
    assert (found.verdict.letter.value, found.verdict.reasons[1:]) == ("Y", ())


FOOTER = b"Content-Type: text/plain\r\n\r\n____\r\nThe list\r\n"
BAD = {
    "a third part": (
        clear_signed().replace(b"--b--", b"--b\r\n" + FOOTER + b"--b--"),
        "exactly two parts",
    ),
    "a part after the end": (clear_signed(after=b"--b\r\n" + FOOTER + b"--b--\r\n"), "exactly two parts"),
    "the signature first": (
        HEAD + b"Content-Type: multipart/signed; " + PROTOCOL + b"; boundary=b\r\n\r\n--b\r\nContent-Type: " + P7S
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_body(signature(TEXT))
        + b"--b\r\n" + TEXT + b"--b--\r\n",
        "stands before the content",
    ),
    "no signature": (clear_signed(second=b"text/plain"), "is not a signature"),
    "one part": (
        HEAD + b"Content-Type: multipart/signed; " + PROTOCOL + b"; boundary=b\r\n\r\n--b\r\n" + TEXT + b"--b--\r\n",
        "exactly two parts",
    ),
    "no boundary": (clear_signed(kind=b"multipart/signed; " + PROTOCOL), "exactly two parts"),
    "an inner boundary like ours": (
        clear_signed(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThe text\r\n--b--\r\n"),
        "",
    ),
    "a footer in the signed text": (
        clear_signed().replace(b"The text\r\n", b"The text\r\n____\r\nThe list\r\n"),
        "changed after it was signed",
    ),
    "a content inside the signature": (
        clear_signed(body=base64_body(signature(TEXT, detached=False))),
        "a content of its own",
    ),
    "bytes after the signature": (clear_signed(body=base64_body(signature(TEXT) + b"\0")), "Bytes follow"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_could_be_read_in_another_way_is_x_and_says_why(name: str) -> None:
    raw, why = BAD[name]
    found = judged(raw)
    assert found.verdict.letter.value == "X"
    assert why in " ".join(found.verdict.reasons)


def test_a_footer_of_a_list_around_the_signed_message_leaves_it_unsigned() -> None:
    """RFC 9787 section 4.5: the signature is errant there."""
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" + clear_signed(head=b"")
    found = judged(raw + b"\r\n--o\r\n" + FOOTER + b"--o--\r\n")
    assert (found.verdict.letter.value, found.errant_layers) == ("", 1)


def with_object(kind: bytes, more: bytes = b"", data: bytes | None = None) -> bytes:
    data = signature(TEXT, detached=False) if data is None else data
    return (
        HEAD
        + b"Content-Type: "
        + kind
        + b"\r\n"
        + more
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64_body(data)
    )


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (b"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", b""),
        (b"application/pkcs7-mime", b""),
        (b"APPLICATION/PKCS7-MIME; SMIME-TYPE=SIGNED-DATA", b""),
        (b"application/x-pkcs7-mime; name=smime.p7m", b""),
        (b"application/pkcs7-mime; smime-type=enveloped-data", b""),
        (b"application/octet-stream; smime-type=signed-data", b""),
        (b"application/octet-stream; name=SMIME.P7M", b""),
        (b"application/octet-stream; name=smime.p7z", b""),
        (b"application/octet-stream", b"Content-Disposition: attachment; filename=smime.p7m\r\n"),
        (b"application/octet-stream", b'Content-Disposition: inline; filename="=?utf-8?Q?smime=2Ep7m?="\r\n'),
    ],
)
def test_an_object_is_recognised_by_type_parameter_or_name(kind: bytes, more: bytes) -> None:
    assert letter(with_object(kind, more)) == "Y"


@pytest.mark.parametrize("kind", ["application/ms-tnef", "application/octet-stream; name=WINMAIL.DAT"])
def test_a_wrapper_of_outlook_is_named(kind: str) -> None:
    wrapper = f"Content-Type: {kind}\r\n\r\nx\r\n".encode()
    mixed = b"Content-Type: multipart/mixed; boundary=w\r\n\r\n--w\r\n" + TEXT + b"--w\r\n" + wrapper + b"--w--\r\n"
    for raw in (HEAD + wrapper, HEAD + mixed, clear_signed(mixed)):
        assert any("winmail.dat" in warning for warning in judged(raw).warnings)
    assert not judged(clear_signed()).warnings


@pytest.mark.parametrize(
    ("oid", "name"),
    [
        ("1.2.840.113549.1.7.1", "bare data"),
        ("1.2.840.113549.1.7.4", "signed and enveloped data"),
        ("1.2.840.113549.1.7.5", "digested data"),
        ("1.2.840.113549.1.7.6", "encrypted data without a recipient"),
        ("1.2.840.113549.1.9.16.1.2", "authenticated data"),
        ("1.2.3.4", "1.2.3.4"),
    ],
)
def test_rfc5652_objects_that_mail_does_not_use_are_named_and_never_called_damaged(oid: str, name: str) -> None:
    found = opened(with_object(b"application/pkcs7-mime", data=der.sequence(der.oid(oid), der.context(0, der.NULL))))
    assert found.security.summary is Summary.NONE
    assert found.problem == f"This message holds an object that mail does not use: {name}."


def test_a_message_for_a_password_alone_is_not_said_to_be_for_other_certificates() -> None:
    data = build_enveloped(TEXT, [], "aes-256-cbc", passwords=["secret"])
    found = opened(with_object(b"application/pkcs7-mime", data=data))
    assert found.problem == "This message was encrypted with a password, which is not known here."
    other = build_enveloped(TEXT, [default_plan(PKI.issue("bert@clinic.test").certificate)], "aes-256-cbc")
    assert "other certificates" in opened(with_object(b"application/pkcs7-mime", data=other)).problem


def retyped(data: bytes, kind: str) -> bytes:
    """The encrypted object, whose content is called `kind`."""
    return data.replace(der.oid("1.2.840.113549.1.7.1") + b"\x30", der.oid(kind) + b"\x30")


@pytest.mark.parametrize(("whole", "named"), [(True, True), (True, False), (False, True)])
def test_rfc5652_an_object_right_inside_another_is_the_next_layer(whole: bool, named: bool) -> None:
    """Programs that know CMS alone put no MIME between the signature and the encryption."""
    inner = signature(TEXT, detached=False)
    if not whole:
        holder = list(ber.children(ber.read_tlv(inner)))[1]
        inner = next(ber.children(holder)).raw
    data = build_enveloped(inner, [default_plan(ANNA.certificate)], "aes-256-cbc")
    found = judged(with_object(b"application/pkcs7-mime", data=retyped(data, SIGNED_DATA) if named else data))
    assert (found.verdict.letter.value, found.layers) == ("Y", ("encrypted", "signed"))
    again = signature(signature(TEXT, detached=False), detached=False)
    assert judged(with_object(b"application/pkcs7-mime", data=again)).layers == ("signed", "signed")
