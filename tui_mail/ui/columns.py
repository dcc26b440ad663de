"""Where the columns of the message list stand. Plain arithmetic that the first paint and the list share."""

from __future__ import annotations

import time
from collections import namedtuple

MARKS = 4
"""Cursor bar, unread dot, answered or flagged, space."""

SPLIT_COLUMNS, SPLIT_ROWS = 100, 24
"""From this size on the list stays beside the open message and the folders are shown."""

TINY_ROWS = 16
"""With fewer rows nothing is left empty."""

FOLDER_COLUMNS = 24
"""Cells of the list of folders."""

PREVIEW_FROM = 90
"""Lists at least this wide show the beginning of the text behind the subject."""

NO_SENDER = "(no sender)"
"""In the place of a name where a message has none."""


def is_split(width: int, height: int) -> bool:
    """Whether a terminal of this size shows several things at a time."""
    return width >= SPLIT_COLUMNS and height >= SPLIT_ROWS


class Columns(namedtuple("Columns", ("marks", "sig", "enc", "attachment", "sender", "subject", "date"))):
    """Widths in cells; 0 means that the column is not there. They add up to the width of the list."""

    __slots__ = ()

    @property
    def sig_start(self) -> int:
        """First cell of the Sig column."""
        return int(self.marks)


def columns(width: int) -> Columns:
    """The layout for a list of this width. Sig and Enc are always there; the subject takes what is left."""
    if width >= 120:
        fixed = (MARKS, 5, 4, 3, 26, 11)
    elif width >= 80:
        fixed = (MARKS, 5, 4, 3, 20, 11)
    elif width >= 56:
        fixed = (3, 4, 2, 2, 16, 8)
    else:
        fixed = (3, 2, 2, 0, 11, 8)
    marks, sig, enc, attachment, sender, date = fixed
    return Columns(marks, sig, enc, attachment, sender, max(0, width - sum(fixed)), date)


def date_text(seconds: int, now: time.struct_time) -> str:
    """When it was, as short as it can be said: the hour today, the day this year, else day, month and year."""
    try:
        then = time.localtime(seconds)
    except (OverflowError, ValueError, OSError):
        return ""
    if (then.tm_year, then.tm_yday) == (now.tm_year, now.tm_yday):
        return time.strftime("%H:%M", then)
    if then.tm_year == now.tm_year:
        return f"{then.tm_mday} {time.strftime('%b', then)}"
    return f"{then.tm_mday} {time.strftime('%b %y', then)}"
