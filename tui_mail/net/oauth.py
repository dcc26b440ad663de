"""Tokens instead of passwords: OAuth 2.0 (RFC 6749) for a program on a person's own computer.

Two ways to a token. With a code that is typed on any other device (RFC 8628): the best where there is no browser, as
over SSH. With a browser on this computer that comes back to a port of ours on loopback (RFC 8252), bound to this
request by `state` and to this program by a proof key (PKCE, RFC 7636).

The law: tokens go to the addresses of the account's settings and to its mail servers, and nowhere else; no error and no
log holds one.
"""

import base64
import hashlib
import hmac
import secrets
import select
import socket
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from msgspec import Struct

from tui_mail.model.clean import clean
from tui_mail.model.errors import CannotConnect, ConnectionLost, LoginRefused, ServerRefused, UsageError
from tui_mail.model.sign_in import SignIn
from tui_mail.net.https import fetch

MAX_ANSWER_BYTES = 100_000
ANSWER_SECONDS = 20.0
MAX_REQUEST_BYTES = 8_192
REQUEST_SECONDS = 5.0
MAX_WAIT_SECONDS = 900.0
"""So long a person may take to sign in, whatever the provider allows."""
SHORTEST_INTERVAL_SECONDS = 1.0
_SLOWER_SECONDS = 5.0
"""RFC 8628 section 3.5: so much is added when the provider says slow_down."""
_FORM = "application/x-www-form-urlencoded"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PAGE = b"<!doctype html><meta charset=utf-8><title>tui-mail</title><p>%s You can close this page."

T = TypeVar("T", bound=Struct)


class DeviceCode(Struct, frozen=True):
    """What to show (RFC 8628 section 3.2): the person opens `verification_uri` anywhere and types `user_code`."""

    device_code: str
    user_code: str
    verification_uri: str
    expires_in: float = MAX_WAIT_SECONDS
    interval: float = 5.0

    def __repr__(self) -> str:
        return "<device code>"


class Tokens(Struct, frozen=True):
    """RFC 6749 section 5.1. `refresh_token` is empty when the one that is known stays."""

    access_token: str
    expires_in: float = 3600.0
    refresh_token: str = ""

    def __repr__(self) -> str:
        return "<tokens>"


class _Refusal(Struct, frozen=True):
    error: str
    error_description: str = ""


def begin_with_code(sign_in: SignIn, *, client_secret: str = "", ca_file: str = "") -> DeviceCode:
    """Ask for a code that a person types on another device. Raises NetworkProblem, LoginRefused."""
    answer = _ask(sign_in, sign_in.device_url, {"scope": sign_in.scope}, client_secret, ca_file, DeviceCode)
    if isinstance(answer, _Refusal):
        raise _refused(sign_in, answer)
    return answer


def wait_for_code(
    sign_in: SignIn, code: DeviceCode, wait: Callable[[float], bool], *, client_secret: str = "", ca_file: str = ""
) -> Tokens:
    """Ask again and again until the person has typed the code (RFC 8628 section 3.5).

    Args:
        wait: waits so many seconds; True means that nobody wants the answer any more.
    """
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code.device_code}
    interval = max(SHORTEST_INTERVAL_SECONDS, code.interval)
    left = min(code.expires_in, MAX_WAIT_SECONDS)
    while left > 0 and not wait(interval):
        left -= interval
        try:
            answer = _ask(sign_in, sign_in.token_url, form, client_secret, ca_file, Tokens)
        except (ConnectionLost, CannotConnect):
            continue
        if isinstance(answer, Tokens):
            return answer
        if answer.error == "slow_down":
            interval += _SLOWER_SECONDS
        elif answer.error != "authorization_pending":
            raise _refused(sign_in, answer)
    raise LoginRefused("Nobody typed the code in time. Begin the sign-in again.")


