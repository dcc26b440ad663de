"""The first words of a plain text for the list: what its author wrote, without quotes and signature.

The law: what `flowed.read_lines` calls a quote or the signature is none of them; nothing is laid out for it.
"""

import re
from itertools import islice

from tui_mail.mime.flowed import MAX_LINE, MAX_LINES
from tui_mail.model.clean import clean_lines

_UNQUOTED = re.compile(r"^(?!>)[^\n]+", re.MULTILINE)
_SIGNATURE = "-- "
_NEAR = 3


def first_words(text: str, wanted: int) -> str:
    """The first `wanted` characters in one line. `text` has bare newlines; of overlong lines the beginning counts."""
    if wanted <= 0:
        return ""
    end = _end(text)
    near = text.find("\n", _NEAR * wanted, end)  # they nearly always stand at the top
    first = _until(text, near)[:wanted] if near >= 0 else ""
    return first if len(first) == wanted else _until(text, end)[:wanted]


def _until(text: str, end: int) -> str:
    lines = (match[0][:MAX_LINE] for match in islice(_UNQUOTED.finditer(text, 0, end), MAX_LINES))
    return " ".join(clean_lines("\n".join(lines)).split())


def _end(text: str) -> int:
    """Where the signature begins: at the last line that is its mark (RFC 3676 section 4.3)."""
    found = f"\n{text}\n".rfind(f"\n{_SIGNATURE}\n")
    return found if found >= 0 else len(text)
