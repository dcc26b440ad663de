"""The certificate book of a profile: whose certificates are known, and which of them you trust.

actions:
  list [ADDRESS]               everything known, one line each; --anchors: the trusted roots
  show FINGERPRINT             one certificate, for comparing
  trust ADDRESS FINGERPRINT    show this sender's mail as Y from now on
  untrust ADDRESS FINGERPRINT  take that back; untrust --anchor FINGERPRINT: a root counts no longer
  block ADDRESS [FINGERPRINT]  no signature counts, nothing is encrypted to it; unblock takes it back
  note ADDRESS [WORDS]         keep a note on a correspondent
  reminders                    whose certificate ends soon, and who holds an old one of yours
  import FILE                  put certificates (PEM, DER, .p7b) into the book; --trust, --anchor
  export FINGERPRINT           write one as PEM; --out FILE
  find ADDRESS                 look in signed mail, LDAP, DNS and the directory; says what each step came to
  lint FILE                    what a certificate does against RFC 5280 and the S/MIME Baseline Requirements; --rules
                               applies one of their profiles, like individual-strict (needs no profile of yours)
  request OWN-ADDRESS          make a key and a request to an authority (PKCS #10); --out FILE, --name, --type;
                               `import` the certificate that comes back, and the key is yours to use
  request ADDRESS              ask somebody else for theirs: a short signed mail that asks for a signed answer
  self-signed OWN-ADDRESS      make a key with a certificate that it signs itself; --name, --type, --days

A fingerprint may be shortened to its first 8 hex digits. Examples:
  tui-mail cert list anna@clinic.example
  tui-mail cert trust anna@clinic.example "1A2B 3C4D 5E6F"
  tui-mail cert import hospital-root.pem --anchor
  tui-mail cert find ben@example.org --everywhere

Finding asks servers on the network about the address; the section [discovery] of settings.toml says which. A found
certificate is used when an authority that you trust has issued it, and is called found, never trusted.
"""

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime

from tui_mail.cli import people
from tui_mail.cli.anchors import list_anchors, remove_root, revocation_lines
from tui_mail.cli.book import as_json, certificate_der, choose, entries, fingerprint_of, many_lines, one_line, write_new
from tui_mail.cli.find import find
from tui_mail.cli.key import add_new_key_options, make_key
from tui_mail.cli.lint import lint
from tui_mail.cli.material import read_file
from tui_mail.cli.profile import add_profile_options, open_engine
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import (
    CertificateRequest,
    Done,
    ImportCertificate,
    Queued,
    RequestCertificate,
    SendIntroduction,
    TrustSender,
    UntrustSender,
)
from tui_mail.model.address import address_key
from tui_mail.model.certificate import fingerprint_groups
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.model.errors import UsageError
from tui_mail.trust.certificate import to_pem

