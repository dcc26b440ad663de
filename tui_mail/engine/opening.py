"""The process that opens foreign mail: started by ``opener``, it may hang, swell or die, and only it is lost.

How the data flows: the engine starts this program (exec, so that no lock and no open file is inherited), once for the
judge and once for the reader, and speaks with it over its two pipes in frames of a length and msgpack. It sends the
ground of judgement (`Ground`, again only when it changed) and then one message after the other (`Open`), some ahead,
so that this process works on the next one while the engine stores the last. This side parses, checks and renders, and
answers `Found`: the judgement as the store keeps it, what the signatures brought along, and for the reader what it
shows. In between it may ask two things. `Unwrap`: the engine's agent answers one private key operation, so no key is
ever here. `Seen`: what an address has signed with before, from the store, which is not open here either. The kernel
ends this process when one message takes more processor time or memory than any honest one does; the engine then
starts a new one, tries once more, and records the message as one that cannot be read safely. Nothing is written to
disk here.
"""

import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from tui_mail.engine.confined import ProcessorLimit, limit_process
from tui_mail.engine.frames import Inlet, frame, write_all
from tui_mail.engine.logbook import describe
from tui_mail.engine.opened import Brought, judgement_of
from tui_mail.model.errors import DecryptionFailed, VaultLocked
from tui_mail.model.keys import UnwrapRequest
from tui_mail.model.message import MessageView
from tui_mail.smime.open import open_message
from tui_mail.smime.view import view
from tui_mail.store.judgements import Judgement
from tui_mail.trust.context import SeenCertificate, TrustContext

SPARE_SECONDS = 0.05
"""Who has nothing to open for so long after the start makes ready for what most mail does not need."""
MESSAGE_CPU_SECONDS = 20
"""Processor time that one message may take: a hundred times what the worst honest one needs."""


class Ground(Struct, frozen=True, tag=True):
    """Everything of a `TrustContext` but the history of certificates, which is asked for by `Seen`."""

    anchors: tuple[bytes, ...]
    pins: frozenset[tuple[str, str]]
    intermediates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    revocation: str
    direct: bool
    blocked: frozenset[tuple[str, str]]
    policies: tuple[str, ...]

    @classmethod
    def of(cls, trust: TrustContext) -> "Ground":
        """The ground of this context; a test holds the two to the same fields."""
        return cls(*(getattr(trust, name) for name in cls.__struct_fields__))


class Open(Struct, frozen=True, tag=True):
    """Open and judge one message, and with `view` render it. `certificates` are DER of our own keys, by position. With
    `follows` the message is not in `raw`, but so many bytes behind this frame."""

    raw: bytes
    message_id: int
    sender_key: str
    now: datetime
    certificates: tuple[bytes, ...]
    view: bool = False
    follows: int = 0


class Unwrapped(Struct, frozen=True, tag=True):
    """The answer to `Unwrap`: the secret, or whether the keys are locked."""

    secret: bytes | None
    locked: bool = False


class SeenBefore(Struct, frozen=True, tag=True):
    """The answer to `Seen`."""

    certificates: tuple[SeenCertificate, ...]


class Ready(Struct, frozen=True, tag=True):
    """The first word: this program has started."""


class Unwrap(Struct, frozen=True, tag=True):
    """A question to the key at this position."""

    key: int
    request: UnwrapRequest


class Seen(Struct, frozen=True, tag=True):
    """What has this address signed with?"""

    address: str


class Found(Struct, frozen=True, tag=True):
    """The end of `Open`; `view` only if it was wished."""

    judgement: Judgement
    brought: Brought
    view: MessageView | None = None


class Failed(Struct, frozen=True, tag=True):
    """The end of `Open` by an error of ours: its class and places, without words of the mail."""

    trail: str


ToOpening = Ground | Open | Unwrapped | SeenBefore
FromOpening = Ready | Unwrap | Seen | Found | Failed


