"""Writing a mail by answering questions: to whom, about what, the text, encrypted or not, send or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from tui_mail.engine.client import EngineClient
from tui_mail.engine.messages import Preflight, PreflightResult, Queued, SendMessage
from tui_mail.model.account import Account
from tui_mail.model.address import Address, parse_address_list
from tui_mail.model.clean import clean
from tui_mail.model.message import Draft

Ask = Callable[[str], Awaitable[str]]
Say = Callable[[str], None]
END = "."
MAX_LINES = 10_000


async def write(client: EngineClient, account: Account, draft: Draft, ask: Ask, say: Say) -> int | None:
    """Ask for what the draft lacks and hand it to the outbox; its number there, None when it was not sent."""
    if not draft.to:
        people = people_in(await ask("To: "))
        if not people:
            say("That is no mail address. Nothing was written.")
            return None
        draft = replace(draft, to=people)
    else:
        say(f"To: {clean(', '.join(map(str, draft.to)))}")
    if not draft.subject:
        draft = replace(draft, subject=(await ask("Subject: ")).strip())
    else:
        say(f"Subject: {clean(draft.subject)}")
    if draft.attachments:
        say(f"Attached: {clean(', '.join(file.name for file in draft.attachments))}")
    say("Text; a line with a single dot ends it.")
    own: list[str] = []
    while len(own) < MAX_LINES and (line := await ask("")) != END:
        own.append(line)
    draft = replace(draft, body="\n".join(own) + ("\n" + draft.body if draft.body else "\n"))
    draft = await _protected(client, account, draft, ask, say)
    result = await _preflight(client, account, draft)
    if not result.ready:
        for sentence in _obstacles(result):
            say(sentence)
        say("It cannot be sent like this. Nothing was sent.")
        return None
    kind = "encrypted" if draft.protection.encrypt else "not encrypted, anybody on its way can read it"
    if not _yes(await ask(f"Send it now, {kind}? yes or no: ")):
        say("Nothing was sent.")
        return None
    queued = await client.ask(SendMessage(draft), Queued)
    return queued.outbox_id


async def _protected(client: EngineClient, account: Account, draft: Draft, ask: Ask, say: Say) -> Draft:
    """Encrypt where the person wants it; what stands against it is said."""
    sealed = replace(draft, protection=replace(draft.protection, encrypt=True))
    result = await _preflight(client, account, sealed)
    if draft.protection.encrypt:
        for sentence in [] if result.ready else _obstacles(result):
            say(sentence)
        if result.ready or not _yes(await ask("That mail was encrypted. Send this one open? yes or no: ")):
            return sealed
        return replace(draft, protection=replace(draft.protection, encrypt=False))
    if not result.ready:
        for sentence in _obstacles(result):
            say(f"It cannot be encrypted: {sentence}")
        return draft
    return sealed if _yes(await ask("Everyone can read it encrypted. Encrypt it? yes or no: ")) else draft


async def _preflight(client: EngineClient, account: Account, draft: Draft) -> PreflightResult:
    everyone = tuple(person.spec for person in (*draft.to, *draft.cc, *draft.bcc))
    return await client.ask(Preflight(account.id, everyone, draft.protection), PreflightResult)


def _obstacles(result: PreflightResult) -> list[str]:
    sentences = [clean(check.sentence) for check in result.recipients if not check.encryptable]
    return sentences or [clean(result.own_sentence) or "Something is missing."]


def people_in(text: str) -> tuple[Address, ...]:
    """The addresses that were typed; none when one of them is no address."""
    people, wrong = parse_address_list(text)
    return () if wrong else people


def _yes(text: str) -> bool:
    return text.strip().casefold() in ("y", "yes")
