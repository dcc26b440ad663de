"""HTML mail into lines of styled runs. Nothing is ever fetched, no style of the sender is obeyed but hiding.

The law: size, depth and attributes are bounded before the parser sees a byte (nested elements and crowded tags cost
it quadratic time), and the walk is iterative.
"""

import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tui_mail.mime.html_table import table_lines
from tui_mail.mime.links import misleading_host, safe_target
from tui_mail.model.clean import clean, clean_lines
from tui_mail.model.message import Run, Style

MAX_HTML_CHARACTERS = 2_000_000
MAX_HTML_DEPTH = 400
MAX_NODES = 200_000
MAX_PICTURE_NAME = 120
MAX_KEPT_STYLE_CHARACTERS = 500
LEGACY_DISPLAY_CLASS = "header-protection-legacy-display"

SKIPPED = frozenset(
    {
        "script", "style", "head", "title", "meta", "link", "template", "noscript", "svg", "object", "iframe", "math",
        "-comment", "select", "textarea", "audio", "video", "canvas", "map", "!doctype",
    }
)  # fmt: skip
_GAP = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "table", "blockquote", "dl"})
BLOCKS = _GAP | {
    "div", "section", "article", "header", "footer", "main", "li", "dt", "dd", "tr", "hr", "form", "fieldset",
    "center", "address", "figure", "body", "html", "tbody", "thead", "tfoot", "td", "th", "caption", "aside", "nav",
}  # fmt: skip
_STYLES = {
    "b": Style.BOLD, "strong": Style.BOLD, "th": Style.BOLD, "i": Style.ITALIC, "em": Style.ITALIC,
    "cite": Style.ITALIC, "code": Style.CODE, "pre": Style.CODE, "tt": Style.CODE, "kbd": Style.CODE,
    "h1": Style.HEADING, "h2": Style.HEADING, "h3": Style.HEADING, "h4": Style.HEADING, "h5": Style.HEADING,
    "h6": Style.HEADING,
}  # fmt: skip
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_OPENING_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)")
# Elements that never hold others, or that the parser closes by itself when the next of their kind opens.
_FLAT = frozenset(
    {
        "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr", "p", "li",
        "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot",
    }
)  # fmt: skip
_HIDDEN = re.compile(
    r"display:none|visibility:hidden|mso-hide:all|font-size:0(?:px|pt|em|%)?(?:;|$|!)|opacity:0(?:\.0*)?(?:;|$|!)"
    r"|max-height:0(?:px)?(?:;|$|!)"
)
# A tag with more attributes than any real one: the parser compares each name with all before it. Everything is
# possessive, so that the search costs linear time.
_CROWDED = re.compile(
    r"<[a-zA-Z][^\s/>]*+(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+){100}+"
)
_PICTURE_FILE = re.compile(r"[\w .()-]{1,80}\.(?:png|jpe?g|gif|webp|bmp|svg)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")


class _Context(NamedTuple):
    """What a node inherits."""

    style: Style = Style.TEXT
    quote: int = 0
    indent: int = 0
    link: str = ""
    preformatted: bool = False


Lines = list[tuple[Run, ...]]


def html_lines(source: str, *, hide_legacy_display: bool = False) -> Lines:
    """Logical lines of an HTML body.

    Args:
        source: decoded HTML text.
        hide_legacy_display: drop the copies of protected header fields (RFC 9788 section 4.5.3.2); only for parts
            inside an encrypted envelope that are marked so.
    """
    if is_too_much(source):
        return _stripped(source[:MAX_HTML_CHARACTERS])
    body = LexborHTMLParser(source).body
    return _Renderer(hide_legacy_display).render(body) if body is not None else []


def is_too_much(source: str) -> bool:
    """A page that the parser must not see."""
    return len(source) > MAX_HTML_CHARACTERS or _depth(source) > MAX_HTML_DEPTH or _CROWDED.search(source) is not None


