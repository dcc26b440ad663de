"""What an ImapSession says when something is wrong; real servers and a bad line between."""

import dataclasses
import threading
import time
from pathlib import Path

import msgspec
import pytest

from tests.daemon import free_port
from tests.patience import PATIENCE_SECONDS
from tests.proxy import Fault, Proxy
from tests.servers import MailServers
from tests.tls_files import make_tls_files
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import (
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    UsageError,
)
from tui_mail.net.imap import ImapSession
from tui_mail.net.wake import WakeEvent

ANNA = "anna@clinic.test"


def _through(server: Server, proxy: Proxy) -> Server:
    return msgspec.structs.replace(server, port=proxy.port)


def _connect(servers: MailServers, server: Server, timeout: float = 10.0) -> ImapSession:
    return ImapSession.connect(server, servers.users[ANNA], timeout)


@pytest.mark.parametrize("security", list(Security))
def test_a_wrong_password_is_refused_with_a_sentence(imap_servers: MailServers, security: Security) -> None:
    with pytest.raises(LoginRefused, match="Check the user name and the password"):
        ImapSession.connect(imap_servers.imap_server(ANNA, security), "wrong")


def test_a_user_who_does_not_exist_looks_the_same(imap_servers: MailServers) -> None:
    with pytest.raises(LoginRefused):
        ImapSession.connect(imap_servers.imap_server("nobody@clinic.test"), "wrong")


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_private_ca_must_be_named(imap_servers: MailServers, security: Security) -> None:
    server = msgspec.structs.replace(imap_servers.imap_server(ANNA, security), ca_file="")
    with pytest.raises(CertificateRefused, match="ca_file"):
        _connect(imap_servers, server)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_certificate_under_another_ca_is_refused(
    imap_servers: MailServers, security: Security, tmp_path: Path
) -> None:
    other = make_tls_files(tmp_path)
    server = msgspec.structs.replace(imap_servers.imap_server(ANNA, security), ca_file=str(other.ca_file))
    with pytest.raises(CertificateRefused, match="Name the right CA file"):
        _connect(imap_servers, server)


