"""Real DNS on loopback: Knot holds signed and unsigned zones, Unbound resolves and validates them."""

import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype

from tests.daemon import Daemon, free_port
from tests.patience import PATIENCE_SECONDS

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def why_not() -> str:
    """Why the servers cannot run here; empty when they can."""
    for program, package in (("knotd", "knot"), ("unbound", "unbound")):
        if shutil.which(program, path=_PATH) is None:
            return f"{program} is not installed (Debian package {package})"
    return ""


def record(name: str, kind: str, data: bytes | str) -> str:
    """One line of a zone file; `data` as bytes is written in the generic form of RFC 3597."""
    number = int(dns.rdatatype.from_text(kind))
    value = data if isinstance(data, str) else f"\\# {len(data)} {data.hex()}"
    return f"{name} 60 IN {kind if isinstance(data, str) else f'TYPE{number}'} {value}"


def cert(name: str, der: bytes, kind: int = 1) -> str:
    """A CERT record (RFC 4398); kind 1 is PKIX."""
    return record(name, "CERT", kind.to_bytes(2, "big") + b"\0\0\x05" + der)


def smimea(name: str, der: bytes, usage: int = 3, selector: int = 0, matching: int = 0) -> str:
    """A SMIMEA record (RFC 8162)."""
    return record(name, "SMIMEA", bytes((usage, selector, matching)) + der)


class DnsServers:
    """`zones` maps a zone's name to its records. All are signed but those in `unsigned`; those in `bogus` are signed
    with other keys than the resolver was told."""

    def __init__(
        self,
        folder: Path,
        zones: dict[str, Iterable[str]],
        unsigned: frozenset[str] = frozenset(),
        bogus: frozenset[str] = frozenset(),
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.zones = tuple(zones)
        self.unsigned = unsigned
        self.bogus = bogus
        self.authority_port = free_port()
        self.resolver_port = free_port()
        self._write_zones(zones)
        knotd = shutil.which("knotd", path=_PATH) or "knotd"
        unbound = shutil.which("unbound", path=_PATH) or "unbound"
        self.knot = Daemon([knotd, "-c", str(folder / "knot.conf")], [self.authority_port], folder / "knot.log")
        config = str(folder / "unbound.conf")
        self.unbound = Daemon([unbound, "-d", "-c", config], [self.resolver_port], folder / "unbound.log")

    @property
    def resolver(self) -> str:
        """As the setting `resolver` takes it."""
        return f"127.0.0.1:{self.resolver_port}"

    @property
    def authority(self) -> str:
        """The same, of the server that does not validate."""
        return f"127.0.0.1:{self.authority_port}"

    def _write_zones(self, zones: dict[str, Iterable[str]]) -> None:
        config = [
            f"server:\n  listen: 127.0.0.1@{self.authority_port}\n  rundir: {self.folder}",
            f"database:\n  storage: {self.folder}",
            "zone:",
        ]
        for name, records in zones.items():
            text = (
                f"$ORIGIN {name}.\n@ 60 IN SOA ns hostmaster 1 3600 600 86400 60\n@ 60 IN NS ns\nns 60 IN A 127.0.0.1\n"
            )
            (self.folder / f"{name}.zone").write_text(text + "\n".join(records) + "\n")
            config.append(
                f"  - domain: {name}\n    storage: {self.folder}\n    file: {name}.zone\n    zonefile-sync: -1\n"
                "    journal-content: none\n"
                f"    dnssec-signing: {'off' if name in self.unsigned else 'on'}"
            )
        (self.folder / "knot.conf").write_text("\n".join(config) + "\n")

    def start(self) -> None:
        """Start both; ends when the zones are signed and the resolver knows their keys."""
        self.knot.start()
        keys = {zone: self._keys(zone) for zone in self.zones if zone not in self.unsigned}
        wrong = next((found for zone, found in keys.items() if zone not in self.bogus), [])
        anchors = [
            f'  trust-anchor: "{zone}. DNSKEY {key}"'
            for zone, found in keys.items()
            for key in (wrong if zone in self.bogus else found)
        ]
        stubs = [f'stub-zone:\n  name: "{zone}."\n  stub-addr: 127.0.0.1@{self.authority_port}' for zone in self.zones]
        (self.folder / "unbound.conf").write_text(
            "server:\n"
            f"  interface: 127.0.0.1@{self.resolver_port}\n"
            '  do-daemonize: no\n  username: ""\n  chroot: ""\n'
            f'  directory: "{self.folder}"\n  pidfile: ""\n  use-syslog: no\n  num-threads: 1\n'
            '  local-zone: "test." nodefault\n'
            "  do-not-query-localhost: no\n  do-ip6: no\n  hide-identity: yes\n"
            '  module-config: "validator iterator"\n  outgoing-num-tcp: 4\n'
            + "".join(f"{line}\n" for line in anchors)
            + "".join(f"{stub}\n" for stub in stubs)
            + "remote-control:\n  control-enable: no\n"
        )
        self.unbound.start()

    def _keys(self, zone: str) -> list[str]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        query = dns.message.make_query(f"{zone}.", "DNSKEY")
        while time.monotonic() < deadline:
            answer = dns.query.tcp(query, "127.0.0.1", 5, self.authority_port).answer
            if answer:
                return [key.to_text() for key in answer[0]]
            time.sleep(0.02)
        raise AssertionError(f"{zone} was not signed in time\n{self.knot.tail()}")

    def stop(self) -> None:
        """End both."""
        self.unbound.stop()
        self.knot.stop()
