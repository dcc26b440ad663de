"""The fetcher: limits that hold, servers that are refused, and nothing said about the person."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon import free_port
from tests.tls_files import make_tls_files
from tests.web import Web, running_web
from tui_mail.model.errors import (
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    LimitExceeded,
    ServerRefused,
    TuiMailError,
    UsageError,
)
from tui_mail.net.https import MAX_REDIRECTS, Fetched, fetch, is_private


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with running_web() as server:
        yield server


def get(url: str, **how: object) -> Fetched:
    return fetch(url, **{"limit_bytes": 1000, "timeout_seconds": 5.0, "allow_private": True, **how})  # type: ignore[arg-type]


def test_bytes_and_type_arrive(web: Web) -> None:
    url = web.serve(
        "/a b/list.crl?x=1&y=2".replace(" ", "%20"), b"\x30\x00", headers={"Content-Type": "application/pkix-crl"}
    )
    assert get(url) == Fetched(url, 200, "application/pkix-crl", b"\x30\x00")


def test_a_body_is_posted_with_its_type(web: Web) -> None:
    assert get(web.serve("/ocsp", b"yes"), body=b"\x00question", content_type="application/ocsp-request").body == b"yes"
    method, _path, body, headers = web.asked[-1]
    assert (method, body, headers["Content-Type"]) == ("POST", b"\x00question", "application/ocsp-request")


def test_nothing_about_the_person_goes_out(web: Web) -> None:
    web.serve("/set", b"", headers={"Set-Cookie": "a=b"})
    get(web.url("/set"))
    get(web.url("/set"))
    assert set(web.asked[-1][3]) == {"Host", "Accept-Encoding", "Accept", "User-Agent", "Connection"}
    assert web.asked[-1][3]["User-Agent"] == "tui-mail"


def test_redirects_are_followed_three_times_and_not_more(web: Web) -> None:
    for number in range(MAX_REDIRECTS + 1):
        web.serve(f"/hop{number}", status=302, headers={"Location": f"/hop{number + 1}"})
    web.serve(f"/hop{MAX_REDIRECTS + 1}", b"there")
    assert get(web.url("/hop1")).body == b"there"
    with pytest.raises(ServerRefused, match="redirects"):
        get(web.url("/hop0"))


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://a.test/x", "http://user:pw@a.test/", "", "http://[bad/"]
)
def test_a_redirect_leads_only_to_what_could_be_asked_for(web: Web, location: str) -> None:
    web.serve("/away", status=302, headers={"Location": location})
    with pytest.raises((UsageError, ServerRefused)):
        get(web.url("/away"))


def test_a_posted_question_is_not_redirected(web: Web) -> None:
    web.serve("/moved-ocsp", status=307, headers={"Location": "/ocsp"})
    with pytest.raises(ServerRefused, match="another address"):
        get(web.url("/moved-ocsp"), body=b"q")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ldap://directory.test/cn=x",
        "gopher://a.test/",
        "http://",
        "http:///path",
        "http://user@a.test/",
        "http://a.test/\r\nX: y",
        "http://a.test:99999/",
        "http://" + "a" * 3000 + ".test/",
        "http://a..b.test/",
        "",
    ],
)
def test_what_is_no_plain_web_address_is_refused_without_a_connection(url: str) -> None:
    with pytest.raises(UsageError):
        get(url)


@pytest.mark.parametrize("declared", [None, 0])
def test_a_longer_answer_is_refused(web: Web, declared: int | None) -> None:
    web.serve("/long", b"x" * 1001)
    with pytest.raises(LimitExceeded, match="1000 bytes"):
        get(web.url("/long"))
    if declared == 0:
        web.serve("/long", b"x" * 1001, declared=10**12)
        with pytest.raises(LimitExceeded):
            get(web.url("/long"))


def test_a_longer_answer_of_unknown_length_is_refused(web: Web) -> None:
    chunk = b"%x\r\n%s\r\n" % (600, b"x" * 600)
    web.serve("/chunks", chunk * 2 + b"0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    with pytest.raises(LimitExceeded):
        get(web.url("/chunks"))


def test_an_answer_that_ends_early_is_no_answer(web: Web) -> None:
    web.serve("/short", b"half", declared=8)
    with pytest.raises(ConnectionLost):
        get(web.url("/short"))


@pytest.mark.parametrize("drip_headers", [False, True])
def test_a_slow_drip_is_cut_at_the_time_limit(web: Web, drip_headers: bool) -> None:
    web.serve("/drip", b"x" * 900, drip_seconds=0.02, drip_headers=drip_headers)
    begin = time.monotonic()
    with pytest.raises(ConnectionLost, match="too slow"):
        get(web.url("/drip"), timeout_seconds=0.3)
    assert time.monotonic() - begin < 18  # which is how long the whole takes


def test_a_status_that_is_not_success_is_named(web: Web) -> None:
    with pytest.raises(ServerRefused) as caught:
        get(web.url("/missing"))
    assert caught.value.code == 404


def test_nobody_listening_and_unknown_names_are_sentences() -> None:
    with pytest.raises(CannotConnect):
        get(f"http://localhost:{free_port()}/")
    with pytest.raises(CannotConnect):
        get("http://no-such-host.invalid/")


def test_the_own_network_is_not_reached_unless_allowed(web: Web) -> None:
    before = len(web.asked)
    for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"):
        with pytest.raises(TuiMailError, match=r"own network|unknown"):
            get(web.url("/ocsp", host), allow_private=False)
    assert len(web.asked) == before


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("fd00::1", True),
        ("::ffff:192.168.1.1", True),
        ("64:ff9b::a00:1", True),
        ("2002:7f00:1::", True),
        ("93.184.216.34", False),
        ("2606:2800:220:1::1", False),
        ("64:ff9b::5db8:d822", False),
    ],
)
def test_private_addresses_are_known_in_every_dress(address: str, private: bool) -> None:
    assert is_private(address) is private


def test_https_demands_a_certificate_and_never_goes_back_to_http(tmp_path: Path, web: Web) -> None:
    files = make_tls_files(tmp_path)
    with running_web((files.certificate_file, files.key_file)) as secure:
        url = secure.serve("/x", b"hello")
        with pytest.raises(CertificateRefused):
            get(url)
        assert get(url, ca_file=str(files.ca_file)).body == b"hello"
        secure.serve("/down", status=301, headers={"Location": web.url("/ocsp")})
        with pytest.raises(ServerRefused, match="without TLS"):
            get(secure.url("/down"), ca_file=str(files.ca_file))


def test_a_server_that_does_not_speak_http_is_refused(imap_servers) -> None:  # type: ignore[no-untyped-def]
    port = imap_servers.account("anna@clinic.test").imap.port
    with pytest.raises(TuiMailError):
        get(f"http://localhost:{port}/", timeout_seconds=2.0)
