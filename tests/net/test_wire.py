"""The bytes under a connection."""

import socket
from contextlib import suppress

import pytest

from tui_mail.model.account import Security, Server
from tui_mail.net import wire as wires
from tui_mail.net.wire import READS_A_LOOK, Wire


def test_a_line_says_how_often_it_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wires, "READS_A_LOOK", 1)
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


def test_it_is_looked_now_and_then_whether_bytes_have_come() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"* OK [CAPABILITY IMAP4rev1] here\r\n")
        wire = Wire(near, Server("localhost", 1, Security.NONE, "anna"), 5.0)
        for _ in range(2 * READS_A_LOOK - 1):
            far.sendall(b"a line\r\n")
            wire.readline()
        assert (wire.reads, wire.waits) == (2, 0)
