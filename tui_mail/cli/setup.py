"""Make a profile: your mailbox, your certificate, and a passphrase that protects both on this computer.

Without --from a wizard asks for everything. With --from nothing is asked; the file looks like this:

  name = "Anna Adler"
  address = "anna@clinic.example"
  password_file = "~/.secret/mail"        # or password_env = "MAIL_PASSWORD", or password = "…"
  passphrase_file = "~/.secret/passphrase" # or passphrase_env; or the options --passphrase-file, -env, -fd

  [imap]
  host = "imap.clinic.example"
  port = 993                               # the default
  security = "tls"                         # tls, starttls or none (loopback only)
  user = "anna"                            # default: the address
  ca_file = "private-ca.pem"               # only for servers below a private authority

  [smtp]
  host = "smtp.clinic.example"
  port = 587
  security = "starttls"                    # password_file and so on may stand here too, if they differ

  [sign_in]                                # instead of every password: Microsoft 365, Google, others
  provider = "microsoft"                   # or "google"; others name token_url, device_url or page_url, and scope
  client_id = "…"                          # who administers the mailboxes registers tui-mail there and gets it
  # tenant = "clinic.example"              # Microsoft: the organisation
  # client_secret_file = "client.secret"   # Google: what belongs to the client_id (or client_secret_env)

  [certificate]
  file = "anna.p12"                        # an existing one …
  password_file = "anna.p12.password"      # or password_env, or password
  # new = "ecdsa-p256"                     # … or a new self-signed one: rsa-3072 or ecdsa-p256
  # days = 730

  [trust]
  anchors = ["clinic-ca.pem"]              # authorities that you trust

Relative paths start at the folder of the file. Examples:

  tui-mail setup
  tui-mail setup --from anna.toml
  tui-mail setup --from anna.toml --profile work --no-test
  tui-mail setup --add --from office.toml        (one more mailbox in the same profile)
  tui-mail setup --password anna                 (the mailbox got another password)
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import msgspec

from tui_mail.cli.profile import open_engine, profile_paths
from tui_mail.cli.secrets import add_secret_options, ask_secret, given_secret
from tui_mail.cli.setup_file import SetupFile, read_setup_file
from tui_mail.engine.client import SocketClient, connect
from tui_mail.engine.messages import (
    AccountTested,
    AddAccount,
    AwaitSignIn,
    BeginSignIn,
    CreateProfile,
    Done,
    FindServers,
    ServersFound,
    SetPassword,
    SignInPage,
    TestAccount,
    Welcome,
)
from tui_mail.model.account import Account
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError
from tui_mail.model.paths import DEFAULT_PROFILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail setup``."""
    parser.add_argument("--from", dest="source", metavar="FILE.toml", help="take everything from a file, ask nothing")
    parser.add_argument("--profile", default=DEFAULT_PROFILE, metavar="NAME", help="which profile (default: default)")
    parser.add_argument("--no-test", action="store_true", help="make the profile without trying the servers first")
    parser.add_argument("--json", action="store_true", help="the steps of the test as one JSON object a line")
    parser.add_argument("--add", action="store_true", help="add the mailbox to the profile that is there")
    parser.add_argument("--find", metavar="ADDRESS", help="ask the domain of an address for its servers; make nothing")
    parser.add_argument("--sign-in", metavar="ACCOUNT", help="sign in again at this account's provider")
    parser.add_argument("--password", metavar="ACCOUNT", help="give this account's mailbox another password")
    add_secret_options(parser, "passphrase", "the vault's passphrase")
    add_secret_options(parser, "mail-password", "the new password of the mailbox (for --password)")


def run(args: argparse.Namespace) -> int:
    """Make the profile; 1 when a server refused."""
    if args.password is not None:
        return asyncio.run(_set_password(args))
    if args.find is not None:
        return asyncio.run(_find(args))
    if args.sign_in is not None:
        return asyncio.run(_sign_in_again(args))
    if args.add and args.source is None:
        raise UsageError("Another mailbox is described in a file: use --add --from FILE.toml.")
    if args.source is None:
        from tui_mail.cli.interface import wizard

        return wizard(profile_paths(args))
    setup = read_setup_file(Path(args.source))
    if args.add:
        return asyncio.run(_add(args, setup))
    passphrase = given_secret(args, "passphrase") or setup.passphrase
    if passphrase is None:
        passphrase = _new_passphrase()
    if not passphrase:
        raise UsageError("The passphrase is empty; it protects your key and your mail on this computer.")
    return asyncio.run(_make(args, setup, passphrase))