class Line:
    """One end of the two pipes."""

    def __init__(self, asks: int, answers: int) -> None:
        self._inlet = Inlet(asks)
        self._answers = answers
        self._decoder: msgspec.msgpack.Decoder[ToOpening] = msgspec.msgpack.Decoder(ToOpening)
        self._early: deque[ToOpening] = deque()

    def receive(self) -> ToOpening:
        """The next word. Raises EOFError when the engine is gone."""
        return self._early.popleft() if self._early else self._next()

    def answer(self) -> "Unwrapped | SeenBefore":
        """The answer to a question. Messages that were sent ahead wait behind it; the engine sends few."""
        while not isinstance(word := self._next(), Unwrapped | SeenBefore):
            self._early.append(word)
        return word

    def _next(self) -> ToOpening:
        word = self._decoder.decode(self._inlet.frame())
        if isinstance(word, Open) and word.follows:
            word = msgspec.structs.replace(word, raw=self._inlet.octets(word.follows))
        return word

    def idle(self, seconds: float) -> bool:
        """Nothing comes for so long."""
        return not self._early and not self._inlet.speaks(seconds)

    def send(self, word: FromOpening) -> None:
        """One word to the engine."""
        write_all(self._answers, frame(word))


class RemoteKey:
    """One of our keys, which the engine's agent holds: a `DecryptionKey`."""

    def __init__(self, line: Line, position: int, certificate: bytes) -> None:
        self._line = line
        self._position = position
        self.certificate = certificate

    def unwrap(self, request: UnwrapRequest) -> bytes:
        """Ask the agent. Raises DecryptionFailed or VaultLocked."""
        self._line.send(Unwrap(self._position, request))
        answer = self._line.answer()
        if not isinstance(answer, Unwrapped) or answer.secret is None:
            raise VaultLocked if isinstance(answer, Unwrapped) and answer.locked else DecryptionFailed
        return answer.secret


class RemoteBook(Mapping[str, tuple[SeenCertificate, ...]]):
    """What each address has signed with, asked for when needed."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def __getitem__(self, address: str) -> tuple[SeenCertificate, ...]:
        self._line.send(Seen(address))
        answer = self._line.answer()
        return answer.certificates if isinstance(answer, SeenBefore) else ()

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def context_of(ground: Ground, line: Line) -> TrustContext:
    """The ground of judgement on this side."""
    return TrustContext(known=RemoteBook(line), **{name: getattr(ground, name) for name in ground.__struct_fields__})


def answer(order: Open, trust: TrustContext, keys: Sequence[RemoteKey]) -> FromOpening:
    """Open one message."""
    try:
        opened = open_message(order.raw, keys=keys, trust=trust, now=order.now)
        return Found(
            judgement_of(opened, order.message_id, order.sender_key),
            Brought.by(opened),
            view(opened, order.message_id) if order.view else None,
        )
    except (EOFError, BrokenPipeError):
        raise
    except Exception as error:  # hostile mail must not stop the mail behind it
        return Failed(describe(error))


def serve(line: Line, idle_seconds: float) -> None:
    """Open what is sent until the engine is gone or nothing came for a while."""
    trust: TrustContext | None = None
    limit = ProcessorLimit(MESSAGE_CPU_SECONDS)
    line.send(Ready())
    if line.idle(SPARE_SECONDS):
        import tui_mail.trust.judge  # noqa: F401 - while nobody waits: the first signed message would
    while not line.idle(idle_seconds):
        word = line.receive()
        if isinstance(word, Ground):
            trust = context_of(word, line)
        elif isinstance(word, Open) and trust is not None:
            limit.next_message()
            keys = [RemoteKey(line, place, der) for place, der in enumerate(word.certificates)]
            line.send(answer(word, trust, keys))


def main() -> None:
    """Serve on the two pipes that the engine gave as standard input and output, for as long as its argument says."""
    asks, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # what a library prints must not stand between the frames
    limit_process()
    try:
        serve(Line(asks, answers), float(sys.argv[1]))
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
