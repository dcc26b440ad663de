"""Open message files and say what is true of them: who signed, is it intact, can it be opened.

Without --profile everything that the judge may use is named on the command line and the network is never touched.

examples:
  tui-mail check letter.eml --anchor ca.pem
  tui-mail check letter.eml --pin alice@example.com=alice.pem --body
  tui-mail check *.eml --key me.p12 --password-file pw.txt --json

exit code: 0 nothing bad found, 1 a signature is broken or not the sender's, 2 a file cannot be read or takes too long
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tui_mail.cli.check_report import report, text_report
from tui_mail.cli.material import (
    add_key_options,
    add_time_option,
    add_trust_options,
    moment_of,
    read_file,
    read_keys,
    trust_from,
)
from tui_mail.cli.secrets import add_secret_options, ask_secret, given_secret
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError
from tui_mail.model.keys import DecryptionKey
from tui_mail.model.paths import ProfilePaths
from tui_mail.model.security import Letter
from tui_mail.model.typed_path import typed_path
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.view import attachment, attachments
from tui_mail.trust.context import TrustContext

MAX_MESSAGE_BYTES = 200_000_000
MAX_NAME_CHARACTERS = 120
MAX_CPU_SECONDS = 60.0
"""For one message; the largest honest ones take a few."""

_BAD_NEWS = (Letter.BROKEN, Letter.MISMATCH)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="messages to judge, - for standard input")
    add_trust_options(parser)
    add_key_options(parser)
    add_time_option(parser, "judge as of this instant")
    parser.add_argument("--profile", metavar="NAME", help="use this profile's anchors, pins and keys instead")
    add_secret_options(parser, "passphrase", "the passphrase of the profile's vault")
    parser.add_argument("--offline", action="store_true", help="never touch the network (the default here)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--body", action="store_true", help="also print the text")
    parser.add_argument("--attachments", metavar="DIR", help="also write the attachments into this folder")


def run(args: argparse.Namespace) -> int:
    """Judge every file; returns the exit code."""
    now = moment_of(args)
    trust, keys = _profile_material(args) if args.profile else (trust_from(args), _keys(args))
    code = 0
    for name in args.files:
        try:
            raw = _read(name)
        except UsageError as error:
            print(f"tui-mail: {clean(str(error))}", file=sys.stderr)
            code = 2
            continue
        try:
            with _deadline():
                opened = open_message(raw, keys=keys, trust=trust, now=now)
                if args.json:
                    found = json.dumps(report(opened, name, with_body=args.body))
                else:
                    found = text_report(opened, name, with_body=args.body)
        except _TooLate:
            print(f"tui-mail: {clean(name)} takes too long to open; it may be made to do harm.", file=sys.stderr)
            code = 2
            continue
        print(found)
        if args.attachments:
            _write_attachments(opened, typed_path(args.attachments))
        if opened.security.verdict.letter in _BAD_NEWS:
            code = max(code, 1)
    return code


class _TooLate(BaseException):
    """Raised wherever the program just is; nothing on the way may take it for a fault of the message."""


@contextmanager
def _deadline() -> Iterator[None]:
    """At most MAX_CPU_SECONDS of processor time, else _TooLate."""

    def stop(*_: object) -> None:
        raise _TooLate

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _read(name: str) -> bytes:
    if name != "-":
        return read_file(name, MAX_MESSAGE_BYTES)
    data = sys.stdin.buffer.read(MAX_MESSAGE_BYTES + 1)
    if len(data) > MAX_MESSAGE_BYTES:
        raise UsageError(f"The message is larger than {MAX_MESSAGE_BYTES} bytes.")
    return data


def _keys(args: argparse.Namespace) -> Sequence[DecryptionKey]:
    return read_keys(args.key, args.password_file)


def _profile_material(args: argparse.Namespace) -> tuple[TrustContext, Sequence[DecryptionKey]]:
    """Anchors, pins, certificates seen before and keys of a profile, read without its engine."""
    from tui_mail.engine.anchors import all_anchors
    from tui_mail.engine.context import SeenBook
    from tui_mail.store import answers, certificates
    from tui_mail.store.store import Store
    from tui_mail.vault.vault import Vault

    paths = ProfilePaths(args.profile)
    if not paths.store.exists():
        raise UsageError(f"There is no profile {args.profile}: make it with `tui-mail setup`.")
    passphrase = given_secret(args, "passphrase")
    if passphrase is None:
        passphrase = ask_secret(f"Passphrase of the profile {args.profile}", "--passphrase-file FILE")
    vault = Vault.open(paths.vault, passphrase)
    db = Store(paths.store, vault.store_key()).database
    lists, responses = answers.material(db)
    trust = TrustContext(
        anchors=all_anchors(db),
        pins=certificates.pins(db),
        intermediates=tuple(certificates.all_certificates(db).values()),
        crls=lists,
        ocsps=responses,
        revocation=args.revocation or "prefer",
        known=SeenBook(db),
        policies=tuple(args.policy),
    )
    return trust, vault.keys()


def _write_attachments(opened: Opened, folder: Path) -> None:
    """Write every attachment; an existing file is never overwritten, a number is added."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in attachments(opened):
            content = attachment(opened, one.index)[1]
            stem, dot, suffix = _harmless_name(one.name).rpartition(".")
            for number in range(1, 10_000):
                extra = "" if number == 1 else f"-{number}"
                path = folder / (f"{stem}{extra}{dot}{suffix}" if stem else f"{suffix}{extra}")
                try:
                    with path.open("xb") as file:
                        file.write(content)
                    break
                except FileExistsError:
                    continue
    except OSError as error:
        raise UsageError(f"The attachments cannot be written into {folder}: {error.strerror}.") from None


def _harmless_name(name: str) -> str:
    """A file name without folders, controls and leading dots."""
    safe = "".join("_" if c in '/\\:*?"<>|\0' or c == "\N{REPLACEMENT CHARACTER}" else c for c in clean(name))
    return safe.strip(" .")[-MAX_NAME_CHARACTERS:] or "attachment"
