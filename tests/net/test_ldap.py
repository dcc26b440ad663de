"""Certificates from a real slapd, and from servers that lie, stall, vanish or never end."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from tests import slapd
from tests.daemon import free_port
from tests.liar import tcp_server
from tests.patience import PATIENCE_SECONDS
from tests.pki import Identity, Pki
from tests.slapd import Entry, Slapd
from tests.tls_files import TlsFiles, make_tls_files
from tui_mail.model.errors import (
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LimitExceeded,
    NetworkProblem,
    ServerRefused,
    UsageError,
)
from tui_mail.net.ldap import MAX_ANSWER_BYTES, MAX_ENTRIES, LdapServer, ldap_server, search_certificates

BASE = "dc=clinic,dc=example"
HERE = ("127.0.0.1",)
_BIND_DONE = bytes.fromhex("300c02010161070a010004000400")


@pytest.fixture(scope="module")
def anna() -> Identity:
    return Pki().issue("anna@clinic.example")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_tls_files(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def server(anna: Identity, tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    if reason := slapd.why_not():
        pytest.skip(reason)
    bag = pkcs7.serialize_certificates([x509.load_der_x509_certificate(anna.certificate)], Encoding.DER)
    entries = [
        Entry("anna@clinic.example", {"userCertificate;binary": [anna.certificate], "userSMIMECertificate": [bag]}),
        Entry("star*)(mail=*@clinic.example"),
        *(Entry("crowd@clinic.example", {"userSMIMECertificate": [bytes([number])]}) for number in range(40)),
    ]
    daemon = Slapd(tmp_path_factory.mktemp("ldap") / "slapd", BASE, entries, tls)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()


def look(server: LdapServer, *names: str, seconds: float = PATIENCE_SECONDS) -> tuple[bytes, ...]:
    return search_certificates(server, names, HERE, time.monotonic() + seconds)


def test_both_attributes_are_found_with_and_without_a_base(server: Slapd, anna: Identity) -> None:
    for base in (BASE, ""):
        found = look(LdapServer("localhost", server.port, base=base), "anna@clinic.example")
        assert len(found) == 2 and anna.certificate in found


def test_an_address_that_is_not_there_has_none(server: Slapd) -> None:
    assert look(LdapServer("localhost", server.port), "nobody@clinic.example") == ()
    assert look(LdapServer("localhost", server.port, base="dc=elsewhere"), "anna@clinic.example") == ()


def test_an_address_is_never_a_filter(server: Slapd) -> None:
    """RFC 4515 section 3."""
    for name in ("*", "*@clinic.example", "x)(mail=*", "anna@clinic.example\\00"):
        assert look(LdapServer("localhost", server.port), name) == ()


def test_a_crowd_of_entries_is_cut(server: Slapd) -> None:
    assert 0 < len(look(LdapServer("localhost", server.port, base=BASE), "crowd@clinic.example")) <= MAX_ENTRIES


def test_tls_with_the_right_root_alone(server: Slapd, tls: TlsFiles, anna: Identity) -> None:
    safe = LdapServer("localhost", server.tls_port, tls=True, ca_file=str(tls.ca_file))
    assert anna.certificate in look(safe, "anna@clinic.example")
    with pytest.raises(CertificateRefused):
        look(LdapServer("localhost", server.tls_port, tls=True), "anna@clinic.example")
    with pytest.raises(CertificateRefused):
        look(LdapServer("other.example", server.tls_port, tls=True, ca_file=str(tls.ca_file)), "a@clinic.example")


def test_a_server_is_never_followed_to_another(tmp_path: Path, anna: Identity) -> None:
    """RFC 4511 section 4.1.10: who is asked is decided by the settings and by DNS, not by a server."""
    if reason := slapd.why_not():
        pytest.skip(reason)
    visited: list[object] = []
    with tcp_server(lambda line, _stop: visited.append(line)) as port:
        entry = Entry("anna@clinic.example", {"userCertificate;binary": [anna.certificate]})
        daemon = Slapd(tmp_path / "slapd", BASE, [entry], referral=f"ldap://127.0.0.1:{port}")
        try:
            daemon.start()
            with pytest.raises(ServerRefused, match="names another server"):
                look(LdapServer("localhost", daemon.port, base="dc=elsewhere"), "anna@clinic.example")
            assert look(LdapServer("localhost", daemon.port, base=BASE), "anna@clinic.example") == (anna.certificate,)
        finally:
            daemon.stop()
    assert visited == []


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(CannotConnect):
        look(LdapServer("localhost", free_port()), "a@b")


def _silent(sock, stop) -> None:
    stop.wait(PATIENCE_SECONDS)


def _drip(sock, stop) -> None:
    sock.recv(4096)
    sock.sendall(b"\x30\x82\xff\xff")
    while not stop.wait(0.05):
        sock.sendall(b"\x04")


@pytest.mark.parametrize("talk", [_silent, _drip])
def test_a_slow_server_is_left_at_the_deadline(talk) -> None:
    begin = time.monotonic()
    with tcp_server(talk) as port, pytest.raises(ConnectionLost, match="slow"):
        look(LdapServer("localhost", port), "a@b", seconds=0.4)
    assert time.monotonic() - begin < PATIENCE_SECONDS / 2


def test_an_endless_answer_is_refused() -> None:
    def endless(sock, _stop) -> None:
        sock.recv(4096)
        sock.sendall(b"\x30\x84\x7f\xff\xff\xff")
        for _ in range(MAX_ANSWER_BYTES // 50_000 + 2):
            sock.sendall(bytes(50_000))

    with tcp_server(endless) as port, pytest.raises((LimitExceeded, NetworkProblem)) as refused:
        look(LdapServer("localhost", port), "a@b", seconds=PATIENCE_SECONDS)
    assert isinstance(refused.value, LimitExceeded)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.0 400 Bad Request\r\n\r\n",
        b"\x30\x03\x02\x01\x01",
        b"\x30\x80" + b"\x00" * 20,
        b"\x30\x0c\x02\x01\x01\x64\x07\x04\x01x\x30\x02\x05\x00" * 3,
        b"\x30" * 400,
        b"",
    ],
)
def test_what_is_not_ldap_is_refused(said: bytes) -> None:
    def talk(sock, _stop) -> None:
        sock.recv(4096)
        sock.sendall(said)

    with tcp_server(talk) as port, pytest.raises(NetworkProblem):
        look(LdapServer("localhost", port), "a@b", seconds=PATIENCE_SECONDS)


def test_nonsense_after_a_good_login_is_refused() -> None:
    def talk(sock, _stop) -> None:
        sock.recv(4096)
        sock.sendall(_BIND_DONE)
        sock.recv(4096)
        sock.sendall(b"\x30\x0c\x02\x01\x02\x64\x07\x04\x01x\x30\x02\x05\x00")

    with tcp_server(talk) as port, pytest.raises((ServerRefused, NetworkProblem)):
        look(LdapServer("localhost", port, base="x=y"), "a@b", seconds=PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("ldaps://l.example/dc=a,dc=b", LdapServer("l.example", 636, True, "dc=a,dc=b")),
        ("ldap://l.example:1389", LdapServer("l.example", 1389)),
        ("ldap://[::1]/o=A%20B", LdapServer("::1", 389, base="o=A B")),
    ],
)
def test_how_a_server_is_written(url: str, server: LdapServer) -> None:
    assert ldap_server(url) == server


@pytest.mark.parametrize(
    "url", ["", "l.example", "https://l.example", "ldap://", "ldap://u:p@l", "ldap://l:x", "ldap://["]
)
def test_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        ldap_server(url)
