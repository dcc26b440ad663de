"""The outbox: everything that is to leave lies here first, and stays until it is filed.

Which state may follow which is ``sync.outbox``'s to say; this file keeps what it said. A draft becomes one or several
copies (a Bcc recipient gets one alone, RFC 9788 section 11.4); each copy remembers by itself whether it left, so that a
crash between two of them sends none twice. The copy without recipients is the one for the Sent folder.
"""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound.

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tui_mail.model.address import address_key
from tui_mail.model.errors import StoreError
from tui_mail.model.message import Draft, OutboxEntry, OutboxState
from tui_mail.store.database import Database

_draft_decoder = msgspec.json.Decoder(Draft)
_recipients_decoder = msgspec.json.Decoder(tuple[str, ...])


class Attachment(Struct, frozen=True):
    """One file as it was when the message was queued."""

    name: str
    type: str
    content: bytes


class Copy(Struct, frozen=True):
    """The final bytes for some recipients of the envelope. `state` is READY, SUBMITTING, SENT, FAILED or UNKNOWN."""

    recipients: tuple[str, ...]
    raw: bytes
    position: int = 0
    state: OutboxState = OutboxState.READY


def queue_draft(
    db: Database, draft: Draft, attachments: Sequence[Attachment], *, message_id: str, created: int, due: int = 0
) -> int:
    """Put a draft and its files on disk; its number. With `due` (seconds since 1970 UTC) it waits as DELAYED until
    then, else it is QUEUED. `message_id` with angle brackets is given once and for all, so that every later attempt is
    the same message."""
    state = OutboxState.DELAYED if due else OutboxState.QUEUED
    with db.transaction():
        number = db.insert(
            "INSERT INTO outbox(account, state, draft, message_id, created, retry_at) VALUES (?, ?, ?, ?, ?, ?)",
            (draft.account, state.value, msgspec.json.encode(draft), message_id, created, due),
        )
        for position, attachment in enumerate(attachments):
            db.run(
                "INSERT INTO outbox_attachment(outbox, position, name, type, bytes) VALUES (?, ?, ?, ?, ?)",
                (number, position, attachment.name, attachment.type, attachment.content),
            )
    return number


def draft(db: Database, outbox_id: int) -> tuple[Draft, tuple[Attachment, ...], str] | None:
    """The draft, its files and its Message-ID; None when it is filed or gone."""
    found = db.one("SELECT draft, message_id FROM outbox WHERE id = ? AND state <> 'filed'", (outbox_id,))
    if found is None:
        return None
    rows = db.all("SELECT name, type, bytes FROM outbox_attachment WHERE outbox = ? ORDER BY position", (outbox_id,))
    return _draft_decoder.decode(found[0]), tuple(Attachment(*row) for row in rows), found[1]


def set_state(db: Database, outbox_id: int, state: OutboxState, *, problem: str = "", retry_at: int = 0) -> None:
    """Move an entry to another state. `problem` is a sentence; `retry_at` is when to try again, seconds since 1970 UTC.
    FILED removes everything but the fact."""
    with db.transaction():
        db.run(
            "UPDATE outbox SET state = ?, problem = ?, retry_at = ? WHERE id = ?",
            (state.value, problem, retry_at, outbox_id),
        )
        if state is OutboxState.FILED:
            db.run("UPDATE outbox SET draft = x'' WHERE id = ?", (outbox_id,))
            db.run("DELETE FROM outbox_attachment WHERE outbox = ?", (outbox_id,))
            db.run("DELETE FROM outbox_copy WHERE outbox = ?", (outbox_id,))


def count_attempt(db: Database, outbox_id: int) -> int:
    """One more attempt to submit; how many that makes."""
    with db.transaction():
        db.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", (outbox_id,))
        return int(db.value("SELECT attempts FROM outbox WHERE id = ?", (outbox_id,), 0))


def save_copies(db: Database, outbox_id: int, copies: Sequence[Copy]) -> None:
    """The final bytes are there: the entry becomes READY in the same transaction. From here on nothing is built again,
    and the files of the draft, now inside the bytes, are removed. Of a message that is encrypted the text is removed
    too: it lies here in protected form alone.

    Raises StoreError when a copy has left already or may have: other bytes now would be a second message.
    """
    with db.transaction():
        if db.one("SELECT 1 FROM outbox_copy WHERE outbox = ? AND state NOT IN ('ready', 'failed')", (outbox_id,)):
            raise StoreError("A copy of this message may have left already. Send the rest of it, or discard it.")
        db.run("DELETE FROM outbox_copy WHERE outbox = ?", (outbox_id,))
        for position, copy in enumerate(copies):
            db.run(
                "INSERT INTO outbox_copy(outbox, position, state, recipients, bytes) VALUES (?, ?, ?, ?, ?)",
                (outbox_id, position, OutboxState.READY.value, msgspec.json.encode(copy.recipients), copy.raw),
            )
        db.run("DELETE FROM outbox_attachment WHERE outbox = ?", (outbox_id,))
        _forget_text(db, outbox_id)
        db.run(
            "UPDATE outbox SET state = ?, problem = '', retry_at = 0 WHERE id = ?",
            (OutboxState.READY.value, outbox_id),
        )