ACTIONS = (
    "list",
    "show",
    "trust",
    "untrust",
    "block",
    "unblock",
    "note",
    "reminders",
    "import",
    "export",
    "find",
    "lint",
    "request",
    "self-signed",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail cert``."""
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help=", ".join(ACTIONS))
    parser.add_argument("words", nargs="*", metavar="WORD", help="what the action is about, see above")
    parser.add_argument("--trust", action="store_true", help="import: also trust it for the addresses that it names")
    parser.add_argument("--anchor", action="store_true", help="import: make it a trusted root; untrust: of a root")
    parser.add_argument("--anchors", action="store_true", help="list: the trusted roots and where each comes from")
    parser.add_argument("--out", metavar="FILE", help="export, request: write here instead of standard output")
    add_new_key_options(parser, "request, self-signed")
    parser.add_argument("--rules", default="", metavar="R", help="lint: pkix, or a profile of the requirements")
    parser.add_argument(
        "--account", default="", metavar="A", help="request: send from this account (default: the first)"
    )
    parser.add_argument("--everywhere", action="store_true", help="find: ask the network even for a known certificate")
    parser.add_argument("--json", action="store_true", help="list, show, find, lint, reminders: one JSON object a line")
    add_profile_options(parser)


def run(args: argparse.Namespace) -> int:
    """Do one action; the result is the exit code."""
    if args.action == "lint" and args.words:
        return lint(args.words, args)
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    words: list[str] = args.words
    least = {"list": 0, "reminders": 0, "trust": 2, "untrust": 1 if args.anchor else 2}.get(args.action, 1)
    if len(words) < least:
        raise UsageError(f"`tui-mail cert {args.action}` needs more words; `tui-mail cert --help` shows which.")
    if args.trust and args.anchor:
        raise UsageError("A root is trusted as a root: use --anchor or --trust, not both.")
    async with open_engine(args) as client:
        match args.action:
            case "list" if args.anchors:
                return await list_anchors(client, as_objects=args.json)
            case "list":
                return await _list(client, words[0] if words else "", as_objects=args.json)
            case "show":
                return await _show(client, words, as_objects=args.json)
            case "import":
                return await _import(client, words, args)
            case "export":
                return await _export(client, words, args.out)
            case "find":
                return await find(client, words[0], everywhere=args.everywhere, as_objects=args.json)
            case "block" | "unblock":
                return await people.block(client, words[0], words[1:], take_back=args.action == "unblock")
            case "note":
                return await people.note(client, words[0], words[1:])
            case "reminders":
                return await people.reminders(client, as_objects=args.json)
            case "request":
                return await _request(client, words[0], args)
            case "self-signed":
                return await make_key(client, words[0], args)
            case "untrust" if args.anchor:
                return await remove_root(client, fingerprint_of(words))
            case _:
                return await _pin(client, args.action, words[0], words[1:])


async def _list(client: SocketClient, address: str, *, as_objects: bool) -> int:
    found = await entries(client, address)
    for entry in found:
        print(json.dumps(as_json(entry, datetime.now(UTC))) if as_objects else one_line(entry))
    if not found and not as_objects:
        print("No certificate is known yet." if not address else f"No certificate of {address} is known yet.")
    return 0


async def _show(client: SocketClient, words: list[str], *, as_objects: bool) -> int:
    entry = choose(await entries(client), fingerprint_of(words))
    if as_objects:
        print(json.dumps(as_json(entry, datetime.now(UTC))))
        return 0
    state = "your own" if entry.own else "trusted" if entry.trusted else "not trusted"
    state = "blocked" if entry.blocked else state
    lines = [*many_lines(entry.certificate), f"State        {state}"]
    if entry.found is not None:
        when = datetime.fromtimestamp(entry.found.found_at, UTC)
        lines.append(f"Found        {entry.found.place}, {clean(entry.found.where)}, {day(when)}, {when:%H:%M} UTC")
    lines += revocation_lines(client, entry.certificate.sha256)
    if entry.note:
        lines.append(f"Note         {clean(entry.note)}")
    print("\n".join(lines))
    return 0


async def _pin(client: SocketClient, action: str, address: str, words: list[str]) -> int:
    sha256 = choose(await entries(client, address), fingerprint_of(words)).certificate.sha256
    print(f"SHA-256 {fingerprint_groups(sha256)}")
    command = TrustSender(address, sha256) if action == "trust" else UntrustSender(address, sha256)
    changed = (await client.ask(command, Done)).count
    now = "is trusted now" if action == "trust" else "is not trusted any more"
    print(f"The certificate {now} for {address}; {changed} messages changed their letter.")
    return 0


async def _import(client: SocketClient, names: list[str], args: argparse.Namespace) -> int:
    count = 0
    for name in names:
        command = ImportCertificate(read_file(name), trust=args.trust, anchor=args.anchor)
        count += (await client.ask(command, Done)).count
    kind = "trusted roots" if args.anchor else "trusted certificates" if args.trust else "certificates"
    print(f"Imported: {count} {kind}.")
    return 0


async def _export(client: SocketClient, words: list[str], out: str | None) -> int:
    entry = choose(await entries(client), fingerprint_of(words))
    return _write(to_pem(certificate_der(client, entry.certificate.sha256)).encode("ascii"), out)


async def _request(client: SocketClient, address: str, args: argparse.Namespace) -> int:
    accounts = client.welcome.settings.accounts
    if args.out or address_key(address) in {address_key(account.address) for account in accounts}:
        made = await client.ask(RequestCertificate(address, args.name, args.type), CertificateRequest)
        return _write(made.pem, args.out)
    account = args.account or (accounts[0].id if accounts else "")
    await client.ask(SendIntroduction(account, address), Queued)
    print(f"A signed introduction to {address} is on its way; their signed answer brings the certificate.")
    return 0


def _write(pem: bytes, out: str | None) -> int:
    if out is None:
        sys.stdout.write(pem.decode("ascii"))
    else:
        write_new(out, pem)
        print(f"Written to {out}.")
    return 0
