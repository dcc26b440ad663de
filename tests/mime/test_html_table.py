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
        "<table border=1><tr><td colspan=99>a</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table border=1><tr><td>a</td><td>" + "long " * 20 + "</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table border=1><tr><td>a</td><td><table><tr><td>b</td></tr></table></td></tr><tr><td>c</td><td>d</td></tr>"
        "</table>",
        "<table border=1><caption>a</caption><tr><td>1</td><td>2</td></tr><tr><td>c</td><td>d</td></tr></table>",
    ],
)
def test_all_others_flow_and_lose_nothing(table: str) -> None:
    text = html_text(table)
    assert all(word in text for word in ("c", "d")) and ("a" in text or "left" in text)


def test_a_cell_that_spans_columns_or_rows_keeps_the_others_in_their_columns() -> None:
    source = (
        "<table><tr><th>What</th><th>Day</th><th>EUR</th></tr><tr><td rowspan=2>Gauze</td><td>Mon</td><td>3</td></tr>"
        "<tr><td>Tue</td><td>14</td></tr><tr><td colspan=2>Sum</td><td>17</td></tr></table>"
    )
    assert html_text(source).splitlines() == [
        "What   Day  EUR",
        "Gauze  Mon    3",
        "       Tue   14",
        "Sum          17",
    ]


def test_lines_of_one_cell_stand_behind_each_other() -> None:
    source = DATA.replace("Zinc", "Zinc<br>white<br>").replace("Iron <b>II</b>", "<p>Iron</p><p>II</p>")
    assert html_text(source).splitlines()[2:5] == ["Name           mg", "Iron, II        5", "Zinc, white  12.5"]


def test_a_table_that_is_too_wide_is_told_row_by_row() -> None:
    """Nothing is cut, and each value stands behind the name of its column."""
    names = "".join(f"<th>Column {number}</th>" for number in range(9))
    row = "".join(f"<td>value {number}</td>" for number in range(8)) + f"<td>{'long ' * 20}</td>"
    told = html_text(f"<table><tr>{names}</tr><tr>{row}</tr><tr><td>next</td></tr></table>").splitlines()
    assert told[:2] == ["Column 0: value 0", "Column 1: value 1"]
    assert told[8:] == ["Column 8: " + ("long " * 20).strip(), "", "Column 0: next"]


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
