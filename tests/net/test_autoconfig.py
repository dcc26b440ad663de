"""The servers that an address's own domain names: in a file over HTTPS, in DNS, and nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import dns_servers
from tests.dns_servers import DnsServers, record
from tests.tls_files import make_tls_files
from tests.web import Web, running_web
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import UsageError
from tui_mail.net.autoconfig import find_servers, read_autoconfig
from tui_mail.net.dns import Resolver

ANNA = "anna@clinic.test"
NOWHERE = Resolver((("127.0.0.1", 9),))


def server(
    kind: str = "imap", host: str = "mail.%EMAILDOMAIN%", port: str = "993", how: str = "SSL", user: str = ""
) -> str:
    side = "incomingServer" if kind in ("imap", "pop3") else "outgoingServer"
    said = f"<hostname>{host}</hostname><port>{port}</port><socketType>{how}</socketType><username>{user}</username>"
    return f'<{side} type="{kind}">{said}</{side}>'


def file(*servers: str, before: str = "") -> bytes:
    body = "".join(servers)
    return f'{before}<clientConfig version="1.1"><emailProvider id="x">{body}</emailProvider></clientConfig>'.encode()


SMTP = server("smtp", port="587", how="STARTTLS", user="%EMAILADDRESS%")
GOOD = file(server("pop3", port="995"), server(how="plain", port="143"), server(user="%EMAILLOCALPART%"), SMTP)


def test_the_first_imap_server_with_tls_counts() -> None:
    assert read_autoconfig(GOOD, ANNA) == (
        Server("mail.clinic.test", 993, Security.TLS, "anna"),
        Server("mail.clinic.test", 587, Security.STARTTLS, ANNA),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"\xff\xfe", file(), file(server()), file(SMTP), file(server(how="plain"), SMTP),
        file(server(port="0"), SMTP), file(server(port="99999"), SMTP), file(server(port="٩٩٣"), SMTP),
        file(server(host="mail clinic"), SMTP), file(server(host="evil.test/path"), SMTP), file(server(host=""), SMTP),
        file(server(), SMTP, before='<!DOCTYPE x [<!ENTITY a "b">]>'),
        file(server(), SMTP, before='<!-- x --><!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        b"<a>" * 50_000, file(server(), SMTP, before='<!DOCTYPE x>').decode().encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_no_proposal_is_none(body: bytes) -> None:
    assert read_autoconfig(body, ANNA) is None


def test_a_user_name_that_cannot_be_is_the_address() -> None:
    address = "%EMAILDOMAIN%@clinic.test"  # and nothing is filled in twice
    found = read_autoconfig(file(server(user="x&#10;y"), SMTP), address)
    assert found is not None and (found[0].host, found[0].user) == ("mail.clinic.test", address)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Web, str]]:
    tls = make_tls_files(tmp_path / "tls")
    with running_web((tls.certificate_file, tls.key_file)) as web:
        yield web, str(tls.ca_file)


def test_the_domains_own_file_is_found_over_https(web: tuple[Web, str]) -> None:
    site, ca_file = web
    site.serve("/first", b"nothing", status=404)
    site.serve("/second?who=anna%40clinic.test", GOOD)
    files = (site.url("/first"), site.url("/second") + "?who={address}")
    found = find_servers(ANNA, NOWHERE, files=files, ca_file=ca_file, allow_private=True)
    assert found is not None and found.imap.host == "mail.clinic.test"
    assert found.sentence == f"Found at {site.url('/second')}."
    assert find_servers(ANNA, NOWHERE, files=files, allow_private=True) is None  # nobody vouches for the site
    assert find_servers(ANNA, NOWHERE, files=files, ca_file=ca_file) is None  # not into the own network


def test_dns_names_what_has_tls_rfc_8314(tmp_path: Path) -> None:
    if reason := dns_servers.why_not():
        pytest.skip(reason)
    zone = [
        record("_imap._tcp", "SRV", "0 1 143 plain.clinic.test."),
        record("_imaps._tcp", "SRV", "10 1 993 second.clinic.test."),
        record("_imaps._tcp", "SRV", "0 1 993 first.clinic.test."),
        record("_submission._tcp", "SRV", "0 1 587 out.provider.test."),
        record("_submissions._tcp", "SRV", "0 0 0 ."),  # RFC 6186 section 3.4: not offered
    ]
    servers = DnsServers(tmp_path / "dns", {"clinic.test": zone})
    servers.start()
    try:
        resolver = Resolver.of(servers.resolver)
        found = find_servers(ANNA, resolver, files=())
        assert found is not None
        assert found.imap == Server("first.clinic.test", 993, Security.TLS, ANNA)
        assert found.smtp == Server("out.provider.test", 587, Security.STARTTLS, ANNA)
        assert "DNS of clinic.test" in found.sentence
        assert find_servers("anna@nowhere.test", resolver, files=()) is None
    finally:
        servers.stop()


@pytest.mark.parametrize("address", ["", "anna", "@clinic.test", "anna@", "anna@clinic/../x.test", "a@b c.test"])
def test_what_is_no_address_is_asked_nowhere(address: str) -> None:
    with pytest.raises(UsageError):
        find_servers(address, NOWHERE)
