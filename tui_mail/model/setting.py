"""What can be set, said once: from here come the settings screen, the table in the README, and the check of a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from tui_mail.model.account import Settings
from tui_mail.model.errors import UsageError

MAX_NUMBER = 31_536_000
"""A year in seconds."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One entry of settings.toml.

    Attributes:
        name: as it stands in the file; ``discovery.when`` is ``when`` in the section ``[discovery]``.
        group: the heading under which it is shown.
        title, sentence: for people.
        choices: the words that it may be; empty for a switch, a number or a text.
    """

    name: str
    group: str
    title: str
    sentence: str
    choices: tuple[str, ...] = ()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "sign_by_default",
        "Writing",
        "Sign every mail",
        "A signed mail carries your certificate, so that others can answer encrypted.",
    ),
    Setting(
        "trust_on_send",
        "Writing",
        "Trust those you encrypt to",
        "Sending encrypted adds recipients with a known, valid certificate to the trusted list.",
    ),
    Setting(
        "undo_seconds",
        "Writing",
        "Seconds to take a mail back",
        "How long a sent mail waits in the outbox; 0 sends at once.",
    ),
    Setting(
        "delivery_reports",
        "Writing",
        "Ask for delivery reports",
        "The mail server reports when a mail was delivered, where it can. Failures are always told.",
    ),
    Setting("threads", "Reading", "Show conversations", "Mails that answer each other are one line of the list."),
    Setting(
        "large_messages_mb",
        "Reading",
        "Files of larger messages on demand (MB)",
        "A larger message comes without its files until you ask; signed and encrypted ones come whole. 0: all do.",
    ),
    Setting(
        "viewer",
        "Reading",
        "Program for attachments",
        "What opens an attachment after your yes, with its arguments; empty takes the desktop's own.",
    ),
    Setting("print_command", "Reading", "Program that prints", "It is given the text of the mail."),
    Setting(
        "lock_after_seconds",
        "Security",
        "Lock the keys after (seconds)",
        "Idle time after which the passphrase is asked again; 0 never.",
    ),
    Setting(
        "expiry_warning_days",
        "Security",
        "Warn before a certificate ends (days)",
        "Certificates that end sooner are called “expires soon”.",
    ),
    Setting(
        "revocation",
        "Security",
        "Revoked certificates",
        "prefer uses what is known; require shows ? without an answer; off does not look.",
        ("prefer", "require", "off"),
    ),
    Setting(
        "fetch",
        "Security",
        "Fetch about certificates",
        "lists tell nobody with whom you write; all also asks OCSP responders, who learn it.",
        ("lists", "all", "nothing"),
    ),
    Setting(
        "fetch_for_pinned",
        "Security",
        "Also for certificates you trust yourself",
        "Off: nothing is fetched about those.",
    ),
    Setting(
        "fetch_private_addresses",
        "Security",
        "Fetch from the own network too",
        "Certificates may name servers of this computer and the own network.",
    ),
    Setting(
        "direct",
        "Security",
        "Direct secure messaging",
        "Certificates of whole domains, whole messages wrapped, receipts. The README says what it needs.",
    ),
    Setting(
        "discovery.when",
        "Finding certificates",
        "Look on the network",
        "asked: only when you press the key; writing: by itself while you write encrypted; never.",
        ("asked", "writing", "never"),
    ),
    Setting(
        "discovery.dns",
        "Finding certificates",
        "CERT records in DNS",
        "Certificates that the recipient's domain publishes.",
    ),
    Setting("discovery.smimea", "Finding certificates", "SMIMEA records in DNS", "The same, vouched for by DNSSEC."),
    Setting(
        "discovery.ldap_by_dns",
        "Finding certificates",
        "LDAP server of the domain",
        "The server that the recipient's domain names in DNS.",
    ),
    Setting(
        "discovery.ldap",
        "Finding certificates",
        "LDAP servers",
        "Like ldaps://ldap.example.org/dc=example,dc=org; several with spaces between.",
    ),
    Setting(
        "discovery.directory", "Finding certificates", "HTTPS directory", "Like https://certs.example.org/{address}."
    ),
    Setting(
        "discovery.resolver",
        "Finding certificates",
        "DNS resolver",
        "ADDRESS or ADDRESS:PORT; empty takes the system's.",
    ),
    Setting(
        "discovery.resolver_trusted",
        "Finding certificates",
        "The way to the resolver is safe",
        "Its word about DNSSEC counts then.",
    ),
    Setting(
        "discovery.ca_file", "Finding certificates", "Roots for these servers", "A PEM file, instead of the system's."
    ),
    Setting(
        "discovery.accept_unproven",
        "Finding certificates",
        "Use certificates nobody vouches for",
        "A found certificate counts although no authority that you trust has issued it.",
    ),
    Setting(
        "notify",
        "Looks",
        "Call out new mail",
        "The bell, or a notification of the terminal or the desktop: how many came, never a word of the mail.",
        ("off", "bell", "terminal", "desktop"),
    ),
    Setting(
        "theme",
        "Looks",
        "Colours",
        "T changes them too; own ones stand in [themes.NAME] of the file.",
        ("dark", "light", "high-contrast"),
    ),
    Setting("ascii", "Looks", "Plain characters only", "For terminals and fonts without other shapes."),
    Setting("mouse", "Looks", "Mouse", "Off leaves the mouse to the terminal. Counts from the next start."),
    Setting(
        "keymap",
        "Looks",
        "Keys",
        "plain, or those of vim or emacs; single keys in the section [keys] of the file.",
        ("plain", "vim", "emacs"),
    ),
)

Value = bool | int | str | tuple[str, ...]


def value_of(settings: Settings, name: str) -> Value:
    """What a setting is now."""
    found: object = settings
    for part in name.split("."):
        found = getattr(found, part)
    assert isinstance(found, bool | int | str | tuple)  # noqa: S101 - the kinds that the schema knows
    return found


def choices_of(settings: Settings, setting: Setting) -> tuple[str, ...]:
    """What can be chosen; a person's own themes are colours too."""
    return (*setting.choices, *settings.themes) if setting.name == "theme" else setting.choices


