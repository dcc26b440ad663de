"""Signing in at a provider's own page instead of typing a password here (OAuth 2.0, RFC 6749)."""

from msgspec import Struct


class SignIn(Struct, frozen=True):
    """Where an account's provider lets people sign in. None of it is secret.

    Attributes:
        client_id: what the provider calls this program; whoever administers the mailboxes registers it there.
        token_url: where tokens are fetched and renewed.
        device_url: where a code for another device is asked for (RFC 8628); the way that is taken when it is known.
        page_url: where a browser on this computer begins (RFC 8252).
        scope: what is asked for, separated by blanks.
    """

    client_id: str
    token_url: str
    device_url: str = ""
    page_url: str = ""
    scope: str = ""


class AccessToken(str):
    """What stands in a password's place at the login; valid for about an hour."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<access token>"


_OF_SINGLE_PERSONS = ("outlook.com", "hotmail.com", "live.com", "msn.com")


def microsoft(client_id: str, tenant: str = "organizations") -> SignIn:
    """Microsoft 365. `tenant` is the organisation's domain or number. Single persons have one of their own."""
    if tenant in _OF_SINGLE_PERSONS:
        tenant = "consumers"
    begin = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
    resource = "https://outlook.office.com"
    return SignIn(
        client_id,
        token_url=f"{begin}/token",
        device_url=f"{begin}/devicecode",
        page_url=f"{begin}/authorize",
        scope=f"{resource}/IMAP.AccessAsUser.All {resource}/SMTP.Send offline_access",
    )


def google(client_id: str) -> SignIn:
    """Gmail and Google Workspace. QUIRK: Google gives no mail to the way with a code, only to a browser."""
    return SignIn(
        client_id,
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address, no password
        page_url="https://accounts.google.com/o/oauth2/v2/auth",
        scope="https://mail.google.com/",
    )
