"""Writing a mail by answering questions: to whom, about what, the text, encrypted or not, send or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec.structs import replace

from tui_mail.engine.client import EngineClient
from tui_mail.engine.messages import DraftSaved, Preflight, PreflightResult, Queued, SaveDraft, SendMessage
from tui_mail.model.account import Account
from tui_mail.model.address import Address, parse_address_list
from tui_mail.model.clean import clean
from tui_mail.model.errors import TuiMailError
from tui_mail.model.message import Draft
from tui_mail.model.typed_path import typed_path
from tui_mail.ui.attachment_mention import speaks_of_attachment
from tui_mail.ui.when import EXAMPLES, moment_in_words, said

Ask = Callable[[str], Awaitable[str]]
Say = Callable[[str], None]
END = "."
MAX_LINES = 10_000


async def write(
    client: EngineClient, account: Account, draft: Draft, ask: Ask, say: Say, draft_id: int = 0
) -> int | None:
    """Ask for what the draft lacks and hand it to the outbox; its number there, None when it was not sent. What was
    written and not sent is kept as a draft."""
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
    if draft_id and draft.body.strip():
        say("Written so far:")
        say(clean(draft.body.rstrip()))
    say("Text; a line with a single dot ends it.")
    own: list[str] = []
    try:
        while len(own) < MAX_LINES and (line := await ask("")) != END:
            own.append(line)
        draft = _with_text(draft, own, draft_id)
        own = []
        draft = await _protected(client, account, draft, ask, say)
        result = await _preflight(client, account, draft)
        if not result.ready:
            for sentence in _obstacles(result):
                say(sentence)
            say("It cannot be sent like this. Nothing was sent.")
        else:
            draft, at = await _decided(client, draft, ask, say)
            if at is not None:
                outbox_id = (await client.ask(SendMessage(draft, at, draft_id), Queued)).outbox_id
                now = datetime.now().astimezone()
                later = at - now.timestamp() > client.welcome.settings.undo_seconds + 1
                leaves = said(datetime.fromtimestamp(at).astimezone(), now) if later else "now"
                say(f"It is in the outbox and leaves {leaves}. undo takes it back.")
                return outbox_id
    except (EOFError, KeyboardInterrupt):
        await client.ask(SaveDraft(_with_text(draft, own, draft_id), draft_id, True), DraftSaved)
        raise
    await client.ask(SaveDraft(draft, draft_id, True), DraftSaved)
    say("It is kept as a draft; drafts lists them.")
    return None


def _with_text(draft: Draft, own: list[str], draft_id: int) -> Draft:
    """What was typed stands above what is quoted, and below what was written in an earlier hour."""
    if not own:
        return draft
    typed = "\n".join(own)
    if draft_id:
        return replace(draft, body=f"{draft.body.rstrip()}\n{typed}\n")
    return replace(draft, body=typed + ("\n" + draft.body if draft.body else "\n"))


async def _decided(client: EngineClient, draft: Draft, ask: Ask, say: Say) -> tuple[Draft, int | None]:
    """The draft, maybe with more files, and when it leaves in seconds since 1970; None when it does not."""
    if speaks_of_attachment(draft.body) and not draft.attachments:
        say("The text speaks of an attachment, and none is there.")
    kind = "encrypted" if draft.protection.encrypt else "not encrypted, anybody on its way can read it"
    question = f"Send it now, {kind}? yes or no, attach FILE, or later tomorrow 8:00: "
    while True:
        word, _, rest = (await ask(question)).strip().partition(" ")
        now = datetime.now().astimezone()
        if word.casefold() == "attach":
            draft = _attached(draft, rest, say)
        elif word.casefold() == "later":
            moment = moment_in_words(rest, now)
            if moment is not None:
                return draft, int(moment.timestamp())
            say(f"When? {EXAMPLES}, for example.")
        elif yes(word):
            wait = client.welcome.settings.undo_seconds
            return draft, int(now.timestamp()) + wait if wait else 0
        else:
            say("Nothing was sent.")
            return draft, None


def _attached(draft: Draft, path: str, say: Say) -> Draft:
    from tui_mail.ui.widgets.attachment_list import attachment_from  # brings the interface along

    try:
        file = attachment_from(typed_path(path.strip()))
    except TuiMailError as error:
        say(clean(str(error)))
        return draft
    say(f"Attached: {clean(file.name)}.")
    return replace(draft, attachments=(*draft.attachments, file))


async def _protected(client: EngineClient, account: Account, draft: Draft, ask: Ask, say: Say) -> Draft:
    """Encrypt where the person wants it; what stands against it is said."""
    sealed = replace(draft, protection=replace(draft.protection, encrypt=True))
    result = await _preflight(client, account, sealed)
    if draft.protection.encrypt:
        for sentence in [] if result.ready else _obstacles(result):
            say(sentence)
        if result.ready or not yes(await ask("That mail was encrypted. Send this one open? yes or no: ")):
            return sealed
        return replace(draft, protection=replace(draft.protection, encrypt=False))
    if not result.ready:
        for sentence in _obstacles(result):
            say(f"It cannot be encrypted: {sentence}")
        return draft
    return sealed if yes(await ask("Everyone can read it encrypted. Encrypt it? yes or no: ")) else draft


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


def yes(text: str) -> bool:
    """A yes; everything else is a no."""
    return text.strip().casefold() in ("y", "yes")
