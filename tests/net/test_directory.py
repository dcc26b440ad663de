"""The HTTPS directory: how its URL is made, and what it may answer."""

from collections.abc import Iterator

import pytest

from tests.tls_files import TlsFiles, make_tls_files
from tests.web import Web, running_web
from tui_mail.model.errors import LimitExceeded, ServerRefused, UsageError
from tui_mail.net.directory import MAX_DIRECTORY_BYTES, directory_url, fetch_certificates


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_tls_files(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def web(tls: TlsFiles) -> Iterator[Web]:
    with running_web((tls.certificate_file, tls.key_file)) as server:
        yield server


def test_the_address_is_percent_encoded() -> None:
    made = directory_url("https://c.example/{domain}/{local}?m={address}", "a/b?&#@x.example")
    assert made == "https://c.example/x.example/a%2Fb%3F%26%23?m=a%2Fb%3F%26%23%40x.example"


@pytest.mark.parametrize(
    "template",
    [
        "http://c.example/{address}",
        "https://c.example/",
        "https://c.example/{address.__class__}",
        "https://c.example/{0}",
        "https://c.example/{",
        "https://c.example/{person}",
    ],
)
def test_a_template_that_says_something_else_is_refused(template: str) -> None:
    with pytest.raises(UsageError):
        directory_url(template, "a@b")


def test_what_the_directory_holds_arrives(web: Web, tls: TlsFiles) -> None:
    web.serve("/anna%40x.example", b"certificate")
    template = web.url("/{address}")
    how = {"timeout_seconds": 5.0, "allow_private": True, "ca_file": str(tls.ca_file)}
    assert fetch_certificates(template, "anna@x.example", **how) == b"certificate"  # type: ignore[arg-type]
    assert fetch_certificates(template, "nobody@x.example", **how) == b""  # type: ignore[arg-type]
    web.serve("/broken%40x.example", status=500)
    with pytest.raises(ServerRefused):
        fetch_certificates(template, "broken@x.example", **how)  # type: ignore[arg-type]
    web.serve("/long%40x.example", bytes(MAX_DIRECTORY_BYTES + 1))
    with pytest.raises(LimitExceeded):
        fetch_certificates(template, "long@x.example", **how)  # type: ignore[arg-type]