def _depth(source: str) -> int:
    """An upper estimate of how deep elements nest."""
    opening = source.count("<")
    if opening > MAX_HTML_DEPTH:
        opening -= source.count("</")
    if opening <= MAX_HTML_DEPTH:
        return opening
    names = Counter(_OPENING_TAG.findall(source))
    opening = sum(count for name, count in names.items() if name.lower() not in _FLAT)
    if opening <= MAX_HTML_DEPTH:
        return opening
    depth = deepest = 0
    for match in _TAG.finditer(source):
        if match[2].lower() in _FLAT:
            continue
        depth = max(depth - 1, 0) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _stripped(source: str) -> Lines:
    """The text alone, for pages that are too large or too deep to parse."""
    text = re.sub(r"(?is)<(script|style)\b.*?(?:</\1|\Z)", "", source)
    # No "<" inside a tag: looking for the end of each of a million unfinished ones would cost quadratic time.
    text = re.sub(r"(?i)<(?:br|p|div|tr|li|h\d)\b[^<>]*>", "\n", text)
    text = clean_lines(re.sub(r"<[^<>]*>", "", text))
    note = (Run("This HTML page is too large or nested too deeply: its bare text follows.", Style.MUTED),)
    return [note, *((Run(line.strip()),) for line in text.split("\n") if line.strip())]


def picture_name(attributes: dict[str, str | None]) -> str:
    """What stands in the place of a picture, which is never fetched: its words, else the name of its file, and its size
    where that is given. Empty for decoration and for the dots that report who has read a mail."""
    width, height = _pixels(attributes.get("width")), _pixels(attributes.get("height"))
    alt = attributes.get("alt")
    if (alt is not None and not alt.strip()) or 0 <= width <= 2 or 0 <= height <= 2:
        return ""
    words = (alt or "").strip()[:MAX_PICTURE_NAME]
    if not words:
        last = (attributes.get("src") or "").partition("?")[0].replace("\\", "/").rpartition("/")[2]
        words = last[:MAX_PICTURE_NAME] if _PICTURE_FILE.fullmatch(last) else ""
    size = f"{width}x{height}" if width > 0 and height > 0 else ""
    said = ", ".join(filter(None, (words, size)))
    return f"[picture: {said}]" if said else "[picture]"


def _pixels(value: str | None) -> int:
    """Pixels of a width or height, -1 when it says none."""
    digits = (value or "").strip().lower().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else -1


