"""Fetching small files over HTTP and HTTPS from servers that a certificate or a directory names.

The law: whoever named the server may be a stranger, so an answer ends at a size and at a moment, nothing about the
person goes out (no cookies, no credentials, no version), and computers of the own network are not reached unless the
administrator says so. The address that was checked is the one that is connected to, so that a name cannot change its
mind in between.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from tui_mail.model.account import Security, Server
from tui_mail.model.address import ascii_domain
from tui_mail.model.clean import clean
from tui_mail.model.errors import CannotConnect, ConnectionLost, LimitExceeded, ServerRefused, UsageError
from tui_mail.net.problems import explained
from tui_mail.net.tls import tls_context

MAX_REDIRECTS = 3
MAX_URL_CHARACTERS = 2_000
MAX_ADDRESSES = 4
_PORTS = {"http": 80, "https": 443}
_MOVED = (301, 302, 303, 307, 308)
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"
_PIECE_BYTES = 65_536
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: the address that gave it after all redirects, the HTTP status (200 to 299, or any), and its bytes."""

    url: str
    status: int
    content_type: str
    body: bytes


def fetch(
    url: str,
    *,
    limit_bytes: int,
    timeout_seconds: float,
    allow_private: bool = False,
    body: bytes | None = None,
    content_type: str = "",
    accept: str = "*/*",
    ca_file: str = "",
    any_status: bool = False,
) -> Fetched:
    """Get what lies at `url`, or with `body` send that (POST) and get the answer.

    Args:
        limit_bytes: a longer answer is refused as soon as that is known.
        timeout_seconds: for everything together: name, connection, redirects and the last byte.
        allow_private: also reach loopback, link-local and private addresses.
        ca_file: PEM roots for https, instead of the system's.
        any_status: a refusal is an answer too: what it says is wanted.

    Raises UsageError (not an http or https address), LimitExceeded, or NetworkProblem; a status other than 2xx is a
    ServerRefused with `code`.
    """
    deadline = time.monotonic() + timeout_seconds
    place = _split(url)
    for _step in range(MAX_REDIRECTS + 1):
        server = _server(place, ca_file)
        with explained(server, timeout_seconds), _http_errors(server):
            sock = _connect(place, server, deadline, allow_private)
            try:
                found = _ask(place, server, sock, deadline, limit_bytes, body, content_type, accept, any_status)
            except TimeoutError:
                sentence = f"{server.host} was too slow: no complete answer within {timeout_seconds:g} seconds."
                raise ConnectionLost(sentence) from None
            finally:
                sock.close()
        if isinstance(found, Fetched):
            return found
        if body is not None:
            raise ServerRefused(f"{server.host} moved the answer to another address, which is not followed.", code=302)
        place = _moved(place, found)
    raise ServerRefused(
        f"{clean(place.hostname or '')} sends in circles: more than {MAX_REDIRECTS} redirects.", code=310
    )


def _split(url: str) -> SplitResult:
    said = clean(url[:80])
    if len(url) > MAX_URL_CHARACTERS or not url.isprintable() or " " in url:
        raise UsageError(f"{said} is not an address that can be fetched.")
    try:
        place = urlsplit(url)
        _port = place.port
    except ValueError:
        raise UsageError(f"{said} is not an address that can be fetched.") from None
    if place.scheme not in _PORTS or not place.hostname:
        raise UsageError(f"{said} cannot be fetched: only http and https addresses can.")
    if place.username is not None or place.password is not None:
        raise UsageError(f"The address at {clean(place.hostname)} carries a user name, which is never sent.")
    return place


def _moved(place: SplitResult, location: str) -> SplitResult:
    try:
        there = _split(urljoin(place.geturl(), location))
    except ValueError:
        raise ServerRefused(f"{clean(place.hostname or '')} sends to an address that is none.") from None
    if place.scheme == "https" and there.scheme != "https":
        raise ServerRefused(f"{clean(place.hostname or '')} sends to an address without TLS, which is not followed.")
    return there


def _server(place: SplitResult, ca_file: str) -> Server:
    try:
        host = ascii_domain(place.hostname or "") if ":" not in (place.hostname or "") else ""
    except UnicodeError:
        host = "."
    if "" in host.rstrip(".").split(".") and host:
        raise UsageError(f"{clean(place.hostname or '')} is not a server's name.")
    security = Security.TLS if place.scheme == "https" else Security.NONE
    return Server(host or place.hostname or "", place.port or _PORTS[place.scheme], security, ca_file=ca_file)


