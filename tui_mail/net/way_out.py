"""Which way leads out of this machine, and when that changes: a cable, another wireless network, a woken laptop."""

import errno
import select
import socket

from tui_mail.net.wake import WakeEvent

_IPV4_NOWHERE, _IPV6_NOWHERE = "192.0.2.1", "2001:db8::1"  # for documentation only (RFC 5737, RFC 3849)
_GROUPS = 0x10 | 0x40 | 0x100 | 0x400  # RTMGRP_IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR, IPV6_ROUTE of rtnetlink(7)
_DRAIN_BYTES = 65_536
POLL_SECONDS = 15.0
"""How often is looked where the system does not tell."""
QUIET_SECONDS = 1.0
"""Addresses and routes come one after the other; so long nothing may have changed."""


def way_out() -> tuple[str, str]:
    """The own addresses from which IPv4 and IPv6 would leave, empty where there is no way. Nothing is sent."""
    return _source(socket.AF_INET, _IPV4_NOWHERE), _source(socket.AF_INET6, _IPV6_NOWHERE)


def _source(family: socket.AddressFamily, far: str) -> str:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((far, 9))
            return str(sock.getsockname()[0])
    except OSError:
        return ""


class WayOut:
    """Waits for another way out. `close` frees the socket on which the system tells of changes."""

    def __init__(self) -> None:
        self._known = way_out()
        self._told = _subscribe()

    def wait(self, stop: WakeEvent) -> bool:
        """Until there is another way out, True; or until `stop` is set, False. No way at all is none to wait for."""
        while not stop.is_set():
            self._hear(stop)
            found = way_out()
            if found != self._known:
                self._known = found
                if any(found) and not stop.is_set():
                    return True
        return False

    def close(self) -> None:
        """Hear no more."""
        if self._told is not None:
            self._told.close()

    def _hear(self, stop: WakeEvent) -> None:
        """Until something was told and it is quiet again, or it is time to look."""
        listened = [stop.fileno(), *([self._told.fileno()] if self._told is not None else [])]
        select.select(listened, [], [], None if self._told is not None else POLL_SECONDS)
        while self._told is not None and not stop.is_set() and self._drain():
            select.select([*listened], [], [], QUIET_SECONDS)

    def _drain(self) -> bool:
        """Throw away what was told; whether there was anything."""
        heard = False
        while self._told is not None:
            try:
                heard = bool(self._told.recv(_DRAIN_BYTES)) or heard
            except BlockingIOError:
                break
            except OSError as error:
                heard = True  # ENOBUFS: so much changed that the system lost count
                if error.errno != errno.ENOBUFS:
                    self._told.close()
                    self._told = None
        return heard


def _subscribe() -> socket.socket | None:
    """Linux tells of every change of an address or a route; None elsewhere."""
    if not hasattr(socket, "AF_NETLINK"):
        return None
    try:
        told = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    except OSError:
        return None
    try:
        told.bind((0, _GROUPS))
        told.setblocking(False)
    except OSError:
        told.close()
        return None
    return told
