"""Real pictures on terminals that can show them: kitty's graphics protocol, iTerm2's inline images, sixel.

The law: only where the terminal has announced itself and nothing stands in between (no tmux, no screen); what is sent
was made by us, is encoded, and cannot end its own sequence.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import termios
from base64 import b64encode
from collections.abc import Mapping
from typing import Literal

Protocol = Literal["", "kitty", "iterm", "sixel"]

IMAGE_ID = 7_411
"""By which kitty removes our picture again."""

CHUNK = 4_096
USUAL_CELL = (8, 16)
MAX_CELL = (40, 80)

_KITTY = ("xterm-kitty", "xterm-ghostty")
_SIXEL = ("foot", "mlterm", "contour")
_BETWEEN = ("screen", "tmux", "dumb", "linux", "unknown")
_SIXEL_DATA = re.compile(rb"[!-~]*")


def protocol(environ: Mapping[str, str] = os.environ) -> Protocol:
    """What the terminal has said of itself in the environment; empty where it said nothing, or something is between."""
    term = environ.get("TERM", "")
    if not term or term.startswith(_BETWEEN) or "TMUX" in environ or "STY" in environ:
        return ""
    if term in _KITTY or "KITTY_WINDOW_ID" in environ:
        return "kitty"
    if environ.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm") or environ.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    return "sixel" if term.startswith(_SIXEL) else ""


def cell_pixels(descriptor: int = 1) -> tuple[int, int]:
    """Width and height of a cell, as far as the terminal tells."""
    try:
        rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return USUAL_CELL
    if not (rows and columns and width and height):
        return USUAL_CELL
    return max(1, min(MAX_CELL[0], width // columns)), max(1, min(MAX_CELL[1], height // rows))


def sequence(how: Protocol, data: bytes, columns: int, rows: int) -> str:
    """What shows a picture at the cursor in so many cells; `data` is a PNG file, or sixel data."""
    if how == "kitty":
        return _kitty(b64encode(data).decode("ascii"), columns, rows)
    if how == "iterm":
        text = b64encode(data).decode("ascii")
        head = f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=1"
        return f"\x1b]1337;File={head}:{text}\x07"
    if how == "sixel" and _SIXEL_DATA.fullmatch(data):
        return f"\x1bP0;1q{data.decode('ascii')}\x1b\\"
    return ""


def removal(how: Protocol) -> str:
    """What takes it away; other pictures lie in the cells and go when these are painted again."""
    return f"\x1b_Ga=d,d=I,i={IMAGE_ID},q=2\x1b\\" if how == "kitty" else ""


def _kitty(text: str, columns: int, rows: int) -> str:
    pieces = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)] or [""]
    out = []
    for number, piece in enumerate(pieces):
        keys = f"a=T,f=100,t=d,i={IMAGE_ID},q=2,C=1,c={columns},r={rows}," if number == 0 else ""
        out.append(f"\x1b_G{keys}m={int(number < len(pieces) - 1)};{piece}\x1b\\")
    return "".join(out)
