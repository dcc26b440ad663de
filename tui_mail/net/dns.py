"""DNS lookups for certificates: CERT records (RFC 4398), SMIMEA (RFC 8162), and where a domain's LDAP server is (SRV).

The law: an answer is data of a stranger. Only `Answer.authenticated` says that DNSSEC vouches for it, and that is
believed only from a resolver that is this very machine, or one to which the administrator calls the way safe.
"""

import hashlib
import ipaddress
import time
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rdtypes.ANY.CERT
import dns.rdtypes.ANY.SMIMEA
import dns.rdtypes.IN.SRV
import dns.resolver
from dns.name import Name as Name

from tui_mail.model.clean import clean
from tui_mail.model.errors import CannotConnect, ServerRefused, UsageError

MAX_SERVERS = 3
MAX_RECORDS = 20
MAX_ATTEMPTS = 2
ATTEMPT_SECONDS = 2.0
UDP_PAYLOAD = 1232
DNS_PORT = 53

_SILENT = "No DNS resolver answered. Check the network, or the setting resolver."
_PKIX = 1
_FULL_CERTIFICATE, _EXACT = 0, 0
_CERTIFICATE_USAGES = (1, 3)  # PKIX-EE and DANE-EE; 0 and 2 name authorities (RFC 6698 section 2.1.1)
_NO_EDNS = (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS)


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of one question, in the order in which they should be used.

    Attributes:
        authenticated: a trusted resolver says that DNSSEC vouches for this answer (the AD bit).
        tcp: the answer was too long for UDP.
    """

    records: tuple[dns.rdata.Rdata, ...] = ()
    authenticated: bool = False
    tcp: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """One server of a SRV record."""

    host: str
    port: int


class Resolver:
    """Recursive resolvers that are asked in turn.

    Attributes:
        trusted: nobody between this computer and every one of them can change an answer.
    """

    def __init__(self, servers: tuple[tuple[str, int], ...], trusted: bool = False) -> None:
        self.servers = servers[:MAX_SERVERS]
        self._silent = False
        self.trusted = trusted or all(ipaddress.ip_address(host).is_loopback for host, _port in self.servers)

    @classmethod
    def of(cls, setting: str, trusted: bool = False) -> "Resolver":
        """From the setting `resolver`: "ADDRESS", "ADDRESS:PORT" or "[IPV6]:PORT"; empty for what the system uses."""
        if not setting.strip():
            try:
                system = dns.resolver.Resolver()
            except dns.exception.DNSException:
                raise UsageError("This computer names no DNS resolver. Name one in the setting resolver.") from None
            return cls(tuple((str(server), system.port) for server in system.nameservers), trusted)
        host, port = setting.strip(), DNS_PORT
        if host.startswith("[") or host.count(":") == 1:
            host, _, number = host.rpartition(":")
            port = int(number) if number.isdecimal() else 0
        try:
            host = str(ipaddress.ip_address(host.strip("[]")))
        except ValueError:
            port = 0
        if not 0 < port < 65536:
            raise UsageError("The setting resolver takes an IP address and a port, like 127.0.0.1:53.")
        return cls(((host, port),), trusted)

    def ask(self, name: Name | str, kind: str, deadline: float) -> Answer:
        """One question. `deadline` is a moment of time.monotonic().

        Raises CannotConnect when no server answers, ServerRefused when one answers with an error (which includes
        data that DNSSEC proves to be wrong). A name that does not exist is an empty answer. After a question that no
        server answered, none is asked again: the caller has others to wait for.
        """
        if self._silent:
            raise CannotConnect(_SILENT)
        try:
            wanted = dns.name.from_text(name) if isinstance(name, str) else name
            record_type = dns.rdatatype.from_text(kind)
        except dns.exception.DNSException:
            return Answer()
        for attempt in range(MAX_ATTEMPTS):
            for host, port in self.servers:
                seconds = min(deadline - time.monotonic(), ATTEMPT_SECONDS * (attempt + 1))
                if seconds <= 0:
                    self._silent = True
                    raise CannotConnect(_SILENT)
                try:
                    response, tcp = self._exchange(wanted, record_type, host, port, seconds)
                except (dns.exception.DNSException, OSError, EOFError, ValueError):
                    continue
                if response.rcode() == dns.rcode.NXDOMAIN:
                    return Answer(authenticated=self._vouched(response), tcp=tcp)
                if response.rcode() != dns.rcode.NOERROR:
                    word = dns.rcode.to_text(response.rcode())
                    raise ServerRefused(f"The DNS resolver could not answer ({word}).", word)
                return Answer(_records(response, wanted, record_type), self._vouched(response), tcp)
        self._silent = True
        raise CannotConnect(_SILENT)

    def _vouched(self, response: dns.message.Message) -> bool:
        return self.trusted and bool(response.flags & dns.flags.AD)

    def _exchange(
        self, name: Name, kind: dns.rdatatype.RdataType, host: str, port: int, seconds: float
    ) -> tuple[dns.message.Message, bool]:
        """Over UDP, and over TCP when the answer was cut off. Old servers that refuse EDNS are asked without it."""
        end = time.monotonic() + seconds
        query = dns.message.make_query(name, kind, use_edns=0, payload=UDP_PAYLOAD)
        query.flags |= dns.flags.AD  # RFC 6840 section 5.7: "tell me whether you validated"
        found = dns.query.udp_with_fallback(query, host, seconds, port, ignore_unexpected=True, ignore_errors=True)
        if found[0].rcode() not in _NO_EDNS:
            return found
        plain = dns.message.make_query(name, kind)
        left = max(0.1, end - time.monotonic())
        return dns.query.udp_with_fallback(plain, host, left, port, ignore_unexpected=True, ignore_errors=True)

    def addresses(self, host: str, deadline: float) -> tuple[str, ...]:
        """The IP addresses of a server; an address is its own. Raises CannotConnect when there is none."""
        try:
            return (str(ipaddress.ip_address(host)),)
        except ValueError:
            pass
        if host.rstrip(".").lower() == "localhost":
            return ("127.0.0.1", "::1")
        found: list[str] = []
        for kind in ("A", "AAAA"):
            found += [record.to_text() for record in self.ask(host, kind, deadline).records]
        if not found:
            raise CannotConnect(f"The server name {clean(host)} is unknown.")
        return tuple(found[:4])


def _records(response: dns.message.Message, name: Name, kind: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...]:
    """The records that answer the question, aliases followed, SRV and the like in their order of use."""
    if not isinstance(response, dns.message.QueryMessage):
        return ()
    try:
        answer = response.resolve_chaining().answer
    except dns.exception.DNSException:
        return ()
    return tuple(answer.processing_order())[:MAX_RECORDS] if answer is not None else ()


def cert_name(local: str, domain: str) -> Name | None:
    """Where the certificate of an address lies: the local part as labels before the domain (RFC 4398 section 3.1).
    None when that is no name. An empty local part asks for the domain's own."""
    try:
        labels = [label.encode() for label in local.split(".")] if local else []
        return Name([*labels, *dns.name.from_text(domain).labels])
    except (dns.exception.DNSException, UnicodeError):
        return None


