"""DNS lookups against a real signed zone and a validating resolver, and against servers that lie, stall and vanish."""

import base64
import time
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tests import dns_servers
from tests.daemon import free_port
from tests.dns_servers import DnsServers, cert, record, smimea
from tests.liar import tcp_server, udp_server
from tests.patience import PATIENCE_SECONDS
from tests.pki import Identity, Pki
from tui_mail.model.errors import CannotConnect, ServerRefused, UsageError
from tui_mail.net.dns import (
    MAX_RECORDS,
    Resolver,
    Service,
    cert_name,
    cert_records,
    services,
    smimea_name,
    smimea_records,
)

ZONE = "clinic.example"


@pytest.fixture(scope="module")
def anna() -> Identity:
    return Pki().issue(f"anna@{ZONE}", key="rsa")


@pytest.fixture(scope="module")
def zone(anna: Identity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsServers]:
    if reason := dns_servers.why_not():
        pytest.skip(reason)
    der = anna.certificate
    hashed = str(smimea_name("anna", ZONE))
    clinic = [
        cert("anna", der),
        cert("anna.maria", der),
        cert("openpgp", der, kind=3),
        "alias 60 IN CNAME anna",
        "loop 60 IN CNAME loop2",
        "loop2 60 IN CNAME loop",
        *(cert("big", der + bytes([number])) for number in range(4)),
        *(cert("crowd", b"\x30\x01" + bytes([number])) for number in range(MAX_RECORDS + 10)),
        smimea(hashed, der),
        smimea(hashed, der, usage=2),
        smimea(hashed, der, selector=1),
        smimea(hashed, b"\x01" * 32, matching=1),
        "_ldap._tcp 60 IN SRV 20 1 389 late",
        "_ldap._tcp 60 IN SRV 10 1 389 light",
        "_ldap._tcp 60 IN SRV 10 999 1389 heavy",
        "_ldap._tcp.nothere 60 IN SRV 0 0 0 .",
        "ldap 60 IN A 127.0.0.1",
        "ldap 60 IN AAAA ::1",
    ]
    servers = DnsServers(
        tmp_path_factory.mktemp("dns") / "dns",
        {ZONE: clinic, "plain.example": [cert("anna", der), smimea(hashed.replace(ZONE, "plain.example"), der)],
         "bogus.example": [smimea(str(smimea_name("anna", "bogus.example")), der)]},
        unsigned=frozenset({"plain.example"}),
        bogus=frozenset({"bogus.example"}),
    )  # fmt: skip
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


def soon(seconds: float = PATIENCE_SECONDS) -> float:
    return time.monotonic() + seconds


def test_a_certificate_is_found_at_the_address_with_its_dots(zone: DnsServers, anna: Identity) -> None:
    """RFC 4398 section 3.1."""
    resolver = Resolver.of(zone.resolver)
    for local in ("anna", "anna.maria"):
        name = cert_name(local, ZONE)
        assert name is not None
        answer = resolver.ask(name, "CERT", soon())
        assert cert_records(answer) == (anna.certificate,)
        assert answer.authenticated and not answer.tcp


def test_an_alias_is_followed_and_a_circle_is_an_error(zone: DnsServers, anna: Identity) -> None:
    resolver = Resolver.of(zone.resolver)
    assert cert_records(resolver.ask(f"alias.{ZONE}", "CERT", soon())) == (anna.certificate,)
    with pytest.raises(ServerRefused):
        resolver.ask(f"loop.{ZONE}", "CERT", soon())


def test_a_long_answer_comes_by_tcp(zone: DnsServers) -> None:
    answer = Resolver.of(zone.resolver).ask(f"big.{ZONE}", "CERT", soon())
    assert answer.tcp and len(cert_records(answer)) == 4


def test_a_server_without_edns_is_asked_again_and_512_bytes_lead_to_tcp(anna: Identity) -> None:
    """RFC 6891 section 7: FORMERR means "without EDNS"; RFC 1035 section 4.2.1: longer answers need TCP."""

    def old(question: bytes) -> bytes:
        query = dns.message.from_wire(question)
        reply = dns.message.make_response(query)
        if query.edns >= 0:
            reply.use_edns(False)
            reply.set_rcode(dns.rcode.FORMERR)
        else:
            reply.flags |= dns.flags.TC
        return reply.to_wire()

    def over_tcp(sock, _stop) -> None:
        length = int.from_bytes(sock.recv(2), "big")
        query = dns.message.from_wire(sock.recv(length))
        reply = dns.message.make_response(query)
        reply.answer.append(
            dns.rrset.from_text(
                query.question[0].name, 60, "IN", "CERT", f"1 0 0 {base64.b64encode(anna.certificate).decode()}"
            )
        )
        wire = reply.to_wire()
        sock.sendall(len(wire).to_bytes(2, "big") + wire)

    with tcp_server(over_tcp) as port, udp_server(old, port):
        answer = Resolver.of(f"127.0.0.1:{port}").ask("anna.old.example", "CERT", soon())
    assert answer.tcp and cert_records(answer) == (anna.certificate,)


def test_records_of_other_kinds_and_too_many_are_left(zone: DnsServers) -> None:
    resolver = Resolver.of(zone.resolver)
    assert cert_records(resolver.ask(f"openpgp.{ZONE}", "CERT", soon())) == ()
    assert len(resolver.ask(f"crowd.{ZONE}", "CERT", soon()).records) == MAX_RECORDS


