"""Building messages: canonical, seven bits, no Bcc."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.build import build_message
from tui_mail.mime.headers import addresses, decode, parse_date
from tui_mail.mime.tree import parse
from tui_mail.model.address import Address
from tui_mail.model.message import Draft

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ANNA = Address("anna@clinic.test", "Anna Berg")
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)


def build(draft: Draft, attachments: list[tuple[str, str, bytes]] | None = None) -> bytes:
    return build_message(draft, sender=ANNA, date=NOW, message_id="<1@clinic.test>", attachments=attachments or [])


@given(TEXT, TEXT, st.text(max_size=300), st.binary(max_size=200), TEXT)
def test_what_was_written_is_read_back(subject: str, name: str, body: str, content: bytes, file_name: str) -> None:
    """RFC 5322, RFC 2047, RFC 2231; RFC 8551 section 3.1: seven bits and CRLF."""
    draft = Draft(account="a", to=(Address("b@b.test", name),), subject=subject, body=body)
    raw = build(draft, [(file_name, "application/pdf", content)])
    assert raw.isascii() and b"\0" not in raw
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    root = parse(raw)
    assert decode(root.get("subject") or b"").split() == subject.split()
    text, attached = root.children
    wanted = body.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    assert text.text().replace("\r\n", "\n").removesuffix("\n") == wanted.removesuffix("\n")
    assert attached.body_bytes() == content
    assert attached.filename == file_name
    if name.strip():
        assert addresses(root.get("to") or b"")[0].name.split() == name.split()


def test_bcc_is_never_written() -> None:
    raw = build(Draft(account="a", to=(ANNA,), bcc=(Address("hidden@x.test"),), body="x"))
    assert b"hidden" not in raw and b"bcc" not in raw.lower()


def test_line_breaks_cannot_smuggle_header_fields() -> None:
    draft = Draft(account="a", to=(Address("b@b.test", "x\r\nBcc: y@z.test"),), subject="a\r\nX-Evil: 1", body="")
    names = [field.name for field in parse(build(draft)).fields]
    assert "x-evil" not in names and "bcc" not in names


def test_text_that_gateways_change_is_encoded() -> None:
    """RFC 8551 section 3.1.2: trailing blanks, "From " and lone dots do not survive all transports."""
    for body in ("trailing \n", "From here\n", ".\n", "x" * 1000):
        assert b"Content-Transfer-Encoding: quoted-printable" in build(Draft(account="a", to=(ANNA,), body=body))


def test_the_date_is_the_instant_that_was_given() -> None:
    assert parse_date(parse(build(Draft(account="a", to=(ANNA,)))).get("date") or b"") == NOW


MESSAGE = b"From: b@b.test\r\nSubject: Inner\r\n\r\nHello.\r\n"


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_message_in_a_message_is_not_encoded_and_has_the_line_ends_of_mail(line_end: bytes) -> None:
    """RFC 2046 section 5.2.1."""
    draft = Draft(account="a", to=(ANNA,), body="x")
    raw = build(draft, [("Inner.eml", "message/rfc822", MESSAGE.replace(b"\r\n", line_end))])
    attached = parse(raw).children[1]
    assert attached.type == "message/rfc822" and attached.filename == "Inner.eml"
    assert bytes(attached.body) == MESSAGE


@pytest.mark.parametrize(
    "hard", ["grün".encode(), b"x" * 999, b"From here", b"blank \r\nnext", b"a\rb", b"a\0b", b"a\nb", b"a\r\nb\n\r"]
)
def test_a_message_that_would_not_travel_unchanged_goes_as_a_file(hard: bytes) -> None:
    """Its octets arrive, whatever they are, and the name says what it is."""
    content = MESSAGE + hard
    raw = build(Draft(account="a", to=(ANNA,), body="x"), [("Inner.eml", "message/rfc822", content)])
    attached = parse(raw).children[1]
    assert attached.type == "application/octet-stream" and attached.filename == "Inner.eml"
    assert attached.body_bytes() == content
    assert raw.isascii() and raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
