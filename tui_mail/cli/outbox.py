"""What has not left yet, and what to do with it.

Examples:

  tui-mail outbox list
  tui-mail outbox cancel 7            (becomes a draft again)
  tui-mail outbox at 7 +3600          (leaves in an hour)
  tui-mail outbox retry 7             (after a failure; a message that waits leaves now)
  tui-mail outbox was-sent 7          (a recipient has it: file it, never send it again)
  tui-mail outbox discard 7
"""

import argparse
import asyncio
from datetime import UTC, datetime

import msgspec

from tui_mail.cli.profile import add_profile_options, open_engine
from tui_mail.cli.send import moment_of
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import (
    DecideOutbox,
    Done,
    DraftOpened,
    ListOutbox,
    Outbox,
    PostponeSend,
    UndoSend,
)
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError
from tui_mail.model.message import OutboxState

_ACTIONS = ("list", "cancel", "at", "retry", "was-sent", "discard")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail outbox``."""
    parser.add_argument("action", choices=_ACTIONS, metavar="ACTION", help=", ".join(_ACTIONS))
    parser.add_argument("number", type=int, nargs="?", help="which message; the list says")
    parser.add_argument("time", nargs="?", metavar="TIME", help="for `at`: an ISO 8601 instant, or +SECONDS")
    add_profile_options(parser)
    parser.add_argument("--json", action="store_true", help="the list as one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Do one action."""
    if args.action != "list" and args.number is None:
        raise UsageError("Say which message: `tui-mail outbox list` shows their numbers.")
    if args.action == "at" and args.time is None:
        raise UsageError("Say when: 2030-01-31T08:00:00Z, or +3600 for in an hour.")
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        match args.action:
            case "list":
                await _list(client, args.json)
            case "cancel":
                opened = await client.ask(UndoSend(args.number), DraftOpened)
                print(f"It is draft {opened.draft_id} again.")
            case "at":
                await client.ask(PostponeSend(args.number, moment_of(args.time)), Done)
                print("It waits.")
            case "retry" if await _waits(client, args.number):
                await client.ask(PostponeSend(args.number, 0), Done)
                print("Done.")
            case decision:
                await client.ask(DecideOutbox(args.number, decision), Done)
                print("Done.")
    return 0


async def _waits(client: SocketClient, number: int) -> bool:
    entries = (await client.ask(ListOutbox(), Outbox)).entries
    return any(entry.id == number and entry.state is OutboxState.DELAYED for entry in entries)


async def _list(client: SocketClient, as_json: bool) -> None:
    for entry in (await client.ask(ListOutbox(), Outbox)).entries:
        if as_json:
            print(msgspec.json.encode(entry).decode())
            continue
        due = f" until {datetime.fromtimestamp(entry.due, UTC):%Y-%m-%d %H:%M:%S}Z" if entry.due else ""
        people = ", ".join(map(clean, entry.recipients))
        print(
            f"{entry.id}  {entry.state.value}{due}  {people}  {clean(entry.subject)}  {clean(entry.problem)}".rstrip()
        )