def test_what_does_not_exist_is_an_empty_answer(zone: DnsServers) -> None:
    resolver = Resolver.of(zone.resolver)
    assert resolver.ask(f"nobody.{ZONE}", "CERT", soon()).records == ()
    assert resolver.ask(f"ns.{ZONE}", "CERT", soon()).records == ()


def test_smimea_counts_with_dnssec_only(zone: DnsServers, anna: Identity) -> None:
    """RFC 8162 section 4; of four records one is a whole end-entity certificate."""
    name = smimea_name("anna", ZONE)
    assert name is not None
    assert smimea_records(Resolver.of(zone.resolver).ask(name, "SMIMEA", soon())) == (anna.certificate,)
    # the same records from a server that does not validate
    unvalidated = Resolver.of(zone.authority).ask(name, "SMIMEA", soon())
    assert unvalidated.records and smimea_records(unvalidated) == ()
    plain = Resolver.of(zone.resolver).ask(smimea_name("anna", "plain.example"), "SMIMEA", soon())
    assert plain.records and smimea_records(plain) == ()


def test_data_that_dnssec_proves_wrong_never_arrives(zone: DnsServers) -> None:
    with pytest.raises(ServerRefused, match="SERVFAIL"):
        Resolver.of(zone.resolver).ask(smimea_name("anna", "bogus.example"), "SMIMEA", soon())


def test_the_ad_bit_of_a_resolver_elsewhere_is_no_proof() -> None:
    assert not Resolver((("192.0.2.1", 53),)).trusted
    assert Resolver((("192.0.2.1", 53),), trusted=True).trusted
    assert Resolver((("127.0.0.1", 53), ("::1", 53))).trusted
    assert not Resolver((("127.0.0.1", 53), ("192.0.2.1", 53))).trusted


def test_the_name_of_smimea_is_the_hash_of_the_local_part() -> None:
    """RFC 8162 section 3, its own example: hugh@example.com."""
    wanted = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com."
    assert str(smimea_name("hugh", "example.com")) == wanted
    assert smimea_name("hugh", "a..b") is None
    assert cert_name("x" * 64, "example.com") is None


def test_servers_come_by_priority_and_mostly_by_weight(zone: DnsServers) -> None:
    """RFC 2782."""
    resolver = Resolver.of(zone.resolver)
    first = []
    for _ in range(5):
        found = services(resolver.ask(f"_ldap._tcp.{ZONE}", "SRV", soon()))
        assert found[-1] == Service(f"late.{ZONE}", 389) and len(found) == 3
        first.append(found[0])
    assert first.count(Service(f"heavy.{ZONE}", 1389)) >= 4
    assert services(resolver.ask(f"_ldap._tcp.nothere.{ZONE}", "SRV", soon())) == ()


def test_server_names_are_resolved_there_too(zone: DnsServers) -> None:
    resolver = Resolver.of(zone.resolver)
    assert resolver.addresses(f"ldap.{ZONE}", soon()) == ("127.0.0.1", "::1")
    assert resolver.addresses("192.0.2.7", soon()) == ("192.0.2.7",)
    with pytest.raises(CannotConnect):
        resolver.addresses(f"nobody.{ZONE}", soon())


def test_a_silent_resolver_costs_no_more_than_the_deadline() -> None:
    with udp_server(lambda _question: None) as port:
        begin = time.monotonic()
        with pytest.raises(CannotConnect):
            Resolver.of(f"127.0.0.1:{port}").ask("a.example", "CERT", soon(0.5))
        assert time.monotonic() - begin < PATIENCE_SECONDS / 2


@pytest.mark.parametrize(
    "answer",
    [
        lambda question: b"",
        lambda question: b"\xff" * 300,
        lambda question: b"\0\0" + question[2:],
        lambda question: question[:2] + b"\x81\x80" + b"\0\1\xff\xff\0\0\0\0" + question[12:],
    ],
)
def test_nonsense_and_answers_to_other_questions_are_not_believed(answer) -> None:
    with udp_server(answer) as port, pytest.raises(CannotConnect):
        Resolver.of(f"127.0.0.1:{port}").ask("a.example", "CERT", soon(0.4))


def test_the_next_resolver_is_asked_when_one_is_not_there(zone: DnsServers) -> None:
    resolver = Resolver((("127.0.0.1", free_port()), ("127.0.0.1", zone.resolver_port)))
    assert resolver.ask(f"anna.{ZONE}", "CERT", soon()).records


@pytest.mark.parametrize("setting", ["resolver.example", "127.0.0.1:x", "127.0.0.1:0", "1.2.3.4:70000", "[::1]x"])
def test_a_setting_that_is_no_address_is_refused(setting: str) -> None:
    with pytest.raises(UsageError):
        Resolver.of(setting)


def test_the_forms_of_the_setting() -> None:
    assert Resolver.of("127.0.0.1").servers == (("127.0.0.1", 53),)
    assert Resolver.of("[::1]:5353").servers == (("::1", 5353),)
    assert Resolver.of("::1").servers == (("::1", 53),)


def test_records_are_written_as_the_standard_has_them() -> None:
    assert record("a", "CERT", b"\1\2") == "a 60 IN TYPE37 \\# 2 0102"
