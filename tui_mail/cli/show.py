"""Show one message as the reader shows it: headers, verdict with its reasons, text, attachments.

Examples:

  tui-mail show 42
  tui-mail show 42 --source > message.eml
  tui-mail show 42 --attachments ~/Downloads
  tui-mail show 42 --whole
  tui-mail show 42 --json
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime

import msgspec

from tui_mail.cli.profile import add_profile_options, open_engine
from tui_mail.cli.source import source_pieces
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import (
    ClosedExplained,
    Done,
    ExplainClosed,
    FetchWhole,
    MessageOpened,
    OpenMessage,
    SaveAttachment,
    Saved,
)
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.model.message import MessageView
from tui_mail.model.security import Letter

_MEANING = {
    Letter.VALID: "Y: signed, verified and trusted",
    Letter.NEW: "N: signed, the signer is not trusted yet",
    Letter.CHANGED: "C: signed with another certificate than this sender's earlier mail",
    Letter.EXPIRED: "E: signed, the certificate has expired since",
    Letter.UNKNOWN: "?: cannot be judged",
    Letter.MISMATCH: "M: signed with a certificate of another address",
    Letter.BROKEN: "X: the signature is broken",
    Letter.NONE: "not signed",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail show``."""
    parser.add_argument("id", type=int, help="the number that `tui-mail list` shows")
    add_profile_options(parser)
    parser.add_argument("--source", action="store_true", help="the message as it came, byte for byte")
    parser.add_argument("--attachments", metavar="DIR", help="also write the attachments to this folder")
    parser.add_argument("--whole", action="store_true", help="first get what of it waits on the server")
    parser.add_argument("--seen", action="store_true", help="also mark it as read")
    parser.add_argument("--json", action="store_true", help="everything as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Show the message."""
    return asyncio.run(_show(args))


async def _show(args: argparse.Namespace) -> int:
    async with open_engine(args) as client:
        if args.source:
            async for piece in source_pieces(client, args.id):
                sys.stdout.buffer.write(piece)
            return 0
        if args.whole or args.attachments:
            await client.ask(FetchWhole(args.id), Done)
        opened = await client.ask(OpenMessage(args.id, mark_seen=args.seen), MessageOpened)
        if args.json:
            print(msgspec.json.encode(opened.view).decode())
        else:
            print(render(opened.view))
            await _why_closed(client, opened.view)
        if args.attachments:
            for info in opened.view.attachments:
                saved = await client.ask(SaveAttachment(args.id, info.index, args.attachments), Saved)
                print(f"Saved {clean(saved.path)}", file=sys.stderr)
    return 0


async def _why_closed(client: SocketClient, view: MessageView) -> None:
    """What is missing to read a message that stays closed."""
    encryption = view.security.encryption
    accounts = client.welcome.settings.accounts
    if encryption is None or encryption.opened or not accounts:
        return
    explained = await client.ask(ExplainClosed(view.id, accounts[0].id), ClosedExplained)
    print("\n".join(["", "Why can't I read this?", *map(clean, explained.sentences)]))


def render(view: MessageView) -> str:
    """The message as text for a terminal; every foreign text was cleaned by the engine and is cleaned again here."""
    security = view.security
    lines = [f"From: {view.sender}"]
    lines += [f"{name}: {', '.join(map(str, value))}" for name, value in (("To", view.to), ("Cc", view.cc)) if value]
    lines.append(f"Subject: {view.subject}")
    if view.date is not None:
        lines.append(f"Date: {day(view.date)}, {view.date:%H:%M %z}")
    for notice in view.notices:
        when = datetime.fromtimestamp(notice.when, UTC)
        lines.append(f"Sent: {notice.sentence}, {day(when)}, {when:%H:%M} UTC")
    lines.append(f"Sig: {_MEANING[security.verdict.letter]}")
    lines += [f"     {reason}" for reason in security.verdict.reasons]
    encryption = security.encryption
    if encryption is not None:
        state = "opened" if encryption.opened else encryption.reason or "closed"
        lines.append(f"Enc: {encryption.cipher}, {state}")
    lines += [f"Note: {warning}" for warning in security.warnings]
    if view.held is not None and not view.held.too_large:
        lines.append(f"Note: {view.held.sentence} `tui-mail show {view.id} --whole` gets them.")
    lines.append("")
    lines += ["".join(run.text for run in line) for line in view.lines]
    if view.attachments:
        lines.append("")
        for info in view.attachments:
            lines.append(f"Attachment {info.index}: {info.name} ({info.type}, {info.size_bytes} bytes)")
    return "\n".join(map(clean, lines))
