"""What changes where a message is or how it is marked; each can be taken back."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from tui_mail.engine.messages import ChangeFlags, Command, DeleteMessages, MoveMessages, SnoozeMessages
from tui_mail.model.clean import clean
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import Flag, Row
from tui_mail.ui.when import EXAMPLES, moment_in_words, said

if TYPE_CHECKING:
    from tui_mail.ui.linear.session import Conversation

_SOME_NUMBERS = re.compile(r"(?:\d{1,9}(?:-\d{1,9})?(?:[ ,]+|$))+")


async def archive(talk: Conversation, numbers: str) -> None:
    """Into the archive."""
    target = next((one for one in talk.reading.folders() if one.role is FolderRole.ARCHIVE), None)
    if target is None:
        talk.say("There is no archive folder; move 3 FOLDER puts it into another.")
    else:
        await move(talk, numbers, target)


async def move_where(talk: Conversation, words: str) -> None:
    """Into the folder that is named behind the numbers."""
    numbers, name = _split(words)
    target = next((one for one in talk.reading.folders() if one.name.casefold() == name.strip().casefold()), None)
    if target is None:
        talk.say(f"There is no folder {clean(name)!r}; folders lists them. move 3 FOLDER, for example.")
    else:
        await move(talk, numbers, target)


async def move(talk: Conversation, numbers: str, target: Folder) -> None:
    """Into this folder."""
    rows = talk.rows(numbers)
    if rows:
        await talk.change(MoveMessages(_ids(rows), target.id), *_home(talk, rows))
        talk.say(f"Moved to {clean(target.name)}: {_named(rows)}.")


async def put_off(talk: Conversation, words: str) -> None:
    """Until the moment that is named behind the numbers."""
    numbers, when = _split(words)
    now = datetime.now().astimezone()
    moment = moment_in_words(when, now)
    if moment is None:
        talk.say(f"Until when? later 3 tomorrow 8:00, for example; also {EXAMPLES}.")
        return
    rows = talk.rows(numbers)
    if rows:
        await talk.change(SnoozeMessages(_ids(rows), int(moment.timestamp())), SnoozeMessages(_ids(rows), 0))
        talk.say(f"Put off until {said(moment, now)}: {_named(rows)}.")


async def delete(talk: Conversation, numbers: str) -> None:
    """Into the trash; what is there already goes for good, after a question."""
    rows = talk.rows(numbers)
    if not rows:
        return
    trash = {folder.id for folder in talk.reading.folders() if folder.role is FolderRole.TRASH}
    gone = any(talk.reading.folder_of(row.id) in trash for row in rows)
    if gone and not await talk.agrees("Delete for good? That cannot be taken back."):
        talk.say("Nothing was deleted.")
        return
    await talk.change(DeleteMessages(_ids(rows)), *(() if gone else _home(talk, rows)))
    talk.say(f"Deleted: {_named(rows)}.")


def _home(talk: Conversation, rows: tuple[Row, ...]) -> tuple[Command, ...]:
    """The commands that bring messages back to where they are now; a search shows many folders."""
    homes: dict[int, list[int]] = {}
    for row in rows:
        home = talk.reading.folder_of(row.id)
        if home is not None:
            homes.setdefault(home, []).append(row.id)
    return tuple(MoveMessages(tuple(numbers), folder) for folder, numbers in homes.items())


async def flag(talk: Conversation, numbers: str, flag: Flag) -> None:
    """Turn a flag; of several messages it is set unless all have it."""
    rows = talk.rows(numbers)
    if rows:
        there = all(row.flags & flag for row in rows)
        on, off = ChangeFlags(_ids(rows), add=flag.value), ChangeFlags(_ids(rows), remove=flag.value)
        await talk.change(*((off, on) if there else (on, off)))
        words = {(Flag.FLAGGED, True): "Star taken away", (Flag.FLAGGED, False): "Starred"}
        talk.say(f"{words.get((flag, there), 'Unread again' if there else 'Marked as read')}.")


def _split(words: str) -> tuple[str, str]:
    """The numbers in front, and what stands behind them; a clock or a date is no number of a message."""
    found = _SOME_NUMBERS.match(words)
    return (found[0].strip(), words[found.end() :].strip()) if found else ("", words.strip())


def _ids(rows: tuple[Row, ...]) -> tuple[int, ...]:
    return tuple(row.id for row in rows)


def _named(rows: tuple[Row, ...]) -> str:
    return clean(rows[0].subject) if len(rows) == 1 else f"{len(rows)} messages"
