"""A proxy that understands just enough IMAP to spoil one chosen command of a dialogue (and no TLS)."""

import enum
import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType

from tests.patience import PATIENCE_SECONDS

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n\Z")


class Moment(enum.Enum):
    """What happens to the chosen command."""

    BEFORE = "the connection ends before the server hears it"
    DURING = "the connection ends in the middle of the answer"
    AFTER = "the server does it, and its answer is lost"
    REFUSED = "the server hears nothing, the client hears NO"
    STALLED = "the server does it, and then nothing comes any more"


class CommandProxy:
    """Hands on to `target_port`; spoils command number `number` (from 0, over all connections). A context manager."""

    def __init__(
        self,
        target_port: int,
        number: int = -1,
        moment: Moment = Moment.BEFORE,
        retell: Callable[[list[bytes]], list[bytes]] = list,
        hidden: bytes = b"",
    ) -> None:
        """`retell` gets the untagged answers of every command, and says what the client hears of them; `hidden` is a
        capability of which it does not hear."""
        self._retell = retell
        self._hidden = b" " + hidden + b" " if hidden else b""
        self._target_port = target_port
        self._number = number
        self._moment = moment
        self.commands: list[str] = []
        """What the client said so far, without tags and arguments."""
        self.spoiled = ""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopping = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "CommandProxy":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._stopping.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=_Line(self, client).carry, daemon=True).start()


class _Line:
    """One connection. The server's answers are read up to the tagged one before the next command is handed on, so that
    every byte belongs to a known command."""

    def __init__(self, proxy: CommandProxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = socket.create_connection(("127.0.0.1", proxy._target_port), timeout=PATIENCE_SECONDS)
        self._from_client = client.makefile("rb")
        self._from_server = self._server.makefile("rb")

    def carry(self) -> None:
        proxy = self._proxy
        try:
            self._client.sendall(self._without_hidden(self._from_server.readline()))
            while command := self._from_client.readline():
                if command.upper().startswith(b"BYE LOGOUT"):
                    return
                tag, _, rest = command.partition(b" ")
                number = len(proxy.commands)
                words = rest.split()
                verb = b" ".join(words[:2] if words[0].upper() == b"UID" else words[:1]).decode().upper()
                proxy.commands.append(verb)
                moment = proxy._moment if number == proxy._number else None
                if moment is not None:
                    proxy.spoiled = verb
                if moment is Moment.BEFORE:
                    return
                if moment is Moment.REFUSED:
                    self._client.sendall(tag + b" NO [UNAVAILABLE] not now\r\n")
                    continue
                self._server.sendall(command)
                answer = self._answer(tag, command)
                if moment is Moment.DURING:
                    self._client.sendall(answer[: len(answer) // 2])
                    return
                if moment is Moment.AFTER:
                    return
                if moment is Moment.STALLED:
                    proxy._stopping.wait(20)
                    return
                self._client.sendall(answer)
        except OSError:
            pass
        finally:
            for sock in (self._client, self._server):
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                sock.close()

    def _answer(self, tag: bytes, command: bytes) -> bytes:
        """Everything up to the tagged answer. A literal of the client is fetched when the server asks for it."""
        answers: list[bytes] = []
        piece = b""
        while line := self._from_server.readline():
            piece += line
            if (literal := _LITERAL.search(line)) is not None:
                piece += self._from_server.read(int(literal[1]))
                continue
            answers.append(piece)
            piece = b""
            if line.startswith(tag + b" "):
                break
            if line.startswith(b"+"):
                self._client.sendall(b"".join(answers))
                answers = []
                wanted = _LITERAL.search(command)
                data = self._from_client.read(int(wanted[1])) if wanted else b""
                self._server.sendall(data + self._from_client.readline())
        return self._without_hidden(b"".join((*self._proxy._retell(answers[:-1]), *answers[-1:])))

    def _without_hidden(self, answer: bytes) -> bytes:
        hidden = self._proxy._hidden
        return answer.replace(hidden, b" ") if hidden else answer
