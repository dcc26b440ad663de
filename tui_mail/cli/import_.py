"""Put message files into a folder of your mailbox on the server, byte for byte; an mbox is taken apart.

Examples:

  tui-mail import old/*.eml
  tui-mail import archive.mbox --folder Archive --unread
"""

import argparse
import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

from tui_mail.cli.list import find_folder
from tui_mail.cli.profile import add_profile_options, open_engine, read_store
from tui_mail.engine.messages import AppendMessage, Done, Synced, SyncNow

_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail import``."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="message files, or mbox files")
    add_profile_options(parser)
    parser.add_argument("--folder", default="", help="where to (default: the inbox)")
    parser.add_argument("--account", default="", metavar="A", help="the account of the folder")
    parser.add_argument("--unread", action="store_true", help="leave them unread")


def run(args: argparse.Namespace) -> int:
    """Import."""
    return asyncio.run(_import(args))


async def _import(args: argparse.Namespace) -> int:
    count = 0
    async with open_engine(args) as client:
        store = read_store(client)
        try:
            folder = find_folder(store, args.folder, args.account)
        finally:
            store.close()
        for name in args.files:
            for raw in read_messages(Path(name).read_bytes()):
                await client.ask(AppendMessage(folder.id, raw, seen=not args.unread), Done)
                count += 1
        await client.ask(SyncNow(folder.account, wait=True), Synced)
    print(f"{count} messages imported.")
    return 0


def read_messages(data: bytes) -> Iterator[bytes]:
    """The messages in a file: one, or those of an mbox (RFC 4155, mboxrd quoting). Lines end in CRLF afterwards, as
    IMAP demands (RFC 9051 section 6.3.12)."""
    data = data.replace(b"\r\n", b"\n")
    if not data.startswith(b"From "):
        yield data.replace(b"\n", b"\r\n")
        return
    for piece in re.split(rb"(?:\A|\n\n)From [^\n]*\n", data)[1:]:
        yield _QUOTED_FROM.sub(rb"\1", piece).removesuffix(b"\n").replace(b"\n", b"\r\n") + b"\r\n"
