"""Building messages: canonical, seven bits, no Bcc; and answering them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.build import build_message
from tui_mail.mime.headers import addresses, decode, parse_date
from tui_mail.mime.reply import quote, reply_recipients, reply_references, reply_subject
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


def test_answers_go_to_reply_to_and_never_to_oneself() -> None:
    sender, other, me = Address("s@s.test"), Address("o@o.test"), Address("Me@me.test")
    to, cc = reply_recipients(
        sender=[sender], reply_to=[], to=[me, other], cc=[sender], own=["me@ME.test"], to_all=True
    )
    assert (to, cc) == ((sender,), (other,))
    to, cc = reply_recipients(sender=[sender], reply_to=[other], to=[me], cc=[], own=["me@me.test"], to_all=False)
    assert (to, cc) == ((other,), ())


def test_subjects_and_references_grow_once() -> None:
    assert reply_subject("Re: AW: re[2]: x") == "Re: x"
    assert reply_references("<b@x>", ["<a@x>"]) == ("<b@x>", ("<a@x>", "<b@x>"))


def test_quotes_leave_the_signature_out() -> None:
    quoted = quote("Hello\n> older\n-- \nAnna", author="Anna", date=NOW)
    assert quoted == "On 2026-06-01 12:00, Anna wrote:\n> Hello\n>> older\n"
