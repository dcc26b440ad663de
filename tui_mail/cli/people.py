"""Decisions about people on the command line: block, unblock, note, and whom to remind."""

import json
from datetime import UTC, datetime, timedelta

from tui_mail.cli.book import choose, entries, fingerprint_of
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import (
    BlockSender,
    BookEntry,
    CertificateBook,
    Done,
    ListCertificates,
    SaveNote,
    UnblockSender,
)
from tui_mail.model.clean import clean
from tui_mail.model.day import day


async def block(client: SocketClient, address: str, words: list[str], *, take_back: bool) -> int:
    """Block or unblock an address, or one certificate of it."""
    sha256 = choose(await entries(client, address), fingerprint_of(words)).certificate.sha256 if words else ""
    command = UnblockSender(address, sha256) if take_back else BlockSender(address, sha256)
    changed = (await client.ask(command, Done)).count
    what = f"This certificate of {address}" if sha256 else f"{address}"
    now = "is not blocked any more" if take_back else "is blocked: no signature counts, nothing is encrypted to it"
    print(f"{what} {now}; {changed} messages changed their letter.")
    return 0


async def note(client: SocketClient, address: str, words: list[str]) -> int:
    """Keep a note on a correspondent; without words it is taken away."""
    await client.ask(SaveNote(address, " ".join(words)), Done)
    print(f"Noted for {address}." if words else f"The note on {address} is gone.")
    return 0


async def reminders(client: SocketClient, *, as_objects: bool) -> int:
    """Whose certificate ends soon or has ended, and who still holds an old one of ours."""
    book = await client.ask(ListCertificates(), CertificateBook)
    found = reminder_list(book, datetime.now(UTC), client.welcome.settings.expiry_warning_days)
    for kind, address, sentence in found:
        print(json.dumps({"kind": kind, "address": address, "sentence": sentence}) if as_objects else clean(sentence))
    if not found and not as_objects:
        print("Nobody needs a reminder.")
    return 0


def reminder_list(book: CertificateBook, now: datetime, warning_days: int) -> list[tuple[str, str, str]]:
    """(kind, address, sentence): "own", "correspondent" or "old-copy"."""
    soon = now + timedelta(days=warning_days)
    newest: dict[tuple[str, bool], BookEntry] = {}
    for entry in book.entries:
        if entry.own or entry.trusted or entry.vouched:
            known = newest.get((entry.address, entry.own))
            if known is None or entry.certificate.not_after > known.certificate.not_after:
                newest[entry.address, entry.own] = entry
    found = []
    for (address, own), entry in sorted(newest.items(), key=lambda item: (not item[0][1], item[0][0])):
        end = entry.certificate.not_after
        if end < soon:
            verb = "expired" if end < now else "ends"
            whose = f"Your certificate for {address}" if own else f"The certificate of {address}"
            todo = "get a new one" if own else "ask for a new one with a signed introduction"
            kind = "own" if own else "correspondent"
            found.append((kind, address, f"{whose} {verb} on {day(end)}: {todo}."))
    ours = {entry.certificate.sha256 for (_address, own), entry in newest.items() if own}
    held = {(entry.address, entry.sent_sha256) for entry in book.entries if not entry.own and entry.sent_sha256}
    held |= {(one.address, one.sent_sha256) for one in book.waiting if one.sent_sha256}
    for address, sha256 in sorted(held):
        if sha256 not in ours:
            sentence = f"{address} has an older certificate of yours: the next signed mail to them carries the new one."
            found.append(("old-copy", address, sentence))
    return found
