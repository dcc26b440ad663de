"""Your unfinished messages. The interface goes on writing them with D; here they are listed and discarded.

Examples:

  tui-mail drafts
  tui-mail drafts discard 3
"""

import argparse
import asyncio
from datetime import UTC, datetime

import msgspec

from tui_mail.cli.profile import add_profile_options, open_engine
from tui_mail.engine.messages import DiscardDraft, Done, Drafts, ListDrafts
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail drafts``."""
    parser.add_argument("action", nargs="?", default="list", choices=("list", "discard"), metavar="ACTION",
                        help="list, discard")  # fmt: skip
    parser.add_argument("number", type=int, nargs="?", help="which draft; the list says")
    add_profile_options(parser)
    parser.add_argument("--json", action="store_true", help="the list as one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """List, or discard one."""
    if args.action == "discard" and args.number is None:
        raise UsageError("Say which draft: `tui-mail drafts` shows their numbers.")
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        if args.action == "discard":
            done = await client.ask(DiscardDraft(args.number), Done)
            if not done.count:
                raise UsageError(f"There is no draft {args.number}.")
            print("Discarded.")
            return 0
        for entry in (await client.ask(ListDrafts(), Drafts)).entries:
            if args.json:
                print(msgspec.json.encode(entry).decode())
                continue
            when = f"{datetime.fromtimestamp(entry.changed, UTC):%Y-%m-%d %H:%M}Z"
            people = ", ".join(map(clean, entry.recipients)) or "(nobody)"
            print(f"{entry.id}  {when}  {people}  {clean(entry.subject)}".rstrip())
    return 0
