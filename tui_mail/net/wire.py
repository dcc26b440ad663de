"""The bytes under an IMAP connection: one buffered socket that imaplib and IMAPClient read through.

imaplib lets a subclass replace ``open``, ``read``, ``readline``, ``send`` and ``shutdown``; here they stand on a buffer
of our own, so that IDLE can ask "is there anything?" without losing half a line, literals have a limit, and a long
answer can be read message by message instead of being collected first.
"""

import imaplib
import re
import select
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from imapclient import IMAPClient

from tui_mail.model.account import Server
from tui_mail.model.errors import ConnectionLost, LimitExceeded, MalformedInput
from tui_mail.net.deflate import Deflate
from tui_mail.net.tls import tls_context, wrap
from tui_mail.net.uids import read_ranges

MAX_LINE_BYTES = 4 * 1024 * 1024
"""A line may hold an ESEARCH answer or a list of flags; 4 MiB is far more than any real one."""
MAX_LITERAL_BYTES = 512 * 1024 * 1024
_CHUNK = 64 * 1024
"""So much is read at once: TLS hands over 16 KiB at most (RFC 8446 section 5.1), and to ask for room that stays empty
costs more than to ask once more."""
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\r?\n\Z")
_CHANGE = re.compile(rb"\* (?: *(\d+) (EXISTS|EXPUNGE|FETCH)|VANISHED(?: ([\d:,]+))?)\b", re.IGNORECASE)
_HIGHEST = re.compile(rb"\[HIGHESTMODSEQ (\d+)\]", re.IGNORECASE)
_FETCH = re.compile(rb"\* \d+ FETCH ", re.IGNORECASE)
_UNASKED = re.compile(rb"\* (?: *\d+ (?:EXISTS|EXPUNGE)|VANISHED|STATUS)\b", re.IGNORECASE)


