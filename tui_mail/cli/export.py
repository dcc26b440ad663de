"""Write messages as they came, byte for byte: one file each, or all into one mbox.

Examples:

  tui-mail export 42 43 --to folder/
  tui-mail export --folder Sent --mbox sent.mbox
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from tui_mail.cli.list import find_folder
from tui_mail.cli.profile import add_profile_options, open_engine, read_store
from tui_mail.cli.source import source_pieces
from tui_mail.engine.client import SocketClient
from tui_mail.model.errors import UsageError


class Writer(Protocol):
    """Takes a message, piece by piece."""

    def write(self, piece: bytes, /) -> object:
        """The next bytes."""
        ...


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
            with Path(args.mbox).open("xb") as mbox:
                for number in ids:
                    written += await _written(client, number, partial(MboxMessage, mbox), one_of_many=not args.ids)
        else:
            folder = Path(args.to)
            folder.mkdir(parents=True, exist_ok=True)
            for number in ids:
                own = partial(_new_file, folder / f"{number}.eml")
                written += await _written(client, number, own, one_of_many=not args.ids)
    print(f"{written} messages written.")
    return 0 if written == len(ids) else 1


async def _written(
    client: SocketClient, number: int, begin: Callable[[], AbstractContextManager[Writer]], *, one_of_many: bool
) -> bool:
    """Whether the whole message was written. One of a folder that cannot be had (too large, gone) is named, and the
    others are written."""
    with ExitStack() as stack:
        file: Writer | None = None
        try:
            async for piece in source_pieces(client, number):
                file = file or stack.enter_context(begin())  # what cannot be had leaves no file
                file.write(piece)
        except UsageError as problem:
            if not one_of_many:
                raise
            print(f"Message {number} was not written. {problem}", file=sys.stderr)
            return False
    return True


def _new_file(path: Path) -> BinaryIO:
    return path.open("xb")


class MboxMessage:
    """One message in mboxrd form: LF line ends, ``>`` before every quoted or unquoted From line (RFC 4155)."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rest = b""

    def __enter__(self) -> "MboxMessage":
        self._file.write(f"From MAILER-DAEMON {datetime.now(UTC):%a %b %d %H:%M:%S %Y}\n".encode())
        return self

    def write(self, piece: bytes) -> None:
        """The next bytes."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._write_line(line.removesuffix(b"\r"))

    def __exit__(self, *_error: object) -> None:
        if self._rest:
            self._write_line(self._rest)
        self._file.write(b"\n")

    def _write_line(self, line: bytes) -> None:
        quote = b">" if line.lstrip(b">").startswith(b"From ") else b""
        self._file.write(quote + line + b"\n")
