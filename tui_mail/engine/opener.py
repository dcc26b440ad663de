"""The engine's side of ``opening``: one process that opens foreign mail, started when needed and killed when it hangs.

The law: private keys and the store stay here; what crosses the pipe is the mail, public material and answers.
"""

import atexit
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

import msgspec
from msgspec import Struct

from tui_mail.engine.child import Child
from tui_mail.engine.frames import frame
from tui_mail.engine.logbook import describe, log
from tui_mail.engine.opened import Brought, judgement_of
from tui_mail.engine.opening import (
    Failed,
    Found,
    FromOpening,
    Ground,
    Open,
    Seen,
    SeenBefore,
    ToOpening,
    Unwrap,
    Unwrapped,
)
from tui_mail.model.errors import TuiMailError, VaultLocked
from tui_mail.model.keys import DecryptionKey
from tui_mail.smime.open import open_message
from tui_mail.smime.view import view
from tui_mail.trust.context import TrustContext

IDLE_SECONDS = 600.0
READER_IDLE_SECONDS = 3600.0
"""How long a process waits for the next message before it ends."""
MODULE = "tui_mail.engine.opening"
START_SECONDS = 60.0
SILENCE_SECONDS = 120.0
"""Without a word for so long the process is ended, whatever it waits for; processor time has a shorter limit there."""
TRIES = 2
"""A process can also end for reasons that are not in the message."""
MAX_QUESTIONS = 500
"""What one message may ask of keys and history."""
AHEAD_BYTES = 800 * 1024
"""Messages that are sent before the answer to the first is here: they must fit into the pipe beside our answers."""
NARROW_AHEAD_BYTES = 16 * 1024


class UnsafeMessage(Exception):
    """Opening this message ended or stopped the process, each time."""


class UnreadableMessage(Exception):
    """Opening this message is an error of ours; the words are class and places."""


class _CannotStart(Exception):
    """There is no other process to be had on this machine."""


class Order(Struct, frozen=True):
    """A message to open; `sender_key` is the author that the list shows so far, `view` asks what the reader shows. Of a
    large one `raw` is empty: its `size_bytes` come from `pieces`, so that this process never holds it."""

    raw: bytes
    message_id: int
    sender_key: str
    now: datetime
    view: bool = False
    size_bytes: int = 0
    pieces: Callable[[], Iterator[bytes]] | None = None

    @property
    def whole(self) -> bytes:
        """All of the message, in memory."""
        return self.raw if self.pieces is None else b"".join(self.pieces())


class _Ahead:
    """The messages that are on their way to the process, oldest first: those sent and those that do not fit yet."""

    def __init__(self, coming: Iterator[Order], certificates: tuple[bytes, ...]) -> None:
        self._coming = coming
        self._certificates = certificates
        self._frames: deque[tuple[Order, bytes]] = deque()
        self._size_bytes = 0
        self._sent_bytes = 0
        self.sent = 0
        """How many the process has and has not answered."""

    @property
    def first(self) -> Order:
        """The message whose answer is next."""
        return self._frames[0][0]

    def fill(self) -> bool:
        """Take as many messages as may be on their way; False when there are none left."""
        while self._size_bytes < AHEAD_BYTES and (order := next(self._coming, None)) is not None:
            word = Open(
                order.raw,
                order.message_id,
                order.sender_key,
                order.now,
                self._certificates,
                order.view,
                order.size_bytes,
            )
            self._frames.append((order, frame(word)))
            self._size_bytes += len(self._frames[-1][1]) + order.size_bytes
        return bool(self._frames)

    def next_to_send(self, limit_bytes: int) -> Iterator[bytes] | None:
        """The next one that can be sent without waiting for the process, which may be waiting for us. One that is
        larger than the limit goes alone."""
        if self.sent == len(self._frames):
            return None
        order, framed = self._frames[self.sent]
        size_bytes = len(framed) + order.size_bytes
        if self.sent and self._sent_bytes + size_bytes > limit_bytes:
            return None
        self.sent += 1
        self._sent_bytes += size_bytes
        return iter((framed,)) if order.pieces is None else chain((framed,), order.pieces())

    def pop(self) -> Order:
        """The first one is answered."""
        order, framed = self._frames.popleft()
        size_bytes = len(framed) + order.size_bytes
        self._size_bytes -= size_bytes
        if self.sent:
            self.sent -= 1
            self._sent_bytes -= size_bytes
        return order

    def forget_sent(self) -> None:
        """There is another process, or none: it has nothing of this."""
        self.sent = self._sent_bytes = 0


