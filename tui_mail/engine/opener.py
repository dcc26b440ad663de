"""The engine's side of ``opening``: one process that opens foreign mail, started when needed and killed when it hangs.

The law: private keys and the store stay here; what crosses the pipe is the mail, public material and answers.
"""

import atexit
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from os import read
from select import select
from time import monotonic

import msgspec
from msgspec import Struct

from tui_mail.engine.logbook import describe, log
from tui_mail.engine.opened import Brought, judgement_of
from tui_mail.engine.opening import (
    LENGTH_BYTES,
    PIPE_BYTES,
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
    frame,
)
from tui_mail.model.errors import TuiMailError, VaultLocked
from tui_mail.model.keys import DecryptionKey
from tui_mail.smime.open import open_message
from tui_mail.store.judgements import Judgement
from tui_mail.trust.context import TrustContext

PROGRAM = (sys.executable, "-m", "tui_mail.engine.opening")
START_SECONDS = 60.0
SILENCE_SECONDS = 120.0
"""Without a word for so long the process is ended, whatever it waits for; processor time has a shorter limit there."""
TRIES = 2
"""A process can also end for reasons that are not in the message."""
MAX_QUESTIONS = 500
"""What one message may ask of keys and history."""
MAX_ANSWER_BYTES = 256 * 1024 * 1024


class UnsafeMessage(Exception):
    """Opening this message ended or stopped the process, each time."""


class UnreadableMessage(Exception):
    """Opening this message is an error of ours; the words are class and places."""


class _CannotStart(Exception):
    """There is no other process to be had on this machine."""


class Order(Struct, frozen=True):
    """A message to open; `sender_key` is the author that the list shows so far."""

    raw: bytes
    message_id: int
    sender_key: str
    now: datetime


class Opener:
    """Any thread may call it; one message is opened at a time."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ground: Ground | None = None
        atexit.register(self.kill)
        self._decoder: msgspec.msgpack.Decoder[FromOpening] = msgspec.msgpack.Decoder(FromOpening)

    def open(self, order: Order, trust: TrustContext, keys: Sequence[DecryptionKey]) -> tuple[Judgement, Brought]:
        """Open and judge. Raises UnsafeMessage, UnreadableMessage."""
        with self._mutex:
            for _ in range(TRIES):
                try:
                    return self._ask(order, trust, keys)
                except _CannotStart as error:
                    log.warning("mail is opened in the engine itself: %s", error)
                    return _open_here(order, trust, keys)
                except (EOFError, OSError, TimeoutError, msgspec.DecodeError) as error:
                    log.warning("the process that opens mail ended: %s", type(error).__name__)
                    self._end()
            raise UnsafeMessage

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

    def _ask(self, order: Order, trust: TrustContext, keys: Sequence[DecryptionKey]) -> tuple[Judgement, Brought]:
        process = self._running()
        ground = Ground.of(trust)
        if ground != self._ground:
            self._send(process, ground)
            self._ground = ground
        certificates = tuple(key.certificate for key in keys)
        self._send(process, Open(order.raw, order.message_id, order.sender_key, order.now, certificates))
        for _ in range(MAX_QUESTIONS):
            word = self._receive(process, SILENCE_SECONDS)
            if isinstance(word, Found):
                return word.judgement, word.brought
            if isinstance(word, Failed):
                raise UnreadableMessage(word.trail)
            if isinstance(word, Seen):
                self._send(process, SeenBefore(trust.known.get(word.address, ())))
            elif isinstance(word, Unwrap):
                self._send(process, _unwrapped(word, keys))
        raise EOFError

    def _running(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and process.poll() is None:
            return process
        self._end()
        try:
            process = subprocess.Popen(
                PROGRAM,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
            self._process = process
            self._receive(process, START_SECONDS)
        except (OSError, EOFError, msgspec.DecodeError) as error:
            self._end()
            raise _CannotStart(type(error).__name__) from error
        return process

    def _end(self) -> None:
        process, self._process, self._ground = self._process, None, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, process: subprocess.Popen[bytes], word: ToOpening) -> None:
        if process.stdin is None:
            raise EOFError
        left = memoryview(frame(word))
        while left:
            left = left[process.stdin.write(left) or 0 :]

    def _receive(self, process: subprocess.Popen[bytes], seconds: float) -> FromOpening:
        deadline = monotonic() + seconds
        size_bytes = int.from_bytes(_read(process, LENGTH_BYTES, deadline), "big")
        if size_bytes > MAX_ANSWER_BYTES:
            raise EOFError
        return self._decoder.decode(_read(process, size_bytes, deadline))


def _read(process: subprocess.Popen[bytes], size_bytes: int, deadline: float) -> bytes:
    """So many octets from the pipe. Raises EOFError, TimeoutError."""
    if process.stdout is None:
        raise EOFError
    number = process.stdout.fileno()
    found = bytearray()
    while len(found) < size_bytes:
        if not select([number], [], [], max(deadline - monotonic(), 0))[0]:
            raise TimeoutError
        piece = read(number, min(size_bytes - len(found), PIPE_BYTES))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


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


def _open_here(order: Order, trust: TrustContext, keys: Sequence[DecryptionKey]) -> tuple[Judgement, Brought]:
    """Where no process can be started: limits on sizes and counts still hold, only the deadline is missing."""
    try:
        opened = open_message(order.raw, keys=keys, trust=trust, now=order.now)
        return judgement_of(opened, order.message_id, order.sender_key), Brought.by(opened)
    except Exception as error:  # hostile mail must not stop the mail behind it
        raise UnreadableMessage(describe(error)) from error


OPENER = Opener()
"""The one of this process: it knows nothing of profiles, so that several sessions can share it."""
