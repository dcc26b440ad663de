"""The process that reads the header fields of many messages while the engine receives the next ones.

How the data flows: a first synchronisation (`jobs.sync_folder`) starts this program and sends it one batch of header
blocks after the other; the answers, an `Envelope` for each, come in the same order. It knows nothing else, keeps
nothing, and ends with its pipes. A batch that takes more processor time or memory than any honest one ends it: the
engine then reads that batch and all later ones itself.
"""

import os

import msgspec

from tui_mail.engine.confined import ProcessorLimit, limit_process
from tui_mail.engine.frames import Inlet, frame, write_all
from tui_mail.mime.envelope import read_header

BATCH_CPU_SECONDS = 20


def serve(asks: int, answers: int) -> None:
    """Answer until the engine is gone. Raises EOFError then."""
    decoder = msgspec.msgpack.Decoder(tuple[bytes, ...])
    inlet, limit = Inlet(asks), ProcessorLimit(BATCH_CPU_SECONDS)
    write_all(answers, frame(()))
    while True:
        headers = decoder.decode(inlet.frame())
        limit.next_message()
        write_all(answers, frame([read_header(header) for header in headers]))


def main() -> None:
    """Serve on the two pipes that the engine gave as standard input and output."""
    asks, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # what a library prints must not stand between the frames
    limit_process()
    try:
        serve(asks, answers)
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
