"""After the login a server may say that it can do more than it said before (RFC 3501 section 7.1). Servers say it in
several places; whichever they choose, the session knows it."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE_SECONDS
from tui_mail.model.account import Security, Server
from tui_mail.net.imap import ImapSession

BEFORE = b"IMAP4rev1"
AFTER = b"IMAP4rev1 IDLE MOVE UIDPLUS"


class _Dialogue(threading.Thread):
    """One connection of a server that greets, lets everybody in and answers CAPABILITY."""

    def __init__(self, greeting: bytes, offered: bytes, told: bytes, done: bytes) -> None:
        super().__init__(daemon=True)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._greeting, self._offered, self._told, self._done = greeting, offered, told, done
        self.heard: list[bytes] = []

    def run(self) -> None:
        with self._listening, self._listening.accept()[0] as connection:
            connection.settimeout(10)
            with contextlib.suppress(OSError):
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        connection.sendall(b"* OK %shello\r\n" % self._greeting)
        logged_in = False
        while line := lines.readline():
            tag, command = line.split(None, 1)
            verb = command.split()[0].upper()
            self.heard.append(verb)
            if verb == b"CAPABILITY":
                connection.sendall(b"* CAPABILITY %s\r\n" % (AFTER if logged_in else self._offered))
                connection.sendall(tag + b" OK told\r\n")
            elif verb in (b"AUTHENTICATE", b"LOGIN"):
                if verb == b"AUTHENTICATE" and len(command.split()) == 2:
                    connection.sendall(b"+ \r\n")
                    lines.readline()
                connection.sendall(self._told + tag + b" OK %slogged in\r\n" % self._done)
                logged_in = True
            else:
                connection.sendall(b"* BYE see you\r\n" + tag + b" OK done\r\n")
                return


@contextlib.contextmanager
def _logged_in(dialogue: _Dialogue) -> Iterator[ImapSession]:
    dialogue.start()
    server = Server("127.0.0.1", dialogue.port, Security.NONE, "anna")
    session = ImapSession.connect(server, "secret", PATIENCE_SECONDS)
    try:
        yield session
    finally:
        session.close()
        dialogue.join(PATIENCE_SECONDS)


@pytest.mark.parametrize("way", [b" SASL-IR AUTH=PLAIN", b" AUTH=PLAIN", b""], ids=["at once", "in two", "login"])
@pytest.mark.parametrize("greets", [True, False], ids=["in the greeting", "when asked"])
@pytest.mark.parametrize(
    ("told", "done"),
    [
        (b"", b"[CAPABILITY %s] " % AFTER),
        (b"* CAPABILITY %s\r\n" % AFTER, b""),
        (b"* CAPABILITY %s\r\n" % AFTER, b"[CAPABILITY %s] " % AFTER),
        (b"", b""),
    ],
    ids=["in its code", "on its line", "twice", "never"],
)
def test_what_a_server_can_do_after_the_login_is_known(way: bytes, greets: bool, told: bytes, done: bytes) -> None:
    offered = BEFORE + way
    greeting = b"[CAPABILITY %s] " % offered if greets else b""
    dialogue = _Dialogue(greeting, offered, told, done)
    with _logged_in(dialogue) as session:
        for capability in ("IDLE", "MOVE", "UIDPLUS"):
            assert session._client.has_capability(capability), dialogue.heard
        asked = dialogue.heard[dialogue.heard.index(b"LOGIN" if not way else b"AUTHENTICATE") :].count(b"CAPABILITY")
        assert asked == (0 if told or done else 1)  # nothing is asked that was told
