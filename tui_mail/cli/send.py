"""Send a message from a file: an RFC 5322 message with To, Cc, Bcc, Subject, a text and attachments.

The From is the account's address, whatever the file says. It waits until the message has left, or says why not.
Examples:

  tui-mail send hello.eml                      (signed, as the settings say)
  tui-mail send hello.eml --encrypt
  printf 'To: bert@clinic.example\\nSubject: Hello\\n\\nGood morning\\n' | tui-mail send -
  tui-mail send hello.eml --check --encrypt    (the preflight only)
  tui-mail send hello.eml --at 2030-01-31T08:00:00Z   (waits in the outbox until then)
"""

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tui_mail.cli.profile import add_profile_options, open_engine
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import (
    ListOutbox,
    Outbox,
    OutboxChanged,
    Preflight,
    PreflightResult,
    Queued,
    SendMessage,
)
from tui_mail.mime.headers import addresses, decode, message_ids
from tui_mail.mime.text import attachment_name, main_lines, plan_body
from tui_mail.mime.tree import Part, parse
from tui_mail.model.account import Settings
from tui_mail.model.clean import clean
from tui_mail.model.errors import EngineGone, UsageError
from tui_mail.model.message import Draft, DraftAttachment, OutboxEntry, OutboxState, Protection

MAX_FILE_BYTES = 100_000_000
MAX_SECONDS_DIGITS = 11
_LEFT = frozenset({OutboxState.SENT, OutboxState.FILED})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail send``."""
    parser.add_argument("file", metavar="FILE.eml", help="the message, or - for standard input")
    add_profile_options(parser)
    parser.add_argument("--account", default="", metavar="A", help="send as this account (default: the first)")
    parser.add_argument("--sign", action=argparse.BooleanOptionalAction, default=None, help="sign (default: as set)")
    parser.add_argument("--encrypt", action="store_true", help="encrypt for every recipient and for yourself")
    parser.add_argument("--opaque", action="store_true", help="opaque instead of detached signature")
    parser.add_argument(
        "--separate", action="store_true", help="a message for each group, so that an old program weakens no other"
    )
    parser.add_argument(
        "--legacy-display", action="store_true", help="repeat the hidden subject in the text, for old programs"
    )
    parser.add_argument("--check", action="store_true", help="say what sending would meet, send nothing")
    parser.add_argument("--at", metavar="TIME", help="when it shall leave: an ISO 8601 instant, or +SECONDS")
    parser.add_argument("--receipt", action="store_true", help="ask the readers for a receipt (RFC 8098)")
    parser.add_argument("--no-wait", action="store_true", help="end as soon as the message is in the outbox")
    parser.add_argument("--json", action="store_true", help="the outcome as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Send; 1 when it did not leave."""
    if args.file == "-":
        raw = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    else:
        with Path(args.file).open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise UsageError(f"The message is larger than {MAX_FILE_BYTES // 1_000_000} MB.")
    return asyncio.run(_send(args, parse(raw)))


async def _send(args: argparse.Namespace, message: Part) -> int:
    async with open_engine(args) as client:
        settings = client.welcome.settings
        at = moment_of(args.at) if args.at else 0
        sign = settings.sign_by_default if args.sign is None else args.sign
        protection = Protection(
            sign=sign,
            encrypt=args.encrypt,
            opaque=args.opaque,
            separate=args.separate,
            legacy_display=args.legacy_display,
        )
        with tempfile.TemporaryDirectory(prefix="tui-mail-") as folder:
            draft = read_draft(message, account_id(settings, args.account), protection, Path(folder))
            if args.check:
                return await _check(client, draft, args.json)
            moved = listening(client)
            draft = msgspec.structs.replace(draft, ask_receipt=args.receipt)
            queued = await client.ask(SendMessage(draft, at), Queued)
        if args.no_wait or at:
            _say(args.json, queued.outbox_id, "queued", "")
            return 0
        entry = await _outcome(client, queued.outbox_id, moved)
    _say(args.json, entry.id, entry.state.value, entry.problem)
    return 0 if entry.state in _LEFT else 1