def test_a_ca_file_that_is_missing_or_no_certificate_is_named(imap_servers: MailServers, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("this is no certificate")
    for name, sentence in (("gone.pem", "does not exist"), ("text.pem", "cannot be read")):
        server = msgspec.structs.replace(imap_servers.imap_server(ANNA), ca_file=str(tmp_path / name))
        with pytest.raises(UsageError, match=sentence):
            _connect(imap_servers, server)


def test_a_port_without_tls_and_one_with_it_are_told_apart(imap_servers: MailServers) -> None:
    plain = msgspec.structs.replace(imap_servers.imap_server(ANNA, Security.STARTTLS), security=Security.TLS)
    with pytest.raises(CannotConnect, match="Choose STARTTLS"):
        _connect(imap_servers, plain)
    tls = msgspec.structs.replace(imap_servers.imap_server(ANNA, Security.TLS), security=Security.STARTTLS)
    with pytest.raises(CannotConnect, match="choose TLS instead of STARTTLS"):
        _connect(imap_servers, tls, timeout=0.5)


def test_an_unknown_name_and_a_closed_port_are_told_apart() -> None:
    with pytest.raises(CannotConnect, match=r"name no-such-host.invalid is unknown"):
        ImapSession.connect(Server("no-such-host.invalid", 993), "x", 5)
    port = free_port()
    with pytest.raises(CannotConnect, match=f"accepts no connection on port {port}"):
        ImapSession.connect(Server("localhost", port), "x", 5)


def test_a_password_never_travels_unprotected_to_another_machine(
    imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.net.tls.is_loopback", lambda sock: False)  # as if the name led elsewhere
    with pytest.raises(CannotConnect, match="unprotected"):
        _connect(imap_servers, imap_servers.imap_server(ANNA, Security.NONE))


def test_a_server_that_says_nothing_times_out(imap_servers: MailServers) -> None:
    with Proxy(imap_servers.dovecot.imap_port, Fault(stall_to_client_after=0)) as proxy:
        begin = time.monotonic()
        with pytest.raises(CannotConnect, match="did not answer"):
            _connect(imap_servers, _through(imap_servers.imap_server(ANNA, Security.NONE), proxy), timeout=0.3)
        assert time.monotonic() - begin < PATIENCE_SECONDS / 2


def test_a_slow_line_only_takes_longer(imap_servers: MailServers) -> None:
    with Proxy(imap_servers.dovecot.imaps_port, Fault(delay_seconds=0.02)) as proxy:
        session = _connect(imap_servers, _through(imap_servers.imap_server(ANNA), proxy))
        assert session.folders()
        session.close()


@pytest.mark.parametrize("security", [Security.NONE, Security.STARTTLS, Security.TLS])
def test_a_connection_cut_anywhere_is_a_network_problem_and_never_a_hang(
    imap_servers: MailServers, security: Security
) -> None:
    server = imap_servers.imap_server(ANNA, security)
    for cut in (0, 10, 300, 900, 1_500, 2_500):
        with Proxy(server.port, Fault(cut_to_client_after=cut)) as proxy:
            with pytest.raises((ConnectionLost, CannotConnect)):
                session = _connect(imap_servers, _through(server, proxy))
                for _ in range(100):
                    session.folders()
            assert proxy.cuts.is_set()


@pytest.mark.parametrize("fault", [Fault(cut_to_client_after=60_000), Fault(stall_to_client_after=60_000)])
def test_a_connection_cut_in_fetch_gives_whole_messages_first_and_then_the_error(
    imap_servers: MailServers, fault: Fault
) -> None:
    imap_servers.empty(ANNA)
    raw = b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 500
    direct = _connect(imap_servers, imap_servers.imap_server(ANNA))
    for _ in range(30):
        direct.append("INBOX", raw)
    direct.close()
    server = imap_servers.imap_server(ANNA, Security.NONE)
    with Proxy(server.port, dataclasses.replace(fault)) as proxy:
        session = _connect(imap_servers, _through(server, proxy), timeout=1.0)
        session.select("INBOX")
        got: list[bytes] = []
        with pytest.raises(ConnectionLost):
            for message in session.fetch_raw(session.uids()):
                got.append(message.raw)
        assert 5 <= len(got) < 30
        assert set(got) == {raw}
        with pytest.raises(ConnectionLost):
            session.uids()


def test_leaving_a_fetch_early_closes_the_session(imap_servers: MailServers) -> None:
    imap_servers.empty(ANNA)
    session = _connect(imap_servers, imap_servers.imap_server(ANNA))
    for _ in range(3):
        session.append("INBOX", b"Subject: x\r\n\r\n")
    session.select("INBOX")
    messages = session.fetch_raw(session.uids())
    next(messages)
    messages.close()  # type: ignore[attr-defined]
    with pytest.raises(ConnectionLost):
        session.uids()


def test_a_server_that_goes_away_ends_idle_and_comes_back(imap_servers: MailServers) -> None:
    server = imap_servers.imap_server(ANNA)
    with Proxy(server.port) as proxy:
        session = _connect(imap_servers, _through(server, proxy))
        session.select("INBOX")
        threading.Timer(0.1, proxy.cut_now).start()
        with pytest.raises(ConnectionLost):
            session.idle(30.0, WakeEvent())


def test_a_stopped_server_is_named_and_a_started_one_is_used_again(imap_servers: MailServers) -> None:
    server = imap_servers.imap_server(ANNA)
    session = _connect(imap_servers, server)
    imap_servers.dovecot.stop()
    with pytest.raises(ConnectionLost):
        session.select("INBOX")
    with pytest.raises(CannotConnect):
        _connect(imap_servers, server)
    imap_servers.dovecot.start()
    assert _connect(imap_servers, server).select("INBOX").uidvalidity
