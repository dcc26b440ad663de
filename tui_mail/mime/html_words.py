"""The words of an HTML page for the list and the search: the walk of `html` without lines, styles and links.

The law: what `html` hides from readers is not found either.
"""

from itertools import repeat

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tui_mail.mime.html import (
    BLOCKS,
    LEGACY_DISPLAY_CLASS,
    MAX_NODES,
    SKIPPED,
    html_lines,
    is_hidden,
    is_too_much,
)
from tui_mail.model.clean import clean_lines, clean_words
from tui_mail.model.message import Style

# What stands before and behind an element; None for one that is passed over.
_AROUND: dict[str, str | None] = dict.fromkeys(BLOCKS, "\n") | dict.fromkeys(SKIPPED, None)


def html_words(source: str, wanted: int, *, hide_legacy_display: bool = False) -> tuple[str, str]:
    """The first `wanted` characters in one line, without quotes, and everything; see `html.html_lines`."""
    if is_too_much(source):
        lines = html_lines(source, hide_legacy_display=hide_legacy_display)
        text = "\n".join("".join(run.text for run in line if run.style is not Style.MUTED) for line in lines).strip()
        return _one_line(text, wanted), text
    body = LexborHTMLParser(source).body
    if body is None:
        return "", ""
    unquoted, everything = _walk(body, wanted, hide_legacy_display)
    return _one_line(unquoted, wanted), clean_lines(everything).strip()


def _walk(body: LexborNode, wanted: int, hide_legacy: bool) -> tuple[str, str]:
    hidden = {one.mem_id for one in body.css("[hidden],[style]") if is_hidden(one.attributes)}
    node = None if body.mem_id in hidden else body.first_child
    first: list[str] = []
    words: list[str] = []
    length = 0
    quoted = False
    # Where to go on behind an element: its next sibling, whether that is quoted, and what ends the element.
    open_: list[tuple[LexborNode | None, bool, str]] = []
    for _ in repeat(None, MAX_NODES - 1):
        if node is None:
            break
        after = node.next
        said = node.text_content  # of text alone; to ask for its kind first costs more
        if said is None:
            said = ""
            tag = node.tag or ""
            around = _AROUND.get(tag, "")
            if tag == "br":
                said = "\n"
            elif around is None or (hidden and node.mem_id in hidden):
                pass
            elif tag == "img":
                said = f" {node.attributes.get('alt') or ''} "
            elif hide_legacy and tag == "div" and LEGACY_DISPLAY_CLASS in (node.attributes.get("class") or "").split():
                pass
            else:
                open_.append((after, quoted, around))
                after, said = node.first_child, around
                quoted = quoted or tag == "blockquote"
        if said:
            words.append(said)
            if length < wanted and not quoted:
                first.append(said)
                length += len(said.strip())
        node = after
        while node is None and open_:
            node, quoted, said = open_.pop()
            if said:
                words.append(said)
                if length < wanted and not quoted:
                    first.append(said)
    return "".join(first), "".join(words)


def _one_line(text: str, wanted: int) -> str:
    return " ".join(clean_words(text))[: max(wanted, 0)]
