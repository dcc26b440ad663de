"""How a token is said at the login: OAUTHBEARER (RFC 7628), and XOAUTH2, which Google and Microsoft had before it."""

from base64 import b64encode
from collections.abc import Collection
from typing import NamedTuple

from tui_mail.model.account import Server
from tui_mail.model.errors import CannotConnect

_MECHANISMS = ("OAUTHBEARER", "XOAUTH2")


class BearerLogin(NamedTuple):
    """The mechanism; what is said first; what answers the server's refusal, so that it goes on to say NO. Base64."""

    mechanism: str
    first: bytes
    after_refusal: bytes


def bearer_login(server: Server, token: str, offered: Collection[str]) -> BearerLogin:
    """The better one of what the server offers (names in upper case). Raises CannotConnect."""
    mechanism = next((name for name in _MECHANISMS if name in offered), "")
    if not mechanism:
        raise CannotConnect(f"{server.host} offers no login with a sign-in (OAUTHBEARER or XOAUTH2). Use a password.")
    user = server.user
    if mechanism == "XOAUTH2":
        return BearerLogin(mechanism, b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()), b"")
    name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4: a saslname
    words = f"n,a={name},\1host={server.host}\1port={server.port}\1auth=Bearer {token}\1\1"
    return BearerLogin(mechanism, b64encode(words.encode()), b64encode(b"\1"))
