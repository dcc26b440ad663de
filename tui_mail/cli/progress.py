"""One line of progress on a terminal; silent where there is none."""

import shutil
from typing import TextIO

from tui_mail.engine.messages import Event, Progress
from tui_mail.model.clean import clean

BAR_CELLS = 24


class ProgressBar:
    """Draws the last `Progress` event on one line."""

    def __init__(self, stream: TextIO, *, shown: bool = True) -> None:
        self._stream = stream
        self._shown = shown and stream.isatty()
        self._drawn = False

    def heard(self, event: Event) -> None:
        """Take one event of the engine."""
        if not self._shown or not isinstance(event, Progress):
            return
        share = event.done / event.total if event.total else 0.0
        full = round(BAR_CELLS * min(1.0, share))
        line = f"[{'#' * full}{'.' * (BAR_CELLS - full)}] {event.done}/{event.total} {clean(event.sentence)}"
        self._stream.write("\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1])
        self._stream.flush()
        self._drawn = True

    def end(self) -> None:
        """Take the line away."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
