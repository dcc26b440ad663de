"""Which tables of an HTML page hold data, and how they are told. Most tables of mail only place things on a page."""

import re
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from tui_mail.mime.columns import GAP, MAX_CELL, aligned, cell_width
from tui_mail.model.clean import clean
from tui_mail.model.message import Run, Style

MAX_ROWS = 500
MAX_COLUMNS = 40
MAX_WIDTH = 78
"""Of a table that stands in columns; one that is wider and has a heading is told row by row."""

MAX_TOLD_CELL = 500
"""Characters of a cell in a table that is told row by row."""

MAX_NODES = 20_000

_GROUPS = ("thead", "tbody", "tfoot")
_INLINE = frozenset({"-text", "b", "strong", "i", "em", "span", "font", "u", "small", "sup", "sub", "code", "abbr"})
_LINES = frozenset({"p", "div", "br", "td", "th"})
_SPACES = re.compile(r"[ \t\r\f]+")


class DataTable(NamedTuple):
    """The cells of a table, row by row. `headed`: the first row names the columns."""

    rows: list[list[str]]
    headed: bool

    @property
    def fits(self) -> bool:
        """Whether it can stand in columns, with nothing cut."""
        count = max(map(len, self.rows))
        widths = [max(cell_width(row[at]) for row in self.rows if at < len(row)) for at in range(count)]
        return max(widths) <= MAX_CELL and sum(widths) + len(GAP) * (count - 1) <= MAX_WIDTH


def table_lines(table: LexborNode) -> list[tuple[Run, ...]] | None:
    """A table of data as lines; None of one that is read as it flows."""
    found = data_table(table)
    if found is None:
        return None
    if found.fits:
        lines = aligned(found.rows)
        return [(Run(line, Style.TEXT if number else Style.BOLD),) for number, line in enumerate(lines)]
    return _told(found) if found.headed else None


def _told(table: DataTable) -> list[tuple[Run, ...]]:
    """A line for each cell that holds something, behind the name of its column; an empty line between two rows."""
    names, *rows = table.rows
    lines: list[tuple[Run, ...]] = []
    for row in rows:
        if lines:
            lines.append(())
        for at, cell in enumerate(row):
            name = names[at] if at < len(names) else ""
            if cell:
                lines.append((Run(f"{name}: ", Style.MUTED), Run(cell)) if name else (Run(cell),))
    return lines


def data_table(table: LexborNode) -> DataTable | None:
    """The cells of a table that is best read in columns; None of one that is layout, holds links, pictures or hidden
    things, or is too large. A cell that spans others leaves those empty."""
    if (table.attributes.get("role") or "").lower() in ("presentation", "none"):
        return None
    rows: list[list[str]] = []
    budget = [MAX_NODES]
    heading = headed = False
    below: dict[int, int] = {}  # column: so many rows that a cell above still spans
    for row in _rows(table, budget) or ():
        cells: list[str] = []
        named = True
        for cell in _children(row):
            if cell.tag not in ("td", "th"):
                if cell.tag != "-text" or (cell.text_content or "").strip():
                    return None
                continue
            said = _cell(cell, budget)
            wide, high = _span(cell, "colspan", MAX_COLUMNS), _span(cell, "rowspan", MAX_ROWS)
            if said is None or not wide or not high:
                return None
            _skip(cells, below)
            if len(cells) + wide > MAX_COLUMNS:
                return None
            if high > 1:
                below |= dict.fromkeys(range(len(cells), len(cells) + wide), high - 1)
            heading, named = heading or cell.tag == "th", named and cell.tag == "th"
            cells += [said] + [""] * (wide - 1)
        _skip(cells, below)
        headed = headed or (not rows and named)
        rows.append(cells)
        if len(rows) > MAX_ROWS or budget[0] < 0:
            return None
    columns = max(map(len, rows), default=0)
    said_to_be = heading or (table.attributes.get("border") or "0").strip() not in ("", "0")
    if len(rows) < 2 or columns < 2 or not (said_to_be or (columns > 2 and len(rows) > 2)):
        return None
    return DataTable(rows, headed)


def _skip(cells: list[str], below: dict[int, int]) -> None:
    """Leave the next columns empty where a cell of a row above reaches down to here."""
    while left := below.pop(len(cells), 0):
        if left > 1:
            below[len(cells)] = left - 1
        cells.append("")


def _span(cell: LexborNode, name: str, most: int) -> int:
    """How many columns or rows a cell takes; 0 of nonsense."""
    said = (cell.attributes.get(name) or "1").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 and int(said) <= most else 0


def _rows(table: LexborNode, budget: list[int]) -> list[LexborNode] | None:
    """The rows in order; None where anything else is in the table, or hidden."""
    found = []
    stack = [table]
    while stack:
        node = stack.pop()
        budget[0] -= 1
        if node.tag in ("-comment", "colgroup", "col") or (
            node.tag == "-text" and not (node.text_content or "").strip()
        ):
            continue
        attributes = node.attributes
        if budget[0] < 0 or "hidden" in attributes or _hides(attributes.get("style") or ""):
            return None
        if node.tag == "tr":
            found.append(node)
        elif node is table or node.tag in _GROUPS:
            stack.extend(reversed(_children(node)))
        else:
            return None
    return found


def _cell(cell: LexborNode, budget: list[int]) -> str | None:
    """The text of a cell that holds plain words, its lines behind each other; None of any other."""
    words: list[str] = []
    stack = [cell]
    while stack:
        node = stack.pop()
        budget[0] -= 1
        if budget[0] < 0 or (node.tag not in _INLINE and node.tag not in _LINES):
            return None
        if node.tag == "-text":
            words.append((node.text_content or "").replace("\n", " "))
            continue
        attributes = node.attributes
        if "hidden" in attributes or _hides(attributes.get("style") or ""):
            return None
        if node.tag in _LINES:
            words.append("\n")
        stack.extend(reversed(_children(node)))
    lines = (clean(_SPACES.sub(" ", line)).strip() for line in "".join(words).split("\n"))
    text = ", ".join(line for line in lines if line)
    return text if len(text) <= MAX_TOLD_CELL else None


def _hides(style: str) -> bool:
    """Anything that could hide words: then the page is read as it flows, where hidden things are left out."""
    return any(
        word in style.lower() for word in ("display", "visibility", "font-size", "opacity", "max-height", "mso-")
    )


def _children(node: LexborNode) -> list[LexborNode]:
    found = []
    child = node.child
    while child is not None:
        found.append(child)
        child = child.next
    return found
