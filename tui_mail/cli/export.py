"""Write messages as they came, byte for byte: one file each, or all into one mbox.

Examples:

  tui-mail export 42 43 --to folder/
  tui-mail export --folder Sent --mbox sent.mbox
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from tui_mail.cli.list import find_folder
from tui_mail.cli.profile import add_profile_options, open_engine, read_store
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import RawSource, Source
from tui_mail.model.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail export``."""
    parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="numbers that `tui-mail list` shows")
    add_profile_options(parser)
    parser.add_argument("--folder", default=None, help="everything in this folder")
    parser.add_argument("--account", default="", metavar="A", help="the account of the folder")
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--to", metavar="DIR", help="write DIR/ID.eml for each message")
    form.add_argument("--mbox", metavar="FILE", help="write all into one new mbox file")


def run(args: argparse.Namespace) -> int:
    """Export; nothing that exists is overwritten."""
    if bool(args.ids) == (args.folder is not None):
        raise UsageError("Say which messages: either their numbers, or --folder NAME.")
    return asyncio.run(_export(args))


async def _export(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        store = read_store(client)
        try:
            ids = list(args.ids)
            if args.folder is not None:
                window = store.window(find_folder(store, args.folder, args.account).id)
                rows = (window.row(place) for place in range(window.total))
                ids = [row.id for row in rows if row is not None]
        finally:
            store.close()
        written = 0
        if args.mbox:
            with Path(args.mbox).open("xb") as file:
                for number in ids:
                    if (raw := await _raw(client, number, one_of_many=not args.ids)) is not None:
                        write_mbox(file, raw)
                        written += 1
        else:
            folder = Path(args.to)
            folder.mkdir(parents=True, exist_ok=True)
            for number in ids:
                if (raw := await _raw(client, number, one_of_many=not args.ids)) is not None:
                    with (folder / f"{number}.eml").open("xb") as file:
                        file.write(raw)
                    written += 1
    print(f"{written} messages written.")
    return 0 if written == len(ids) else 1


async def _raw(client: SocketClient, number: int, *, one_of_many: bool) -> bytes | None:
    """The whole message. One of a folder that cannot be had (too large, gone) is named, and the others are written."""
    try:
        return (await client.ask(RawSource(number), Source)).raw
    except UsageError as problem:
        if not one_of_many:
            raise
        print(f"Message {number} was not written. {problem}", file=sys.stderr)
        return None


def write_mbox(file: BinaryIO, raw: bytes) -> None:
    """One message in mboxrd form: LF line ends, ``>`` before every quoted or unquoted From line (RFC 4155)."""
    file.write(f"From MAILER-DAEMON {datetime.now(UTC):%a %b %d %H:%M:%S %Y}\n".encode())
    for line in raw.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n"):
        if line.lstrip(b">").startswith(b"From "):
            file.write(b">")
        file.write(line + b"\n")
    file.write(b"\n")
