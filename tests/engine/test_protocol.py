"""The number of the protocol stands for its words."""

import hashlib

import msgspec

from tui_mail.engine.messages import PROTOCOL_VERSION
from tui_mail.engine.wire import AnswerFrame, CommandFrame, decode_command
from tui_mail.ui import first_paint

WORDS = {
    2: "d456b37a38a86aee5834478ecb2c5061",
    3: "13faf26008c084f4784432d5c59c92b6",
}
"""What each version said, as a digest of all definitions. A released line is never changed: other words get the next
number, in `PROTOCOL_VERSION` and in the greeting of `ui.first_paint`."""


def test_other_words_have_another_number() -> None:
    _, definitions = msgspec.json.schema_components((CommandFrame, AnswerFrame))
    for definition in definitions.values():
        definition.pop("description", None)
    digest = hashlib.sha256(msgspec.json.encode(definitions, order="deterministic")).hexdigest()[:32]
    assert WORDS.get(PROTOCOL_VERSION) == digest, (
        f"The words between the processes changed. If version {PROTOCOL_VERSION} was released, raise it;"
        f" then write {digest} beside it."
    )
    assert max(WORDS) == PROTOCOL_VERSION


def test_the_first_picture_greets_in_the_same_version() -> None:
    frame = decode_command(first_paint._HELLO)
    assert msgspec.structs.asdict(frame.command) == {"version": PROTOCOL_VERSION}
