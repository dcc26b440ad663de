"""What the commands `cert` and `key` share: finding one certificate in the book, and showing it."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import BookEntry, CertificateBook, ListCertificates
from tui_mail.model.certificate import SPOKEN_BITS, CertificateInfo, fingerprint_groups, spoken_words
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError
from tui_mail.model.typed_path import typed_path
from tui_mail.store import certificates
from tui_mail.store.database import open_database

SHORTEST_PREFIX = 8
_HEX = set("0123456789abcdef")


async def entries(client: SocketClient, address: str = "") -> tuple[BookEntry, ...]:
    """The book, or one address's part of it."""
    return (await client.ask(ListCertificates(address), CertificateBook)).entries


def fingerprint_of(words: list[str]) -> str:
    """Hex digits from words as people copy them: groups, colons, upper case. Raises UsageError."""
    digits = "".join(words).replace(":", "").replace(" ", "").lower()
    if len(digits) < SHORTEST_PREFIX or not set(digits) <= _HEX:
        raise UsageError(
            f"Give at least {SHORTEST_PREFIX} hex digits of the SHA-256 fingerprint; `tui-mail cert list` shows them."
        )
    return digits


def choose(found: tuple[BookEntry, ...], fingerprint: str) -> BookEntry:
    """The one certificate whose fingerprint begins so."""
    fitting = [entry for entry in found if entry.certificate.sha256.startswith(fingerprint)]
    if not fitting:
        raise UsageError("No certificate in the book has this fingerprint; `tui-mail cert list` shows them all.")
    if len({entry.certificate.sha256 for entry in fitting}) > 1:
        raise UsageError("Several certificates begin with these digits; give more of the fingerprint.")
    return fitting[0]


def certificate_der(client: SocketClient, sha256: str) -> bytes:
    """The certificate itself, from the store."""
    welcome = client.welcome
    key = bytes.fromhex(welcome.store_key) if welcome.store_key else None
    database = open_database(Path(welcome.store_path), key, read_only=True)
    try:
        der = certificates.certificate(database, sha256)
    finally:
        database.close()
    if der is None:
        raise UsageError("The certificate is not in the book any more.")
    return der


def write_new(name: str, data: bytes, *, private: bool = False) -> None:
    """Write a file that is not there yet; a private one for its owner only. Raises UsageError."""
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(typed_path(name), flags, 0o600 if private else 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except FileExistsError:
        raise UsageError(f"{name} exists already and is not overwritten; choose another name.") from None
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror}.") from None


def one_line(entry: BookEntry) -> str:
    """One certificate as a line of a list."""
    info = entry.certificate
    states = (
        ("own", entry.own),
        ("blocked", entry.blocked),
        ("trusted", entry.trusted),
        ("vouched for", entry.vouched),
        ("found", entry.found is not None),
    )
    marks = [word for word, holds in states if holds]
    if marks in ([], ["found"]):
        marks.append("not trusted")
    messages = f"{entry.messages} message" if entry.messages == 1 else f"{entry.messages} messages"
    return (
        f"{info.sha256[:16]}  {clean(entry.address)}  {', '.join(marks)}  "
        f"until {info.not_after:%Y-%m-%d}  {info.key_algorithm}  {messages}"
    )


def many_lines(info: CertificateInfo) -> list[str]:
    """One certificate for comparing."""
    uses = [word for word, holds in (("signing", info.can_sign), ("encryption", info.can_encrypt)) if holds]
    return [
        f"Names        {', '.join(map(clean, info.addresses or info.domains)) or 'no address'}",
        f"Subject      {clean(info.subject)}",
        f"Issuer       {clean(info.issuer)}{' (itself)' if info.self_signed else ''}",
        f"Valid        {info.not_before:%Y-%m-%d} to {info.not_after:%Y-%m-%d}",
        f"Key          {info.key_algorithm}, for {' and '.join(uses) or 'neither signing nor encryption'}",
        f"Serial       {info.serial}",
        f"Six words    {spoken_words(info.sha256)} ({SPOKEN_BITS} bits of the fingerprint, to compare by telephone)",
        f"SHA-256      {fingerprint_groups(info.sha256)}",
    ]


def as_json(entry: BookEntry, moment: datetime) -> dict[str, Any]:
    """One certificate as a JSON object."""
    return {
        "address": entry.address,
        **certificate_facts(entry.certificate),
        "trusted": entry.trusted,
        "own": entry.own,
        "messages": entry.messages,
        "words": spoken_words(entry.certificate.sha256),
        "vouched": entry.vouched,
        "found": None if entry.found is None else {"place": str(entry.found.place), "where": entry.found.where},
        "blocked": entry.blocked,
        "note": entry.note,
        "reads": list(entry.reads),
        "expires_in_days": (entry.certificate.not_after - moment).days,
        "sent_at": _instant(datetime.fromtimestamp(entry.sent_at, UTC)) if entry.sent_at else None,
        "sent_sha256": entry.sent_sha256 or None,
    }


def certificate_facts(info: CertificateInfo) -> dict[str, Any]:
    """What a certificate says, as JSON."""
    return {
        "sha256": info.sha256,
        "addresses": list(info.addresses),
        "subject": info.subject,
        "issuer": info.issuer,
        "serial": info.serial,
        "not_before": _instant(info.not_before),
        "not_after": _instant(info.not_after),
        "key": info.key_algorithm,
        "can_sign": info.can_sign,
        "can_encrypt": info.can_encrypt,
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
