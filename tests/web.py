"""A small HTTP server on loopback that answers well, badly, slowly or too much."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Page:
    """What is answered: `drip_seconds` between two bytes, `declared` another length than the true one."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip_seconds: float = 0.0
    drip_headers: bool = False
    declared: int | None = None


class Web:
    """`pages` by path; what was asked stands in `asked` as (method, path, body, headers)."""

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.stopping = threading.Event()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                web.asked.append((self.command, self.path, self.rfile.read(length), dict(self.headers)))
                web._answer(self, web.pages.get(self.path))

            do_POST = do_GET

            def log_message(self, *_words: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients leave in the middle
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls else "http"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        """On 127.0.0.1."""
        return self._server.server_address[1]

    def url(self, path: str, host: str = "localhost") -> str:
        """Where `path` is served."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def serve(self, path: str, body: bytes = b"", **how: object) -> str:
        """Answer `path` with these bytes; its address."""
        self.pages[path] = Page(body, **how)  # type: ignore[arg-type]
        return self.url(path)

    def count(self, path: str) -> int:
        """How often `path` was asked for."""
        return sum(asked[1] == path for asked in self.asked)

    def close(self) -> None:
        """Stop serving; drips end too."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler, page: Page | None) -> None:
        page = page or Page(b"nothing here", 404)
        if page.drip_headers:
            self._drip(handler, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100_000, page.drip_seconds)
            return
        handler.send_response(page.status)
        for name, value in page.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(page.body) if page.declared is None else page.declared))
        handler.end_headers()
        if page.drip_seconds:
            self._drip(handler, page.body, page.drip_seconds)
        else:
            handler.wfile.write(page.body)

    def _drip(self, handler: BaseHTTPRequestHandler, data: bytes, seconds: float) -> None:
        handler.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            if self.stopping.wait(seconds):
                return
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()


@contextmanager
def running_web(tls: tuple[Path, Path] | None = None) -> Iterator[Web]:
    """A server for the time of the block."""
    web = Web(tls)
    try:
        yield web
    finally:
        web.close()
