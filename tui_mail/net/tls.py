"""Connections to servers: name, TCP, TLS.

The law: unless the server is this very machine, nothing is said to it before its TLS certificate is accepted.
"""

import ipaddress
import socket
import ssl

from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CannotConnect, UsageError
from tui_mail.net.problems import explained

CONNECT_SECONDS = 30.0


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """A context that demands a valid certificate for the host name, at least TLS 1.2.

    Args:
        ca_file: PEM file with private roots, which then are the only ones trusted; empty for the system's.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except FileNotFoundError:
        raise UsageError(f"The CA file {ca_file} does not exist. Check the setting ca_file of the account.") from None
    except (OSError, ssl.SSLError):
        raise UsageError(
            f"The CA file {ca_file} cannot be read as PEM certificates. Check the setting ca_file of the account."
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def open_connection(server: Server, timeout: float = CONNECT_SECONDS) -> socket.socket:
    """Connect, and for `Security.TLS` shake hands. The socket keeps `timeout` seconds for each read and write."""
    context = tls_context(server.ca_file) if server.security is Security.TLS else None
    with explained(server, timeout):
        sock = socket.create_connection((server.host, server.port), timeout=timeout)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if context is not None:
            return wrap(sock, server, context, timeout)
        if server.security is Security.NONE and not is_loopback(sock):
            raise CannotConnect(
                f"{server.host} is another machine, and the password would travel unprotected. Choose TLS or STARTTLS."
            )
    except BaseException:
        sock.close()
        raise
    return sock


def wrap(sock: socket.socket, server: Server, context: ssl.SSLContext, timeout: float) -> ssl.SSLSocket:
    """Shake hands on an open connection and check the certificate against the server's name."""
    with explained(server, timeout):
        return context.wrap_socket(sock, server_hostname=server.host)


def is_loopback(sock: socket.socket) -> bool:
    """Whether the other end is this machine."""
    # The address that we are connected to decides, not the name: a name can be made to point anywhere.
    return ipaddress.ip_address(sock.getpeername()[0].partition("%")[0]).is_loopback
