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
from tui_mail.model.storable import storable
from tui_mail.store.database import AMONG, PIECE, Database
from tui_mail.store.proofs import join, save_proof, separate
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


class IndexEntry(Struct, frozen=True):
    """What the search is to find of one message; `document` is its number there."""

    document: int
    sender: str
    recipients: str
    subject: str
    body: str


def save_judgement(db: Database, message_id: int, judgement: Judgement) -> None:
    """Save what was found out, over what was known before. A message that is gone is passed over."""
    with db.transaction():
        index_messages(db, record_judgements(db, [(message_id, judgement)]))


def record_judgements(db: Database, found: Sequence[tuple[int, Judgement]]) -> list[IndexEntry]:
    """`save_judgement` for many, without the search: that is `index_messages`'s. Both belong into one transaction of
    the caller."""
    numbers = json.dumps([number for number, _ in found])
    dates = dict(db.all(f"SELECT id, date FROM message WHERE id {AMONG}", (numbers,)))
    entries: list[IndexEntry] = []
    shown: list[Sequence[object]] = []
    details: list[Sequence[object]] = []
    evidence: list[tuple[bytes, Sequence[object]]] = []
    signers: list[Sequence[object]] = []
    for number, judgement in found:
        if number not in dates:
            continue
        security = judgement.security
        sender, subject = storable(judgement.sender), storable(judgement.subject)
        recipients, sender_key = storable(judgement.recipients), storable(judgement.sender_key)
        letter, preview = security.verdict.letter.value, storable(judgement.preview)
        shown.append((number, letter, judgement.enc.value, sender, subject, preview, int(judgement.attachments)))
        details.append((number, sender_key, recipients))
        proof, rest = _prove(db, sender_key, security)
        evidence.append((rest, (number, proof)))
        signers += [
            (number, position, sender_key, check.signer.sha256)
            for position, check in enumerate(security.signatures)
            if check.signer is not None
        ]
        text = storable(judgement.search_text)
        document = dates[number] << DOCUMENT_BITS | number
        entries.append(IndexEntry(document, f"{sender} {sender_key}", recipients, subject, text))
    db.for_each(
        "UPDATE message SET sig = value ->> 1, enc = value ->> 2, sender = value ->> 3, subject = value ->> 4,"
        " preview = value ->> 5, attachments = max(value ->> 6, EXISTS"
        "(SELECT 1 FROM place_holder WHERE place_holder.message = message.id AND files > 0))"
        " FROM json_each(?) WHERE message.id = value ->> 0",
        shown,
    )
    db.for_each(
        "UPDATE detail SET sender_key = value ->> 1, recipients = value ->> 2 FROM json_each(?)"
        " WHERE message = value ->> 0 AND (sender_key <> value ->> 1 OR recipients <> value ->> 2)",
        details,
    )
    db.for_each_piece(
        f"INSERT INTO evidence(message, security, proof) SELECT value ->> 2, {PIECE}, value ->> 3"
        " FROM json_each(?1) WHERE true"
        " ON CONFLICT(message) DO UPDATE SET security = excluded.security, proof = excluded.proof",
        evidence,
    )
    db.run(f"DELETE FROM signature WHERE message {AMONG}", (numbers,))
    db.for_each(
        "INSERT INTO signature(message, position, sender_key, signer)"
        " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)",
        signers,
    )
    return entries


def index_messages(db: Database, entries: Sequence[IndexEntry]) -> None:
    """Let the search find these messages by this. FTS5 writes a piece of index at every savepoint, and whenever a
    document has a lower number than the one before: therefore after them, all at once, and in rising order."""
    entries = sorted(entries, key=lambda entry: entry.document)
    db.run(f"DELETE FROM search WHERE rowid {AMONG}", (json.dumps([entry.document for entry in entries]),))
    db.for_each_piece(
        "INSERT INTO search(rowid, sender, recipients, subject, body)"
        f" SELECT value ->> 2, value ->> 3, value ->> 4, value ->> 5, CAST({PIECE} AS TEXT) FROM json_each(?1)",
        [(one.body.encode(), (one.document, one.sender, one.recipients, one.subject)) for one in entries],
    )


def _prove(db: Database, sender_key: str, security: MessageSecurity) -> tuple[int | None, bytes]:
    """The proof that the message shares with others, and what stays beside it; see ``proofs``."""
    if not security.signatures:
        return None, _encoder.encode(security)
    shared, rest = separate(security)
    return save_proof(db, sender_key, shared), rest


def security(db: Database, message_id: int) -> MessageSecurity | None:
    """The evidence of one message, None while it is not judged."""
    found = db.one(
        "SELECT evidence.security, content FROM evidence LEFT JOIN proof ON proof.id = evidence.proof"
        " WHERE message = ?",
        (message_id,),
    )
    if found is None:
        return None
    return _decoder().decode(found[0]) if found[1] is None else join(found[1], found[0])


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


def signed_messages(db: Database) -> tuple[int, ...]:
    """Every message with a known signer, newest number first: to be judged again when the anchors change."""
    return _ids(db.all("SELECT DISTINCT message FROM signature ORDER BY message DESC"))


def _ids(rows: list[tuple[int]]) -> tuple[int, ...]:
    return tuple(found[0] for found in rows)
