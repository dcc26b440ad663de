"""Your own keys: what signs your mail and opens what others encrypt for you. Keys are never removed.

actions:
  list                 your certificates, one line each
  import FILE          add a .p12 file, or a PEM file with key and certificate
  export FINGERPRINT   write a .p12 file for another program; --out FILE
  new ADDRESS          make a key with a certificate that it signs itself; --name, --type, --days
                       (an ML-KEM key cannot sign: an ML-DSA key that signs for it is made as well)

Examples:
  tui-mail key import anna.p12 --password-file password.txt
  tui-mail key export 1a2b3c4d --out anna.p12
  tui-mail key new anna@clinic.example --type ecdsa-p256
  tui-mail key new anna@clinic.example --type ml-kem-768
"""

import argparse
import asyncio
import json
import secrets
from datetime import UTC, datetime

from tui_mail.cli.book import as_json, choose, entries, fingerprint_of, one_line, write_new
from tui_mail.cli.material import read_file
from tui_mail.cli.profile import add_profile_options, open_engine, profile_paths
from tui_mail.cli.secrets import add_secret_options, ask_secret, given_secret
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import Done, ImportKey
from tui_mail.model.errors import UsageError, WrongPassphrase
from tui_mail.vault.new_key import KEY_TYPES, make_keys
from tui_mail.vault.pkcs12 import load_key, save_pkcs12
from tui_mail.vault.pkcs12_file import OLD_FORM, PRESENT_FORM
from tui_mail.vault.vault import Vault

ACTIONS = ("list", "import", "export", "new")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail key``."""
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help=", ".join(ACTIONS))
    parser.add_argument("words", nargs="*", metavar="WORD", help="what the action is about, see above")
    parser.add_argument("--out", metavar="FILE", help="export: the file to write")
    parser.add_argument("--legacy", action="store_true", help="export: in the form that old programs read (gpgsm 2.2)")
    add_new_key_options(parser, "new")
    parser.add_argument("--json", action="store_true", help="list: one JSON object a line")
    add_secret_options(parser, "password", "the key file's password")
    add_profile_options(parser)


def add_new_key_options(parser: argparse.ArgumentParser, actions: str) -> None:
    """What a new key should be."""
    parser.add_argument("--name", default="", metavar="NAME", help=f"{actions}: the name in the certificate")
    parser.add_argument("--type", default=KEY_TYPES[0], choices=KEY_TYPES, help=f"{actions}: default {KEY_TYPES[0]}")
    parser.add_argument("--days", default=730, type=int, metavar="N", help="how long a new certificate is valid (730)")


def run(args: argparse.Namespace) -> int:
    """Do one action; the result is the exit code."""
    if args.action != "list" and not args.words:
        raise UsageError(f"`tui-mail key {args.action}` needs more words; `tui-mail key --help` shows which.")
    if args.action == "export" and not args.out:
        raise UsageError("A key is written into a file only: name it with --out FILE.")
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        match args.action:
            case "import":
                return await _import(client, args)
            case "export":
                return await _export(client, args)
            case "new":
                return await make_key(client, args.words[0], args)
            case _:
                return await _list(client, as_objects=args.json)


async def _list(client: SocketClient, *, as_objects: bool) -> int:
    own = [entry for entry in await entries(client) if entry.own]
    for entry in own:
        print(json.dumps(as_json(entry, datetime.now(UTC))) if as_objects else one_line(entry))
    if not own and not as_objects:
        print("There is no key here yet: `tui-mail key new` or `tui-mail key import` adds one.")
    return 0


async def _import(client: SocketClient, args: argparse.Namespace) -> int:
    for name in args.words:
        data = read_file(name)
        password = given_secret(args, "password")
        if password is None:
            password = "" if _opens_without(data) else ask_secret(f"Password of {name}", "--password-file FILE")
        await client.ask(ImportKey(data, password), Done)
        print(f"The key in {name} is kept in the vault; mail that waited for it is being opened.")
    return 0


def _opens_without(data: bytes) -> bool:
    try:
        load_key(data, "")
    except WrongPassphrase:
        return False
    return True


async def _export(client: SocketClient, args: argparse.Namespace) -> int:
    entry = choose(tuple(entry for entry in await entries(client) if entry.own), fingerprint_of(args.words))
    # A running engine never gives keys away, so the vault is opened here and the passphrase is asked anew.
    passphrase = given_secret(args, "passphrase")
    if passphrase is None:
        passphrase = ask_secret(f"Passphrase of the profile {args.profile}", "--passphrase-file FILE")
    vault = await asyncio.to_thread(Vault.open, profile_paths(args).vault, passphrase)
    key = vault.key(entry.certificate.sha256)
    if key is None:
        raise UsageError("The key of this certificate is not in the vault.")
    password = given_secret(args, "password")
    if password is None:
        password = ask_secret("Password for the new file", "--password-file FILE")
    form = OLD_FORM if args.legacy else PRESENT_FORM
    write_new(args.out, save_pkcs12(key, password, entry.address, form=form), private=True)
    print(f"Written to {args.out}; whoever has the file and its password can read your mail.")
    return 0


async def make_key(client: SocketClient, address: str, args: argparse.Namespace) -> int:
    """A new key with a certificate that it signs itself, for the vault."""
    for key in make_keys(address, args.name, args.type, args.days, datetime.now(UTC)):
        password = secrets.token_urlsafe(24)
        await client.ask(ImportKey(save_pkcs12(key, password), password), Done)
        print(f"A new key for {address} is in the vault; its certificate is {key.sha256[:16]}.")
    return 0
