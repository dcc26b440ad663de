"""A line of a certain length: everything arrives, in order and as fast as before, but later."""

import queue
import socket
import threading
import time
from types import TracebackType

_CHUNK = 65536


class Latency:
    """Listens on a loopback port and hands everything on to `target_port`, `seconds` later each way. A context
    manager."""

    def __init__(self, target_port: int, seconds: float) -> None:
        self._target_port = target_port
        self._seconds = seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Latency":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target_port))
            for source, target in ((client, server), (server, client)):
                on_the_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                threading.Thread(target=self._send_in, args=(source, on_the_way), daemon=True).start()
                threading.Thread(target=self._bring_out, args=(target, on_the_way), daemon=True).start()

    def _send_in(self, source: socket.socket, on_the_way: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
        data = b"x"
        while data:
            try:
                data = source.recv(_CHUNK)
            except OSError:
                data = b""
            on_the_way.put((time.monotonic() + self._seconds, data))

    def _bring_out(self, target: socket.socket, on_the_way: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
        while True:
            due, data = on_the_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if data:
                    target.sendall(data)
                    continue
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return
