"""Attachments as text to look at."""

import pytest

from tui_mail.mime.columns import aligned
from tui_mail.mime.preview import MAX_PREVIEW_BYTES, MAX_PREVIEW_LINES, MAX_ROWS, Preview, preview
from tui_mail.mime.tree import parse


def looked_at(media_type: str, content: bytes, name: str = "") -> Preview | None:
    disposition = b'Content-Disposition: attachment; filename="%s"\r\n' % name.encode() if name else b""
    return preview(parse(b"Content-Type: %s\r\n%s\r\n%s" % (media_type.encode(), disposition, content)))


def shown(media_type: str, content: bytes, name: str = "") -> str:
    found = looked_at(media_type, content, name)
    assert found is not None
    return "\n".join("".join(run.text for run in line) for line in found.lines)


def test_plain_text_is_read_in_its_charset_and_cleaned() -> None:
    assert shown("text/plain; charset=iso-8859-1", b"gr\xfcn \x1b[31mrot\r\nzwei") == "grün \ufffd[31mrot\nzwei"


@pytest.mark.parametrize(
    ("media_type", "name"), [("application/octet-stream", "server.log"), ("text/x-log", ""), ("application/json", "a")]
)
def test_what_is_text_by_type_or_by_ending_is_shown(media_type: str, name: str) -> None:
    assert shown(media_type, b"12:00 started\n", name).startswith("12:00 started")


@pytest.mark.parametrize(
    ("media_type", "content", "name"),
    [
        ("application/pdf", b"%PDF-1.7", "a.pdf"),
        ("application/octet-stream", b"text", "a.exe"),
        ("application/zip", b"PK", "a.txt"),
        ("text/plain", b"MZ\0\0", "a.txt"),
    ],
)
def test_what_is_no_text_is_not_shown(media_type: str, content: bytes, name: str) -> None:
    assert looked_at(media_type, content, name) is None


def test_html_goes_through_the_renderer_and_scripts_do_not() -> None:
    assert shown("text/html", b"<h1>Hi</h1><script>x()</script><p>you</p>") == "Hi\n\nyou"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_comma_separated_values_become_a_table_with_numbers_at_the_right(delimiter: str) -> None:
    rows = [["name", "dose"], ["Aspirin", "5"], ["Ibuprofen", "400"]]
    content = "\n".join(delimiter.join(row) for row in rows).encode()
    assert shown("text/csv", content).splitlines() == ["name       dose", "Aspirin       5", "Ibuprofen   400"]


def test_wide_letters_take_two_cells_in_a_table() -> None:
    assert aligned([["a", "b"], ["日本", "c"]]) == ["a     b", "日本  c"]


def test_a_table_ends_after_many_rows_and_says_so() -> None:
    lines = shown("text/csv", b"a,b\n" * (MAX_ROWS + 5)).splitlines()
    assert len(lines) == MAX_ROWS + 1 and lines[-1] == "The first 1,000 rows."


def test_an_address_card_is_told_in_words() -> None:
    card = (
        b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ben \x1bOkafor\r\nitem1.TEL;TYPE=work:+49 30\r\n  1234\r\n"
        b"ADR:;;Main\\, 5;Berlin;;10115;\r\nPHOTO:data:xxxx\r\nX-ODD:no\r\nEND:VCARD\r\n"
    )
    assert shown("text/vcard", card).splitlines() == [
        "Name: Ben \ufffdOkafor",
        "Telephone: +49 30 1234",
        "Address: Main, 5, Berlin, 10115",
        "Picture: [picture: not shown]",
    ]


def test_a_long_text_ends_and_says_so() -> None:
    many, long = looked_at("text/plain", b"x\n" * 20_000), looked_at("text/plain", b"x" * (MAX_PREVIEW_BYTES + 1))
    assert many is not None and len(many.lines) == MAX_PREVIEW_LINES and many.note == "The first 10,000 lines."
    assert long is not None and long.note == "The first 1,000,000 of 1,000,001 bytes."
