"""A TCP proxy that makes a connection bad: it delays, cuts after a number of bytes, or stalls."""

import selectors
import socket
import threading
from dataclasses import dataclass
from types import TracebackType

from tests.patience import PATIENCE_SECONDS

_CHUNK = 65536


@dataclass
class Fault:
    """What to do to connections that begin from now on. Byte counts are those of one connection and one direction.

    Attributes:
        delay_seconds: every piece waits so long.
        bytes_per_second: how fast the line is, in pieces of a tenth of a second; None as fast as it can.
        cut_to_client_after: close both sides after so many bytes from the server; None never.
        cut_to_server_after: close both sides after so many bytes from the client.
        cut_at: close both sides *instead of* handing on the server's first piece that follows this text of the client
            (needs a connection that is not encrypted).
        stall_at: the same, but nothing is closed: the client waits for an answer that does not come.
        stall_to_client_after: hand on so many bytes from the server and then nothing, with the connection open.
    """

    delay_seconds: float = 0.0
    bytes_per_second: int | None = None
    cut_to_client_after: int | None = None
    cut_to_server_after: int | None = None
    cut_at: bytes | None = None
    stall_at: bytes | None = None
    stall_to_client_after: int | None = None


class Proxy:
    """Listens on a loopback port and hands everything on to `target_port`. A context manager."""

    def __init__(self, target_port: int, fault: Fault | None = None):
        self.target_port = target_port
        self.fault = fault or Fault()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.passed_to_clients = 0
        """Bytes, over all connections."""
        self.cuts = threading.Event()
        """Set once a connection was cut or stalled by the fault."""
        self._stop = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self.close()

    def cut_now(self) -> None:
        """Cut all connections that are open; the proxy goes on listening."""
        with self._lock:
            for sock in self._open:
                _shut(sock)

    def close(self) -> None:
        """Stop listening and cut everything."""
        self._stop.set()
        _shut(self._listener)
        self._listener.close()
        self.cut_now()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target_port), timeout=PATIENCE_SECONDS)
            except OSError:
                if self._stop.is_set():
                    return
                client.close()  # the server is down: the client sees the connection end at once
                continue
            self.connections += 1
            with self._lock:
                self._open |= {client, server}
            threading.Thread(target=self._carry, args=(client, server, self.fault), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket, fault: Fault) -> None:
        passed = {client: 0, server: 0}
        marked = False
        said = b""
        stalled = False
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ)
            selector.register(server, selectors.EVENT_READ)
            try:
                while not self._stop.is_set():
                    for key, _ in selector.select(1.0):
                        source = client if key.fileobj is client else server
                        data = source.recv(fault.bytes_per_second // 10 if fault.bytes_per_second else _CHUNK)
                        if not data:
                            return
                        if fault.delay_seconds or fault.bytes_per_second:
                            self._stop.wait(fault.delay_seconds or 0.1)
                        if source is client:
                            limit = fault.cut_to_server_after
                            mark = fault.cut_at or fault.stall_at
                            if mark is not None:
                                said = said[-len(mark) :] + data
                                marked = marked or mark in said
                        else:
                            limit = fault.cut_to_client_after
                            if marked and fault.cut_at:
                                self.cuts.set()
                                return
                            if marked:
                                self.cuts.set()
                                continue
                            if stalled or fault.stall_to_client_after is not None:
                                room = max(0, (fault.stall_to_client_after or 0) - passed[source])
                                stalled = stalled or len(data) > room
                                data = data[:room]
                                if stalled:
                                    self.cuts.set()
                        if limit is not None and passed[source] + len(data) > limit:
                            (server if source is client else client).sendall(data[: limit - passed[source]])
                            self.passed_to_clients += limit - passed[source] if source is server else 0
                            self.cuts.set()
                            return
                        passed[source] += len(data)
                        self.passed_to_clients += len(data) if source is server else 0
                        (server if source is client else client).sendall(data)
            except OSError:
                pass
            finally:
                with self._lock:
                    self._open -= {client, server}
                for sock in (client, server):
                    _shut(sock)
                    sock.close()


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
