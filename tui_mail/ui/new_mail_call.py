"""How new mail is called out: by the terminal's bell, by a notification of the terminal, or of the desktop.

The law: a call says how many messages came and nothing else; no word of a mail leaves the window.
"""

from __future__ import annotations

import asyncio
import os
import shutil

NOTIFIER = "notify-send"


def words(count: int) -> str:
    """What is said."""
    return "1 new message" if count == 1 else f"{count} new messages"


def terminal_call(kind: str, count: int) -> str:
    """What the terminal is sent: for "bell" its bell, for "terminal" also OSC 9 (ConEmu, iTerm2, kitty, WezTerm,
    Windows Terminal) and OSC 777 (urxvt, foot, VTE); those who know neither ignore them. Empty for every other kind."""
    if kind == "bell":
        return "\a"
    if kind == "terminal":
        return f"\a\x1b]9;{words(count)}\x1b\\\x1b]777;notify;tui-mail;{words(count)}\x1b\\"
    return ""


async def desktop_call(count: int) -> None:
    """Ask the desktop, where there is one; nothing happens elsewhere."""
    program = shutil.which(NOTIFIER)
    if program is None or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    silent = asyncio.subprocess.DEVNULL
    try:
        running = await asyncio.create_subprocess_exec(
            program, "--app-name=tui-mail", "tui-mail", words(count), stdin=silent, stdout=silent, stderr=silent
        )
        await running.wait()
    except OSError:
        return
