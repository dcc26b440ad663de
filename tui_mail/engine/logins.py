"""The way into every account's servers: with a password that is kept, or with a token that a sign-in brought, renewed
when its time is over.

The law: a token is never on disk; what renews it lies in the vault alone.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tui_mail.model.account import Account
from tui_mail.model.errors import LoginRefused, UsageError
from tui_mail.model.sign_in import AccessToken, SignIn
from tui_mail.net.imap import ImapSession

if TYPE_CHECKING:
    from tui_mail.engine.agent import KeyAgent
    from tui_mail.net.oauth import BrowserSignIn, Tokens

RENEW_EARLY_SECONDS = 60.0

T = TypeVar("T")


class _Begun:
    """A sign-in on its way: where the person was sent, and what waits for the answer."""

    def __init__(self, account: Account, client_secret: str, stopping: threading.Event) -> None:
        from tui_mail.net import oauth  # an import that few need

        sign_in = _sign_in(account)
        self.client_secret = client_secret
        self.left = threading.Event()
        self.url, self.code = "", ""
        self.wait: Callable[[], Tokens]
        ca_file = account.imap.ca_file
        if sign_in.device_url:
            shown = oauth.begin_with_code(sign_in, client_secret=client_secret, ca_file=ca_file)
            self.url, self.code = shown.verification_uri, shown.user_code
            self.wait = lambda: oauth.wait_for_code(
                sign_in, shown, self._wait(stopping), client_secret=client_secret, ca_file=ca_file
            )
        else:
            browser = oauth.BrowserSignIn(sign_in, client_secret=client_secret, ca_file=ca_file)
            self.url = browser.url
            self.wait = lambda: self._with(browser, stopping)

    def _with(self, browser: "BrowserSignIn", stopping: threading.Event) -> "Tokens":
        try:
            return browser.wait(self._wait(stopping))
        finally:
            browser.close()

    def _wait(self, stopping: threading.Event) -> Callable[[float], bool]:
        def wait(seconds: float) -> bool:
            until = time.monotonic() + seconds
            while not (stopping.is_set() or self.left.is_set()):
                rest = until - time.monotonic()
                if rest <= 0:
                    return False
                stopping.wait(min(rest, 0.5))
            return True

        return wait


class Logins:
    """Any thread may call it."""

    def __init__(self, agent: "KeyAgent") -> None:
        self._agent = agent
        self._stopping = threading.Event()
        self._mutexes: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._tokens: dict[str, tuple[AccessToken, float]] = {}
        self._begun: dict[str, _Begun] = {}
        self._granted: dict[str, dict[str, str]] = {}

    def stop(self) -> None:
        """The engine ends: nobody waits for a person any more."""
        self._stopping.set()

    # ---- logging in

    def imap(self, account: Account) -> ImapSession:
        """A logged-in connection."""
        return self.with_secret(account, "imap", lambda secret: ImapSession.connect(account.imap, secret))

    def with_secret(self, account: Account, service: str, talk: Callable[[str], T]) -> T:
        """Do something that needs the login. A token that was taken back before its time is renewed once."""
        secret = self.secret(account, service)
        try:
            return talk(secret)
        except LoginRefused:
            if account.sign_in is None:
                raise
            self._tokens.pop(account.id, None)
        return talk(self.secret(account, service))

    def secret(self, account: Account, service: str) -> str:
        """The password for "imap" or "smtp", or an `AccessToken` for both. Raises LoginRefused, NetworkProblem."""
        if account.sign_in is None:
            return self._agent.password(account.id, service)
        with self._mutexes[account.id]:
            token, until = self._tokens.get(account.id, (AccessToken(), 0.0))
            if token and time.monotonic() < until:
                return token
            return self._renew(account, account.sign_in)

    def _renew(self, account: Account, sign_in: SignIn) -> AccessToken:
        from tui_mail.net import oauth

        granted = self._granted.get(account.id, {})
        kept = granted.get("refresh") or self._agent.password(account.id, "refresh")
        advice = f"Sign in again: `tui-mail setup --sign-in {account.id}`, or K."
        if not kept:
            raise LoginRefused(f"{account.address} is not signed in. {advice}")
        client_secret = granted.get("client") or self._agent.password(account.id, "client")
        try:
            tokens = oauth.renew(sign_in, kept, client_secret=client_secret, ca_file=account.imap.ca_file)
        except LoginRefused as refused:
            raise LoginRefused(f"{refused} {advice}") from None
        if tokens.refresh_token and tokens.refresh_token != kept:
            if granted:
                granted["refresh"] = tokens.refresh_token
            else:
                self._agent.renew_password(account.id, "refresh", tokens.refresh_token)
        return self._remember(account.id, tokens)

    def _remember(self, account: str, tokens: "Tokens") -> AccessToken:
        token = AccessToken(tokens.access_token)
        self._tokens[account] = token, time.monotonic() + max(0.0, tokens.expires_in - RENEW_EARLY_SECONDS)
        return token

    # ---- signing in

    def begin(self, account: Account, client_secret: str = "") -> tuple[str, str]:
        """The page that the person opens, and the code to type there (empty: a browser on this computer is needed)."""
        secret = client_secret or self._agent.password(account.id, "client")
        begun = _Begun(account, secret, self._stopping)
        if (before := self._begun.pop(account.id, None)) is not None:
            before.left.set()
        self._begun[account.id] = begun
        return begun.url, begun.code

    def finish(self, account: str) -> None:
        """Wait for the person. Raises LoginRefused, NetworkProblem, UsageError."""
        begun = self._begun.get(account)
        if begun is None:
            raise UsageError("No sign-in was begun for this account.")
        tokens: Tokens = begun.wait()
        if self._begun.get(account) is begun:
            del self._begun[account]
        if not tokens.refresh_token:
            raise LoginRefused(
                "The provider lets nobody stay signed in. Its administrator has to allow offline access."
            )
        self._granted[account] = {"refresh": tokens.refresh_token, "client": begun.client_secret}
        with self._mutexes[account]:
            self._remember(account, tokens)

    def granted(self, account: str) -> dict[str, str]:
        """What the sign-in of an account that is being made brought, for its vault."""
        return {kind: text for kind, text in self._granted.get(account, {}).items() if text}

    def keep(self, account: str) -> None:
        """Put what a sign-in brought into the open vault. Raises VaultLocked."""
        for kind, text in self.granted(account).items():
            self._agent.set_password(account, kind, text)
        self.is_kept(account)

    def is_kept(self, account: str) -> None:
        """The vault has what the sign-in brought."""
        self._granted.pop(account, None)


def _sign_in(account: Account) -> SignIn:
    if account.sign_in is None:
        raise UsageError(f"{account.address} logs in with a password: `tui-mail setup --password {account.id}`.")
    return account.sign_in
