"""The engine's side of ``listing``: header fields are read beside the receiving of what comes next."""

from collections.abc import Callable, Sequence
from typing import Self

import msgspec

from tui_mail.engine.child import Child
from tui_mail.engine.frames import frame
from tui_mail.engine.logbook import log
from tui_mail.mime.envelope import Envelope, header_end, read_envelope

MODULE = "tui_mail.engine.listing"
SILENCE_SECONDS = 60.0

_decoder: msgspec.msgpack.Decoder[tuple[Envelope, ...]] = msgspec.msgpack.Decoder(tuple[Envelope, ...])


class Lister:
    """Reads what the list shows of many messages: in a process of its own once that has started, else here.

    One thread asks, another one may wait for the answers, in the same order. Ends with ``with``.
    """

    def __init__(self) -> None:
        self._child: Child | None = None
        self._is_ready = False
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.end()

    def start(self) -> None:
        """Have the process started; there is no wait for it. A second time does nothing."""
        if self._child is None:
            try:
                self._child = Child(MODULE)
            except OSError as error:
                log.warning("header fields are read in the engine itself: %s", type(error).__name__)

    def ask(self, raws: Sequence[bytes]) -> Callable[[], Sequence[Envelope]]:
        """Begin to read these messages; the result waits for what came out."""
        child = self._child
        if child is None or self._is_over or not child.runs or not (self._is_ready or child.speaks):
            return lambda: _read_here(raws)
        try:
            if not self._is_ready:
                child.receive(SILENCE_SECONDS)
                self._is_ready = True
            child.send(frame([raw[: header_end(raw)] for raw in raws]))
        except (EOFError, OSError) as error:
            self._give_up(child, error)
        return lambda: self._answer(child, raws)

    def _answer(self, child: Child, raws: Sequence[bytes]) -> Sequence[Envelope]:
        if not self._is_over:
            try:
                found = _decoder.decode(child.receive(SILENCE_SECONDS))
                if len(found) == len(raws):
                    return found
                raise EOFError
            except (EOFError, OSError, msgspec.DecodeError) as error:
                self._give_up(child, error)
        return _read_here(raws)

    def _give_up(self, child: Child, error: Exception) -> None:
        """What it may still say would be taken for the answer to something else."""
        self._is_over = True
        child.kill()
        log.warning("the process that reads header fields ended: %s", type(error).__name__)


def _read_here(raws: Sequence[bytes]) -> Sequence[Envelope]:
    return [read_envelope(raw) for raw in raws]
