"""Every header field that is read, filled with 200,000 hostile bytes: the cost stays in proportion to the size.

Blanks alone in From or Content-Type once took minutes, an international domain five seconds.
"""

import codecs
import time
from encodings.aliases import aliases

import pytest

from tests.pki import NOW
from tui_mail.cli.check_report import report
from tui_mail.mime.charset import codec_for
from tui_mail.mime.envelope import read_envelope
from tui_mail.mime.headers import MAX_ADDRESS_TOKENS, MAX_ADDRESSES, MAX_ENCODED_WORDS, addresses, decode
from tui_mail.mime.headers import MAX_SIMPLE_BYTES as MAX_SIMPLE_LIST
from tui_mail.mime.parameters import MAX_SIMPLE_BYTES as MAX_SIMPLE_VALUE
from tui_mail.mime.parameters import parse_parameters
from tui_mail.model.address import MAX_SPEC_CHARACTERS, address_key
from tui_mail.smime.open import open_message
from tui_mail.smime.view import view, words
from tui_mail.trust.context import TrustContext

SIZE = 200_000
SECONDS = 2.0
"""Processor time for opening, showing and reporting; the slowest takes a third of it, the unbounded took far more."""

TRUST = TrustContext(revocation="off")
PLAIN = {"From": b"a@b.test", "To": b"c@d.test", "Subject": b"x", "Date": b"Mon, 1 Jan 2026 10:00:00 +0000"}

ADDRESS_FIELDS = ("From", "Disposition-Notification-To")
PARAMETER_FIELDS = ("Content-Type", "Content-Disposition")
TEXT_FIELDS = ("Subject", "Date", "References", "List-Unsubscribe")


def much(piece: str) -> bytes:
    one = piece.encode()
    return (one * (SIZE // len(one) + 1))[:SIZE]


EVERYWHERE = {
    "blanks": b"a" + much(" \t") + b"b",
    "folds": much("a\r\n "),
    "open brackets": much("<"),
    "closed brackets": much(">"),
    "open comments": much("("),
    "comments": b"<" + much("()") + b">",
    "quotes": much('"'),
    "backslashes": b'"' + much("\\"),
    "words": much("=?utf-8?b?YQ==?= "),
    "unfinished words": much("=?a?q?"),
    "unknown character sets": b" ".join(b"=?c%d?q?a?=" % number for number in range(70_000))[:SIZE],
}
IN_ADDRESSES = {
    "commas": much(","),
    "colons": much("a@b:"),
    "authors without commas": much("a@b "),
    "blanks in quotes": b'"' + much(" ") + b'"@b',
    "blanks in brackets": b"<a" + much(" ") + b"b>",
    "international labels": b"<a@" + b".".join(b"\xc3\xbc%d" % number for number in range(120_000))[:SIZE] + b">",
    "an international label": b"<a@" + "".join(chr(0x4E00 + n % 20_000) for n in range(SIZE // 3)).encode() + b">",
    "a label that is not IDNA 2003": b"<a@" + "".join(chr(0x4E00 + n % 20_000) for n in range(SIZE // 3)).encode()
    + "ß".encode() + b">",
    "marks in the wrong order": b"<" + much("\u0315\u0300\u05ae") + b"@b.test>",
}  # fmt: skip
IN_PARAMETERS = {
    "parameters": b"text/plain" + much("; a=b"),
    "sections": b"text/plain" + b"".join(b"; a*%d=b" % number for number in range(100_000))[:SIZE],
    "percent signs": b"text/plain; a*0*=utf-8''" + much("%41"),
    "single quotes": b"text/plain; a=" + much("='b c"),
    "blanks between": b"text/plain" + much(" ;"),
}
CASES = [
    *(
        (field, name, EVERYWHERE[name])
        for field in (*ADDRESS_FIELDS, *PARAMETER_FIELDS, *TEXT_FIELDS)
        for name in EVERYWHERE
    ),
    *((field, name, IN_ADDRESSES[name]) for field in ADDRESS_FIELDS for name in IN_ADDRESSES),
    *((field, name, IN_PARAMETERS[name]) for field in PARAMETER_FIELDS for name in IN_PARAMETERS),
]


@pytest.mark.parametrize(("field", "name", "value"), CASES, ids=[f"{field}, {name}" for field, name, _ in CASES])
def test_a_field_full_of_hostile_bytes_is_opened_and_shown_in_bounded_time(field: str, name: str, value: bytes) -> None:
    others = b"".join(b"%b: %b\r\n" % (key.encode(), text) for key, text in PLAIN.items() if key != field)
    raw = field.encode() + b": " + value + b"\r\n" + others + b"\r\nHello\r\n"
    begin = time.process_time()
    opened = open_message(raw, trust=TRUST, now=NOW)
    shown = view(opened, 1)
    words(opened)
    report(opened, "letter.eml", with_body=True)
    read_envelope(raw)
    assert time.process_time() - begin < SECONDS
    assert shown.headers


def test_a_list_of_addresses_ends_at_its_limits() -> None:
    assert len(addresses(b"a@b.test, " * (MAX_ADDRESSES + 1))) == MAX_ADDRESSES
    assert len(addresses(b"a@b.test " * (MAX_ADDRESSES + 1))) == MAX_ADDRESSES
    assert addresses(b"," * (MAX_ADDRESS_TOKENS - 1) + b"a@b.test")[0].spec == "a@b.test"
    assert not addresses(b"," * MAX_ADDRESS_TOKENS + b"a@b.test")


def test_the_encoded_words_of_a_value_are_limited() -> None:
    text = decode(b"=?utf-8?q?a?= " * (MAX_ENCODED_WORDS + 1))
    assert text == "a" * MAX_ENCODED_WORDS + " =?utf-8?q?a?="


def test_every_character_set_that_the_library_has_is_known_without_a_search() -> None:
    for name in {*aliases, *aliases.values(), "ISO-8859-15", "Windows-1252", "koi8-u", "iso_8859-2:1987"}:
        try:
            expected = codecs.lookup(name)
        except LookupError:
            continue
        if expected._is_text_encoding:
            assert codec_for(name) is not None, name
    assert codec_for("c1") is None


def test_long_values_are_read_as_short_ones_are() -> None:
    for blanks in (1, MAX_SIMPLE_LIST):
        found = addresses(b"Anna" + b" " * blanks + b"<anna@clinic.test>")
        assert [(one.name, one.spec) for one in found] == [("Anna", "anna@clinic.test")]
        assert addresses(b"< anna" + b" " * blanks + b"@ clinic . test >")[0].spec == "anna@clinic.test"
    for blanks in (1, MAX_SIMPLE_VALUE):
        found = parse_parameters(b"text/plain;" + b" " * blanks + b'charset="utf-8"')
        assert found == ("text/plain", {"charset": "utf-8"}, False)


def test_what_is_too_long_for_an_address_equals_nothing_but_itself() -> None:
    domain = "ü" * 10 + ".test"
    local = "a" * (MAX_SPEC_CHARACTERS - len(domain) - 1)
    assert address_key(f"{local}@{domain}").endswith(".test") and "xn--" in address_key(f"{local}@{domain}")
    assert address_key(f"A{local}@{domain}") == f"a{local}@{domain}"
