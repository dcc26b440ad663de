"""Tables of data stand in columns; tables of layout flow; pictures are named."""

import pytest

from tests.mime.test_text import html_text

DATA = (
    "<p>Values</p><table border=1><tr><th>Name</th><th>mg</th></tr><tr><td>Iron <b>II</b></td><td>5</td></tr>"
    "<tr><td>Zinc</td><td>12.5</td></tr></table><p>End</p>"
)


def test_a_table_of_data_stands_in_columns() -> None:
    assert html_text(DATA).splitlines() == ["Values", "", "Name       mg", "Iron II     5", "Zinc     12.5", "", "End"]


def test_in_a_quote_it_keeps_the_mark() -> None:
    assert "> Zinc     12.5" in html_text(f"<blockquote>{DATA}</blockquote>")


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><td>left</td><td>right</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table border=1 role=presentation><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table border=1><tr><td><a href='https://a.test'>a</a></td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table border=1><tr><td colspan=2>a</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table border=1><tr><td>a</td><td>" + "long " * 20 + "</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table border=1><tr><td>a</td><td><table><tr><td>b</td></tr></table></td></tr><tr><td>c</td><td>d</td></tr>"
        "</table>",
        "<table border=1><caption>a</caption><tr><td>1</td><td>2</td></tr><tr><td>c</td><td>d</td></tr></table>",
    ],
)
def test_all_others_flow_and_lose_nothing(table: str) -> None:
    text = html_text(table)
    assert all(word in text for word in ("c", "d")) and ("a" in text or "left" in text)


@pytest.mark.parametrize("hidden", ["hidden", "style='display:none'", "style='font-size:0'"])
def test_hidden_words_of_a_table_stay_hidden(hidden: str) -> None:
    head = "<table border=1><tr><th>a</th><th>b</th></tr>"
    for row in (f"<tr><td><i {hidden}>SECRET</i>c</td><td>d</td></tr>", f"<tr {hidden}><td>SECRET</td></tr><tr><td>c"):
        text = html_text(f"{head}{row}</table>")
        assert "SECRET" not in text and "c" in text


def test_control_characters_do_not_come_through_cells() -> None:
    assert "\x1b" not in html_text(DATA.replace("Zinc", "Zi&#27;[31mnc\x1b"))


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("alt='Logo' src=x.png", "[picture: Logo]"),
        ("alt='Logo' width=600 height='200px'", "[picture: Logo, 600x200]"),
        ("src='https://t.test/a/chart.png?id=7'", "[picture: chart.png]"),
        ("src='cid:abc'", "[picture]"),
        ("src='https://t.test/open.php?u=77'", "[picture]"),
        ("alt='' src=x.png", ""),
        ("src=x.png width=1 height=1", ""),
        ("src=x.png height=0", ""),
        ("alt='&#27;[31mred'", "[picture: \ufffd[31mred]"),
    ],
)
def test_a_picture_is_named_and_never_fetched(image: str, name: str) -> None:
    assert html_text(f"<p>a</p><img {image}><p>b</p>").replace("\n", " ").split() == f"a {name} b".split()
