"""Values with parameters: Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183, RFC 2231).

Lenient where real programs are, and honest about it: `Parameterised.ambiguous` says that other readers may see
another value.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from tui_mail.mime.charset import decode_bytes

MAX_PARAMETERS = 100
MAX_SIMPLE_BYTES = 2_000
"""Up to here a value is compared with the simple form, and what was found is kept."""

# What nearly every sender writes; whatever does not fit goes the long way.
_VALUE = re.compile(r"\s*([\w.+-]+(?:/[\w.+-]+)?)\s*")
_PARAMETER = re.compile(r";\s*([\w-]+)\s*=\s*(?:\"([^\"\\]*)\"|([^\s;\"\\()']+))\s*")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")


class Parameterised(NamedTuple):
    """`value` in lower case without comments, parameter names in lower case, values decoded."""

    value: str
    params: dict[str, str]
    ambiguous: bool = False


def parse_parameters(raw: bytes) -> Parameterised:
    """Split an unfolded header value into its value and its parameters."""
    return _short(raw) if len(raw) <= MAX_SIMPLE_BYTES else _any_form(decode_bytes(raw, "utf-8"))


@lru_cache(maxsize=4096)
def _short(raw: bytes) -> Parameterised:
    text = decode_bytes(raw, "utf-8")
    found = _VALUE.match(text)
    if found is None:
        return _any_form(text)
    value, end, count = found[1].lower(), found.end(), 0
    params: dict[str, str] = {}
    while count < MAX_PARAMETERS and (found := _PARAMETER.match(text, end)) is not None:
        name, quoted, token = found.groups()
        params.setdefault(name.lower(), token if quoted is None else quoted)
        end = found.end()
        count += 1
    if end < len(text) and text[end:].rstrip() != ";":
        return _any_form(text)
    return Parameterised(value, params, len(params) < count)


def _any_form(text: str) -> Parameterised:
    pieces, broken = _split(text)
    value = _unmask("".join(pieces[0].split())).lower() if pieces else ""
    collected: dict[str, dict[int, tuple[str, bool]]] = {}
    plain: dict[str, str] = {}
    ambiguous = broken
    for piece in pieces[1 : MAX_PARAMETERS + 1]:
        name, equals, content = piece.partition("=")
        name = name.strip().lower()
        if not equals or not name:
            ambiguous = ambiguous or bool(name)
            continue
        content = _unmask(content.strip(_BLANK))
        section = _SECTION.match(name)
        if section is not None and (section[2] or section[3]):
            ambiguous |= int(section[2] or 0) in collected.setdefault(section[1], {})
            collected[section[1]].setdefault(int(section[2] or 0), (content, bool(section[3])))
        elif name in plain:
            ambiguous = True
        else:
            plain[name] = content
    for name, sections in collected.items():
        ambiguous |= name in plain
        plain[name] = _join_sections(sections)
    return Parameterised(value, plain, ambiguous)


_BLANK = " \t\r\n"
# Characters that were escaped or quoted must not be taken for syntax later: they travel in the private use area.
_MASK = 0xF0000


def _mask(character: str) -> str:
    return chr(_MASK + ord(character)) if ord(character) < 0x100 else character


def _unmask(text: str) -> str:
    if text.isascii():
        return text
    return "".join(chr(ord(c) - _MASK) if _MASK <= ord(c) < _MASK + 0x100 else c for c in text)


def _split(text: str) -> tuple[list[str], bool]:
    """Cut at semicolons, honouring quotes, backslashes and nested comments; the second value says it was irregular."""
    pieces: list[str] = []
    current: list[str] = []
    position, comment, quoted, broken = 0, 0, False, False
    length = len(text)
    while position < length:
        character = text[position]
        position += 1
        if character == "\\" and position < length:
            if not comment:
                current.append(_mask(text[position]))
                broken = broken or not quoted
            position += 1
        elif comment:
            comment += (character == "(") - (character == ")")
        elif quoted:
            if character == '"':
                quoted = False
            else:
                current.append(_mask(character))
        elif character == '"':
            quoted = True
        elif character == "(":
            comment = 1
            broken = True  # legal, but many readers do not know comments here
        elif character == ";":
            pieces.append("".join(current))
            current = []
        elif character == "'" and _opens_single_quotes(text, position, current):
            # QUIRK: a token may not hold spaces (RFC 2045 section 5.1); some write boundary='a b' as in a shell.
            closing = text.index("'", position)
            current.extend(_mask(c) for c in text[position:closing])
            position = closing + 1
            broken = True
        else:
            current.append(character)
    pieces.append("".join(current))
    return pieces, broken or quoted or comment > 0


def _opens_single_quotes(text: str, position: int, current: list[str]) -> bool:
    # Only the last few characters count; looking at all of them each time would cost quadratic time.
    if "".join(current[-20:]).rstrip(_BLANK)[-1:] != "=":
        return False
    closing = text.find("'", position)
    return closing > 0 and any(c in _BLANK for c in text[position:closing])


def _join_sections(sections: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231 sections 3 and 4: continuations, of which the first may name the character set."""
    charset = ""
    data = b""
    for index, (number, (content, extended)) in enumerate(sorted(sections.items())):
        if number != index:
            break  # a gap: what follows belongs to nothing
        if extended:
            if index == 0 and content.count("'") >= 2:
                charset, _, content = content.split("'", 2)
            data += unquote_to_bytes(content)
        else:
            data += content.encode("utf-8", "surrogatepass")
    return decode_bytes(data, charset or "utf-8")