def shown(value: Value) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def changed(settings: Settings, setting: Setting, text: str) -> Settings:
    """The settings with one value replaced by what a person typed or chose. Raises UsageError with what is possible."""
    before = value_of(settings, setting.name)
    typed = text.strip()
    value: Value
    if setting.choices:
        if typed not in choices_of(settings, setting):
            raise UsageError(f"{setting.title}: choose {_listed(choices_of(settings, setting))}.")
        value = typed
    elif isinstance(before, bool):
        if typed not in ("on", "off"):
            raise UsageError(f"{setting.title}: on or off.")
        value = typed == "on"
    elif isinstance(before, int):
        if not typed.isascii() or not typed.isdigit() or int(typed[:12]) > MAX_NUMBER:
            raise UsageError(f"{setting.title}: a number from 0 to {MAX_NUMBER:,}.")
        value = int(typed)
    else:
        value = tuple(typed.split()) if isinstance(before, tuple) else typed
    section, _, name = setting.name.rpartition(".")
    if not section:
        return replace(settings, **{name: value})
    return replace(settings, **{section: replace(getattr(settings, section), **{name: value})})


def next_value(settings: Settings, setting: Setting) -> str | None:
    """What pressing Enter makes of a switch or a choice; None where something has to be typed."""
    before = value_of(settings, setting.name)
    if isinstance(before, bool):
        return shown(not before)
    if not setting.choices:
        return None
    choices = choices_of(settings, setting)
    place = choices.index(str(before)) if before in choices else -1
    return choices[(place + 1) % len(choices)]


def settings_table() -> str:
    """All of them as a Markdown table, for the README."""
    lines = ["| Setting | From the start | What it does |", "|---|---|---|"]
    for setting in SETTINGS:
        value = shown(value_of(Settings(), setting.name)) or "empty"
        words = f" ({', '.join(setting.choices)})" if setting.choices else ""
        lines.append(f"| `{setting.name}` | {value} | {setting.title}{words}. {setting.sentence} |")
    return "\n".join(lines) + "\n"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]
