"""What a server says of a folder: the answers to SELECT, with what changed since the last visit (RFC 7162 section
3.2.5), and to STATUS (RFC 9051 section 6.3.11)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tui_mail.model.message import Flag
from tui_mail.net.fetched import read_flag_answer
from tui_mail.net.uids import read_ranges

STATUS_ITEMS = b"MESSAGES UIDNEXT UIDVALIDITY"

# QUIRK: DavMail sends more spaces while it reads a large folder, so that nobody's patience ends.
_EXISTS = re.compile(rb"\* +(\d+) EXISTS", re.IGNORECASE)
_NUMBER_CODE = re.compile(rb"\* OK \[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d+)\]", re.IGNORECASE)
_VANISHED = re.compile(rb"\* VANISHED (\(EARLIER\) )?([\d:,]+)", re.IGNORECASE)
_STATUS = re.compile(rb'\* STATUS ("(?:[^"\\]|\\.)*"|\{\d+\}\r?\n|[^ ]+)(?: \(([^)]*)\))?', re.IGNORECASE)
_MODSEQ = re.compile(rb"\bMODSEQ \((\d+)\)", re.IGNORECASE)
_MAILBOX_ID = re.compile(rb"\* OK \[MAILBOXID \(([A-Za-z0-9_-]{1,255})\)\]", re.IGNORECASE)
_STATUS_ITEM = re.compile(rb"(MESSAGES|UIDNEXT|UIDVALIDITY|HIGHESTMODSEQ) (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """What SELECT or STATUS says of a folder. `uidnext` is 0 and `highestmodseq` None when the server does not say.

    Attributes:
        changed: after a SELECT with QRESYNC, UID → flags of what came or changed since; None when that was not asked.
        vanished: ranges of UIDs that are gone since; they may name some that never were.
        mailbox_id: what SELECT calls the folder whatever its name is (RFC 8474 section 4.2); empty when it does not.
            QUIRK: STATUS is not asked for it: Cyrus 3.6 answers with bytes of memory that it has freed.
    """

    uidvalidity: int
    uidnext: int
    exists: int
    highestmodseq: int | None = None
    read_only: bool = False
    changed: dict[int, Flag] | None = field(default=None, compare=False)
    vanished: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    mailbox_id: str = field(default="", compare=False)


def read_select(answers: Iterable[list[bytes]], resync: bool) -> FolderStatus:
    """The untagged answers to SELECT, or to a FETCH of what changed since; whether the folder is read-only stands in
    the tagged one."""
    exists, codes, mailbox_id, modseq = 0, {}, "", None
    changed: dict[int, Flag] = {}
    vanished: list[tuple[int, int]] = []
    for pieces in answers:
        line = pieces[0]
        if (count := _EXISTS.match(line)) is not None:
            exists = int(count[1])
        elif (code := _NUMBER_CODE.match(line)) is not None:
            codes[code[1].upper()] = int(code[2])
        elif (one := _MAILBOX_ID.match(line)) is not None:
            mailbox_id = one[1].decode("ascii")
        elif (gone := _VANISHED.match(line)) is not None:
            ranges = read_ranges(gone[2])
            vanished += ranges
            if gone[1] is None:  # just now, whatever was told of them before
                changed = {uid: flags for uid, flags in changed.items() if not any(a <= uid <= b for a, b in ranges)}
        elif (told_of := read_flag_answer(line)) is not None:
            changed[told_of[0]] = told_of[1]
            if (told := _MODSEQ.search(line)) is not None:
                modseq = max(modseq or 0, int(told[1]))
    return FolderStatus(
        uidvalidity=codes.get(b"UIDVALIDITY", 0),
        uidnext=codes.get(b"UIDNEXT", 0),
        exists=exists,
        highestmodseq=codes.get(b"HIGHESTMODSEQ", modseq),
        changed=changed if resync else None,
        vanished=tuple(vanished),
        mailbox_id=mailbox_id,
    )


def read_status(pieces: list[bytes]) -> tuple[bytes, FolderStatus] | None:
    """One ``* STATUS``: the name on the wire as the server wrote it, and the numbers. None for other answers."""
    line = _STATUS.match(pieces[0])
    if line is None:
        return None
    name, items = line[1], line[2]
    if name.startswith(b"{") and len(pieces) > 2:
        name, items = pieces[1], pieces[2]
    elif name.startswith(b'"'):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    found = {key.upper(): int(value) for key, value in _STATUS_ITEM.findall(items or b"")}
    status = FolderStatus(
        uidvalidity=found.get(b"UIDVALIDITY", 0),
        uidnext=found.get(b"UIDNEXT", 0),
        exists=found.get(b"MESSAGES", 0),
        highestmodseq=found.get(b"HIGHESTMODSEQ"),
    )
    return name, status