def _new_passphrase() -> str:
    first = ask_secret("New passphrase for this profile", "--passphrase-file FILE")
    if ask_secret("The same passphrase again", "--passphrase-file FILE") != first:
        raise UsageError("The two passphrases differ; nothing was made.")
    return first


async def _make(args: argparse.Namespace, setup: SetupFile, passphrase: str) -> int:
    client = await connect(profile_paths(args))
    try:
        if client.welcome.state != "new":
            raise UsageError(f"The profile {args.profile} is there already; --profile NAME makes another one.")
        await _sign_in(args, client, setup.account, setup.client_secret)
        if not args.no_test and not await _works(args, client, setup):
            return 1
        await client.ask(
            CreateProfile(
                account=setup.account,
                display_name=setup.account.name,
                imap_password=setup.imap_password,
                smtp_password=setup.smtp_password,
                certificate=setup.certificate,
                passphrase=passphrase,
                anchors=setup.anchors,
            ),
            Welcome,
        )
    finally:
        await client.close()
    sentence = f"The profile {args.profile} is ready for {setup.account.address}."
    _say_step(args, "Profile", True, sentence)
    return 0


async def _works(args: argparse.Namespace, client: SocketClient, setup: SetupFile) -> bool:
    tested = await client.ask(TestAccount(setup.account, setup.imap_password, setup.smtp_password), AccountTested)
    for step in tested.steps:
        _say_step(args, step.name, step.ok, step.sentence)
    works = all(step.ok for step in tested.steps)
    if not works:
        print("Nothing was made. Correct the file; --no-test goes on without the server.", file=sys.stderr)
    return works


async def _add(args: argparse.Namespace, setup: SetupFile) -> int:
    async with open_engine(args) as client:
        await _sign_in(args, client, setup.account, setup.client_secret)
        if not args.no_test and not await _works(args, client, setup):
            return 1
        await client.ask(
            AddAccount(setup.account, setup.imap_password, setup.smtp_password, setup.certificate), Welcome
        )
    _say_step(args, "Account", True, f"{setup.account.address} is a mailbox of the profile {args.profile} now.")
    return 0


async def _sign_in(args: argparse.Namespace, client: SocketClient, account: Account, client_secret: str = "") -> None:
    if account.sign_in is None:
        return
    page = await client.ask(BeginSignIn(account, client_secret), SignInPage)
    if args.json:
        print(json.dumps({"step": "Sign-in", "url": page.url, "code": page.code}), flush=True)
    elif page.code:
        print(f"Open {clean(page.url)} on any device and type the code {clean(page.code)} there.", flush=True)
    else:
        print(f"Open this address in a browser on this computer:\n{clean(page.url)}", flush=True)
    await client.ask(AwaitSignIn(account.id), Done)
    _say_step(args, "Sign-in", True, f"{account.address} is signed in.")


async def _find(args: argparse.Namespace) -> int:
    client = await connect(profile_paths(args))
    try:
        found = await client.ask(FindServers(args.find), ServersFound)
    finally:
        await client.close()
    if args.json:
        print(msgspec.json.encode(found).decode())
    elif found.imap is not None and found.smtp is not None:
        print(f"# {clean(found.sentence)}")
        for kind, server in (("imap", found.imap), ("smtp", found.smtp)):
            lines = (f'host = "{server.host}"', f"port = {server.port}", f'security = "{server.security}"')
            print(f"[{kind}]", *lines, f"user = {json.dumps(server.user)}", "", sep="\n")
    else:
        print(clean(found.sentence), file=sys.stderr)
    return 0 if found.imap is not None else 1


async def _sign_in_again(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        found = [account for account in client.welcome.settings.accounts if account.id == args.sign_in]
        if not found or found[0].sign_in is None:
            raise UsageError(f"There is no account {args.sign_in} that signs in at a provider.")
        await _sign_in(args, client, found[0])
    return 0


async def _set_password(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        password = given_secret(args, "mail-password")
        if password is None:
            password = ask_secret(f"New password of the mailbox {args.password}", "--mail-password-file FILE")
        await client.ask(SetPassword(args.password, password, test=not args.no_test), Done)
    _say_step(args, "Password", True, "The new password is kept in the vault.")
    return 0


def _say_step(args: argparse.Namespace, name: str, ok: bool, sentence: str) -> None:
    if args.json:
        print(json.dumps({"step": name, "ok": ok, "sentence": sentence}))
    else:
        print(f"{'ok  ' if ok else 'FAIL'} {name}: {clean(sentence)}")
