"""Synchronisation as a comparison: local state × server state → actions.

The laws: nothing is removed here unless the server gave a complete answer that lacks it; a local change that the server
does not know yet wins until it was told; new mail comes newest first; a plan of a plan's outcome is empty.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from tui_mail.model.folder import Folder, FolderRole

MAX_UID = (1 << 32) - 1


class ServerFolder(Struct, frozen=True):
    """One folder as the server lists it, its name decoded. `mailbox_id` stays when the name changes (RFC 8474); empty
    where the server has none."""

    name: str
    role: FolderRole = FolderRole.NONE
    delimiter: str = "/"
    selectable: bool = True
    mailbox_id: str = ""


class FolderPlan(Struct, frozen=True):
    """`save` are new folders and those that changed their role; `delete` the numbers of those that are gone; `rename`
    the new names of those that another program gave one, by number. To be done in the order delete, rename, save."""

    save: tuple[ServerFolder, ...] = ()
    delete: tuple[int, ...] = ()
    rename: dict[int, str] = {}


def plan_folders(
    local: Sequence[Folder], server: Sequence[ServerFolder], mailbox_ids: Mapping[int, str] | None = None
) -> FolderPlan:
    """Compare the folders of one account. An answer without INBOX is no answer (RFC 9051 section 5.1): it removes
    nothing. What is only here stays.

    Args:
        mailbox_ids: what the server called our folders the last time, by number.
    """
    local = [folder for folder in local if folder.role is not FolderRole.SNOOZED]
    listed = {folder.name: folder for folder in server}
    complete = any(name.upper() == "INBOX" for name in listed)
    rename = _renamed(local, listed, mailbox_ids or {}) if complete else {}
    replaced = set(rename.values())
    gone = tuple(
        folder.id
        for folder in local
        if complete and folder.id not in rename and (folder.name not in listed or folder.name in replaced)
    )
    known = {rename.get(folder.id, folder.name): folder for folder in local if folder.id not in gone}
    save = tuple(folder for name, folder in listed.items() if name not in known or _differs(known[name], folder))
    return FolderPlan(save, gone, rename)


def _renamed(local: Sequence[Folder], listed: Mapping[str, ServerFolder], ids: Mapping[int, str]) -> dict[int, str]:
    """New names by number. INBOX is always the same (RFC 9051 section 6.3.6). QUIRK: an id that two folders have says
    nothing; and a name that a folder of ours may still have is not taken from it."""
    told = Counter(folder.mailbox_id for folder in listed.values())
    kept = Counter(ids.values())
    names = {
        folder.mailbox_id: folder.name
        for folder in listed.values()
        if folder.mailbox_id and told[folder.mailbox_id] == kept[folder.mailbox_id] == 1
    }
    rename = {
        folder.id: name
        for folder in local
        if folder.role is not FolderRole.INBOX
        and (name := names.get(ids.get(folder.id, ""), folder.name)) != folder.name
    }
    while True:
        stays = {
            folder.name
            for folder in local
            if folder.id not in rename
            and folder.name in listed
            and ids.get(folder.id, "") in ("", listed[folder.name].mailbox_id)
        }
        possible = {number: name for number, name in rename.items() if name not in stays}
        if possible == rename:
            return rename
        rename = possible


def _differs(local: Folder, server: ServerFolder) -> bool:
    return (local.role, local.delimiter, local.selectable) != (server.role, server.delimiter, server.selectable)


class FolderState(Struct, frozen=True):
    """A folder as SELECT describes it, or as the store remembers it. 0 means unknown.

    Attributes:
        messages: how many there are; in the store those with a UID.
        highestmodseq: RFC 7162, 0 when the server does not speak CONDSTORE.
    """

    uidvalidity: int = 0
    uidnext: int = 0
    messages: int = 0
    highestmodseq: int = 0


class Look(StrEnum):
    """What to ask the server next."""

    NOTHING = "nothing"  # in step
    CHANGES = "changes"  # UIDs from the old uidnext, flags CHANGEDSINCE the old highestmodseq
    EVERYTHING = "everything"  # all UIDs with flags
    RESET = "reset"  # UIDVALIDITY changed: forget the content, then everything


def plan_look(local: FolderState, server: FolderState) -> Look:
    """How much must be compared. Without CONDSTORE flags may have changed at any time, so everything is."""
    if local.uidvalidity not in (0, server.uidvalidity):
        return Look.RESET
    if local.uidvalidity == 0 or not local.highestmodseq or not server.highestmodseq:
        return Look.EVERYTHING
    if server.highestmodseq < local.highestmodseq or server.uidnext < local.uidnext:
        return Look.EVERYTHING  # QUIRK: modseq and UIDs only grow (RFC 7162, RFC 9051); restored servers forget that
    if server.messages > local.messages and server.uidnext == local.uidnext:
        return Look.EVERYTHING  # something that the server has had all along is not here: an interrupted fetch
    if local == server:
        return Look.NOTHING
    return Look.CHANGES


class MessagePlan(Struct, frozen=True):
    """What to do in one folder.

    Attributes:
        fetch: UIDs whose bytes are not here, newest first.
        vanished: UIDs that are here and no longer on the server.
        flags: UID to the flags to take over from the server, only where they would look different.
    """

    fetch: tuple[int, ...] = ()
    vanished: tuple[int, ...] = ()
    flags: dict[int, int] = {}


def plan_folder(
    local: Mapping[int, int],
    server: Mapping[int, int],
    pending: Mapping[int, tuple[int, int]] | None = None,
    *,
    complete: bool = True,
) -> MessagePlan:
    """Compare one folder's messages, both sides as UID to flags.

    Args:
        local: what is here, flags as shown (with pending changes).
        server: what the server said; with `complete` it said all there is, otherwise a part (new or changed ones).
        pending: UID to (bits set, bits cleared) of flag changes that the server does not know yet.
    """
    pending = pending or {}
    # QUIRK: a UID is a non-zero 32-bit number (RFC 9051 section 9); anything else is a broken answer.
    valid = {uid: flags for uid, flags in server.items() if 0 < uid <= MAX_UID}
    fetch = tuple(sorted((uid for uid in valid if uid not in local), reverse=True))
    vanished = tuple(sorted(uid for uid in local if uid not in valid)) if complete else ()
    flags = {
        uid: value
        for uid, value in valid.items()
        if uid in local and merge_flags(value, *pending.get(uid, (0, 0))) != local[uid]
    }
    return MessagePlan(fetch, vanished, flags)


def plan_changes(
    local: Mapping[int, int],
    changed: Mapping[int, int],
    vanished: Sequence[int],
    pending: Mapping[int, tuple[int, int]] | None = None,
) -> MessagePlan:
    """What a server with QRESYNC told of its own accord (RFC 7162 section 3.2.5).

    Args:
        local: what is here of the UIDs in question, flags as shown.
        changed: UID to flags of what came or changed.
        vanished: those of ours that it says are gone. QUIRK: a UID that is named in both is there: it was told last.
    """
    plan = plan_folder(local, changed, pending, complete=False)
    return MessagePlan(plan.fetch, tuple(sorted({uid for uid in vanished if uid not in changed})), plan.flags)


def plan_window(
    local: Mapping[int, int],
    listed: Sequence[int],
    flags: Mapping[int, int],
    pending: Mapping[int, tuple[int, int]] | None = None,
    *,
    complete: bool = True,
) -> MessagePlan:
    """Compare a part of a folder, a range of UIDs.

    Args:
        local: everything that is here in the range.
        listed: everything that the server has in the range.
        flags: what it said of those that are here. One that it did not mention went between two commands: it looks as
            before until the next comparison.
        complete: the server's list has as many messages as it says the folder holds; else nothing is removed.
    """
    server = {uid: flags.get(uid, local.get(uid, 0)) for uid in listed}
    return plan_folder(local, server, pending, complete=complete)


def merge_flags(server: int, add: int, remove: int) -> int:
    """The flags to show: the server's, with the local change that it does not know yet on top."""
    return (server | add) & ~remove


def is_in_step(local: FolderState, server: FolderState) -> bool:
    """Whether a closed folder may stay closed: STATUS says that nothing happened (RFC 7162 section 3.1.2)."""
    return server.uidvalidity != 0 and plan_look(local, server) is Look.NOTHING


def needs_all_uids(known: int, new: int, messages: int) -> bool:
    """After looking at changes alone: do the numbers say that something vanished (or that something is missing)?"""
    return known + new != messages
