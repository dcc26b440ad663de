"""The words of an HTML page for the list and the search: the walk of `html` without lines, styles and links.

The law: what `html` hides from readers is not found either.
"""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tui_mail.mime.html import (
    BLOCKS,
    LEGACY_DISPLAY_CLASS,
    MAX_NODES,
    SKIPPED,
    children_of,
    html_lines,
    is_hidden,
    is_too_much,
)
from tui_mail.model.clean import clean, clean_lines
from tui_mail.model.message import Style

_APART = BLOCKS | {"br"}


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
    first: list[str] = []
    words: list[str] = []
    length = nodes = 0
    stack: list[tuple[LexborNode | None, bool]] = [(body, False)]
    while stack and nodes < MAX_NODES:
        node, quoted = stack.pop()
        nodes += 1
        tag = "br" if node is None else node.tag or ""
        if node is None or tag == "br":
            said = "\n"
        elif tag == "-text":
            said = node.text_content or ""
        elif tag in SKIPPED or is_hidden(attributes := node.attributes):
            continue
        elif tag == "img":
            said = f" {attributes.get('alt') or ''} "
        elif hide_legacy and tag == "div" and LEGACY_DISPLAY_CLASS in (attributes.get("class") or "").split():
            continue
        else:
            said = "\n" if tag in _APART else ""
            if said:
                stack.append((None, quoted))
            inside = quoted or tag == "blockquote"
            stack.extend((child, inside) for child in reversed(children_of(node)))
        words.append(said)
        if not quoted and length < wanted:
            first.append(said)
            length += len(said.strip())
    return "".join(first), "".join(words)


def _one_line(text: str, wanted: int) -> str:
    return " ".join(clean(text).split())[: max(wanted, 0)]
