"""Looking for a certificate on the network: LDAP, DNS, DNSSEC, a directory, in this order, until one can be used.

The law: every step has a limit in time and size, and ends in a sentence; an error in one place only means that the next
is tried. Nothing found changes what anybody is trusted with.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from tui_mail.model.address import address_key
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.model.discovery import Discovery, Ended, FindStep, Place
from tui_mail.model.errors import CannotConnect, ServerRefused, TuiMailError
from tui_mail.net import dns
from tui_mail.net.directory import directory_url, fetch_certificates
from tui_mail.net.https import fetch, is_private
from tui_mail.net.ldap import LdapServer, ldap_server, search_certificates
from tui_mail.trust.context import TrustContext
from tui_mail.trust.found import Found, choose_found, judge_found, unpack
from tui_mail.trust.revocation import places

TOTAL_SECONDS = 40.0
STEP_SECONDS = 8.0
MAX_LDAP_SERVERS = 4
MAX_ISSUERS = 3
MAX_ISSUER_ADDRESSES = 2
MAX_ISSUER_BYTES = 100_000
LDAP_PORT = 389

_Look = Callable[[float], tuple[tuple[bytes, ...], bool]]
"""Takes a deadline; gives what is there, and whether DNSSEC vouches for it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a search came to.

    Attributes:
        chosen: the certificate to use, None when there is none; `place`, `where` and `vouched` say where it was.
        issuers: certificates of authorities on the way from it to a trusted one.
    """

    steps: tuple[FindStep, ...]
    chosen: Found | None = None
    place: Place = Place.BOOK
    where: str = ""
    vouched: bool = False
    issuers: tuple[bytes, ...] = ()


class Search:
    """One search for one address.

    Args:
        allow_private: servers that strangers name may be in closed networks.
        fetch_issuers: missing certificates of authorities are fetched from where the found certificate says.
    """

    def __init__(
        self,
        address: str,
        settings: Discovery,
        trust: TrustContext,
        now: datetime,
        *,
        allow_private: bool = False,
        fetch_issuers: bool = True,
    ) -> None:
        self._address = address.strip()
        self._local, _, _ = self._address.rpartition("@")
        self._domain = address_key(address).rpartition("@")[2]
        self._settings = settings
        self._trust = trust
        self._now = now
        self._allow_private = allow_private
        self._fetch_issuers = fetch_issuers
        self._end = time.monotonic() + TOTAL_SECONDS
        self._resolver: dns.Resolver | None = None

    def run(self) -> Finding:
        """Look everywhere in order until a certificate can be used."""
        steps: list[FindStep] = []
        for place, where, look in self._places():
            begin = time.monotonic()
            finding, ended, sentence = self._step(place, where, look)
            spent = int((time.monotonic() - begin) * 1000)
            steps.append(FindStep(place, where, ended, sentence, spent))
            if finding is not None:
                return Finding(tuple(steps), finding.chosen, place, where, finding.vouched, finding.issuers)
        return Finding(tuple(steps))

    def _step(self, place: Place, where: str, look: _Look) -> tuple[Finding | None, Ended, str]:
        deadline = min(self._end, time.monotonic() + STEP_SECONDS)
        if deadline <= time.monotonic():
            return None, Ended.SKIPPED, "There was no time left for this place."
        try:
            blobs, vouched = look(deadline)
        except TuiMailError as error:
            return None, Ended.FAILED, clean(str(error))
        if not blobs:
            return None, Ended.NOTHING, "Nothing is there for this address."
        people, authorities, unreadable = unpack(blobs)
        issuers: dict[bytes, None] = dict.fromkeys(authorities)
        judged = [self._judge(der, issuers, vouched, deadline) for der in people]
        chosen = choose_found(judged)
        if chosen is None or chosen.info is None:
            return None, Ended.UNUSABLE, _why_not(judged, unreadable)
        used = tuple(der for der in issuers if hashlib.sha256(der).hexdigest() in chosen.chain)
        sentence = _found_sentence(chosen, vouched, len(judged))
        return Finding((), chosen, place, where, vouched, used), Ended.FOUND, sentence

    def _judge(self, der: bytes, issuers: dict[bytes, None], vouched: bool, deadline: float) -> Found:
        """Judge one; missing certificates of its issuers are fetched from where it says that they are."""
        found = self._judged(der, issuers, vouched)
        child = der
        for _ in range(MAX_ISSUERS if self._fetch_issuers else 0):
            if found.info is None or found.anchored or (found.info.self_signed and child == der):
                break
            above = self._issuer(child, deadline)
            if above is None or above in issuers:
                break
            issuers[above] = None
            found, child = self._judged(der, issuers, vouched), above
        return found

    def _judged(self, der: bytes, issuers: dict[bytes, None], vouched: bool) -> Found:
        return judge_found(
            der,
            self._address,
            self._trust,
            self._now,
            extra=tuple(issuers),
            vouched=vouched,
            accept_unproven=self._settings.accept_unproven,
        )

    def _issuer(self, child: bytes, deadline: float) -> bytes | None:
        for url in places(child).issuers[:MAX_ISSUER_ADDRESSES]:
            try:
                answer = fetch(
                    url,
                    limit_bytes=MAX_ISSUER_BYTES,
                    timeout_seconds=max(0.1, deadline - time.monotonic()),
                    allow_private=self._allow_private,
                )
            except TuiMailError:
                continue
            _people, authorities, _unreadable = unpack([answer.body])
            if authorities:
                return authorities[0]
        return None

    # ---- the places

    def _places(self) -> Iterator[tuple[Place, str, _Look]]:
        settings = self._settings
        for url in settings.ldap[:MAX_LDAP_SERVERS]:
            yield Place.LDAP, url, partial(self._ldap, url)
        if settings.ldap_by_dns:
            yield from self._ldap_by_dns()
        if settings.dns:
            for name in (dns.cert_name(self._local, self._domain), dns.cert_name("", self._domain)):
                if name is not None:
                    where = name.to_text(omit_final_dot=True)
                    yield Place.DNS, where, partial(self._cert, name)
        if settings.smimea and (hashed := dns.smimea_name(self._local, self._domain)) is not None:
            yield Place.SMIMEA, hashed.to_text(omit_final_dot=True), partial(self._smimea, hashed)
        if settings.directory:
            yield Place.DIRECTORY, self._directory_name(), self._directory

    def _dns(self) -> dns.Resolver:
        if self._resolver is None:
            self._resolver = dns.Resolver.of(self._settings.resolver, self._settings.resolver_trusted)
        return self._resolver

    def _ldap(self, url: str, deadline: float) -> tuple[tuple[bytes, ...], bool]:
        server = ldap_server(url, self._settings.ca_file)
        addresses = self._dns().addresses(server.host, deadline)
        return search_certificates(server, self._names(), addresses, deadline), False

    def _names(self) -> tuple[str, ...]:
        """What an entry's `mail` may be: the address, and in Direct secure messaging the domain itself."""
        return (self._address, self._domain) if self._trust.direct else (self._address,)

    def _ldap_by_dns(self) -> Iterator[tuple[Place, str, _Look]]:
        """The servers that the domain names; looking for them is a step of its own when it finds none."""
        question = f"_ldap._tcp.{self._domain}"
        found: tuple[dns.Service, ...] = ()
        problem: TuiMailError | None = None
        try:
            found = dns.services(self._dns().ask(question, "SRV", min(self._end, time.monotonic() + STEP_SECONDS)))
        except TuiMailError as error:
            problem = error

        def nothing(_deadline: float) -> tuple[tuple[bytes, ...], bool]:
            if problem is not None:
                raise problem
            return (), False

        if not found:
            yield Place.LDAP, question, nothing
        for service in found[:MAX_LDAP_SERVERS]:
            server = LdapServer(service.host, service.port or LDAP_PORT)
            yield Place.LDAP, str(server), partial(self._foreign_ldap, server)

    def _foreign_ldap(self, server: LdapServer, deadline: float) -> tuple[tuple[bytes, ...], bool]:
        addresses = self._dns().addresses(server.host, deadline)
        allowed = tuple(one for one in addresses if self._allow_private or not is_private(one))
        if not allowed:
            raise CannotConnect(
                f"{server.host} is a computer of a closed network, where nothing is looked up. "
                "The setting fetch_private_addresses allows it."
            )
        return search_certificates(server, self._names(), allowed, deadline), False

    def _cert(self, name: dns.Name, deadline: float) -> tuple[tuple[bytes, ...], bool]:
        return dns.cert_records(self._dns().ask(name, "CERT", deadline)), False

    def _smimea(self, name: dns.Name, deadline: float) -> tuple[tuple[bytes, ...], bool]:
        answer = self._dns().ask(name, "SMIMEA", deadline)
        if answer.records and not answer.authenticated:
            raise ServerRefused("A record is there, but DNSSEC does not vouch for it, so it counts for nothing.")
        return dns.smimea_records(answer), True

    def _directory_name(self) -> str:
        try:
            return directory_url(self._settings.directory, self._address)
        except TuiMailError:
            return self._settings.directory

    def _directory(self, deadline: float) -> tuple[tuple[bytes, ...], bool]:
        body = fetch_certificates(
            self._settings.directory,
            self._address,
            timeout_seconds=max(0.1, deadline - time.monotonic()),
            allow_private=True,  # the administrator named it
            ca_file=self._settings.ca_file,
        )
        return ((body,) if body else ()), False


def _found_sentence(chosen: Found, vouched: bool, count: int) -> str:
    info = chosen.info
    until = f"valid until {day(info.not_after)}" if info else ""
    whose = "for this address" if chosen.by_address else "for the whole domain"
    if chosen.anchored:
        proof = "an authority that you trust has issued it"
    elif vouched:
        proof = "DNSSEC vouches for the place"
    else:
        proof = "nobody whom you trust has issued it"
    others = f" {count - 1} others were left." if count > 1 else ""
    return f"A certificate {whose}, {until}; {proof}.{others}"


def _why_not(judged: list[Found], unreadable: int) -> str:
    reasons = list(dict.fromkeys(clean(one.reason) for one in judged if one.reason))
    if unreadable:
        reasons.append("It cannot be read." if unreadable == 1 and not reasons else "Some cannot be read.")
    if not reasons:
        reasons.append("Only certificates of authorities are there.")
    many = len(judged) + unreadable
    begin = "One certificate is there, but it cannot be used." if many == 1 else "No certificate there can be used."
    return " ".join([begin, *reasons[:5]])
