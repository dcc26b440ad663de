"""A provider where people sign in: codes for devices (RFC 8628), a page for browsers (RFC 6749 section 4.1 with PKCE),
tokens that end, and the question of mail servers whether one holds (RFC 7662). On loopback, without TLS."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tui_mail.model.sign_in import SignIn

CLIENT = "tui-mail-of-the-clinic"


class TokenServer:
    """Attributes:
    user: who signs in.
    expires_in: seconds that a token holds.
    rotates: every refresh token works once, as with Microsoft.
    answers: what the token address answers next, instead of what it would: (status, body).
    """

    def __init__(self, user: str) -> None:
        self.user = user
        self.expires_in = 3600
        self.rotates = True
        self.client_secret = ""
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[dict[str, str]] = []
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self._codes: dict[str, str] = {}
        self._typed: set[str] = set()
        self._challenges: dict[str, tuple[str, str]] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                status, body = server._answer(self.path, form)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def sign_in(self, *, browser: bool = False) -> SignIn:
        """How an account is told about it."""
        return SignIn(
            CLIENT,
            f"{self.url}/token",
            "" if browser else f"{self.url}/device",
            f"{self.url}/page" if browser else "",
            "mail offline_access",
        )

    def type_code(self, user_code: str) -> None:
        """The person types the code that the program shows."""
        self._typed.add(self._codes[user_code])

    def visit(self, url: str) -> str:
        """The person signs in on the page; the address to which the browser is sent."""
        question = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert question["client_id"] == CLIENT and question["response_type"] == "code"
        assert question["code_challenge_method"] == "S256"
        code = secrets.token_hex(8)
        self._challenges[code] = question["code_challenge"], question["redirect_uri"]
        return f"{question['redirect_uri']}?code={code}&state={question['state']}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _answer(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        if path == "/introspect":
            active = form["token"] in self.access
            return 200, json.dumps({"active": active} | ({"username": self.user} if active else {})).encode()
        self.asked.append(form)
        if self.answers:
            return self.answers.pop(0)
        if form.get("client_id") != CLIENT or form.get("client_secret", "") != self.client_secret:
            return _no("invalid_client")
        if path == "/device":
            user_code, device_code = secrets.token_hex(3).upper(), secrets.token_hex(16)
            self._codes[user_code] = device_code
            shown = {"device_code": device_code, "user_code": user_code, "verification_uri": f"{self.url}/type-here"}
            return 200, json.dumps({**shown, "expires_in": 60, "interval": 0}).encode()
        match form.get("grant_type"):
            case "urn:ietf:params:oauth:grant-type:device_code":
                return self._tokens() if form["device_code"] in self._typed else _no("authorization_pending")
            case "authorization_code":
                challenge, redirect = self._challenges.pop(form["code"], ("", ""))
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
                return self._tokens() if proven and form["redirect_uri"] == redirect else _no("invalid_grant")
            case "refresh_token":
                if form["refresh_token"] not in self.refresh:
                    return _no("invalid_grant", "The refresh token has ended.")
                if self.rotates:
                    self.refresh.discard(form["refresh_token"])
                return self._tokens(new_refresh=self.rotates)
        return _no("unsupported_grant_type")

    def _tokens(self, *, new_refresh: bool = True) -> tuple[int, bytes]:
        access = secrets.token_urlsafe(1200)  # as long as Microsoft's
        self.access.add(access)
        said: dict[str, object] = {"access_token": access, "token_type": "Bearer", "expires_in": self.expires_in}
        if new_refresh:
            said["refresh_token"] = secrets.token_urlsafe(32)
            self.refresh.add(str(said["refresh_token"]))
        return 200, json.dumps(said).encode()


def _no(error: str, description: str = "") -> tuple[int, bytes]:
    return 400, json.dumps({"error": error, "error_description": description or error}).encode()


@contextmanager
def running_token_server(user: str) -> Iterator[TokenServer]:
    server = TokenServer(user)
    try:
        yield server
    finally:
        server.close()