def cert_records(answer: Answer) -> tuple[bytes, ...]:
    """The X.509 certificates (DER) of CERT records; OpenPGP, SPKI and addresses of certificates are passed over."""
    return tuple(
        record.certificate
        for record in answer.records
        if isinstance(record, dns.rdtypes.ANY.CERT.CERT) and record.certificate_type == _PKIX
    )


def smimea_name(local: str, domain: str) -> Name | None:
    """RFC 8162 section 3: SHA-256 of the local part in UTF-8, cut to 28 octets, in hex, below ``_smimecert``."""
    digest = hashlib.sha256(local.encode("utf-8", "surrogatepass")).digest()[:28].hex()
    try:
        return Name([digest.encode("ascii"), b"_smimecert", *dns.name.from_text(domain).labels])
    except dns.exception.DNSException:
        return None


def smimea_records(answer: Answer) -> tuple[bytes, ...]:
    """The whole end-entity certificates of SMIMEA records (RFC 8162 section 2). Nothing can be encrypted to a mere
    fingerprint, so those are passed over, and so is everything in an answer that DNSSEC does not vouch for."""
    if not answer.authenticated:
        return ()
    return tuple(
        record.cert
        for record in answer.records
        if isinstance(record, dns.rdtypes.ANY.SMIMEA.SMIMEA)
        and (record.selector, record.mtype) == (_FULL_CERTIFICATE, _EXACT)
        and record.usage in _CERTIFICATE_USAGES
    )


def services(answer: Answer) -> tuple[Service, ...]:
    """The servers of SRV records, in the order of RFC 2782; none when the domain says that there is no such service."""
    return tuple(
        Service(record.target.to_text(omit_final_dot=True), record.port)
        for record in answer.records
        if isinstance(record, dns.rdtypes.IN.SRV.SRV) and record.target != dns.name.root
    )