def renew(sign_in: SignIn, refresh_token: str, *, client_secret: str = "", ca_file: str = "") -> Tokens:
    """A fresh access token (RFC 6749 section 6). Raises LoginRefused when the person has to sign in again."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = _ask(sign_in, sign_in.token_url, form, client_secret, ca_file, Tokens)
    if isinstance(answer, _Refusal):
        raise _refused(sign_in, answer)
    return answer


class BrowserSignIn:
    """A sign-in in a browser of this computer: open `url` there, then `wait`; `close` ends the listening."""

    def __init__(self, sign_in: SignIn, *, client_secret: str = "", ca_file: str = "") -> None:
        self._sign_in = sign_in
        self._client_secret = client_secret
        self._ca_file = ca_file
        self._state = secrets.token_urlsafe(32)
        self._verifier = secrets.token_urlsafe(64)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._redirect = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self._verifier.encode()).digest()).rstrip(b"=").decode()
        question = {
            "response_type": "code",
            "client_id": sign_in.client_id,
            "redirect_uri": self._redirect,
            "scope": sign_in.scope,
            "state": self._state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(_checked(sign_in.page_url)).query else "?"
        self.url = f"{sign_in.page_url}{joint}{urlencode(question)}"

    def wait(self, wait: Callable[[float], bool]) -> Tokens:
        """Until the browser came back; `wait` is that of `wait_for_code`. Raises LoginRefused."""
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while time.monotonic() < deadline and not wait(0.0):
            if not poll.poll(200):
                continue
            code = self._visited()
            if code is not None:
                form = {
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": self._redirect,
                    "code_verifier": self._verifier,
                }
                sign_in = self._sign_in
                answer = _ask(sign_in, sign_in.token_url, form, self._client_secret, self._ca_file, Tokens)
                if isinstance(answer, _Refusal):
                    raise _refused(sign_in, answer)
                return answer
        raise LoginRefused("Nobody signed in in time. Begin the sign-in again.")

    def _visited(self) -> str | None:
        """The code that a visitor brings; None for one who is not our browser coming back from our question."""
        try:
            visitor, _ = self._listener.accept()
        except OSError:
            return None
        with visitor:
            try:
                visitor.settimeout(REQUEST_SECONDS)
                target = visitor.recv(MAX_REQUEST_BYTES).split(b" ")[1].decode("ascii")
                brought = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
                ours = hmac.compare_digest(brought.get("state", ""), self._state)
                words = b"Signed in." if ours and "code" in brought else b"Nothing was done."
                body = _PAGE % words
                head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                visitor.sendall(head % len(body) + body)
            except (OSError, IndexError, ValueError, TypeError):
                return None
        if not ours:
            return None
        if "error" in brought:
            raise _refused(self._sign_in, _Refusal(brought["error"], brought.get("error_description", "")))
        return brought.get("code")

    def close(self) -> None:
        """Listen no longer."""
        self._listener.close()


def _ask(
    sign_in: SignIn, url: str, form: dict[str, str], client_secret: str, ca_file: str, kind: type[T]
) -> T | _Refusal:
    # RFC 6749 section 2.3.1: a public client names itself; what Google calls the secret of a desktop program goes along
    filled = {"client_id": sign_in.client_id, **form} | ({"client_secret": client_secret} if client_secret else {})
    answer = fetch(
        _checked(url),
        limit_bytes=MAX_ANSWER_BYTES,
        timeout_seconds=ANSWER_SECONDS,
        allow_private=True,  # who runs the mailboxes chose the address
        body=urlencode(filled).encode("ascii"),
        content_type=_FORM,
        accept="application/json",
        ca_file=ca_file,
        any_status=True,
    )
    host = clean(urlsplit(url).hostname or "")
    try:
        if 200 <= answer.status < 300:
            return msgspec.json.decode(answer.body, type=kind, strict=False)  # QUIRK: Microsoft once sent "3599"
        if answer.status < 500:
            return msgspec.json.decode(answer.body, type=_Refusal)
    except msgspec.MsgspecError:
        pass
    sentence = f"{host} gave no answer that belongs to a sign-in (HTTP {answer.status}). It will be tried again."
    raise ConnectionLost(sentence) if answer.status >= 500 else ServerRefused(sentence, code=answer.status)


def _checked(url: str) -> str:
    place = urlsplit(url)
    if place.scheme != "https" and place.hostname not in _LOOPBACK:
        raise UsageError(f"{clean(url[:80]) or 'An empty address'} is no https address where one could sign in.")
    return url


def _refused(sign_in: SignIn, refusal: _Refusal) -> LoginRefused:
    host = clean(urlsplit(sign_in.token_url).hostname or "")
    said = clean(refusal.error_description or refusal.error)[:300]
    match refusal.error:
        case "access_denied":
            sentence = f"{host} says that the sign-in was turned down."
        case "expired_token":
            sentence = "Nobody typed the code in time. Begin the sign-in again."
        case "invalid_grant":
            sentence = f"{host} wants a new sign-in."
        case "invalid_client" | "unauthorized_client":
            sentence = f"{host} does not know this program by the client_id {clean(sign_in.client_id)}. Check it."
        case _:
            sentence = f"{host} refused the sign-in."
    return LoginRefused(f"{sentence} The server said: {said}")