def is_private(address: str) -> bool:
    """Whether an IP address belongs to this computer or a closed network, also when IPv6 only wraps an IPv4 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_private(str(inner))
    return not ip.is_global or ip.is_multicast


def _resolve(server: Server, deadline: float) -> list[str]:
    """The IP addresses of a name. The system's resolver knows no time limit, so it is left behind when it is late."""
    found: list[str] = []
    problem: list[OSError] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except OSError as error:
            problem.append(error)
        except UnicodeError:
            problem.append(socket.gaierror())

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(_left(deadline))
    if problem:
        raise problem[0]
    if not found:
        raise TimeoutError
    return found[:MAX_ADDRESSES]


def _connect(place: SplitResult, server: Server, deadline: float, allow_private: bool) -> socket.socket:
    addresses = _resolve(server, deadline)
    allowed = [address for address in addresses if allow_private or not is_private(address)]
    if not allowed:
        raise CannotConnect(
            f"{server.host} is a computer of the own network, where nothing is fetched from. "
            "The setting fetch_private_addresses allows it."
        )
    problem: OSError = TimeoutError()
    for address in allowed:
        try:
            sock = socket.create_connection((address, server.port), timeout=_left(deadline))
        except OSError as error:
            problem = error
            continue
        if place.scheme == "http":
            return sock
        try:
            return tls_context(server.ca_file).wrap_socket(sock, server_hostname=server.host)
        except BaseException:
            sock.close()
            raise
    raise problem


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Incoming(io.RawIOBase):
    """Reads a socket up to the deadline: a server that sends one byte a second is cut off at the same moment."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_left(self._deadline))
        return self._sock.recv_into(buffer)


class _Line:
    """What http.client needs of a socket."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_left(self._deadline))
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock, self._deadline))

    def close(self) -> None:
        """http.client closes its end before the answer is read; `fetch` closes the socket when it is done."""


def _ask(
    place: SplitResult,
    server: Server,
    sock: socket.socket,
    deadline: float,
    limit_bytes: int,
    body: bytes | None,
    content_type: str,
    accept: str,
    any_status: bool,
) -> Fetched | str:
    """The answer, or the address that a redirect names."""
    connection = http.client.HTTPConnection(server.host, place.port or _PORTS[place.scheme])
    connection.sock = _Line(sock, deadline)
    connection.default_port = _PORTS[place.scheme]
    target = quote(place.path or "/", safe=_PATH_SAFE)
    if place.query:
        target += "?" + quote(place.query, safe=_PATH_SAFE + "?")
    headers = {"Accept": accept, "User-Agent": "tui-mail", "Connection": "close"}
    if body is not None:
        headers["Content-Type"] = content_type
    connection.request("POST" if body is not None else "GET", target, body, headers)
    answer = connection.getresponse()
    if answer.status in _MOVED:
        return answer.headers.get("Location") or ""
    if not 200 <= answer.status < 300 and not any_status:
        sentence = f"{server.host} has no answer for this address (HTTP {answer.status})."
        raise ServerRefused(sentence, answer.reason, answer.status)
    if (answer.length or 0) > limit_bytes:
        raise _too_long(server, limit_bytes)
    pieces, size = [], 0
    while piece := answer.read1(_PIECE_BYTES):
        size += len(piece)
        if size > limit_bytes:
            raise _too_long(server, limit_bytes)
        pieces.append(piece)
    if answer.length:
        raise ConnectionLost(f"The connection to {server.host} ended before the answer was complete.")
    return Fetched(place.geturl(), answer.status, answer.headers.get("Content-Type", ""), b"".join(pieces))


def _too_long(server: Server, limit_bytes: int) -> LimitExceeded:
    return LimitExceeded(f"The answer of {server.host} is longer than {limit_bytes} bytes and was refused.")


@contextmanager
def _http_errors(server: Server) -> Iterator[None]:
    try:
        yield
    except http.client.HTTPException:
        raise ServerRefused(f"{server.host} gave an answer that is not HTTP.") from None
    except ssl.SSLCertVerificationError:
        raise
    except ValueError:  # http.client on chunk sizes and headers that are no numbers or text
        raise ServerRefused(f"{server.host} gave an answer that is not HTTP.") from None
