"""The bytes under a connection."""

import socket
from contextlib import suppress

from tui_mail.model.account import Security, Server
from tui_mail.net.wire import Wire


def test_a_line_says_how_often_it_was_waited_for() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"* OK [CAPABILITY IMAP4rev1] here\r\n")
        wire = Wire(near, Server("localhost", 1, Security.NONE, "anna"), 5.0)
        assert (wire.reads, wire.waits) == (1, 0)
        far.sendall(b"a line\r\n")
        assert wire.readline() == b"a line\r\n"
        assert (wire.reads, wire.waits) == (2, 0)
        near.settimeout(0.01)
        with suppress(TimeoutError):
            wire.readline()
        assert (wire.reads, wire.waits) == (3, 1)
