"""Unfinished messages: on this disk from the first pause in typing, and with a copy in the server's Drafts folder.

The law: what was typed is here before anything is told to the server; a draft that was sent or discarded stays as a
mark without content until its copy on the server is gone too.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tui_mail.model.message import Draft, DraftAttachment, DraftEntry
from tui_mail.store.database import Database
from tui_mail.store.outbox import Attachment

UPLOAD_SECONDS = 30
"""How long changes are gathered before the copy on the server is replaced."""

_decoder = msgspec.json.Decoder(Draft)


class Waiting(Struct, frozen=True):
    """A draft whose copy on the server is not what it should be. `gone`: there should be none."""

    id: int
    message_id: str
    revision: int
    gone: bool


def save_draft(
    db: Database, draft: Draft, *, message_id: str, changed: int, number: int = 0, closed: bool = False
) -> int:
    """Keep a draft, over what was known under this number; its number. `message_id` is that of its copies on the
    server, used for a new draft only. `changed` is now, seconds since 1970 UTC. A draft that goes to another account is
    a new one with the files of the old: the copy on the old server goes."""
    content = msgspec.json.encode(draft)
    due = changed if closed else changed + UPLOAD_SECONDS
    with db.transaction():
        known = db.one("SELECT content, gone, account FROM draft WHERE id = ?", (number,)) if number else None
        if known is None or known[1] or known[2] != draft.account:
            new = db.insert(
                "INSERT INTO draft(account, content, message_id, changed, due) VALUES (?, ?, ?, ?, ?)",
                (draft.account, content, message_id, changed, due),
            )
            if known is not None and not known[1]:
                db.run("UPDATE draft_attachment SET draft = ? WHERE draft = ?", (new, number))
                remove(db, number, changed)
            return new
        if known[0] == content:
            if closed:
                db.run("UPDATE draft SET due = ? WHERE id = ?", (changed, number))
            return number
        db.run(
            "UPDATE draft SET content = ?, changed = ?, revision = revision + 1,"
            " due = CASE WHEN revision > uploaded THEN min(due, ?) ELSE ? END WHERE id = ?",
            (content, changed, due, due, number),
        )
        _drop_files(db, number, draft)
    return number


def _drop_files(db: Database, number: int, draft: Draft) -> None:
    kept = [file.stored for file in draft.attachments if file.stored is not None]
    db.run(
        "DELETE FROM draft_attachment WHERE draft = ? AND id NOT IN (SELECT value FROM json_each(?))",
        (number, msgspec.json.encode(kept).decode()),
    )


def save_with_files(
    db: Database, draft: Draft, files: Sequence[Attachment], *, message_id: str, changed: int
) -> tuple[int, Draft]:
    """A new draft whose attachments are these bytes; its number, and the draft that names them."""
    with db.transaction():
        bare = msgspec.structs.replace(draft, attachments=())
        number = save_draft(db, bare, message_id=message_id, changed=changed)
        whole = msgspec.structs.replace(draft, attachments=tuple(_keep_file(db, number, file) for file in files))
        db.run("UPDATE draft SET content = ? WHERE id = ?", (msgspec.json.encode(whole), number))
    return number, whole


def _keep_file(db: Database, number: int, file: Attachment) -> DraftAttachment:
    stored = db.insert(
        "INSERT INTO draft_attachment(draft, name, type, bytes) VALUES (?, ?, ?, ?)",
        (number, file.name, file.type, file.content),
    )
    return DraftAttachment("", file.name, file.type, stored, len(file.content))


def draft(db: Database, number: int) -> Draft | None:
    """What was written so far; None when it was sent or discarded."""
    found = db.value("SELECT content FROM draft WHERE id = ? AND NOT gone", (number,))
    return None if found is None else _decoder.decode(found)


def file(db: Database, stored: int) -> Attachment | None:
    """The bytes of an attachment that lies in the store."""
    found = db.one("SELECT name, type, bytes FROM draft_attachment WHERE id = ?", (stored,))
    return None if found is None else Attachment(*found)


def entries(db: Database) -> tuple[DraftEntry, ...]:
    """Every draft, changed last first."""
    rows = db.all("SELECT id, content, changed FROM draft WHERE NOT gone ORDER BY changed DESC, id DESC")
    return tuple(_entry(number, _decoder.decode(content), changed) for number, content, changed in rows)


def _entry(number: int, found: Draft, changed: int) -> DraftEntry:
    people = tuple(address.spec for address in (*found.to, *found.cc, *found.bcc))
    return DraftEntry(
        number, found.account, people, found.subject, changed, found.protection.encrypt, len(found.attachments)
    )


def remove(db: Database, number: int, now: int) -> str | None:
    """The draft was sent or discarded: its content goes now, its copy on the server when the server can be told. The
    account, or None when there was no such draft."""
    with db.transaction():
        account: str | None = db.value("SELECT account FROM draft WHERE id = ? AND NOT gone", (number,))
        db.run("UPDATE draft SET content = x'', gone = 1, due = ? WHERE id = ? AND NOT gone", (now, number))
        db.run("DELETE FROM draft_attachment WHERE draft = ?", (number,))
    return account


def waiting(db: Database, account: str, now: int) -> tuple[Waiting, ...]:
    """What the server is to be told now, oldest first."""
    rows = db.all(
        "SELECT id, message_id, revision, gone FROM draft WHERE account = ? AND due <= ?"
        " AND (gone OR revision > uploaded) ORDER BY id",
        (account, now),
    )
    return tuple(Waiting(number, message_id, revision, bool(gone)) for number, message_id, revision, gone in rows)


def next_due(db: Database) -> tuple[tuple[str, int], ...]:
    """For each account when the server is to be told something, seconds since 1970 UTC."""
    rows = db.all("SELECT account, min(due) FROM draft WHERE gone OR revision > uploaded GROUP BY account")
    return tuple((account, due) for account, due in rows)


def uploaded(db: Database, number: int, revision: int, uid: int | None) -> None:
    """The server has this revision, under this UID when it said so."""
    db.run("UPDATE draft SET uploaded = max(uploaded, ?), uid = ? WHERE id = ?", (revision, uid, number))


def postpone(db: Database, number: int, due: int) -> None:
    """The server could not be told: try again at this time."""
    db.run("UPDATE draft SET due = ? WHERE id = ?", (due, number))


def forget(db: Database, number: int) -> None:
    """Nothing of the draft is left anywhere."""
    db.run("DELETE FROM draft WHERE id = ?", (number,))


def number_of(db: Database, message_id: str, uid: int | None) -> int | None:
    """The draft of which a message in a Drafts folder is the copy. A copy that another program has changed since (it
    has another UID) is not ours any more, unless something was typed here that the server does not have."""
    found: int | None = db.value(
        "SELECT id FROM draft WHERE message_id = ? AND NOT gone"
        " AND (uid IS NULL OR uid = ? OR revision > uploaded) ORDER BY id DESC",
        (message_id, uid),
    )
    return found
