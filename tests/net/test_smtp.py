"""Submission to a real Postfix that delivers into a real Dovecot; a bad line between where the test says so."""

import random
import socket
import threading

import msgspec
import pytest

from tests.daemon import free_port
from tests.patience import PATIENCE_SECONDS
from tests.proxy import Fault, Proxy
from tests.servers import MailServers
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import (
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LoginRefused,
    ServerRefused,
    UsageError,
)
from tui_mail.net.smtp import SubmitOutcomeUnknown, probe, submit

ANNA, BERT, CLARA, DORA, GUEST = (
    "anna@clinic.test",
    "bert@clinic.test",
    "clara@office.test",
    "dora@office.test",
    "guest@clinic.test",
)


def _mail(body: bytes = b"Hello.\r\n") -> bytes:
    return b"From: anna@clinic.test\r\nTo: bert@clinic.test\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n" + (
        b"Message-ID: <1@test>\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body
    )


@pytest.fixture
def servers(mail_servers: MailServers) -> MailServers:
    mail_servers.empty(ANNA, BERT, CLARA)
    return mail_servers


def _submit(servers: MailServers, server: Server, raw: bytes, *recipients: str, **options: float) -> object:
    return submit(server, servers.users[server.user], server.user, recipients or (BERT,), raw, **options)


@pytest.mark.parametrize("security", list(Security))
@pytest.mark.parametrize("user", [ANNA, DORA])
def test_mail_is_delivered_to_all_recipients(servers: MailServers, security: Security, user: str) -> None:
    # Dora's password is not ASCII.
    result = submit(servers.smtp_server(user, security), servers.users[user], user, [BERT, CLARA], _mail())
    assert result.accepted == (BERT, CLARA)
    assert result.refused == {}
    assert servers.wait_for_mail(BERT)[0].endswith(b"\r\n\r\nHello.\r\n")
    assert servers.wait_for_mail(CLARA)[0].endswith(b"\r\n\r\nHello.\r\n")


@pytest.mark.parametrize(
    "body",
    [
        b".\r\n",
        b"..\r\n.x\r\n...\r\n",
        b"\r\n.\r\nMAIL FROM:<x@y>\r\n",
        "Grüße 日本\r\n".encode(),
        b"x" * 900 + b"\r\n",
        b"trailing space \r\n\t\r\n\r\n",
    ],
)
def test_the_body_arrives_byte_for_byte_rfc_5321_section_4_5_2(servers: MailServers, body: bytes) -> None:
    _submit(servers, servers.smtp_server(ANNA), _mail(body))
    assert servers.wait_for_mail(BERT)[0].partition(b"\r\n\r\n")[2] == body


def test_bare_line_ends_become_crlf_and_smuggle_nothing(servers: MailServers) -> None:
    _submit(servers, servers.smtp_server(ANNA), _mail(b"a\n.\nMAIL FROM:<x@y>\r.\r\nend"))
    assert servers.wait_for_mail(BERT)[0].partition(b"\r\n\r\n")[2] == b"a\r\n.\r\nMAIL FROM:<x@y>\r\n.\r\nend\r\n"


