"""Asking LDAP servers for certificates of an address: inetOrgPerson's userCertificate and userSMIMECertificate
(RFC 4523, RFC 2798), read anonymously.

The law: the server may be a stranger's. It is given nothing but the address, gets a size and a moment at which its
answer ends, and is never followed to another server.
"""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

from tui_mail.model.account import Security, Server
from tui_mail.model.clean import clean
from tui_mail.model.errors import CannotConnect, ConnectionLost, LimitExceeded, ServerRefused, UsageError
from tui_mail.net.problems import explained
from tui_mail.net.tls import tls_context

MAX_ENTRIES = 20
MAX_BASES = 5
MAX_CERTIFICATES = 50
MAX_ANSWER_BYTES = 2_000_000
_PORTS = {"ldap": 389, "ldaps": 636}
_ATTRIBUTES = ("userCertificate;binary", "userCertificate", "userSMIMECertificate;binary", "userSMIMECertificate")
_SIZE_LIMIT, _REFERRAL, _NO_SUCH_OBJECT = 4, 10, 32
_DONE = (0, _SIZE_LIMIT, _NO_SUCH_OBJECT)


@dataclass(frozen=True, slots=True)
class LdapServer:
    """One server. An empty `base` means every naming context that it announces."""

    host: str
    port: int = 389
    tls: bool = False
    base: str = ""
    ca_file: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def ldap_server(url: str, ca_file: str = "") -> LdapServer:
    """From ``ldaps://HOST[:PORT]/BASE`` or ``ldap://…``. Raises UsageError."""
    try:
        place = urlsplit(url)
        port = place.port
    except ValueError:
        place, port = urlsplit(""), None
    if place.scheme not in _PORTS or not place.hostname or place.username is not None:
        raise UsageError("An LDAP server is written like ldaps://ldap.example.org/dc=example,dc=org.")
    base = unquote(place.path.lstrip("/"))
    return LdapServer(place.hostname, port or _PORTS[place.scheme], place.scheme == "ldaps", base, ca_file)


class _Line:
    """What ldap3 needs of a socket, with an end: so many bytes, and no answer after the deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = MAX_ANSWER_BYTES
        self.too_long = False

    def _wait(self) -> None:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        self._sock.settimeout(seconds)

    def recv(self, size: int) -> bytes:
        self._wait()
        data = self._sock.recv(size)
        self._left -= len(data)
        if self._left < 0:
            self.too_long = True
            raise OSError("the answer is too long")
        return data

    def sendall(self, data: bytes) -> None:
        self._wait()
        self._sock.sendall(data)

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()


def search_certificates(
    server: LdapServer, names: Sequence[str], addresses: Sequence[str], deadline: float
) -> tuple[bytes, ...]:
    """What the entries whose `mail` is one of `names` hold: DER certificates and PKCS #7 bags, as they are.

    Args:
        addresses: IP addresses of the server; the first that takes the connection is used.
        deadline: a moment of time.monotonic(), for everything together.

    Raises NetworkProblem or LimitExceeded.
    """
    where = Server(server.host, server.port, Security.TLS if server.tls else Security.NONE, ca_file=server.ca_file)
    with explained(where, max(0.0, deadline - time.monotonic())):
        sock = _connect(server, addresses, deadline)
    line = _Line(sock, deadline)
    try:
        return _search(server, line, names)
    except LDAPException as error:
        if line.too_long:
            raise LimitExceeded(f"The answer of {server.host} is longer than any real one and was refused.") from None
        if time.monotonic() >= deadline:
            raise ConnectionLost(f"{server.host} was too slow and was left.") from None
        raise ServerRefused(f"{server.host} gave an answer that is not LDAP.", type(error).__name__) from None
    except (OSError, ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError) as error:
        # QUIRK: ldap3 raises whatever its reader stumbles over when a server sends nonsense.
        raise ServerRefused(f"{server.host} gave an answer that is not LDAP.", type(error).__name__) from None
    finally:
        sock.close()


def _connect(server: LdapServer, addresses: Sequence[str], deadline: float) -> socket.socket:
    problem: OSError = TimeoutError()
    for address in addresses:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        try:
            sock = socket.create_connection((address, server.port), timeout=seconds)
        except OSError as error:
            problem = error
            continue
        if not server.tls:
            return sock
        try:
            return tls_context(server.ca_file).wrap_socket(sock, server_hostname=server.host)
        except BaseException:
            sock.close()
            raise
    raise problem


def _search(server: LdapServer, line: _Line, names: Sequence[str]) -> tuple[bytes, ...]:
    target = ldap3.Server("127.0.0.1", get_info=ldap3.NONE)  # never connected to: the line is there already
    connection = ldap3.Connection(target, auto_referrals=False, check_names=False, raise_exceptions=False)

    def take_line(*_args: object, **_named: object) -> None:
        connection.socket = line
        connection.closed = False

    connection.strategy._open_socket = take_line  # ldap3 has no other way to be given an open connection
    if not connection.bind():
        raise CannotConnect(f"{server.host} lets nobody look without a login.{_said(connection)}")
    try:
        mail = "".join(f"(mail={escape_filter_chars(name)})" for name in names)
        found: dict[bytes, None] = {}
        for base in [server.base] if server.base else _bases(connection):
            connection.search(base, f"(|{mail})", attributes=list(_ATTRIBUTES), size_limit=MAX_ENTRIES)
            code = (connection.result or {}).get("result")
            if code == _REFERRAL and server.base:
                raise ServerRefused(
                    f"{server.host} names another server for {clean(base)}, which is not asked.", code=0
                )
            if code not in _DONE and server.base:
                raise ServerRefused(f"{server.host} refused the question.{_said(connection)}", code=0)
            for entry in connection.response or ():
                for blob in _blobs(entry):
                    found[blob] = None
        return tuple(found)[:MAX_CERTIFICATES]
    finally:
        connection.unbind()


def _bases(connection: Any) -> list[str]:
    """What the server says it holds (RFC 4512 section 5.1)."""
    connection.search("", "(objectClass=*)", search_scope=ldap3.BASE, attributes=["namingContexts"])
    found = []
    for entry in connection.response or ():
        for raw in entry.get("raw_attributes", {}).get("namingContexts", ()):
            found.append(raw.decode("utf-8", "replace"))
    return found[:MAX_BASES] or [""]


def _blobs(entry: dict[str, Any]) -> list[bytes]:
    if entry.get("type") != "searchResEntry":
        return []
    wanted = {name.lower() for name in _ATTRIBUTES}
    raw = entry.get("raw_attributes", {})
    return [bytes(value) for name, values in raw.items() if name.lower() in wanted for value in values if value]


def _said(connection: Any) -> str:
    words = clean(str((connection.result or {}).get("description", "")))[:100]
    return f" It said: {words}." if words else ""
