"""Texts that are written often: files ``templates/*.txt`` in the profile's folder.

The first line may be ``Subject: …``. ``{name}``, ``{address}``, ``{date}`` and ``{me}`` are filled in; other braces
stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_TEMPLATES = 200
MAX_TEMPLATE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Template:
    """One of them. An empty `subject` leaves the mail's as it is."""

    name: str
    subject: str
    body: str


def read_templates(folder: Path) -> list[Template]:
    """All that can be read, by name; a file that is too long or not UTF-8 is left out."""
    found = []
    for path in sorted(folder.glob("*.txt"))[:MAX_TEMPLATES]:
        try:
            if path.stat().st_size > MAX_TEMPLATE_BYTES:
                continue
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        first, _, rest = text.partition("\n")
        is_subject = first.lower().startswith("subject:")
        subject = first.partition(":")[2].strip() if is_subject else ""
        found.append(Template(path.stem, subject, rest.lstrip("\n") if is_subject else text))
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the known words in braces replaced, once each and never inside a replacement."""
    pieces = text.split("{")
    out = [pieces[0]]
    for piece in pieces[1:]:
        name, brace, rest = piece.partition("}")
        out.append(values[name] + rest if brace and name in values else "{" + piece)
    return "".join(out)
