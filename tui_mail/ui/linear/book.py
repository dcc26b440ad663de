"""The certificate book: whose certificates are known, and what is decided about them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_mail.engine.messages import (
    BlockSender,
    CertificateBook,
    Done,
    ListCertificates,
    SaveNote,
    TrustSender,
    UnblockSender,
    UntrustSender,
)
from tui_mail.model.certificate import fingerprint_groups, spoken_words
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.ui.book_rows import Person, people, person_lines

if TYPE_CHECKING:
    from tui_mail.ui.linear.session import Conversation

USAGE = "book ADDRESS shows one; book trust, untrust, block or unblock ADDRESS decides; book note ADDRESS WORDS."


async def book(talk: Conversation, words: str) -> None:
    """The whole list, one correspondent, or a decision about one."""
    verb, _, rest = words.partition(" ")
    if verb.casefold() not in _DECISIONS:
        verb, rest = "show", words
    address, _, more = rest.strip().partition(" ")
    found = people(await talk.client.ask(ListCertificates(), CertificateBook), datetime.now(UTC))
    if not words:
        for person in found:
            here = "certificate here" if person.entry else "no certificate"
            talk.say(f"{clean(person.address)}: {here}{_TRUST[person.trust]}.")
        talk.say(USAGE if found else "The certificate book is empty.")
        return
    chosen = next((person for person in found if person.address.casefold() == address.casefold()), None)
    if chosen is None:
        talk.say(f"Nobody with the address {clean(address)!r} is in the book; book lists them.")
    elif verb == "show":
        _show(talk, chosen)
    else:
        await _decide(talk, verb.casefold(), chosen, more.strip())


_DECISIONS = ("trust", "untrust", "block", "unblock", "note")
_TRUST = {
    "": "",
    "blocked": ", blocked",
    "by you": ", trusted by you",
    "authority": ", trusted by an authority",
    "not yet": ", not trusted yet",
}


def _show(talk: Conversation, person: Person) -> None:
    talk.say(f"{clean(person.address)}.")
    for line in person_lines(person, datetime.now(UTC)):
        label, value = (text.strip() for text, _style in line)
        talk.say(f"{label}: {value}.")
    if person.entry is not None:
        certificate = person.entry.certificate
        talk.say(f"It is valid from {day(certificate.not_before)} to {day(certificate.not_after)}.")
        talk.say(f"Its six words: {spoken_words(certificate.sha256)}.")
        talk.say(f"Its fingerprint, SHA-256: {fingerprint_groups(certificate.sha256)}.")


async def _decide(talk: Conversation, verb: str, person: Person, note: str) -> None:
    address, entry = person.address, person.entry
    if verb == "note":
        await talk.client.ask(SaveNote(address, note), Done)
        talk.say("The note is kept." if note else "The note is gone.")
    elif verb == "unblock":
        await talk.client.ask(UnblockSender(address), Done)
        talk.say(f"{clean(address)} is not blocked any more.")
    elif verb == "block":
        question = "Their signatures count for nothing then, and nothing is encrypted to them. Block them?"
        if await talk.agrees(question):
            await talk.client.ask(BlockSender(address), Done)
            talk.say(f"{clean(address)} is blocked.")
        else:
            talk.say("Nothing was changed.")
    elif entry is None:
        talk.say("There is no certificate of theirs yet.")
    elif verb == "untrust":
        await talk.client.ask(UntrustSender(address, entry.certificate.sha256), Done)
        talk.say(f"{clean(address)} is not trusted any more.")
    elif entry.certificate.not_after < datetime.now(UTC):
        talk.say("This certificate has ended; ask for a signed mail, which brings the new one.")
    else:
        _show(talk, person)
        if await talk.agrees("Trust this certificate? Compare its six words by telephone first."):
            await talk.client.ask(TrustSender(address, entry.certificate.sha256), Done)
            talk.say(f"{clean(address)} is trusted.")
        else:
            talk.say("Nothing was changed.")
