"""The first words of a plain text for the list: what its author wrote, without quotes and signature.

The law: what `flowed.read_lines` calls a quote or the signature is none of them; nothing is laid out for it.
"""

import re
from itertools import islice

from tui_mail.mime.flowed import MAX_LINE, MAX_LINES
from tui_mail.model.clean import clean_lines

_UNQUOTED = re.compile(r"^(?!>)[^\n]+", re.MULTILINE)
_SIGNATURE = "-- "


def first_words(text: str, wanted: int) -> str:
    """The first `wanted` characters in one line. `text` has bare newlines; of overlong lines the beginning counts."""
    words: list[str] = []
    length = 0
    for match in islice(_UNQUOTED.finditer(text, 0, _end(text)), MAX_LINES):
        if length > wanted:
            break
        new = clean_lines(match[0][:MAX_LINE]).split()
        length += sum(map(len, new))
        words += new
    return " ".join(words)[: max(wanted, 0)]


def _end(text: str) -> int:
    """Where the signature begins: at the last line that is its mark (RFC 3676 section 4.3)."""
    found = f"\n{text}\n".rfind(f"\n{_SIGNATURE}\n")
    return found if found >= 0 else len(text)
