"""Accounts and settings: the content of settings.toml. No secret is ever a field here."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from tui_mail.model.discovery import Discovery
from tui_mail.model.sign_in import SignIn


class Security(StrEnum):
    """How a connection to a server is protected (RFC 8314)."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"  # only accepted for loopback hosts


class Server(Struct, frozen=True):
    """One IMAP or SMTP server. `ca_file` is a PEM file with private roots, empty for the system's."""

    host: str
    port: int
    security: Security = Security.TLS
    user: str = ""
    ca_file: str = ""


class Account(Struct, frozen=True):
    """One mailbox and the identity that writes from it. `signing_certificate` is a SHA-256; empty: the newest valid.
    `signature` is the text below every new mail, of any number of lines. With `sign_in` there is no password: people
    sign in at the provider's page."""

    id: str
    name: str
    address: str
    imap: Server
    smtp: Server
    signing_certificate: str = ""
    receive: bool = True
    signature: str = ""
    sign_in: SignIn | None = None


class Settings(Struct, frozen=True):
    """Everything in settings.toml, with the defaults of a new profile.

    Attributes:
        trust_on_send: sending encrypted adds recipients whose certificate is known and valid to the trusted list.
        lock_after_seconds: idle time after which the engine forgets the private keys; 0 never.
        revocation: "off", "prefer" or "require".
        expiry_warning_days: certificates that end sooner are called "expires soon".
        discovery: where certificates of people are looked for.
        direct: this profile speaks Direct secure messaging.
        fetch: what may be fetched to learn whether a certificate was revoked. "lists" (what a list says of everybody
            tells nobody with whom you write), "all" (also ask an OCSP responder about one certificate when no list is
            named or can be had), or "nothing".
        fetch_for_pinned: also for certificates that you trust by your own decision.
        fetch_private_addresses: files that certificates name are also fetched from this computer and the own network.
        threads: folders are listed by conversations.
        undo_seconds: how long a message waits after "send", so that it can be taken back; 0 not at all.
        print_command: the program that prints the text that it is given, with its arguments.
        viewer: the program that opens attachments, with its arguments; empty: the desktop's own.
        notify: how new mail is called out to somebody who looks elsewhere; never with words of the mail.
        keymap: which keys the commands have; `keys` gives single commands others, like ``archive = "y"``.
        themes: a person's own colours, by name: a `base` and what is different from it.
        large_messages_mb: a larger message, neither signed nor encrypted, is received without its files until somebody
            asks for it; 0 receives everything at once.
        delivery_reports: ask the mail server to report when mail was delivered (RFC 3461); failures are always told.
    """

    accounts: tuple[Account, ...] = ()
    trust_on_send: bool = True
    sign_by_default: bool = True
    lock_after_seconds: int = 1800
    revocation: str = "prefer"
    expiry_warning_days: int = 30
    fetch: Literal["nothing", "lists", "all"] = "lists"
    fetch_for_pinned: bool = True
    fetch_private_addresses: bool = False
    threads: bool = False
    large_messages_mb: int = 0
    theme: str = "dark"
    ascii: bool = False
    mouse: bool = True
    undo_seconds: int = 5
    delivery_reports: bool = False
    viewer: str = ""
    print_command: str = "lp"
    direct: bool = False
    notify: Literal["off", "bell", "terminal", "desktop"] = "off"
    keymap: Literal["plain", "vim", "emacs"] = "plain"
    keys: dict[str, str] = {}
    themes: dict[str, dict[str, str]] = {}
    discovery: Discovery = Discovery()
