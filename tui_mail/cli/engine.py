"""The background process of a profile: it receives, judges and sends mail, and holds the keys while unlocked.

It starts by itself when it is needed. Examples:

  tui-mail engine status
  tui-mail engine unlock --passphrase-file ~/.secret/passphrase
  tui-mail engine stop
"""

import argparse
import asyncio
import json
import sys

from tui_mail.cli.secrets import add_secret_options
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.door import lock_is_held
from tui_mail.engine.messages import Done, Lock
from tui_mail.model.errors import EngineGone
from tui_mail.model.paths import DEFAULT_PROFILE, ProfilePaths

_STATES = {
    "new": "runs; there is no profile yet, `tui-mail setup` makes one",
    "locked": "runs; the keys are locked",
    "open": "runs; the keys are unlocked",
}
_DONE = {"start": "The engine runs.", "unlock": "The keys are unlocked.", "lock": "The keys are locked."}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail engine``."""
    parser.add_argument(
        "action",
        choices=("start", "stop", "status", "unlock", "lock", "run"),
        metavar="ACTION",
        help="start, stop, status, unlock, lock; run stays in the foreground",
    )
    parser.add_argument("--profile", default=DEFAULT_PROFILE, metavar="NAME", help="which profile (default: default)")
    parser.add_argument("--json", action="store_true", help="status as one JSON object")
    add_secret_options(parser, "passphrase", "the vault's passphrase (for unlock)")


def run(args: argparse.Namespace) -> int:
    """Do one action; see ``ACTION``."""
    paths = ProfilePaths(args.profile)
    if args.action == "run":
        return _serve(paths)
    if args.action == "stop":
        was_there = asyncio.run(stop_engine(paths))
        print("The engine stopped." if was_there else "No engine runs.")
        return 0
    if args.action == "status":
        return _status(paths, args.json)
    return asyncio.run(_with_engine(args, paths))


def _serve(paths: ProfilePaths) -> int:
    from tui_mail.engine.server import run as serve

    try:
        serve(paths)
    except EngineGone as error:
        print(error, file=sys.stderr)  # exactly one engine a profile: a second start is no error
    return 0


def _status(paths: ProfilePaths, as_json: bool) -> int:
    state = "none"
    if lock_is_held(paths):
        try:
            state = asyncio.run(_state(paths))
        except EngineGone:
            state = "silent"
    if as_json:
        print(json.dumps({"profile": paths.name, "state": state}))
    else:
        sentence = {"none": "does not run", "silent": "runs but does not answer"} | _STATES
        print(f"The engine of the profile {paths.name} {sentence[state]}.")
    return 0 if state in _STATES else 1


async def _state(paths: ProfilePaths) -> str:
    client = await connect(paths, start=False)
    try:
        return client.welcome.state
    finally:
        await client.close()


async def _with_engine(args: argparse.Namespace, paths: ProfilePaths) -> int:
    from tui_mail.cli.profile import unlock

    client = await connect(paths)
    try:
        if args.action == "unlock":
            await unlock(client, args)
        elif args.action == "lock":
            await client.ask(Lock(), Done)
    finally:
        await client.close()
    print(_DONE[args.action])
    return 0
