"""The mail servers of an address as its own domain names them: its file of settings (Mozilla's autoconfig, over HTTPS
alone), then its DNS (RFC 6186, RFC 8314). Only asked when a person wants it; no third party is.

The law: what is found is a proposal that a person sees. Without TLS it is none.
"""

import re
import time
from typing import NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree

from tui_mail.model.account import Security, Server
from tui_mail.model.address import ascii_domain
from tui_mail.model.clean import clean
from tui_mail.model.errors import LimitExceeded, NetworkProblem, TuiMailError, UsageError
from tui_mail.net.dns import Resolver, Service, services
from tui_mail.net.https import fetch

MAX_FILE_BYTES = 100_000
FILE_SECONDS = 8.0
DNS_SECONDS = 6.0
MAX_USER_CHARACTERS = 320
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]+\Z")
_SOCKETS = {"SSL": Security.TLS, "STARTTLS": Security.STARTTLS}
_FILES = (
    "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}",
    "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
)
_RECORDS = {
    "imap": (("_imaps._tcp", Security.TLS), ("_imap._tcp", Security.STARTTLS)),
    "smtp": (("_submissions._tcp", Security.TLS), ("_submission._tcp", Security.STARTTLS)),
}


class FoundServers(NamedTuple):
    """Both servers, and a sentence that says who named them."""

    imap: Server
    smtp: Server
    sentence: str


def find_servers(
    address: str, resolver: Resolver, *, files: tuple[str, ...] = _FILES, ca_file: str = "", allow_private: bool = False
) -> FoundServers | None:
    """What the domain of an address says; None when it says nothing. Raises UsageError for what is no address."""
    local, at, domain = address.strip().rpartition("@")
    try:
        domain = ascii_domain(domain).lower()
    except UnicodeError:
        domain = ""
    if not (local and at and _HOST.match(domain)):
        raise UsageError("Please type your mail address, like anna@clinic.example.")
    for template in files:
        url = template.format(domain=domain, address=quote(address))
        try:
            answer = fetch(
                url,
                limit_bytes=MAX_FILE_BYTES,
                timeout_seconds=FILE_SECONDS,
                ca_file=ca_file,
                allow_private=allow_private,
            )
        except (NetworkProblem, LimitExceeded, UsageError):
            continue
        if (found := read_autoconfig(answer.body, address)) is not None:
            place = answer.url.partition("?")[0]
            return FoundServers(*found, f"Found at {clean(place)}.")
    return _in_dns(address, domain, resolver)


def read_autoconfig(body: bytes, address: str) -> tuple[Server, Server] | None:
    """The first IMAP and SMTP server with TLS in a file of settings; None when there are none."""
    if b"\0" in body or b"<!" in body.replace(b"<!--", b""):
        return None  # SAFE: no document type, also none in UTF-16, so no entities that name files or grow
    try:
        tree = ElementTree.fromstring(body)  # noqa: S314 - see above
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    imap = _first(tree, "incomingServer", "imap", address)
    smtp = _first(tree, "outgoingServer", "smtp", address)
    return (imap, smtp) if imap is not None and smtp is not None else None


def _first(tree: ElementTree.Element, element: str, kind: str, address: str) -> Server | None:
    for entry in tree.iterfind(f"./emailProvider/{element}"):
        if (entry.get("type") or "").lower() != kind:
            continue
        said = {name: (entry.findtext(name) or "").strip() for name in ("hostname", "port", "socketType", "username")}
        security = _SOCKETS.get(said["socketType"].upper())
        port = int(said["port"]) if said["port"].isascii() and said["port"].isdecimal() else 0
        host = _filled(said["hostname"], address)
        if security is None or not 0 < port < 65_536 or not _HOST.match(host):
            continue
        user = _filled(said["username"], address)
        if not user or not user.isprintable() or len(user) > MAX_USER_CHARACTERS:
            user = address
        return Server(host, port, security, user)
    return None


def _filled(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    words = {"%EMAILADDRESS%": address, "%EMAILLOCALPART%": local, "%EMAILDOMAIN%": domain}
    return re.sub("%EMAIL(?:ADDRESS|LOCALPART|DOMAIN)%", lambda name: words[name[0]], text)


def _in_dns(address: str, domain: str, resolver: Resolver) -> FoundServers | None:
    deadline = time.monotonic() + DNS_SECONDS
    imap = _named(address, domain, resolver, "imap", deadline)
    smtp = _named(address, domain, resolver, "smtp", deadline) if imap is not None else None
    if imap is None or smtp is None:
        return None
    return FoundServers(imap, smtp, f"Found in the DNS of {clean(domain)}. Are these the servers of your provider?")


def _named(address: str, domain: str, resolver: Resolver, kind: str, deadline: float) -> Server | None:
    for record, security in _RECORDS[kind]:
        try:
            found: tuple[Service, ...] = services(resolver.ask(f"{record}.{domain}.", "SRV", deadline))
        except TuiMailError:
            continue
        for service in found:
            if _HOST.match(service.host) and service.port:
                return Server(service.host, service.port, security, address)
    return None
