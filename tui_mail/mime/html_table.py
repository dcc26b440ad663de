"""Which tables of an HTML page hold data, and their cells as text. Most tables of mail only place things on a page."""

import re

from selectolax.lexbor import LexborNode

from tui_mail.mime.columns import GAP, MAX_CELL, cell_width
from tui_mail.model.clean import clean

MAX_ROWS = 500
MAX_COLUMNS = 12
MAX_WIDTH = 78
MAX_NODES = 20_000

_GROUPS = ("thead", "tbody", "tfoot")
_INLINE = frozenset(
    {
        "-text",
        "b",
        "strong",
        "i",
        "em",
        "span",
        "font",
        "u",
        "small",
        "sup",
        "sub",
        "code",
        "p",
        "div",
        "th",
        "td",
        "abbr",
    }
)
_SPACES = re.compile(r"\s+")


def data_rows(table: LexborNode) -> list[list[str]] | None:
    """The rows of a table that is best read in columns; None of one that is layout, holds links, pictures or hidden
    things, spans cells, or is too large or too wide for a terminal."""
    attributes = table.attributes
    if (attributes.get("role") or "").lower() in ("presentation", "none"):
        return None
    rows: list[list[str]] = []
    budget = [MAX_NODES]
    heading = False
    for row in _rows(table, budget) or ():
        cells: list[str] = []
        for cell in _children(row):
            if cell.tag not in ("td", "th"):
                if cell.tag != "-text" or (cell.text_content or "").strip():
                    return None
                continue
            said = _cell(cell, budget)
            if said is None or len(cells) >= MAX_COLUMNS:
                return None
            heading = heading or cell.tag == "th"
            cells.append(said)
        rows.append(cells)
        if len(rows) > MAX_ROWS or budget[0] < 0:
            return None
    columns = max(map(len, rows), default=0)
    said_to_be = heading or (attributes.get("border") or "0").strip() not in ("", "0")
    if len(rows) < 2 or columns < 2 or not (said_to_be or (columns > 2 and len(rows) > 2)):
        return None
    widths = [max((cell_width(row[at]) for row in rows if at < len(row)), default=0) for at in range(columns)]
    return rows if sum(widths) + len(GAP) * (columns - 1) <= MAX_WIDTH else None


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
    """The text of a cell that is one line of plain words; None of any other."""
    words: list[str] = []
    blocks = 0
    stack = [cell]
    while stack:
        node = stack.pop()
        budget[0] -= 1
        if budget[0] < 0 or node.tag not in _INLINE:
            return None
        if node.tag == "-text":
            words.append(node.text_content or "")
            continue
        attributes = node.attributes
        blocks += node.tag in ("p", "div")
        spans = (attributes.get("colspan") or "1", attributes.get("rowspan") or "1")
        if blocks > 1 or spans != ("1", "1") or "hidden" in attributes or _hides(attributes.get("style") or ""):
            return None
        stack.extend(reversed(_children(node)))
    text = clean(_SPACES.sub(" ", "".join(words))).strip()
    return text if len(text) <= MAX_CELL else None


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
