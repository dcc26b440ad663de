"""One message as one line of cells. The law: the verdict stands before all mail text; nothing of it reaches there."""

from __future__ import annotations

import time
from collections.abc import Mapping

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tui_mail.model.message import Flag, Row
from tui_mail.store.views import Fold
from tui_mail.ui.columns import NO_SENDER, PREVIEW_FROM, Columns, date_text
from tui_mail.ui.fit import fit
from tui_mail.ui.safe import clean
from tui_mail.ui.themes.glyphs import ENC_TONE, SIG_TONE, UNICODE, Glyphs

MARK = "+"
"""Before a row that was marked, in every set of shapes."""

STYLES = ("base", "unread", "bright", "muted", "faint", "accent", "good", "warning", "bad")
"""Style names that `row_segments` asks for."""


def row_segments(
    row: Row,
    layout: Columns,
    glyphs: Glyphs,
    styles: Mapping[str, Style],
    cursor: Style | None,
    now: time.struct_time,
    *,
    marked: bool = False,
    fold: Fold | None = None,
) -> list[Segment]:
    """The cells of one row, exactly as wide as the layout. `cursor` is laid over everything on the chosen row; `fold`
    says what a line of a list by conversations stands for."""
    over = cursor or Style.null()
    unread = not row.flags & Flag.SEEN or (fold is not None and not fold.unfolded and fold.unread > 0)
    main = styles["unread" if unread else "base"] + over
    cells = [Segment(MARK if marked else glyphs.bar if cursor else " ", styles["accent"] + over)]
    cells.append(Segment(glyphs.unread if unread else " ", styles["accent"] + over))
    cells += _marks(row, layout.marks - 2, glyphs, styles, over)
    cells += _verdict(row, layout, glyphs, styles, over)
    if layout.attachment:
        clip = glyphs.attachment if row.attachments else ""
        cells.append(Segment(fit(clip, layout.attachment), styles["muted"] + over))
    cells.append(Segment(fit(clean(row.sender).strip() or NO_SENDER, layout.sender - 2) + "  ", main))
    quiet = styles["faint" if cursor is None else "muted"] + over
    lead = _lead(fold, glyphs)
    cells.append(Segment(lead, quiet))
    room = layout._replace(subject=layout.subject - cell_len(lead))
    cells += _subject(row, room, glyphs, main, quiet)
    date = date_text(row.date, now)[: max(0, layout.date - 1)]
    cells.append(Segment(date.rjust(layout.date - 1) + " ", styles["accent" if unread else "muted"] + over))
    return cells


def heading_segments(
    layout: Columns, styles: Mapping[str, Style], order: str = "", glyphs: Glyphs = UNICODE
) -> list[Segment]:
    """The line above the rows; the column that orders the list bears an arrow and is not faint."""
    columns = {
        "sig": ("S" if layout.sig < 4 else "Sig", layout.sig),
        "enc": ("E" if layout.enc < 4 else "Enc", layout.enc),
        "attachment": ("", layout.attachment),
        "from": ("From", layout.sender),
        "subject": ("Subject", layout.subject),
    }
    faint, chosen = styles["faint"], styles["accent"]
    turned = order.startswith("-") or order == "oldest"
    arrow = glyphs.turned if turned else glyphs.unfolded
    by = order.lstrip("-")
    cells = [Segment(" " * layout.marks, faint)]
    for name, (label, width) in columns.items():
        shown = f"{label} {arrow}" if label and width > len(label) + 2 else arrow
        cells.append(Segment(fit(shown, width), chosen) if name == by else Segment(fit(label, width), faint))
    date = f"{arrow} Date" if by == "oldest" else "Date"
    cells.append(Segment(date.rjust(layout.date - 1) + " ", chosen if by == "oldest" else faint))
    return cells


def _lead(fold: Fold | None, glyphs: Glyphs) -> str:
    """What stands before the subject in a list by conversations: how many are folded here, or that this is one of
    them."""
    if fold is None or fold.total < 2:
        return ""
    if fold.inside:
        return f" {glyphs.inside} "
    return f"{glyphs.unfolded if fold.unfolded else glyphs.folded} {min(fold.total, 999)} "


def _marks(row: Row, width: int, glyphs: Glyphs, styles: Mapping[str, Style], over: Style) -> list[Segment]:
    if row.flags & Flag.FLAGGED:
        mark = Segment(glyphs.flagged, styles["warning"] + over)
    elif row.flags & Flag.ANSWERED:
        mark = Segment(glyphs.answered, styles["muted"] + over)
    elif row.flags & Flag.FORWARDED:
        mark = Segment(glyphs.forwarded, styles["muted"] + over)
    else:
        mark = Segment(" ", over)
    return [mark, Segment(" " * (width - 1), over)]


def _verdict(row: Row, layout: Columns, glyphs: Glyphs, styles: Mapping[str, Style], over: Style) -> list[Segment]:
    """Letter, shape and colour; `waiting` when not judged yet. Unknown stored values show as not judged."""
    if row.sig is None or row.sig not in glyphs.sig:
        sig, tone = glyphs.waiting, "faint"
    else:
        shape = glyphs.sig[row.sig]
        sig = row.sig if layout.sig < 4 or shape == row.sig else f"{row.sig} {shape}"
        tone = SIG_TONE[row.sig]
    enc = glyphs.enc.get(row.enc, glyphs.waiting)
    return [
        Segment(fit(sig, layout.sig), styles[tone] + Style(bold=True) + over),
        Segment(fit(" " + enc if layout.enc >= 4 else enc, layout.enc), styles[ENC_TONE.get(row.enc, "faint")] + over),
    ]


def _subject(row: Row, layout: Columns, glyphs: Glyphs, main: Style, quiet: Style) -> list[Segment]:
    subject = clean(row.subject) or "(no subject)"
    preview = clean(row.preview)
    total = sum(layout)
    if total < PREVIEW_FROM or not preview:
        return [Segment(fit(subject, layout.subject), main)]
    shown = fit(subject, layout.subject).rstrip()
    shown_cells = Segment(shown).cell_length
    room = layout.subject - shown_cells
    if room < 12:
        return [Segment(fit(subject, layout.subject), main)]
    lead = f"  {glyphs.dash} " if glyphs.dash.isascii() else "   "
    return [Segment(shown, main), Segment(fit(lead + preview, room), quiet)]