def _forget_text(db: Database, outbox_id: int) -> None:
    found = draft(db, outbox_id)
    if found is not None and found[0].protection.encrypt:
        bare = msgspec.structs.replace(found[0], body="", attachments=())
        db.run("UPDATE outbox SET draft = ? WHERE id = ?", (msgspec.json.encode(bare), outbox_id))


def copies(db: Database, outbox_id: int) -> tuple[Copy, ...]:
    """The final bytes of an entry, each with its recipients and whether it left."""
    rows = db.all(
        "SELECT recipients, bytes, position, state FROM outbox_copy WHERE outbox = ? ORDER BY position", (outbox_id,)
    )
    return tuple(Copy(_recipients_decoder.decode(row[0]), row[1], row[2], OutboxState(row[3])) for row in rows)


def set_copy_state(db: Database, outbox_id: int, position: int, state: OutboxState) -> None:
    """Note whether one copy left. SUBMITTING is written before the first byte goes out, SENT after the server's yes."""
    db.run("UPDATE outbox_copy SET state = ? WHERE outbox = ? AND position = ?", (state.value, outbox_id, position))


def set_copy_recipients(db: Database, outbox_id: int, position: int, recipients: Sequence[str]) -> None:
    """Narrow a copy to the recipients that still lack it, after the server took only some."""
    db.run(
        "UPDATE outbox_copy SET recipients = ? WHERE outbox = ? AND position = ?",
        (msgspec.json.encode(tuple(recipients)), outbox_id, position),
    )


def entries(db: Database) -> tuple[OutboxEntry, ...]:
    """Everything not yet filed, oldest first."""
    return _entries(db, "state <> 'filed'", ())


def entry(db: Database, outbox_id: int) -> OutboxEntry | None:
    """One entry, filed or not."""
    found = _entries(db, "id = ?", (outbox_id,))
    return found[0] if found else None


def retry_at(db: Database, outbox_id: int) -> int:
    """When the next attempt is due, seconds since 1970 UTC; 0 now."""
    return int(db.value("SELECT retry_at FROM outbox WHERE id = ?", (outbox_id,), 0))


def postpone(db: Database, outbox_id: int, state: OutboxState, due: int) -> None:
    """Give an entry another time to leave, seconds since 1970 UTC."""
    db.run("UPDATE outbox SET state = ?, retry_at = ?, problem = '' WHERE id = ?", (state.value, due, outbox_id))


def retry_now(db: Database) -> None:
    """Let everything that waits for another attempt have it now."""
    db.run("UPDATE outbox SET retry_at = 0 WHERE state = ? AND retry_at > 0", (OutboxState.READY.value,))


def discard(db: Database, outbox_id: int) -> None:
    """Remove an entry for good: the person decided so."""
    db.run("DELETE FROM outbox WHERE id = ?", (outbox_id,))


def _entries(db: Database, where: str, values: tuple[int, ...]) -> tuple[OutboxEntry, ...]:
    rows = db.all(
        f"SELECT id, account, state, draft, created, attempts, problem, retry_at FROM outbox WHERE {where} ORDER BY id",
        values,
    )
    return tuple(_entry(db, *row) for row in rows)


def _entry(
    db: Database,
    number: int,
    account: str,
    state: str,
    content: bytes,
    created: int,
    attempts: int,
    problem: str,
    due: int,
) -> OutboxEntry:
    recipients: tuple[str, ...] = ()
    subject = ""
    if content:
        written = _draft_decoder.decode(content)
        recipients = tuple(address.spec for address in (*written.to, *written.cc, *written.bcc))
        subject = written.subject
    lacking = {address_key(one) for to, left in _addressed(db, number) for one in to if left != OutboxState.SENT}
    return OutboxEntry(
        number,
        account,
        OutboxState(state),
        recipients,
        subject,
        created,
        attempts,
        problem,
        due,
        reached=tuple(one for one in recipients if address_key(one) not in lacking) if lacking else (),
    )


def _addressed(db: Database, outbox_id: int) -> list[tuple[tuple[str, ...], str]]:
    """The recipients and the state of each copy."""
    rows = db.all("SELECT recipients, state FROM outbox_copy WHERE outbox = ?", (outbox_id,))
    return [(_recipients_decoder.decode(recipients), state) for recipients, state in rows]
