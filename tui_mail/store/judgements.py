"""What was found out about a message: its evidence, its letter, the signers it shows, and its text for the search.

The law: the letter in the list is the one of the evidence beside it; both are written in one statement's reach.
"""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound.

import json
from collections.abc import Iterable, Sequence
from functools import cache

import msgspec
from msgspec import Struct

from tui_mail.model.message import EncState
from tui_mail.model.security import MessageSecurity
from tui_mail.store.database import Database
from tui_mail.store.messages import storable
from tui_mail.store.schema import DOCUMENT_BITS

_encoder = msgspec.json.Encoder()


@cache
def _decoder() -> msgspec.json.Decoder[MessageSecurity]:
    """Made when first asked for: it costs 5 ms, which the start of the interface does not have."""
    return msgspec.json.Decoder(MessageSecurity)


class Judgement(Struct, frozen=True):
    """Everything that opening a message found out, as the store keeps it. Text may come from inside the encryption.

    Attributes:
        sender_key: the From address that counts, in the form of ``model.address.address_key``.
        search_text: what the search should find beside sender, recipients and subject.
    """

    security: MessageSecurity
    enc: EncState = EncState.NONE
    sender: str = ""
    sender_key: str = ""
    recipients: str = ""
    subject: str = ""
    preview: str = ""
    attachments: bool = False
    search_text: str = ""


def save_judgement(db: Database, message_id: int, judgement: Judgement) -> None:
    """Save what was found out, over what was known before. A message that is gone is passed over."""
    with db.transaction():
        date = db.value("SELECT date FROM message WHERE id = ?", (message_id,))
        if date is None:
            return
        sender, subject = storable(judgement.sender), storable(judgement.subject)
        recipients, sender_key = storable(judgement.recipients), storable(judgement.sender_key)
        security = judgement.security
        db.run(
            "UPDATE message SET sig = ?, enc = ?, attachments = ?, sender = ?, subject = ?, preview = ? WHERE id = ?",
            (
                security.verdict.letter.value,
                judgement.enc.value,
                int(judgement.attachments),
                sender,
                subject,
                storable(judgement.preview),
                message_id,
            ),
        )
        db.run(
            "UPDATE detail SET sender_key = ?, recipients = ? WHERE message = ?", (sender_key, recipients, message_id)
        )
        _save_evidence(db, message_id, security)
        db.run("DELETE FROM signature WHERE message = ?", (message_id,))
        for position, check in enumerate(security.signatures):
            if check.signer is not None:
                db.run(
                    "INSERT INTO signature(message, position, sender_key, signer) VALUES (?, ?, ?, ?)",
                    (message_id, position, sender_key, check.signer.sha256),
                )
        document = date << DOCUMENT_BITS | message_id
        db.run("DELETE FROM search WHERE rowid = ?", (document,))
        db.run(
            "INSERT INTO search(rowid, sender, recipients, subject, body) VALUES (?, ?, ?, ?, ?)",
            (document, f"{sender} {sender_key}", recipients, subject, storable(judgement.search_text)),
        )


def _save_evidence(db: Database, message_id: int, security: MessageSecurity) -> None:
    db.run(
        "INSERT INTO evidence(message, security) VALUES (?, ?)"
        " ON CONFLICT(message) DO UPDATE SET security = excluded.security",
        (message_id, _encoder.encode(security)),
    )


def security(db: Database, message_id: int) -> MessageSecurity | None:
    """The evidence of one message, None while it is not judged."""
    found = db.value("SELECT security FROM evidence WHERE message = ?", (message_id,))
    return None if found is None else _decoder().decode(found)


def unjudged(db: Database, limit: int) -> tuple[int, ...]:
    """Messages that nobody has judged yet, newest first."""
    return _ids(db.all("SELECT id FROM message WHERE sig IS NULL ORDER BY date DESC, id DESC LIMIT ?", (limit,)))


def unjudged_count(db: Database) -> int:
    """How many messages nobody has judged yet."""
    return int(db.value("SELECT count(*) FROM message WHERE sig IS NULL"))


def locked_messages(db: Database) -> tuple[int, ...]:
    """Encrypted messages that wait for the vault to be unlocked, newest first."""
    return _ids(db.all("SELECT id FROM message WHERE enc = 'locked' ORDER BY date DESC, id DESC"))


def unopened_messages(db: Database) -> tuple[int, ...]:
    """Encrypted messages that no key here has opened, whether locked or missing, newest first."""
    return _ids(db.all("SELECT id FROM message WHERE enc IN ('locked', 'closed') ORDER BY date DESC, id DESC"))


def judge_again(db: Database, message_ids: Iterable[int]) -> int:
    """Make messages unjudged, so that they are opened once more; what was known stays until then."""
    return db.run(
        "UPDATE message SET sig = NULL WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(message_ids)),)
    )


def checks_of_sender(db: Database, address_key: str) -> list[tuple[int, MessageSecurity]]:
    """The evidence of every signed message from this address, for lettering anew without mail bytes."""
    return _evidence(db, "sender_key = ?", (address_key,))


def checks_of_signer(db: Database, sha256: str) -> list[tuple[int, MessageSecurity]]:
    """The evidence of every message that this certificate signed, whoever sent it."""
    return _evidence(db, "signer = ?", (sha256,))


def signed_messages(db: Database) -> tuple[int, ...]:
    """Every message with a known signer, newest number first: to be judged again when the anchors change."""
    return _ids(db.all("SELECT DISTINCT message FROM signature ORDER BY message DESC"))


def update_letters(db: Database, changed: Sequence[tuple[int, MessageSecurity]]) -> None:
    """Replace evidence and letter of many messages at once."""
    with db.transaction():
        for message_id, evidence in changed:
            db.run("UPDATE evidence SET security = ? WHERE message = ?", (_encoder.encode(evidence), message_id))
            db.run("UPDATE message SET sig = ? WHERE id = ?", (evidence.verdict.letter.value, message_id))


def _evidence(db: Database, where: str, values: tuple[str]) -> list[tuple[int, MessageSecurity]]:
    rows = db.all(
        f"SELECT message, security FROM evidence WHERE message IN (SELECT message FROM signature WHERE {where})"
        " ORDER BY message",
        values,
    )
    return [(number, _decoder().decode(evidence)) for number, evidence in rows]


def _ids(rows: list[tuple[int]]) -> tuple[int, ...]:
    return tuple(found[0] for found in rows)
