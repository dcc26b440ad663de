"""An SMTP server that follows a script: it answers like any other, and at one command it misbehaves as told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.patience import PATIENCE_SECONDS

REPLIES = {
    "greeting": "220 script",
    "EHLO": "250-script\r\n250-SIZE 1000\r\n250 HELP",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "BDAT": "250 taken",
    "end": "250 taken",
    "QUIT": "221 bye",
}


@dataclass
class Script:
    """What differs from a server that likes everything.

    Attributes:
        extensions: EHLO keywords.
        at, do: at this command: "before" closes instead of reading on, "during" answers half a line and closes,
            "after" answers and closes, "silent" says nothing, else it is the answer itself.
    """

    extensions: tuple[str, ...] = ()
    at: str = ""
    do: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    port: int = 0


class _Ends(Exception):
    """The script closes the connection here."""


class _Conversation:
    def __init__(self, script: Script, connection: socket.socket) -> None:
        self._script = script
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._done = threading.Event()

    def run(self) -> None:
        script = self._script
        try:
            self._answer("greeting")
            while line := self._lines.readline():
                word = line.decode("utf-8").split(None, 1)[0].upper()
                script.heard.append(line.decode("utf-8").rstrip())
                if word == "BDAT":
                    content = self._lines.read(int(line.split()[1]))
                    self._take("BDAT", content)
                    continue
                self._answer(word, line.decode("utf-8"))
                if word == "DATA" and not script.answers.get("DATA"):
                    content = b""
                    while (more := self._lines.readline()) not in (b".\r\n", b""):
                        content += more
                    if not more:
                        return
                    self._take("end", content)
                if word == "QUIT":
                    return
        except (_Ends, OSError):
            pass
        finally:
            # A reset would take the bytes of the last answer with it.
            self._connection.shutdown(socket.SHUT_RDWR)
            self._connection.close()

    def _take(self, word: str, content: bytes) -> None:
        script = self._script
        if not (script.at == word and script.do == "before") and script.do not in ("451 later", "554 never"):
            script.taken.append(content)
        self._answer(word)

    def _answer(self, word: str, line: str = "") -> None:
        script = self._script
        answer = next((text for start, text in script.answers.items() if line.startswith(start)), REPLIES.get(word))
        if word == "EHLO":
            answer = "\r\n".join(["250-script", *(f"250-{name}" for name in script.extensions), "250 HELP"])
        if script.at == word:
            if script.do == "before":
                raise _Ends
            if script.do == "silent":
                self._lines.read()
                raise _Ends
            if script.do == "during":
                self._connection.sendall((answer or "250 ok")[:3].encode())
                raise _Ends
            if script.do != "after":
                answer = script.do
        self._connection.sendall(f"{answer or '502 what?'}\r\n".encode())
        if script.at == word and script.do == "after":
            raise _Ends


@contextmanager
def scripted(script: Script) -> Iterator[Script]:
    """Serve conversations one after the other while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script.port = listener.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    _Conversation(script, connection).run()
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield script
        finally:
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE_SECONDS)
