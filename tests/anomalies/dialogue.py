"""Plays the server's part of a written IMAP dialogue, so that servers that cannot be installed here can be met.

A dialogue is a text file. ``#`` begins a comment that says where the fact is from. ``C:`` is what the client must say
now, without its tag, with ``*`` for anything; ``S:`` is an answer, where ``$`` at its begin is the tag of the command
answered, and ``{@name}`` a literal with the message of that name. ``---`` ends a connection; the next one begins behind
it. A dialogue whose client says something else has failed, and says at which line.
"""

import fnmatch
import re
import socket
import threading
from pathlib import Path
from types import TracebackType

FOLDER = Path(__file__).parent / "dialogues"
SECONDS = 10.0
_LITERAL = re.compile(r"\{@([\w-]+)\}")


def letter(name: str) -> bytes:
    """The message of this name."""
    return (
        f"From: Bob <bob@elsewhere.test>\r\nTo: anna@clinic.test\r\nSubject: {name}\r\n"
        f"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{name}@elsewhere.test>\r\n\r\nHello.\r\n"
    ).encode()


class Dialogue:
    """A server on loopback that follows the file. A context manager, at whose end the client must have said all."""

    def __init__(self, name: str) -> None:
        text = (FOLDER / f"{name}.txt").read_text("utf-8")
        self._lines = [
            (number, line) for number, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#")
        ]
        self.problem = ""
        self.said: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Dialogue":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._listener.close()
        self._thread.join(SECONDS)
        if kind is None:
            assert not self.problem, self.problem
            assert not self._lines, f"nobody came to line {self._lines[0][0]}: {self._lines[0][1]}"

    def _play(self) -> None:
        while self._lines and not self.problem:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, client.makefile("rb") as words:
                client.settimeout(SECONDS)
                try:
                    self._talk(client, words)
                    client.shutdown(socket.SHUT_WR)
                    words.read()
                except OSError:
                    continue

    def _talk(self, client: socket.socket, words) -> None:  # type: ignore[no-untyped-def]
        tag, asked_on = "", False
        while self._lines:
            number, line = self._lines.pop(0)
            kind, _, text = line.partition(" ")
            if kind == "---":
                return
            if kind == "S:":
                asked_on = text.startswith("+")
                client.sendall(self._answer(text.replace("$", tag, 1) if text.startswith("$") else text))
                continue
            said = words.readline().decode("utf-8", "replace").rstrip("\r\n")
            self.said.append(said)
            command = said
            if not asked_on:
                tag, _, command = said.partition(" ")
            asked_on = False
            if not fnmatch.fnmatchcase(command, text.replace("[", "[[]")):
                self.problem = f"line {number} wants “{text}”, the client said “{command}”"
                return

    def _answer(self, text: str) -> bytes:
        return (
            b"".join(
                part.encode() if index % 2 == 0 else b"{%d}\r\n%s" % (len(letter(part)), letter(part))
                for index, part in enumerate(_LITERAL.split(text))
            )
            + b"\r\n"
        )
