"""Frames on the Unix socket: one JSON object a line. The law: only the words of ``engine.messages`` pass here."""

from functools import cache
from typing import Any, Union

import msgspec
from msgspec import Struct

from tui_mail.engine import messages
from tui_mail.engine.messages import Command, Event, Failure, Reply
from tui_mail.model import errors
from tui_mail.model.errors import TuiMailError

MAX_FRAME_BYTES = 256 * 1024 * 1024
"""Longest line that either side reads: a large raw message in base64."""


def _words(root: type[Struct]) -> Any:
    """The union of all direct and indirect subclasses of `root` that ``engine.messages`` defines."""
    found = [
        word
        for word in vars(messages).values()
        if isinstance(word, type) and issubclass(word, root) and word is not root
    ]
    return Union[tuple(found)]  # noqa: UP007 built at run time from the message module


class CommandFrame(Struct, frozen=True):
    """A command with the number under which its reply comes back."""

    id: int
    command: _words(Command)  # type: ignore[valid-type]


class AnswerFrame(Struct, frozen=True, omit_defaults=True):
    """Either a reply to command `id`, or an event."""

    id: int | None = None
    reply: _words(Reply) | None = None  # type: ignore[valid-type]
    event: _words(Event) | None = None  # type: ignore[valid-type]


_encoder = msgspec.json.Encoder()
_decoder = cache(msgspec.json.Decoder)  # made when the first frame comes: knowing all words takes some milliseconds


def encode_command(number: int, command: Command) -> bytes:
    """One line with its line feed."""
    return _encoder.encode(CommandFrame(number, command)) + b"\n"


def decode_command(line: bytes) -> CommandFrame:
    """Raises msgspec.DecodeError for anything that is not a known command."""
    frame: CommandFrame = _decoder(CommandFrame).decode(line)
    return frame


def encode_reply(number: int, reply: Reply) -> bytes:
    """One line with its line feed."""
    return _encoder.encode(AnswerFrame(id=number, reply=reply)) + b"\n"


def encode_event(event: Event) -> bytes:
    """One line with its line feed."""
    return _encoder.encode(AnswerFrame(event=event)) + b"\n"


def decode_answer(line: bytes) -> AnswerFrame:
    """Raises msgspec.DecodeError for anything that is neither a known reply nor a known event."""
    frame: AnswerFrame = _decoder(AnswerFrame).decode(line)
    return frame


def failure(error: TuiMailError) -> Failure:
    """The reply that carries an error to the other side."""
    return Failure(str(error), type(error).__name__)


def raised(answer: Failure) -> TuiMailError:
    """The error that a `Failure` stands for, of the same class where this side knows it."""
    kind = getattr(errors, answer.kind, TuiMailError)
    if not (isinstance(kind, type) and issubclass(kind, TuiMailError)):
        kind = TuiMailError
    if kind is errors.DecryptionFailed:
        return errors.DecryptionFailed()
    return kind(answer.sentence)
