"""Trust bundles: lists of trusted roots that somebody keeps for many, in one PKCS #7 file (.p7b, or signed .p7m).

actions:
  import FILE|URL   show which roots it adds and removes; they count after a yes, or with --yes
  make CERT…        write a bundle of these authorities' certificates to --out FILE, signed with --sign
  list              the bundles of the profile, and what newer ones would change
  remove NAME       the roots that it alone brought count no longer

A bundle that was imported from an address is looked at once a day; its changes wait for `bundle import` again.
Examples:
  tui-mail bundle import https://bundles.example/direct.p7b --name direct
  tui-mail bundle import http://bundles.example/direct.p7m --signer keeper.pem --yes
  tui-mail bundle make root1.pem root2.pem --out ours.p7m --sign keeper.p12

exit code: 0 done, 1 shown but not confirmed or not usable, 2 a file cannot be read
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from tui_mail.cli.book import write_new
from tui_mail.cli.material import add_time_option, moment_of, read_certificates, read_file, read_keys
from tui_mail.cli.profile import add_profile_options, open_engine
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import BundleChanges, Bundles, Done, ImportBundle, ListBundles, RemoveBundle
from tui_mail.model.certificate import CertificateInfo, fingerprint_groups
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError
from tui_mail.smime.bundle import MAX_BUNDLE_BYTES, make_bundle

ACTIONS = ("import", "make", "list", "remove")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail bundle``."""
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help=", ".join(ACTIONS))
    parser.add_argument("words", nargs="*", metavar="WORD", help="what the action is about, see above")
    parser.add_argument("--name", default="", help="import: what to call it (default: from the file or address)")
    parser.add_argument("--signer", metavar="CERT", help="import: only when signed with this certificate's key")
    parser.add_argument("--yes", action="store_true", help="import: the changes count without asking")
    parser.add_argument("--out", metavar="FILE", help="make: write here")
    parser.add_argument("--sign", metavar="FILE", help="make: sign with this key, .p12 or PEM")
    parser.add_argument("--password-file", metavar="FILE", help="make: the password of the key")
    parser.add_argument("--json", action="store_true", help="import, list: JSON objects")
    add_time_option(parser, "make: signed at this instant")
    add_profile_options(parser)


def run(args: argparse.Namespace) -> int:
    """Do one action; the result is the exit code."""
    if args.action == "make":
        return _make(args)
    if args.action == "import" and len(args.words) != 1:
        raise UsageError("Name one file or address: `tui-mail bundle import FILE|URL`.")
    if args.action == "remove" and len(args.words) != 1:
        raise UsageError("Name one bundle: `tui-mail bundle remove NAME`.")
    return asyncio.run(_with_engine(args))


def _make(args: argparse.Namespace) -> int:
    if not args.words or not args.out:
        raise UsageError("Name the certificates and where to write: `tui-mail bundle make CERT… --out FILE`.")
    keys = read_keys([args.sign], args.password_file) if args.sign else []
    anchors = read_certificates(args.words)
    write_new(args.out, make_bundle(anchors, now=moment_of(args), sign=keys[0] if keys else None))
    print(f"{len(anchors)} roots are written to {args.out}, {'signed' if keys else 'not signed'}.")
    return 0


async def _with_engine(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        if args.action == "list":
            return await _list(client, as_objects=args.json)
        if args.action == "remove":
            await client.ask(RemoveBundle(args.words[0]), Done)
            print("The bundle is removed; signed mail is judged again.")
            return 0
        return await _import(client, args)


async def _list(client: SocketClient, *, as_objects: bool) -> int:
    found = (await client.ask(ListBundles(), Bundles)).entries
    for entry in found:
        if as_objects:
            fields = ("name", "source", "roots", "signed", "pending", "problem")
            print(json.dumps({field: getattr(entry, field) for field in fields}))
            continue
        signed = "signed" if entry.signed else "not signed"
        print(f"{clean(entry.name)}  {entry.roots} roots, {signed}, from {clean(entry.source)}")
        for sentence in filter(None, (entry.pending, entry.problem)):
            print(f"  {clean(sentence)}")
    if not found and not as_objects:
        print("There is no trust bundle in this profile.")
    return 0


async def _import(client: SocketClient, args: argparse.Namespace) -> int:
    command = _command(args)
    shown = await client.ask(command, BundleChanges)
    nothing = not shown.added and not shown.removed
    confirmed = args.yes or (not args.json and not nothing and _ask(shown)) or nothing
    if confirmed:
        again = ImportBundle(command.name, command.data, command.file, command.url, command.signer, shown.digest)
        if args.yes and not args.json:
            _show(shown)
        shown = await client.ask(again, BundleChanges)
    if args.json:
        print(json.dumps(_object(command.name, shown)))
    elif nothing:
        print("The bundle changes no root.")
    else:
        print("The changes count now." if shown.applied else "Nothing was changed. Repeat with --yes to let it count.")
    return 0 if shown.applied else 1


def _command(args: argparse.Namespace) -> ImportBundle:
    place: str = args.words[0]
    signer = read_file(args.signer) if args.signer else b""
    if "://" in place:
        name = args.name or place.split("://", 1)[1].rstrip("/")
        return ImportBundle(name, url=place, signer=signer)
    return ImportBundle(args.name or Path(place).name, read_file(place, MAX_BUNDLE_BYTES), place, signer=signer)


def _ask(shown: BundleChanges) -> bool:
    _show(shown)
    if not sys.stdin.isatty():
        return False
    return input("Trust these changes? [y/N] ").strip().lower() in ("y", "yes")


def _show(shown: BundleChanges) -> None:
    signer = f"Signed by {clean(shown.signer.subject)}." if shown.signer else "The bundle is not signed."
    print(signer)
    for mark, roots in (("+", shown.added), ("-", shown.removed)):
        for root in roots:
            print(f"{mark} {clean(root.subject)}, until {root.not_after:%Y-%m-%d}")
            print(f"    SHA-256 {fingerprint_groups(root.sha256)}")


def _object(name: str, shown: BundleChanges) -> dict[str, object]:
    def rows(roots: tuple[CertificateInfo, ...]) -> list[dict[str, str]]:
        return [{"sha256": root.sha256, "subject": root.subject} for root in roots]

    signer = shown.signer.sha256 if shown.signer else None
    return {
        "name": name,
        "applied": shown.applied,
        "signer": signer,
        "added": rows(shown.added),
        "removed": rows(shown.removed),
    }
