"""What is exported is the message to the byte, however its pieces are cut."""

import io

import pytest

from tui_mail.cli.export import MboxMessage

RAW = b"From: a@x.test\r\nSubject: s\r\n\r\nFrom me\r\n>From you\r\n\r\r\nlast\n\nand \r inside\r\n"
WANTED = b"From: a@x.test\nSubject: s\n\n>From me\n>>From you\n\r\nlast\n\nand \r inside\n\n"


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 7, len(RAW)])
@pytest.mark.parametrize("end", [b"", b"no line feed"])
def test_an_mbox_is_the_same_whatever_the_pieces(piece_bytes: int, end: bytes) -> None:
    """RFC 4155, mboxrd."""
    file, raw = io.BytesIO(), RAW + end
    with MboxMessage(file) as message:
        for start in range(0, len(raw), piece_bytes):
            message.write(raw[start : start + piece_bytes])
    first, _, rest = file.getvalue().partition(b"\n")
    assert first.startswith(b"From MAILER-DAEMON ")
    assert rest == (WANTED if not end else WANTED[:-1] + end + b"\n\n")