def test_a_big_message_arrives_whole_and_one_above_the_size_limit_is_not_sent(servers: MailServers) -> None:
    body = (random.Random(2).randbytes(38).hex().encode() + b"\r\n") * (10_000_000 // 78)
    server = servers.smtp_server(ANNA)
    _submit(servers, server, _mail(body))
    assert servers.wait_for_mail(BERT)[0].partition(b"\r\n\r\n")[2] == body
    with pytest.raises(ServerRefused, match=r"takes at most 30.0 MB") as caught:
        _submit(servers, server, _mail(body * 3 + body[:600_000]))
    assert caught.value.code == 552


def test_refused_recipients_are_named_and_the_others_get_the_mail(servers: MailServers) -> None:
    result = submit(servers.smtp_server(ANNA), servers.users[ANNA], ANNA, [BERT, "no@clinic.test", BERT], _mail())
    assert result.accepted == (BERT,)
    assert list(result.refused) == ["no@clinic.test"]
    assert "User unknown" in result.refused["no@clinic.test"]
    assert len(servers.wait_for_mail(BERT)) == 1


def test_when_all_recipients_are_refused_nothing_is_sent(servers: MailServers) -> None:
    with pytest.raises(ServerRefused, match=r"refused all recipients no@clinic.test, x@far.test") as caught:
        _submit(servers, servers.smtp_server(ANNA), _mail(), "no@clinic.test", "x@far.test")
    assert caught.value.code == 550


def test_an_international_address_needs_smtputf8_and_gets_it_rfc_6531(servers: MailServers) -> None:
    # Postfix offers SMTPUTF8 and knows no such user: that it says so shows that it read the address.
    with pytest.raises(ServerRefused, match=r"dörte@clinic.test"):
        _submit(servers, servers.smtp_server(ANNA), _mail(), "dörte@clinic.test")
    # A domain alone needs no SMTPUTF8: it has an ASCII form.
    with pytest.raises(ServerRefused) as caught:
        _submit(servers, servers.smtp_server(ANNA), _mail(), "x@bücher.test")
    assert "xn--bcher-kva.test" in caught.value.answer


@pytest.mark.parametrize("address", ["a@b>\r\nRCPT TO:<c@d", "", "a\0@b"])
def test_an_address_cannot_smuggle_a_command(servers: MailServers, address: str) -> None:
    with pytest.raises(UsageError):
        _submit(servers, servers.smtp_server(ANNA), _mail(), address)


def test_a_wrong_password_a_missing_right_and_a_wrong_ca_are_told_apart(servers: MailServers) -> None:
    server = servers.smtp_server(ANNA)
    with pytest.raises(LoginRefused, match="Check the user name and the password"):
        submit(server, "wrong", ANNA, [BERT], _mail())
    with pytest.raises(ServerRefused, match="not owned by user"):
        submit(servers.smtp_server(GUEST), servers.users[GUEST], GUEST, [BERT], _mail())
    for security in (Security.TLS, Security.STARTTLS):
        server = msgspec.structs.replace(servers.smtp_server(ANNA, security), ca_file="")
        with pytest.raises(CertificateRefused, match="ca_file"):
            submit(server, servers.users[ANNA], ANNA, [BERT], _mail())


def test_probing_sends_nothing(servers: MailServers) -> None:
    probe(servers.smtp_server(ANNA), servers.users[ANNA], ANNA)
    with pytest.raises(ServerRefused):
        probe(servers.smtp_server(GUEST), servers.users[GUEST], GUEST)
    assert servers.mailbox(ANNA) == []


def test_wrong_ports_are_explained(servers: MailServers) -> None:
    password = servers.users[ANNA]
    tls_on_starttls_port = msgspec.structs.replace(servers.smtp_server(ANNA), security=Security.TLS)
    with pytest.raises(CannotConnect, match="Choose STARTTLS"):
        probe(tls_on_starttls_port, password)
    starttls_on_tls_port = msgspec.structs.replace(servers.smtp_server(ANNA, Security.TLS), security=Security.STARTTLS)
    with pytest.raises(CannotConnect, match="choose TLS instead of STARTTLS"):
        probe(starttls_on_tls_port, password, timeout=0.5)
    with pytest.raises(CannotConnect, match="accepts no connection"):
        probe(Server("localhost", free_port(), Security.TLS, ANNA), password)
    imap = servers.imap_server(ANNA, Security.NONE)
    with pytest.raises(CannotConnect, match="speaks no SMTP"):
        probe(imap, password, timeout=1.0)


def test_cut_before_the_final_dot_nothing_was_taken(servers: MailServers) -> None:
    server = servers.smtp_server(ANNA, Security.NONE)
    small, large = _mail(), _mail(b"0123456789\r\n" * 1_400_000)  # more than all buffers on the way can hold
    for cut, raw in ((0, small), (30, small), (120, small), (100_000, large)):
        with Proxy(server.port, Fault(cut_to_server_after=cut)) as proxy:
            with pytest.raises(ConnectionLost) as caught:
                _submit(servers, msgspec.structs.replace(server, port=proxy.port), raw)
            assert not isinstance(caught.value, SubmitOutcomeUnknown)
    assert servers.mailbox(BERT) == []


def test_cut_after_the_final_dot_nobody_knows_and_it_says_so(servers: MailServers) -> None:
    server = servers.smtp_server(ANNA, Security.NONE)
    with Proxy(server.port, Fault(cut_at=b"Hello.\r\n")) as proxy:
        with pytest.raises(SubmitOutcomeUnknown, match="before it said whether it took the message"):
            _submit(servers, msgspec.structs.replace(server, port=proxy.port), _mail())
        assert proxy.cuts.is_set()
    assert len(servers.wait_for_mail(BERT)) == 1  # here it was taken, which the client could not know


def test_silence_after_the_final_dot_is_the_same() -> None:
    # A server that takes the dot and then says nothing: the only one that can be made by hand in a few lines.
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as lines:
                lines.write(b"220 hello\r\n")
                lines.flush()
                while line := lines.readline():
                    if line == b"DATA\r\n":
                        lines.write(b"354 go on\r\n")
                        lines.flush()
                        while lines.readline() not in (b".\r\n", b""):
                            pass
                        lines.read()
                        return
                    lines.write(b"250 ok\r\n")
                    lines.flush()

        thread = threading.Thread(target=talk)
        thread.start()
        server = Server("127.0.0.1", listener.getsockname()[1], Security.NONE)
        with pytest.raises(SubmitOutcomeUnknown):
            submit(server, "", ANNA, [BERT], _mail(), timeout=PATIENCE_SECONDS, final_timeout=0.1)
        thread.join(PATIENCE_SECONDS)


def test_a_stopped_server_is_named_and_a_started_one_is_used_again(servers: MailServers) -> None:
    server = servers.smtp_server(ANNA)
    servers.smtp.stop()
    with pytest.raises(CannotConnect):
        _submit(servers, server, _mail())
    servers.smtp.start()
    _submit(servers, server, _mail())
    assert len(servers.wait_for_mail(BERT)) == 1