def moment_of(text: str) -> int:
    """The instant that a person means, seconds since 1970 UTC: ISO 8601 (UTC when it names no zone), or +SECONDS from
    now. Raises UsageError."""
    if text.startswith("+") and text[1:].isdigit() and len(text) < MAX_SECONDS_DIGITS:
        return int(time.time()) + int(text[1:])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time: write 2030-01-31T08:00:00Z, or +3600 for in an hour.") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def account_id(settings: Settings, wanted: str) -> str:
    """The account to send as. Raises UsageError."""
    names = [account.id for account in settings.accounts]
    if wanted and wanted not in names:
        raise UsageError(f"There is no account {wanted!r} in this profile; there are: {', '.join(names)}.")
    return wanted or names[0]


def read_draft(message: Part, account: str, protection: Protection, folder: Path) -> Draft:
    """The draft in a message file; attachments are put into `folder`, from where they are queued."""
    plan = plan_body(message)
    files = []
    for position, part in enumerate(plan.attachments):
        place = folder / str(position)
        place.write_bytes(part.body if part.type.startswith("message/") else part.body_bytes())
        files.append(DraftAttachment(str(place), attachment_name(part), part.type))

    def raw(name: str) -> bytes:
        return message.get(name) or b""

    answered = message_ids(raw("in-reply-to"))
    return Draft(
        account=account,
        to=addresses(raw("to")) if raw("to").strip() else (),
        cc=addresses(raw("cc")) if raw("cc").strip() else (),
        bcc=addresses(raw("bcc")) if raw("bcc").strip() else (),
        subject=decode(raw("subject")),
        body=main_lines(message)[1],
        attachments=tuple(files),
        protection=protection,
        in_reply_to=answered[0] if answered else "",
        references=message_ids(raw("references")),
    )


async def _check(client: SocketClient, draft: Draft, as_json: bool) -> int:
    specs = tuple(address.spec for address in (*draft.to, *draft.cc, *draft.bcc))
    result = await client.ask(Preflight(draft.account, specs, draft.protection), PreflightResult)
    if as_json:
        print(msgspec.json.encode(result).decode())
        return 0 if result.ready else 1
    print(f"Signed by: {clean(result.signed_by) or 'nobody'}")
    if result.own_sentence:
        print(clean(result.own_sentence))
    for check in result.recipients:
        print(f"{clean(check.address)}: {check.state.value}. {clean(check.sentence)}")
    for note in result.notes:
        print(clean(note))
    print("Ready to send." if result.ready else "It cannot be sent like this.")
    return 0 if result.ready else 1


def listening(client: SocketClient) -> "asyncio.Queue[OutboxEntry | None]":
    """What moves in the outbox from now on, and None when the engine stops."""
    moved: asyncio.Queue[OutboxEntry | None] = asyncio.Queue()
    client.listen(lambda event: moved.put_nowait(event.entry) if isinstance(event, OutboxChanged) else None)
    client.on_gone = lambda: moved.put_nowait(None)
    return moved


async def _outcome(client: SocketClient, number: int, moved: "asyncio.Queue[OutboxEntry | None]") -> OutboxEntry:
    """Wait until the entry has left, failed, or meets trouble that passes only later. Raises EngineGone."""
    entries = (await client.ask(ListOutbox(), Outbox)).entries
    entry = next((one for one in entries if one.id == number), None)
    while entry is None or not (entry.state in _LEFT or entry.problem):
        heard = await moved.get()
        if heard is None:
            raise EngineGone("The engine stopped. The message is in the outbox and leaves when an engine runs again.")
        if heard.id == number:
            entry = heard
    return entry


def _say(as_json: bool, number: int, state: str, problem: str) -> None:
    if as_json:
        print(msgspec.json.encode({"outbox": number, "state": state, "problem": problem}).decode())
    elif problem:
        print(f"tui-mail: {clean(problem)}", file=sys.stderr)
    else:
        print("In the outbox." if state == "queued" else "Sent.")
