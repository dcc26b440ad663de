"""The first words of a plain text for the list: what its author wrote, without quotes and signature.

The law: what `flowed.read_lines` calls a quote or the signature is none of them; nothing is laid out for it.
"""

from tui_mail.mime.flowed import MAX_LINE, MAX_LINES
from tui_mail.model.clean import clean_lines

_SIGNATURE = "-- "
_NEAR = 2
"""So many times the wanted characters are looked at first: where nobody is quoted they are there."""
_AT_ONCE = 1 << 16


def first_words(text: str, wanted: int) -> str:
    """The first `wanted` characters in one line. `text` has bare newlines; of overlong lines the beginning counts."""
    words: list[str] = []
    first = ""
    at, end, lines_left = 0, _end(text), MAX_LINES
    size = _NEAR * wanted
    while at < end and len(first) < wanted and lines_left > 0:
        near = text.find("\n", at + size, end)
        near = end if near < 0 else near
        lines = [line[:MAX_LINE] for line in text[at:near].split("\n") if line and line[0] != ">"][:lines_left]
        words += clean_lines("\n".join(lines)).split()
        first = " ".join(words)
        lines_left -= len(lines)
        at, size = near + 1, min(2 * size, _AT_ONCE)
    return first[: max(wanted, 0)]


def _end(text: str) -> int:
    """Where the signature begins: at the last line that is its mark (RFC 3676 section 4.3)."""
    found = f"\n{text}\n".rfind(f"\n{_SIGNATURE}\n")
    return found if found >= 0 else len(text)
