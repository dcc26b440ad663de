"""Search senders, recipients, subjects and text of all mail, decrypted mail too: the index lies in the encrypted store.

Examples:

  tui-mail search blood results
  tui-mail search --folder Sent anna@clinic.example
"""

import argparse
import asyncio

from tui_mail.cli.list import add_list_options, find_folder, print_rows
from tui_mail.cli.profile import open_engine, read_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail search``."""
    parser.add_argument("words", nargs="+", metavar="WORD", help="all words must occur; the last may be a beginning")
    parser.add_argument("--folder", default=None, help="only in this folder")
    add_list_options(parser)


def run(args: argparse.Namespace) -> int:
    """Search; 1 when nothing was found."""
    return asyncio.run(_search(args))


async def _search(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        store = read_store(client)
    try:
        folder = None if args.folder is None else find_folder(store, args.folder, args.account).id
        window = store.search(" ".join(args.words), folder)
        print_rows(store, window, args.limit, args.json)
        return 0 if window.total else 1
    finally:
        store.close()
