"""Signing in at a provider: with a code, with a browser, and what the provider may answer."""

import threading
import urllib.request
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.token_server import CLIENT, TokenServer, running_token_server
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CannotConnect, ConnectionLost, LoginRefused, ServerRefused, UsageError
from tui_mail.model.sign_in import AccessToken, SignIn, google, microsoft
from tui_mail.net import oauth
from tui_mail.net.bearer import bearer_login
from tui_mail.net.oauth import BrowserSignIn, Tokens, begin_with_code, renew, wait_for_code

NO_WAIT = 0.0


@pytest.fixture
def provider() -> Iterator[TokenServer]:
    with running_token_server("anna@clinic.test") as server:
        yield server


def at_once(_seconds: float) -> bool:
    return False


def test_a_code_that_is_typed_elsewhere_brings_tokens_rfc_8628(provider: TokenServer) -> None:
    sign_in = provider.sign_in()
    shown = begin_with_code(sign_in)
    assert shown.verification_uri.startswith(provider.url) and shown.user_code
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        if len(waited) == 3:
            provider.type_code(shown.user_code)
        return False

    tokens = wait_for_code(sign_in, shown, wait)
    assert tokens.access_token in provider.access and tokens.refresh_token in provider.refresh
    assert waited == [oauth.SHORTEST_INTERVAL_SECONDS] * 3
    assert provider.asked[0] == {"client_id": CLIENT, "scope": "mail offline_access"}


def test_slow_down_is_heeded_and_a_lost_answer_is_asked_for_again(provider: TokenServer) -> None:
    """RFC 8628 section 3.5."""
    shown = begin_with_code(provider.sign_in())
    provider.type_code(shown.user_code)
    provider.answers = [(400, b'{"error": "slow_down"}'), (503, b"busy"), (400, b'{"error": "authorization_pending"}')]
    waited: list[float] = []
    wait_for_code(provider.sign_in(), shown, lambda seconds: bool(waited.append(seconds)))
    assert waited == [1.0, 6.0, 6.0, 6.0]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ('{"error": "access_denied"}', "turned down"),
        ('{"error": "expired_token"}', "Begin the sign-in again"),
        ('{"error": "invalid_client", "error_description": "AADSTS700016 no such app"}', "client_id.*AADSTS700016"),
        ('{"error": "something_new"}', "refused the sign-in"),
    ],
)
def test_a_refusal_says_what_to_do(provider: TokenServer, answer: str, sentence: str) -> None:
    shown = begin_with_code(provider.sign_in())
    provider.answers = [(400, answer.encode())]
    with pytest.raises(LoginRefused, match=sentence):
        wait_for_code(provider.sign_in(), shown, at_once)


def test_nobody_is_waited_for_longer_than_the_code_holds(provider: TokenServer) -> None:
    shown = begin_with_code(provider.sign_in())
    with pytest.raises(LoginRefused, match="in time"):
        wait_for_code(provider.sign_in(), shown, at_once)
    assert len(provider.asked) == 1 + 60  # the code holds for a minute, and is asked for once a second


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, b"{}"), (404, b"nothing"), (200, b'{"access_token": 7}')])
def test_what_is_no_answer_is_not_taken_for_one(provider: TokenServer, answer: tuple[int, bytes]) -> None:
    provider.answers = [answer]
    with pytest.raises(ServerRefused, match="no answer that belongs to a sign-in"):
        renew(provider.sign_in(), "x")
    provider.answers = [(500, b"broken")]
    with pytest.raises(ConnectionLost):
        renew(provider.sign_in(), "x")


def test_a_token_is_renewed_and_a_used_one_asks_for_a_new_sign_in(provider: TokenServer) -> None:
    """RFC 6749 section 6."""
    provider.refresh.add("first")
    tokens = renew(provider.sign_in(), "first")
    assert tokens.access_token in provider.access and tokens.refresh_token in provider.refresh
    with pytest.raises(LoginRefused, match=r"wants a new sign-in.*has ended"):
        renew(provider.sign_in(), "first")


def test_a_browser_comes_back_with_what_only_we_can_use_rfc_8252(provider: TokenServer) -> None:
    provider.client_secret = "desktop"
    browser = BrowserSignIn(provider.sign_in(browser=True), client_secret="desktop")
    found: list[Tokens] = []
    waiting = threading.Thread(target=lambda: found.append(browser.wait(at_once)))
    waiting.start()
    there = provider.visit(browser.url)
    root = there.partition("?")[0]
    for stranger in ("", "?code=stolen&state=guessed", "?error=access_denied&state=guessed"):
        with urllib.request.urlopen(root + stranger, timeout=PATIENCE_SECONDS) as page:
            assert b"Nothing was done" in page.read()
    with urllib.request.urlopen(there, timeout=PATIENCE_SECONDS) as page:
        assert b"Signed in" in page.read()
    waiting.join(PATIENCE_SECONDS)
    browser.close()
    assert found[0].access_token in provider.access
    assert [form["grant_type"] for form in provider.asked] == ["authorization_code"]


def test_a_no_in_the_browser_is_a_no(provider: TokenServer) -> None:
    browser = BrowserSignIn(provider.sign_in(browser=True))
    found: list[BaseException] = []

    def wait() -> None:
        try:
            browser.wait(at_once)
        except LoginRefused as refused:
            found.append(refused)

    waiting = threading.Thread(target=wait)
    waiting.start()
    with urllib.request.urlopen(
        provider.visit(browser.url).replace("code=", "error=access_denied&x="), timeout=PATIENCE_SECONDS
    ):
        pass
    waiting.join(PATIENCE_SECONDS)
    browser.close()
    assert "turned down" in str(found[0])


def test_tokens_go_nowhere_without_tls_and_are_never_shown(provider: TokenServer) -> None:
    with pytest.raises(UsageError, match="no https address"):
        renew(SignIn(CLIENT, "http://login.example.org/token"), "secret")
    with pytest.raises(UsageError, match="no https address"):
        BrowserSignIn(SignIn(CLIENT, "https://login.example.org/token", page_url="http://login.example.org/"))
    shown = f"{Tokens('secret')!r} {AccessToken('secret')!r} {begin_with_code(provider.sign_in())!r}"
    assert shown == "<tokens> <access token> <device code>"


def test_the_two_large_providers_are_known() -> None:
    there = microsoft("id", "clinic.example")
    assert there.device_url == "https://login.microsoftonline.com/clinic.example/oauth2/v2.0/devicecode"
    assert "offline_access" in there.scope and "https://outlook.office.com/SMTP.Send" in there.scope
    assert "/consumers/" in microsoft("id", "outlook.com").token_url
    assert not google("id").device_url and google("id").page_url


def test_how_a_token_is_said() -> None:
    import base64

    server = Server("imap.example.org", 993, Security.TLS, "anna,=@example.org")
    said = bearer_login(server, "T", ["XOAUTH2", "OAUTHBEARER"])
    assert said.mechanism == "OAUTHBEARER" and base64.b64decode(said.after_refusal) == b"\1"
    assert base64.b64decode(said.first) == (  # RFC 7628 section 3.1
        b"n,a=anna=2C=3D@example.org,\1host=imap.example.org\1port=993\1auth=Bearer T\1\1"
    )
    said = bearer_login(server, "T", ["XOAUTH2"])
    assert base64.b64decode(said.first) == b"user=anna,=@example.org\1auth=Bearer T\1\1" and said.after_refusal == b""
    with pytest.raises(CannotConnect, match="OAUTHBEARER or XOAUTH2"):
        bearer_login(server, "T", ["PLAIN"])
