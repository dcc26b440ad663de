"""Bodies: flowed text, quotes, HTML, what is body and what is attachment."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_mail.mime import html
from tui_mail.mime.first_words import first_words
from tui_mail.mime.flowed import read_lines
from tui_mail.mime.html import html_lines
from tui_mail.mime.html_words import html_words
from tui_mail.mime.text import attachment_name, main_lines, main_words, plan_body
from tui_mail.mime.tree import parse
from tui_mail.model.clean import clean_lines
from tui_mail.model.message import Run, Style

PAGE_PIECES = [
    "<p>", "</p>", "<div>", "</div>", "<b hidden>", "</b>", "<br>", "<blockquote>", "</blockquote>", "one ", "2", "\t",
    "<p style='display : none'>", "<i STYLE=color:red>", "<script>", "</script>", "<!-- x -->", "<img alt=i>", "<svg>",
    "</svg>", "&nbsp;", "\n", "<select><option>", "</select>", "<body hidden>", "<template>",
]  # fmt: skip


def html_text(source: str) -> str:
    return "\n".join("".join(run.text for run in line) for line in html_lines(source))


def test_flowed_lines_join_within_one_quote_depth() -> None:
    """RFC 3676 section 4."""
    text = "> one \n> two\nthree \nfour\n-- \nAnna \nBerg\n"
    lines = read_lines(text, flowed=True)
    assert [(line.depth, line.text) for line in lines[:3]] == [(1, "one two"), (0, "three four"), (0, "-- ")]
    assert lines[3].signature


def test_space_stuffing_and_delsp_are_undone() -> None:
    """RFC 3676 section 4.4 and 4.2."""
    assert read_lines(" >not quoted\n", flowed=True)[0].text == ">not quoted"
    assert read_lines("long \nword\n", flowed=True, delsp=True)[0].text == "longword"


def test_overlong_lines_are_cut() -> None:
    assert max(len(line.text) for line in read_lines("x" * 10_000)) <= 2_000


def test_hidden_html_and_scripts_are_dropped_and_links_show_where_they_lead() -> None:
    source = (
        "<style>p{}</style><p>Hello <b>you</b></p><p style='display: none'>secret</p><script>evil()</script>"
        "<a href='https://evil.test/x'>www.bank.test</a> <a href='javascript:x'>no</a>"
        "<img src='http://t.test/1.png' alt='Logo'>"
    )
    text = html_text(source)
    assert "secret" not in text and "evil()" not in text and "[picture: Logo]" in text
    assert "www.bank.test [evil.test]" in text
    links = [run for line in html_lines(source) for run in line if run.style is Style.LINK]
    assert [run.link for run in links] == ["https://evil.test/x"]


def test_html_structure_becomes_lines() -> None:
    assert html_text("<ul><li>a<li>b</ul><blockquote>q</blockquote><table><tr><td>1<td>2</table>").split("\n") == [
        "• a", "• b", "", "> q", "", "1  2"
    ]  # fmt: skip
    assert html_text("<pre>a\n  b</pre>") == "a\n  b"


def test_html_that_nests_too_deeply_never_reaches_the_parser() -> None:
    begin = time.process_time()
    text = html_text("<div>" * 50_000 + "inside")
    assert time.process_time() - begin < 1
    assert "inside" in text and "nested too deeply" in text


def test_controls_in_a_body_come_out_clean() -> None:
    for body in (b"a\x1b]52;c;x\x07b", b"a\xe2\x80\xaeb", b"<p>a&#27;[31mb&#x202e;</p>"):
        kind = b"text/html" if body.startswith(b"<") else b"text/plain; charset=utf-8"
        _, text = main_lines(parse(b"Content-Type: " + kind + b"\n\n" + body))
        assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text


def test_no_leaf_is_lost_between_body_and_attachments() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n"
        b"--a\n\nplain\n--a\nContent-Type: text/html\n\n<p>html\n--a\nContent-Type: text/calendar\n\nBEGIN\n--a--\n"
        b"--m\nContent-Type: image/png\n\npng\n--m\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n--m--\n"
    )
    plan = plan_body(parse(raw))
    assert [part.text().strip() for part in plan.texts] == ["plain"]
    assert [part.type for part in plan.attachments] == ["text/calendar", "image/png", "message/rfc822"]


def test_attachment_names_have_no_folders() -> None:
    part = parse(b'Content-Disposition: attachment; filename="../../etc/pass\\\\wd"\n\n')
    assert attachment_name(part) == "wd"


def test_the_words_of_a_page_are_those_that_are_shown() -> None:
    page = (
        "<head><title>No</title></head><p>Hel<b>lo</b> Anna,</p><div style='display: none'>hidden</div>"
        "<script>no()</script><blockquote>Quoted</blockquote><table><tr><td>one</td><td>two</td></tr></table>"
        "three<br>four<img src='x.gif' alt='Logo'>\x1b[31m"
    )
    first, everything = html_words(page, 200)
    assert first == "Hello Anna, one two three four Logo \N{REPLACEMENT CHARACTER}[31m"
    assert everything.split() == ["Hello", "Anna,", "Quoted", *first.split()[2:]]
    assert html_words(page, 8)[0] == "Hello An" and html_words("", 8) == ("", "")


def test_a_style_of_any_length_hides() -> None:
    for length in (0, html.MAX_KEPT_STYLE_CHARACTERS, 5_000):
        page = (
            f"<p style='{' ' * length}color: red; Display :\n none'>no</p><p style='{' ' * length}color: red'>yes</p>"
        )
        assert html_words(page, 9) == ("yes", "yes") and html_text(page) == "yes"


def test_a_page_that_the_parser_must_not_see_is_found_by_its_bare_text() -> None:
    first, everything = html_words("<div>" * 5000 + "Deep words", 4)
    assert first == "Deep" and everything == "Deep words"


def test_the_first_words_come_from_below_a_quote_of_any_length() -> None:
    raw = b"\r\n" + b"> old words\r\n" * 500 + b"New words.\r\n-- \r\nAnna\r\n"
    first, everything = main_words(plan_body(parse(raw)).texts, 200)
    assert first == "New words."
    assert everything.count("old words") == 500 and everything.endswith("Anna")


@given(st.lists(st.sampled_from(["> ", ">", " ", "-- ", "\n", "\r\n", "\r", "word", "x\ty", "\x1b"]), max_size=30))
@example(["-- "])
@example(["one", "\n", "-- ", "\n", "two"])
def test_the_first_words_are_those_of_no_quote_and_no_signature(pieces: list[str]) -> None:
    payload = parse(b"\r\n" + "".join(pieces).encode())
    lines, _text = main_lines(payload)
    shown = [line for line in lines if line and line[0].style not in (Style.QUOTE, Style.SIGNATURE)]
    expected = " ".join(" ".join(run.text for line in shown for run in (*line, Run(" "))).split())
    assert main_words(plan_body(payload).texts, 200)[0] == expected[:200]


@given(
    st.lists(st.sampled_from(["> a", "one two", " ", "", "-- ", "\u200b", "x" * 30, ">", "a\x0bb"]), max_size=80),
    st.integers(0, 60),
)
def test_the_first_words_are_the_same_however_far_down_they_stand(lines: list[str], wanted: int) -> None:
    own = lines[: len(lines) - 1 - lines[::-1].index("-- ")] if "-- " in lines else lines
    words = clean_lines("\n".join(line for line in own if not line.startswith(">"))).split()
    assert first_words("\n".join(lines), wanted) == " ".join(words)[:wanted]


@given(
    st.lists(
        st.sampled_from(PAGE_PIECES),
        max_size=30,
    )
)
def test_of_a_page_the_words_are_found_that_are_shown(pieces: list[str]) -> None:
    page = "".join(pieces)
    first, everything = html_words(page, 1_000)
    shown = "".join(run.text for line in html_lines(page) for run in line if run.text != "---")
    squeezed = "".join(everything.replace("\xa0", " ").split())
    assert squeezed == "".join(shown.replace("[picture: i]", "i").replace("> ", "").split())
    assert "<blockquote>" in page or "".join(first.split()) == squeezed


@given(st.lists(st.sampled_from(["<div>", "</div>", "<DIV x>", "<br>", "<TD>", "</td>", "<b", "</", "<", "<!--", "a"])))
def test_a_page_is_too_deep_exactly_where_elements_that_hold_others_nest_so_deep(pieces: list[str]) -> None:
    source = "".join(pieces)
    depth = deepest = 0
    for closes, name in re.findall(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)", source):
        if name.lower() in html._FLAT:
            continue
        depth = max(depth - 1, 0) if closes else depth + 1
        deepest = max(depth, deepest)
    deepest = min(deepest, source.count("<") - source.count("</"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "MAX_HTML_DEPTH", 3)
        assert html.is_too_much(source) == (deepest > 3)


def test_words_are_those_of_the_lines() -> None:
    for head in (b"", b"Content-Type: text/plain; format=flowed; delsp=yes\r\n", b"Content-Type: text/html\r\n"):
        payload = parse(head + b"\r\nA long \r\nway, <b>and</b> https://x.test/ &amp; more\r\n" * 90)
        _lines, text = main_lines(payload)
        first, everything = main_words(plan_body(payload).texts, 100)
        assert everything.split() == text.split()
        assert first == " ".join(text.split())[:100]