def is_hidden(attributes: dict[str, str | None]) -> bool:
    """Whether the sender had an element and all in it not shown."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if not style:
        return False
    return _short_style_hides(style) if len(style) <= MAX_KEPT_STYLE_CHARACTERS else _style_hides(style)


def _style_hides(style: str) -> bool:
    return _HIDDEN.search("".join(style.split()).lower()) is not None


_short_style_hides = lru_cache(maxsize=1024)(_style_hides)  # a page says the same of many elements


class _Renderer:
    """One walk over one page."""

    def __init__(self, hide_legacy_display: bool) -> None:
        self.hide_legacy = hide_legacy_display
        self.lines: Lines = []
        self.current: list[Run] = []
        self.space = False
        self.gap = False
        self.bullet = ""

    def render(self, body: LexborNode) -> Lines:
        """Depth first with an explicit stack; a leaving entry ends its block."""
        stack: list[tuple[LexborNode | None, _Context, str]] = [(body, _Context(), "")]
        nodes = 0
        while stack:
            node, context, leaving = stack.pop()
            if node is None:
                self._leave(leaving, context)
                continue
            nodes += 1
            if nodes > MAX_NODES:
                self._flush(context)
                self.lines.append((Run("The rest of this page is left out: it has too many elements.", Style.MUTED),))
                break
            if node.tag == "-text":
                self._text(node.text_content or "", context)
                continue
            children = self._enter(node, context, stack)
            stack.extend((child, children, "") for child in reversed(children_of(node)) if children is not None)
        self._flush(_Context())
        return self.lines

    def _enter(
        self, node: LexborNode, context: _Context, stack: list[tuple[LexborNode | None, _Context, str]]
    ) -> _Context | None:
        """What the children of `node` inherit; None when there is nothing to descend into."""
        tag = node.tag or ""
        if tag in SKIPPED:
            return None
        attributes = node.attributes
        if is_hidden(attributes):
            return None
        if self.hide_legacy and tag == "div" and LEGACY_DISPLAY_CLASS in (attributes.get("class") or "").split():
            return None
        if tag == "br":
            self._flush(context, force=True)
            return None
        if tag == "hr":
            self._flush(context)
            self.lines.append((Run("---", Style.MUTED),))
            return None
        if tag == "img":
            name = picture_name(attributes)
            if name:
                self._text(name, context)
            return None
        if tag == "table" and not self.hide_legacy and self._table(node, context):
            return None
        inner = self._inherit(tag, attributes, context)
        if tag in ("td", "th") and not any(child.tag in BLOCKS for child in node.iter()):
            stack.append((None, context, "cell"))
        elif tag in BLOCKS:
            self._flush(context)
            self.gap = self.gap or tag in _GAP
            stack.append((None, inner, tag))
        elif tag == "a":
            stack.append((None, inner, "a"))
        if tag == "li":
            self.bullet = "• "
        return inner

    def _table(self, node: LexborNode, context: _Context) -> bool:
        """A table of data; False when it is read as it flows."""
        lines = table_lines(node)
        if lines is None:
            return False
        self._flush(context)
        if self.lines and self.lines[-1]:
            self.lines.append(())
        style = Style.QUOTE if context.quote else Style.TEXT
        prefix = "> " * context.quote + " " * context.indent
        for line in lines:
            quoted = [run if run.style is not Style.TEXT else Run(run.text, style) for run in line]
            self.lines.append((Run(prefix, style), *quoted) if prefix and line else tuple(quoted))
        self.gap = True
        return True

    def _inherit(self, tag: str, attributes: dict[str, str | None], context: _Context) -> _Context:
        style = _STYLES.get(tag, context.style) if context.style is not Style.HEADING else context.style
        link = safe_target(attributes.get("href") or "") if tag == "a" else context.link
        quote = context.quote + (tag == "blockquote")
        indent = context.indent + 2 * (tag in ("ul", "ol", "dd"))
        return _Context(style, min(quote, 30), min(indent, 40), link, context.preformatted or tag == "pre")

    def _leave(self, tag: str, context: _Context) -> None:
        if tag == "cell":
            if self.current:
                self.current.append(Run("  ", Style.TEXT))
            self.space = False
        elif tag == "a":
            shown = "".join(run.text for run in self.current if run.link == context.link)
            host = misleading_host(shown, context.link)
            if host:
                self.current.append(Run(f" [{host}]", Style.MUTED))
        else:
            self._flush(context)
            self.gap = self.gap or tag in _GAP

    def _text(self, text: str, context: _Context) -> None:
        if context.preformatted:
            for number, line in enumerate(clean_lines(text).split("\n")):
                if number:
                    self._flush(context, force=True)
                if line:
                    self._add(line, context)
            return
        text = _SPACES.sub(" ", text).replace("\xa0", " ")
        words = clean(text).strip(" ")
        if not words:
            self.space = self.space or bool(text)
            return
        if self.current and (self.space or text[0] == " ") and not self.current[-1].text.endswith(" "):
            words = " " + words
        self._add(words, context)
        self.space = text[-1] == " "

    def _add(self, text: str, context: _Context) -> None:
        if context.link:
            run = Run(text, Style.LINK, context.link)
        else:
            quoted = context.quote and context.style is Style.TEXT
            run = Run(text, Style.QUOTE if quoted else context.style)
        last = self.current[-1] if self.current else None
        if last is not None and last.style is run.style and last.link == run.link:
            self.current[-1] = Run(last.text + text, run.style, run.link)
        else:
            self.current.append(run)

    def _flush(self, context: _Context, *, force: bool = False) -> None:
        """End the current line."""
        while self.current and not self.current[-1].text.strip():
            self.current.pop()
        if self.current or (force and self.lines and self.lines[-1]):
            prefix = []
            if context.quote:
                prefix.append(Run("> " * context.quote, Style.QUOTE))
            if self.current:
                if self.gap and self.lines and self.lines[-1]:
                    self.lines.append(())
                indent = max(context.indent - len(self.bullet), 0) * " " + self.bullet
                if indent:
                    prefix.append(Run(indent, Style.TEXT))
                self.bullet = ""
                self.gap = False
            self.lines.append((*prefix, *self.current) if self.current else tuple(prefix))
            self.current = []
        self.space = False


def children_of(node: LexborNode) -> list[LexborNode]:
    """Text and comments among them."""
    found = []
    child = node.child
    while child is not None:
        found.append(child)
        child = child.next
    return found