class Opener:
    """Any thread may call it; one caller's messages are opened at a time."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._mutex = threading.Lock()
        self._process: Child | None = None
        self._ground: Ground | None = None
        self._ahead_bytes = NARROW_AHEAD_BYTES
        atexit.register(self.kill)
        self._decoder: msgspec.msgpack.Decoder[FromOpening] = msgspec.msgpack.Decoder(FromOpening)

    def open(self, order: Order, trust: TrustContext, keys: Sequence[DecryptionKey]) -> Found:
        """Open and judge one message. Raises UnsafeMessage, UnreadableMessage."""
        [(_, outcome)] = self.open_all((order,), trust, keys)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def open_all(
        self, orders: Iterable[Order], trust: TrustContext, keys: Sequence[DecryptionKey]
    ) -> Iterator[tuple[int, Found | UnsafeMessage | UnreadableMessage]]:
        """Open and judge messages: their numbers, in the order given, and what came out. While the caller works on one,
        the next ones are opened."""
        ahead = _Ahead(iter(orders), tuple(key.certificate for key in keys))
        ground = Ground.of(trust)
        speaking: Child | None = None
        tries = 0
        with self._mutex:
            try:
                while ahead.fill():
                    outcome: Found | UnsafeMessage | UnreadableMessage
                    try:
                        process = self._process
                        if process is None or process is not speaking:  # else it is heard of when it ends
                            process = speaking = self._running()
                            ahead.forget_sent()
                        if ground != self._ground:
                            self._send(process, ground)
                            self._ground = ground
                        while (pieces := ahead.next_to_send(self._ahead_bytes)) is not None:
                            for piece in pieces:
                                process.send(piece)
                        outcome = self._answer(process, trust, keys)
                    except _CannotStart as error:
                        log.warning("mail is opened in the engine itself: %s", error)
                        outcome = _open_here(ahead.first, trust, keys)
                    except (EOFError, OSError, TimeoutError, msgspec.DecodeError) as error:
                        log.warning("the process that opens mail ended: %s", type(error).__name__)
                        self._end()
                        ahead.forget_sent()
                        tries += 1
                        if tries < TRIES:
                            continue
                        outcome = UnsafeMessage()
                    tries = 0
                    yield ahead.pop().message_id, outcome
            finally:
                if ahead.sent:
                    self._end()  # answers that nobody waits for would be taken for those of the next messages

    def warm_up(self) -> None:
        """Start the process before the first message comes."""
        with self._mutex:
            try:
                self._running()
            except _CannotStart as error:
                log.warning("no process for mail can be started: %s", error)

    def close(self) -> None:
        """End the process; the next message starts another one."""
        with self._mutex:
            self._end()

    def kill(self) -> None:
        """End the process without waiting for the message that it has: this one is about to end."""
        process = self._process
        if process is not None:
            process.kill()

    @property
    def pid(self) -> int | None:
        """Of the process, None while there is none."""
        return None if self._process is None else self._process.pid

    def _answer(self, process: Child, trust: TrustContext, keys: Sequence[DecryptionKey]) -> Found | UnreadableMessage:
        for _ in range(MAX_QUESTIONS):
            word = self._receive(process, SILENCE_SECONDS)
            if isinstance(word, Found):
                return word
            if isinstance(word, Failed):
                return UnreadableMessage(word.trail)
            if isinstance(word, Seen):
                self._send(process, SeenBefore(trust.known.get(word.address, ())))
            elif isinstance(word, Unwrap):
                self._send(process, _unwrapped(word, keys))
        raise EOFError

    def _running(self) -> Child:
        process = self._process
        if process is not None and process.runs:
            return process
        self._end()
        try:
            process = self._process = Child(MODULE, str(self._idle_seconds))
            self._ahead_bytes = AHEAD_BYTES if process.wide else NARROW_AHEAD_BYTES
            self._receive(process, START_SECONDS)
        except (OSError, EOFError, msgspec.DecodeError) as error:
            self._end()
            raise _CannotStart(type(error).__name__) from error
        return process

    def _end(self) -> None:
        process, self._process, self._ground = self._process, None, None
        if process is not None:
            process.end()

    def _send(self, process: Child, word: ToOpening) -> None:
        process.send(frame(word))

    def _receive(self, process: Child, seconds: float) -> FromOpening:
        return self._decoder.decode(process.receive(seconds))


def _unwrapped(question: Unwrap, keys: Sequence[DecryptionKey]) -> Unwrapped:
    """One private key operation; why it failed is not told, but for a locked key."""
    if not 0 <= question.key < len(keys):
        return Unwrapped(None)
    try:
        return Unwrapped(keys[question.key].unwrap(question.request))
    except VaultLocked:
        return Unwrapped(None, locked=True)
    except TuiMailError:
        return Unwrapped(None)


def _open_here(order: Order, trust: TrustContext, keys: Sequence[DecryptionKey]) -> Found | UnreadableMessage:
    """Where no process can be started: limits on sizes and counts still hold, only the deadline is missing."""
    try:
        opened = open_message(order.whole, keys=keys, trust=trust, now=order.now)
        shown = view(opened, order.message_id) if order.view else None
        return Found(judgement_of(opened, order.message_id, order.sender_key), Brought.by(opened), shown)
    except Exception as error:  # hostile mail must not stop the mail behind it
        return UnreadableMessage(describe(error))


OPENER = Opener()
"""The one of this process that judges: it knows nothing of profiles, so that several sessions can share it."""
READER = Opener(READER_IDLE_SECONDS)
"""The one that opens for the reader, so that nobody who reads waits for the judge."""
