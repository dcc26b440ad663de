"""Handing text to the program that prints. It gets the text on its standard input, never as a file or an argument."""

from __future__ import annotations

import asyncio
import shlex

PRINT_SECONDS = 30.0


async def print_text(command: str, text: str, seconds: float = PRINT_SECONDS) -> str:
    """Run `command` (a program and its arguments; no shell) with the text; a sentence when that failed, else empty."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        return "No printer program is set: fill in print_command in the settings."
    pipe, quiet = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=quiet, stderr=quiet)
    except OSError:
        return f"{words[0]} cannot be started. S shows the settings: name the program that prints there."
    try:
        await asyncio.wait_for(process.communicate(text.encode()), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"{words[0]} took longer than {seconds:g} seconds and was ended."
    return f"{words[0]} could not print (it ended with {process.returncode})." if process.returncode else ""
