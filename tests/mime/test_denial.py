"""Hostile text must cost time and memory in proportion to its size: each of these once took minutes or gigabytes."""

import base64
import time
import zlib

import pytest

from tui_mail.mime.headers import addresses
from tui_mail.mime.html import html_lines
from tui_mail.mime.html_words import html_words
from tui_mail.mime.text import main_lines
from tui_mail.mime.transfer import decode_transfer
from tui_mail.mime.tree import parse

SECONDS = 5.0
"""Far above what the bounded work takes on a slow machine, far below what the unbounded took."""

PAGES = {
    "unfinished tags": "<a " * 600_000,
    "one tag with many attributes": "<p " + "".join(f"x{n} " for n in range(250_000)) + ">",
    "ends of tags in values": "<p " + "".join(f'x{n}=">" ' for n in range(150_000)) + ">",
    "a quote in a name": "<p ' " + "".join(f'x{n}=">" ' for n in range(150_000)) + ">",
    "a quote in a comment": '<!-- <p a=" --> <p ' + "".join(f"x{n} " for n in range(250_000)) + '">',
    "nearly crowded": ("<p " + "<a " * 98 + ">") * 6_000,
    "slashes": "<p" + "/" * 1_900_000,
    "blanks": ("<p" + " " * 20_000) * 95,
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_that_are_slow_to_parse_are_shown_as_bare_text_in_bounded_time(name: str) -> None:
    begin = time.process_time()
    html_lines(PAGES[name] + "The text.")
    html_words(PAGES[name] + "The text.", 200)
    assert time.process_time() - begin < SECONDS


def test_a_page_with_rich_tags_is_still_rendered() -> None:
    tag = '<td width=600 class="a b" style="color: red; margin: 0" align=left valign=top bgcolor="#fff" title="x > y">'
    lines = html_lines(f"<table><tr>{tag}Hello</td></tr></table>" * 50)
    assert lines[0][0].text == "Hello"
    assert all(run.text != "<" for line in lines for run in line)


def test_small_compressed_parts_do_not_unfold_to_gigabytes() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = packer.compress(bytes(40_000_000)) + packer.flush()
    assert len(decode_transfer(base64.b64encode(bomb), "x-gzip64")) <= 20 * len(bomb)
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    text = b"Dear Anna, all is well.\r\n" * 3
    assert decode_transfer(base64.b64encode(packer.compress(text) + packer.flush()), "x-gzip64") == text


def test_an_author_of_many_brackets_is_read_in_bounded_time() -> None:
    begin = time.process_time()
    assert 1 < len(addresses(b"<a@b.test> " * 80_000)) <= 5_000
    assert time.process_time() - begin < SECONDS


def test_a_million_lines_of_hyphens_are_cut() -> None:
    begin = time.process_time()
    root = parse(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--\r\n" * 1_000_000)
    assert "too many delimiter lines" in root.flags
    main_lines(root)
    assert time.process_time() - begin < SECONDS
