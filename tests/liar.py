"""A TCP (and UDP) server on loopback that says whatever a test wants, to see what a client makes of it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.daemon import free_port


@contextmanager
def tcp_server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """Call `talk` with every connection and an event that is set when the test is over; the port."""
    stopping = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_talk, args=(talk, connection, stopping), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        listener.close()


def _talk(talk: Callable[[socket.socket, threading.Event], None], sock: socket.socket, stop: threading.Event) -> None:
    try:
        talk(sock, stop)
    except OSError:
        pass
    finally:
        sock.close()


@contextmanager
def udp_server(answer: Callable[[bytes], bytes | None], port: int = 0) -> Iterator[int]:
    """Answer every datagram with what `answer` makes of it, or with nothing; the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port or free_port()))
        sock.settimeout(0.1)
        stopping = threading.Event()

        def serve() -> None:
            while not stopping.is_set():
                try:
                    data, client = sock.recvfrom(65535)
                except OSError:
                    continue
                said = answer(data)
                if said is not None:
                    sock.sendto(said, client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            stopping.set()
            thread.join(2)