class Wire(imaplib.IMAP4):
    """imaplib's protocol engine on our socket."""

    def __init__(self, sock: socket.socket, server: Server, timeout: float):
        self._server = server
        self._timeout = timeout
        self._buffer = bytearray()
        self.sock = sock
        self.received_bytes = 0
        self.news = False
        """Something in the open folder changed, and the answer that said so belonged to another question."""
        self.changes_told = 0
        """How many answers so far spoke of messages in the open folder, asked for or not."""
        self.highestmodseq = 0
        """What a server with QRESYNC said last, at the end of a command that told of vanished messages."""
        self.exists = 0
        """How many messages the open folder has, as far as the server has told."""
        self._deflate: Deflate | None = None
        self._waiting: list[tuple[Answers, Callable[[list[list[bytes]] | None], None]]] = []
        super().__init__(server.host, server.port)

    # ---- what imaplib asks for

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """The socket is open already."""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, the content of a literal."""
        if size > MAX_LITERAL_BYTES:
            raise LimitExceeded(f"{self._server.host} announced {size} bytes in one piece, which is too much.")
        while len(self._buffer) < size:
            self._receive()
        with memoryview(self._buffer) as view:
            data = bytes(view[:size])
        del self._buffer[:size]
        return data

    def readline(self) -> bytes:
        """One line with its end."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > MAX_LINE_BYTES:
                raise LimitExceeded(f"{self._server.host} sent a line without end.")
            self._receive()
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if (change := _CHANGE.match(line)) is not None:
            self.changes_told += 1
            self._count(*change.groups())
        return line

    def _count(self, number: bytes | None, what: bytes | None, vanished: bytes | None) -> None:
        """RFC 9051 sections 7.4.1 and 7.5.1, RFC 7162 section 3.2.10: what vanished earlier was counted then."""
        match what.upper() if what else b"":
            case b"EXISTS":
                self.exists = int(number or 0)
            case b"EXPUNGE":
                self.exists -= 1
            case b"":
                self.exists -= sum(high - low + 1 for low, high in read_ranges(vanished or b""))

    def skip(self, size: int) -> None:
        """Drop `size` bytes without holding them."""
        if size > MAX_LITERAL_BYTES:
            raise LimitExceeded(f"{self._server.host} announced {size} bytes in one piece, which is too much.")
        while size > 0:
            if not self._buffer:
                self._receive()
            gone = min(size, len(self._buffer))
            del self._buffer[:gone]
            size -= gone

    def portions(self, size: int) -> Iterator[bytes]:
        """`size` bytes, the content of a literal, as they come."""
        if size > MAX_LITERAL_BYTES:
            raise LimitExceeded(f"{self._server.host} announced {size} bytes in one piece, which is too much.")
        while size > 0:
            if not self._buffer:
                self._receive()
            portion = bytes(self._buffer[: min(size, _CHUNK)])
            del self._buffer[: len(portion)]
            size -= len(portion)
            if portion:
                yield portion

    def send(self, data: Any) -> None:
        """Everything or an error."""
        self.sock.sendall(self._deflate.pack(data) if self._deflate else data)

    def shutdown(self) -> None:
        """Close without a word."""
        self._buffer.clear()
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """RFC 3501 section 6.2.1."""
        context = ssl_context or tls_context(self._server.ca_file)
        answer = self._simple_command("STARTTLS")
        if answer[0] == "OK":
            if self._buffer:
                # Bytes that came in clear after the OK would be taken for the server's protected words.
                raise ConnectionLost(f"{self._server.host} sent unprotected data while TLS began. Nothing was sent.")
            self.sock = wrap(self.sock, self._server, context, self._timeout)
            self._tls_established = True
            self.untagged_responses.pop("CAPABILITY", None)  # RFC 9051 section 6.2.1: what was said in clear is void
            self._get_capabilities()
        return answer

    def _get_capabilities(self) -> None:
        """A server that named them in its greeting is not asked again: one round trip less (RFC 9051 section 7.1)."""
        told = self.untagged_responses.pop("CAPABILITY", None)  # left there, it would hide what comes with the login
        if told and isinstance(told[-1], bytes):
            self.capabilities = tuple(told[-1].decode("ascii", "replace").upper().split())
        else:
            super()._get_capabilities()  # type: ignore[misc]

    def _command(self, name: str, *args: Any) -> Any:
        self.settle()
        return super()._command(name, *args)  # type: ignore[misc]

    # ---- what imaplib has not

    def read_later(self, answers: "Answers", told: Callable[[list[list[bytes]] | None], None]) -> None:
        """The answers of a command for which nothing has to wait: they are read, and `told` is called with them, when
        those of the next command are wanted. None stands for a command that was refused."""
        self._waiting.append((answers, told))

    @property
    def has_waiting(self) -> bool:
        """Something was put off."""
        return bool(self._waiting)

    def settle(self) -> None:
        """Read what `read_later` put off."""
        while self._waiting:
            answers, told = self._waiting.pop(0)
            try:
                told(list(answers))
            except self.abort:
                raise
            except self.error:
                told(None)

    def unpack_from_here(self) -> None:
        """The server has answered COMPRESS with OK: from here on both sides talk packed (RFC 4978)."""
        self._deflate = Deflate()
        if self._buffer:
            early, self._buffer = bytes(self._buffer), bytearray()
            self._buffer += self._deflate.unpack(early)

    def wait_readable(self, seconds: float, *others: int) -> bool:
        """Wait until the server said something, at most `seconds`, or until one of the descriptors `others` is
        readable. True when there is something of the server to read."""
        if self._buffer or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            return True
        if self._deflate is not None and self._deflate.holds_more:
            return True
        poll = select.poll()
        poll.register(self.sock.fileno(), select.POLLIN)
        for other in others:
            poll.register(other, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(seconds * 1000)}
        return self.sock.fileno() in ready and self._receive_now()

    def answers(self, command: bytes) -> "Answers":
        """Send one command and read its untagged answers one after the other. Commands may be sent before the answers
        of the earlier ones were read, as long as they are read in order."""
        tag = self._new_tag()
        del self.tagged_commands[tag]
        self.send(tag + b" " + command + b"\r\n")
        return Answers(self, tag, command)

    def _receive(self) -> None:
        deflate = self._deflate
        if deflate is not None and deflate.holds_more:
            self._buffer += deflate.unpack(b"")
            return
        data = self.sock.recv(_CHUNK)
        if not data:
            raise self.abort("socket error: EOF")
        self.received_bytes += len(data)
        self._buffer += data if deflate is None else deflate.unpack(data)

    def _receive_now(self) -> bool:
        timeout = self.sock.gettimeout()
        self.sock.setblocking(False)
        try:
            self._receive()
        except (ssl.SSLWantReadError, BlockingIOError):
            return False  # a TLS record without content, such as a session ticket
        finally:
            self.sock.settimeout(timeout)
        return bool(self._buffer)  # packed bytes may not be enough for one letter yet


