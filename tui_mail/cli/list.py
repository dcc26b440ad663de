"""List the messages of a folder, newest first: id, verdict (Sig), encryption (Enc), flags, date, sender, subject.

Sig: Y verified and trusted, N not trusted yet, C another certificate than before, E expired, ? cannot be judged,
M certificate of another address, X broken; blank not signed; · not judged yet. Examples:

  tui-mail list
  tui-mail list Sent --limit 5
  tui-mail list --json
  tui-mail list --folders
"""

import argparse
import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from tui_mail.cli.profile import add_profile_options, open_engine, read_store
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Flag, Row
from tui_mail.store.views import ReadStore, Window

NOT_JUDGED = "·"
_ENC = {"": " ", "open": "e", "open-cbc": "c", "locked": "l", "closed": "-"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail list``."""
    parser.add_argument("folder", nargs="?", default="", help="a folder's name (default: the inbox)")
    add_list_options(parser)
    parser.add_argument("--folders", action="store_true", help="list the folders instead")


def add_list_options(parser: argparse.ArgumentParser) -> None:
    """Options that ``list`` and ``search`` share."""
    add_profile_options(parser)
    parser.add_argument("--account", default="", metavar="A", help="the account of the folder")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most N messages (default 50, 0 all)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """List a folder."""
    return asyncio.run(_list(args))


async def _list(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        store = read_store(client)
    try:
        if args.folders:
            for folder in store.folders():
                _print_folder(folder, args.json)
            return 0
        window = store.window(find_folder(store, args.folder, args.account).id)
        print_rows(store, window, args.limit, args.json)
    finally:
        store.close()
    return 0


def find_folder(store: ReadStore, name: str, account: str) -> Folder:
    """A folder by name or role; an empty name is the inbox. Raises UsageError that names what there is."""
    found = [folder for folder in store.folders() if not account or folder.account == account]
    wanted = name.casefold()
    for folder in found:
        if folder.name.casefold() == wanted or (folder.role and folder.role.value == (wanted or FolderRole.INBOX)):
            return folder
    if not name:
        raise UsageError("There is no inbox here yet; `tui-mail sync` fetches it.")
    names = ", ".join(clean(folder.name) for folder in found) or "none yet"
    raise UsageError(f"There is no folder {name!r}; there are: {names}.")


def print_rows(store: ReadStore, window: Window, limit: int, as_json: bool) -> None:
    """Print the first rows of a window."""
    total = window.total if limit <= 0 else min(limit, window.total)
    for place in range(total):
        row = window.row(place)
        if row is None:  # removed by the engine while we look
            continue
        if as_json:
            print(json.dumps(row_object(store, row), ensure_ascii=False))
        else:
            print(row_line(row))


def row_object(store: ReadStore, row: Row) -> dict[str, Any]:
    """A row as JSON; `sig` is null while it is not judged."""
    security = store.security(row.id)
    return {
        "id": row.id,
        "date": datetime.fromtimestamp(row.date, UTC).isoformat().replace("+00:00", "Z"),
        "sig": row.sig,
        "enc": row.enc,
        "summary": security.summary.value if security else None,
        "flags": [flag.name.lower() for flag in Flag if flag.name and row.flags & flag],
        "attachments": row.attachments,
        "sender": clean(row.sender),
        "subject": clean(row.subject),
        "preview": clean(row.preview),
    }


def row_line(row: Row) -> str:
    """A row as one line of text."""
    sig = NOT_JUDGED if row.sig is None else row.sig or " "
    unread = " " if row.flags & Flag.SEEN else "*"
    flagged = "!" if row.flags & Flag.FLAGGED else " "
    clip = "@" if row.attachments else " "
    when = datetime.fromtimestamp(row.date, UTC).strftime("%Y-%m-%d %H:%M")
    marks = f"{sig} {_ENC.get(row.enc, '?')} {unread}{flagged}{clip}"
    return f"{row.id:>6} {marks} {when} {_cut(row.sender, 24):<24} {clean(row.subject)}".rstrip()


def _cut(text: str, width: int) -> str:
    text = clean(text)
    return text if len(text) <= width else text[: width - 1] + "…"


def _print_folder(folder: Folder, as_json: bool) -> None:
    if as_json:
        fields = {"id": folder.id, "account": folder.account, "name": clean(folder.name), "role": folder.role.value}
        print(json.dumps({**fields, "total": folder.total, "unread": folder.unread}, ensure_ascii=False))
    else:
        name = f"{clean(folder.account)}: {clean(folder.name)}"
        print(f"{folder.id:>4} {folder.total:>8} {folder.unread:>7} unread  {name}")
