"""What commands on a profile share: which one, how to reach its engine, how to unlock it."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tui_mail.cli.secrets import add_secret_options, ask_secret, given_secret
from tui_mail.engine.client import SocketClient, connect
from tui_mail.engine.messages import Unlock, Welcome
from tui_mail.model.errors import UsageError, VaultLocked
from tui_mail.model.paths import DEFAULT_PROFILE, ProfilePaths
from tui_mail.store.views import ReadStore


def add_profile_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--profile`` and the three ways to give the passphrase without a prompt."""
    parser.add_argument("--profile", default=DEFAULT_PROFILE, metavar="NAME", help="which profile (default: default)")
    add_secret_options(parser, "passphrase", "the vault's passphrase")


def profile_paths(args: argparse.Namespace) -> ProfilePaths:
    """The files of the profile that was named."""
    return ProfilePaths(args.profile)


@asynccontextmanager
async def open_engine(args: argparse.Namespace) -> AsyncIterator[SocketClient]:
    """A connection to an engine whose vault is open; asks for the passphrase when it is locked.

    Raises UsageError when the profile does not exist.
    """
    client = await connect(profile_paths(args))
    try:
        await unlock(client, args)
        yield client
    finally:
        await client.close()


async def unlock(client: SocketClient, args: argparse.Namespace) -> None:
    """Make the engine's state "open"."""
    if client.welcome.state == "new":
        raise UsageError(f"There is no profile {args.profile} yet: make it with `tui-mail setup`.")
    if client.welcome.state == "open":
        return
    passphrase = given_secret(args, "passphrase")
    if passphrase is None:
        passphrase = ask_secret(f"Passphrase of the profile {args.profile}", "--passphrase-file FILE")
    await client.ask(Unlock(passphrase), Welcome)


def read_store(client: SocketClient) -> ReadStore:
    """The store as the interface reads it."""
    welcome = client.welcome
    if welcome.store_key is None:
        raise VaultLocked("The profile is locked; `tui-mail engine unlock` opens it.")
    return ReadStore(welcome.store_path, bytes.fromhex(welcome.store_key))
