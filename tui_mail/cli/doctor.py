"""Check everything that a profile needs, one line each: Python, the encrypted store, vault, servers, certificates.

Examples:

  tui-mail doctor
  tui-mail doctor --offline --profile work
"""

import argparse
import asyncio
import json
import stat
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tui_mail.cli.anchors import anchors_summary
from tui_mail.cli.people import reminder_list
from tui_mail.cli.profile import add_profile_options, profile_paths, unlock
from tui_mail.engine.client import SocketClient, connect
from tui_mail.engine.messages import AccountTested, CertificateBook, ListCertificates, TestAccount
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.model.errors import TuiMailError
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.store import Store
from tui_mail.store.views import ReadStore

OLDEST_PYTHON = (3, 11)


class Report:
    """Prints a line for each check and remembers whether one failed."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self.failed = False

    def line(self, name: str, ok: bool, sentence: str, *, warning: bool = False) -> None:
        """One check. A warning does not fail the whole."""
        self.failed = self.failed or not (ok or warning)
        if self._as_json:
            level = "ok" if ok else "warning" if warning else "fail"
            print(json.dumps({"check": name, "result": level, "sentence": sentence}, ensure_ascii=False))
        else:
            print(f"{'ok  ' if ok else 'warn' if warning else 'FAIL'} {name}: {clean(sentence)}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail doctor``."""
    add_profile_options(parser)
    parser.add_argument("--offline", action="store_true", help="do not speak to the servers")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Check; 1 when something is wrong."""
    report = Report(args.json)
    version = ".".join(map(str, sys.version_info[:3]))
    report.line("python", sys.version_info >= OLDEST_PYTHON, f"Python {version}; 3.11 or newer is needed.")
    _check_cipher(report)
    paths = profile_paths(args)
    if not paths.settings.exists():
        report.line("profile", False, f"There is no profile {paths.name}; `tui-mail setup` makes one.")
        return 1
    _check_modes(report, paths)
    asyncio.run(_check_profile(args, report))
    return 1 if report.failed else 0


def _check_cipher(report: Report) -> None:
    """Write a small encrypted store and look at the file: its text must not be there, a wrong key must not open it."""
    with tempfile.TemporaryDirectory(prefix="tui-mail-") as folder:
        path = Path(folder) / "mail.db"
        try:
            Store(path, b"k" * 32, create=True).close()
            plain = path.read_bytes().startswith(b"SQLite format 3")
            try:
                ReadStore(path, b"x" * 32).close()
                plain = True
            except TuiMailError:
                pass
        except TuiMailError as error:
            report.line("encrypted store", False, str(error))
            return
    words = "SQLite writes plain files here: install apsw-sqlite3mc." if plain else "SQLite encrypts (AEGIS)."
    report.line("encrypted store", not plain, words)


def _check_modes(report: Report, paths: ProfilePaths) -> None:
    private = not stat.S_IMODE(paths.folder.stat().st_mode) & 0o077
    advice = f"Others may look into it: chmod 700 {paths.folder}"
    report.line("files", private, f"{paths.folder} belongs to you alone." if private else advice)


async def _check_profile(args: argparse.Namespace, report: Report) -> None:
    try:
        client = await connect(profile_paths(args))
    except TuiMailError as error:
        report.line("engine", False, str(error))
        return
    try:
        report.line("engine", True, "The engine answers.")
        try:
            await unlock(client, args)
        except TuiMailError as error:
            report.line("vault", False, str(error))
            return
        report.line("vault", True, "The passphrase opens the vault and the keys are unlocked.")
        _check_store(report, client)
        await _check_certificates(report, client)
        await _check_anchors(report, client)
        if not args.offline:
            await _check_servers(report, client)
    finally:
        await client.close()


def _check_store(report: Report, client: SocketClient) -> None:
    welcome = client.welcome
    try:
        store = ReadStore(Path(welcome.store_path), bytes.fromhex(welcome.store_key or ""))
        folders = store.folders()
        store.close()
    except TuiMailError as error:
        report.line("store", False, str(error))
        return
    total = sum(folder.total for folder in folders)
    report.line("store", True, f"{total} messages in {len(folders)} folders.")


async def _check_certificates(report: Report, client: SocketClient) -> None:
    book = await client.ask(ListCertificates(), CertificateBook)
    moment = datetime.now(UTC)
    settings = client.welcome.settings
    own = [entry for entry in book.entries if entry.own]
    if not own:
        report.line("certificate", False, "You have no certificate; `tui-mail key new` makes one.")
    newest = {entry.address: max(e.certificate.not_after for e in own if e.address == entry.address) for entry in own}
    for address, end in newest.items():
        days = (end - moment).days
        sentence = f"Yours for {address} ends on {day(end)}, in {days} days."
        report.line("certificate", days >= settings.expiry_warning_days, sentence, warning=days >= 0)
    for kind, _address, sentence in reminder_list(book, moment, settings.expiry_warning_days):
        if kind != "own":
            report.line("correspondent", False, sentence, warning=True)


async def _check_anchors(report: Report, client: SocketClient) -> None:
    sentence, problems = await anchors_summary(client)
    report.line("roots", True, sentence)
    for problem in problems:
        report.line("roots", False, problem, warning=True)


async def _check_servers(report: Report, client: SocketClient) -> None:
    for account in client.welcome.settings.accounts:
        tested = await client.ask(TestAccount(account, "", ""), AccountTested)
        for step in tested.steps:
            report.line(f"{account.id}: {step.name}", step.ok, step.sentence)
