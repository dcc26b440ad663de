"""Fetch new mail of all folders, judge it, and send what waits in the outbox. The engine keeps running afterwards.

Examples:

  tui-mail sync
  tui-mail sync --once --json --passphrase-file ~/.secret/passphrase   (for cron: leaves no engine behind)
"""

import argparse
import asyncio
import sys

import msgspec

from tui_mail.cli.profile import add_profile_options, open_engine, profile_paths
from tui_mail.cli.progress import ProgressBar
from tui_mail.engine.client import SocketClient, stop_engine
from tui_mail.engine.door import lock_is_held
from tui_mail.engine.messages import ListOutbox, Outbox, OutboxChanged, Synced, SyncNow
from tui_mail.model.clean import clean
from tui_mail.model.message import OutboxState

OUTBOX_SECONDS = 120.0
_MOVING = frozenset({OutboxState.QUEUED, OutboxState.PROTECTING, OutboxState.READY, OutboxState.SUBMITTING})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail sync``."""
    add_profile_options(parser)
    parser.add_argument("--once", action="store_true", help="end the engine afterwards if this command started it")
    parser.add_argument("--account", default="", metavar="A", help="only this account")
    parser.add_argument("--json", action="store_true", help="one JSON object: counts, bytes and seconds")


def run(args: argparse.Namespace) -> int:
    """Synchronise; 1 when something could not be done."""
    was_there = lock_is_held(profile_paths(args))
    try:
        return asyncio.run(_sync(args))
    finally:
        if args.once and not was_there:
            asyncio.run(stop_engine(profile_paths(args)))


async def _sync(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        bar = ProgressBar(sys.stderr, shown=not args.json)
        client.listen(bar.heard)
        result = await client.ask(SyncNow(args.account, wait=True), Synced)
        stuck = await _outbox(client)
        bar.end()
    if args.json:
        print(msgspec.json.encode(result).decode())
    else:
        print(
            f"{result.new_messages} new, {result.expunged} gone, {result.flag_changes} changed in {result.folders} "
            f"folders; {result.bytes_received / 1e6:.1f} MB in {result.seconds:.1f} s."
        )
    for problem in (*result.problems, *stuck):
        print(f"tui-mail: {clean(problem)}", file=sys.stderr)
    return 1 if result.problems or stuck else 0


async def _outbox(client: SocketClient) -> list[str]:
    """Wait for what can leave now; sentences about what did not."""
    moved = asyncio.Event()
    stop = client.listen(lambda event: moved.set() if isinstance(event, OutboxChanged) else None)
    client.on_gone = moved.set  # the next question says so
    try:
        async with asyncio.timeout(OUTBOX_SECONDS):
            while True:
                moved.clear()  # before the question: what moves behind its answer may be told before that is read
                entries = (await client.ask(ListOutbox(), Outbox)).entries
                moving = [entry for entry in entries if entry.state in _MOVING and not entry.problem]
                if not moving:
                    break
                await moved.wait()
    except TimeoutError:
        pass
    finally:
        stop()
    entries = (await client.ask(ListOutbox(), Outbox)).entries
    return [f"Outbox {entry.id}: {entry.problem}" for entry in entries if entry.problem]
