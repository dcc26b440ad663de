"""Colours and attributes as a terminal holds them, and the shortest way from one to another. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style

_OFF = {
    "1": "22",
    "2": "22",
    "3": "23",
    "4": "24",
    "21": "24",
    "5": "25",
    "6": "25",
    "7": "27",
    "8": "28",
    "9": "29",
    "53": "55",
}
"""What ends each attribute (ECMA-48, 8.3.117)."""

_SEEN_ON_BLANKS = frozenset(("4", "21", "5", "6", "7", "9", "51", "52", "53"))


class Pen(NamedTuple):
    """SGR parameters: attributes, then the two colours; an empty colour is the terminal's own."""

    attributes: tuple[str, ...] = ()
    ink: str = ""
    ground: str = ""


PLAIN = Pen()


def pen_of(style: Style | None, colours: ColorSystem) -> Pen:
    """The pen that Rich would draw this style with. The meaning of the codes is Rich's, so that both always agree."""
    if style is None:
        return PLAIN
    attributes: list[str] = []
    ink = ground = ""
    codes = iter(str(style._make_ansi_codes(colours)).split(";"))
    for code in codes:
        if code in ("38", "48"):
            mode = next(codes)
            colour = ";".join((code, mode, *(next(codes) for _ in range(3 if mode == "2" else 1))))
        else:
            colour = code
        if code == "38" or (code.isdecimal() and (30 <= int(code) <= 37 or 90 <= int(code) <= 97)):
            ink = colour
        elif code == "48" or (code.isdecimal() and (40 <= int(code) <= 47 or 100 <= int(code) <= 107)):
            ground = colour
        elif code and code not in ("39", "49"):
            attributes.append(code)
    return Pen(tuple(attributes), ink, ground)


def bare(pen: Pen) -> bool:
    """Whether only the ground of this pen can be seen where nothing is written."""
    return _SEEN_ON_BLANKS.isdisjoint(pen.attributes)


def on_blank(pen: Pen) -> Pen:
    """The pen of a space: what cannot be seen on it is left away, so that equal looks are equal values."""
    return Pen((), "", pen.ground) if bare(pen) else pen


@lru_cache(4096)
def change(old: Pen | None, new: Pen) -> str:
    """The escape sequence from one pen to another, `old` None being any; empty when nothing changes."""
    if old == new:
        return ""
    whole = ";".join(("0", *new.attributes, *filter(None, new[1:])))
    if old is None or any(code not in _OFF for code in (*old.attributes, *new.attributes)):
        return f"\x1b[{whole}m"
    ended = dict.fromkeys(_OFF[code] for code in old.attributes if code not in new.attributes)
    # 22 ends bold and dim alike, 24 and 25 two each: what stays is begun again.
    begun = [code for code in new.attributes if code not in old.attributes or _OFF[code] in ended]
    parts = [*ended, *begun]
    if old.ink != new.ink:
        parts.append(new.ink or "39")
    if old.ground != new.ground:
        parts.append(new.ground or "49")
    return f"\x1b[{min(';'.join(parts), whole, key=len)}m"


@lru_cache(4096)
def for_blank(held: Pen | None, ground: str) -> Pen:
    """The pen for spaces on a ground that is the nearest to the one that is held."""
    if held is None:
        return Pen((), "", ground)
    return Pen(held.attributes if bare(held) else (), held.ink, ground)