class LiteralReader(Protocol):
    """Reads literals above a size in its own way."""

    above_bytes: int

    def read_literal(self, pieces: list[bytes], size_bytes: int) -> bytes:
        """Take exactly `size_bytes` from the wire, behind these pieces of an answer; what stands for them."""


class Answers:
    """The untagged answers of one command. Each is a list of alternating pieces: line, literal, line … line."""

    def __init__(self, wire: Wire, tag: bytes, command: bytes):
        self._wire = wire
        self._end = tag + b" "
        self._command = command
        self.status = b""

    def __iter__(self) -> Iterator[list[bytes]]:
        while (pieces := self.next()) is not None:
            yield pieces

    def next(
        self, max_literal_bytes: int = MAX_LITERAL_BYTES, keeper: LiteralReader | None = None
    ) -> list[bytes] | None:
        """The next answer, None at the end. A literal above the limit is read, dropped and replaced by ``b""``; one
        that `keeper` takes, by what that makes of it."""
        if self._wire.has_waiting:
            self._wire.settle()
        line = self._wire.readline()
        if _FETCH.match(line) is None:
            if self.ended_by(line):
                return None
            if _UNASKED.match(line):
                self._wire.news = True
        pieces = [line]
        while (literal := _LITERAL.search(line)) is not None:
            size = int(literal[1])
            if size > max_literal_bytes:
                self._wire.skip(size)
                pieces.append(b"")
            elif keeper is not None and size > keeper.above_bytes:
                pieces.append(keeper.read_literal(pieces, size))
            else:
                pieces.append(self._wire.read(size))
            line = self._wire.readline()
            pieces.append(line)
        return pieces

    def ended_by(self, line: bytes) -> bool:
        """Whether this line says that the command is done. Raises imaplib's errors for NO, BAD and BYE."""
        if line.startswith(self._end):
            self.status = line[len(self._end) :].strip()
            if (code := _HIGHEST.search(self.status)) is not None:
                self._wire.highestmodseq = int(code[1])
            if not self.status.upper().startswith(b"OK"):
                raise self._wire.error(self.status.partition(b" ")[2].decode("utf-8", "replace"))
            return True
        if line[:5].upper() == b"* BYE":
            raise self._wire.abort(line[5:].decode("utf-8", "replace").strip())
        return False


def quoted(text: bytes) -> bytes:
    """A quoted string of RFC 3501 section 9. Line ends cannot be quoted and would begin another command."""
    if b"\r" in text or b"\n" in text or b"\0" in text:
        raise MalformedInput("A name with line ends cannot be said to an IMAP server.")
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


_IMAPClient: Any = IMAPClient  # it has no types


class Client(_IMAPClient):  # type: ignore[misc]
    """IMAPClient on a `Wire`."""

    def __init__(self, sock: socket.socket, server: Server, timeout: float):
        self._make_wire = lambda: Wire(sock, server, timeout)
        super().__init__(server.host, server.port, ssl=False, timeout=timeout)
        # IMAPClient has imaplib format every line for a log that nobody reads, passwords included.
        self.wire.debug = 0

    def _create_IMAP4(self) -> Wire:
        return self._make_wire()  # type: ignore[no-untyped-call]

    def _normalise_folder(self, raw_name: bytes) -> bytes:
        # Names come as bytes of the wire: decoding and encoding again would not find a folder with a malformed name.
        return quoted(raw_name)

    def know_capabilities(self, told: bytes | None) -> None:
        """What the server said of itself with the answer to the login; None makes it be asked when that matters."""
        self._cached_capabilities = tuple(told.upper().split()) if told else None
        self._imap.untagged_responses.pop("CAPABILITY", None)

    @property
    def wire(self) -> Wire:
        """The connection underneath."""
        wire: Wire = self._imap
        return wire
