"""What signatures prove, kept once for all messages of a sender for which it is the same.

A correspondent's thousand messages differ in their signing times and in nothing else that decides about the letter. So
the facts and the verdicts stand in one row, and lettering a sender anew changes that row and two columns of the list.

The law: content of a proof never names a message; what does (signing times, headers) stays beside the message.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui_mail.model.security import Letter, MessageSecurity, SignatureCheck, Verdict
from tui_mail.store.database import Database

_encoder = msgspec.json.Encoder()
_NO_VERDICT = Verdict(Letter.NONE)


class Proof(Struct, frozen=True):
    """The facts and verdicts that messages share. The checks name no signing time; `timed` says which of them do.

    `verdicts` is one for each check, `verdict` the summary.
    """

    signatures: tuple[SignatureCheck, ...]
    verdicts: tuple[Verdict, ...]
    verdict: Verdict
    timed: tuple[bool, ...]


class Rest(Struct, frozen=True):
    """The evidence of one message without its proof."""

    security: MessageSecurity
    times: tuple[datetime | None, ...]


@cache
def _proof_decoder() -> msgspec.json.Decoder[Proof]:
    """Made when first asked for: it costs milliseconds, which the start of the interface does not have."""
    return msgspec.json.Decoder(Proof)


@cache
def _rest_decoder() -> msgspec.json.Decoder[Rest]:
    return msgspec.json.Decoder(Rest)


def separate(security: MessageSecurity) -> tuple[Proof, bytes]:
    """What may be shared, and the rest, encoded."""
    checks = security.signatures
    times = tuple(check.signing_time for check in checks)
    proof = Proof(
        tuple(replace(check, signing_time=None) for check in checks),
        security.verdicts,
        security.verdict,
        tuple(time is not None for time in times),
    )
    rest = Rest(replace(security, signatures=(), verdicts=(), verdict=_NO_VERDICT), times)
    return proof, _encoder.encode(rest)


def join(proof: bytes, rest: bytes) -> MessageSecurity:
    """The whole evidence of a message."""
    shared, own = _proof_decoder().decode(proof), _rest_decoder().decode(rest)
    checks = tuple(replace(check, signing_time=time) for check, time in zip(shared.signatures, own.times, strict=True))
    return replace(own.security, signatures=checks, verdicts=shared.verdicts, verdict=shared.verdict)


def save_proof(db: Database, sender_key: str, proof: Proof) -> int:
    """The number of this proof, whether it was there or is new."""
    content = _encoder.encode(proof)
    digest = hashlib.sha256(content).digest()
    known = db.value("SELECT id FROM proof WHERE digest = ? AND sender_key = ?", (digest, sender_key))
    if known is not None:
        return int(known)
    return db.insert(
        "INSERT INTO proof(sender_key, digest, content, holds_until) VALUES (?, ?, ?, ?)",
        (sender_key, digest, content, _holds_until(proof)),
    )


def proofs_of_sender(db: Database, sender_key: str) -> list[tuple[int, Proof]]:
    """Everything that the signed mail of an address proves. Proofs that no message shows any more are dropped."""
    db.run(
        "DELETE FROM proof WHERE sender_key = ? AND NOT EXISTS (SELECT 1 FROM evidence WHERE proof = proof.id)",
        (sender_key,),
    )
    return _decoded(db.all("SELECT id, content FROM proof WHERE sender_key = ? ORDER BY id", (sender_key,)))


def outlived_proofs(db: Database, now: int) -> list[tuple[int, Proof]]:
    """The proofs in which a date has come that changes them."""
    return _decoded(db.all("SELECT id, content FROM proof WHERE holds_until <= ? ORDER BY id", (now,)))


def next_end(db: Database) -> int | None:
    """When the next proof has to be looked at again, seconds since 1970 UTC."""
    found = db.value("SELECT min(holds_until) FROM proof WHERE holds_until IS NOT NULL")
    return None if found is None else int(found)


def change_proof(db: Database, number: int, proof: Proof) -> int:
    """Let a proof say something else, and with it all its messages; how many of them got another letter."""
    content = _encoder.encode(proof)
    db.run(
        "UPDATE proof SET digest = ?, content = ?, holds_until = ? WHERE id = ?",
        (hashlib.sha256(content).digest(), content, _holds_until(proof), number),
    )
    # A message that waits to be judged again has no letter, and keeps waiting.
    return db.run(
        "UPDATE message SET sig = ?1 WHERE id IN (SELECT message FROM evidence WHERE proof = ?2) AND sig <> ?1",
        (proof.verdict.letter.value, number),
    )


def judge_proofs_again(db: Database, numbers: Sequence[int]) -> int:
    """Make the messages of these proofs unjudged, so that they are opened once more; how many."""
    count = 0
    for number in numbers:
        db.run("UPDATE proof SET holds_until = NULL WHERE id = ?", (number,))
        count += db.run(
            "UPDATE message SET sig = NULL WHERE id IN (SELECT message FROM evidence WHERE proof = ?)", (number,)
        )
    return count


def folders_of_proofs(db: Database, numbers: Sequence[int]) -> tuple[int, ...]:
    """The folders in which messages of these proofs are shown."""
    found: set[int] = set()
    for number in numbers:
        rows = db.all(
            "SELECT DISTINCT folder FROM message WHERE folder IS NOT NULL"
            " AND id IN (SELECT message FROM evidence WHERE proof = ?)",
            (number,),
        )
        found.update(row[0] for row in rows)
    return tuple(sorted(found))


def _decoded(rows: list[tuple[int, bytes]]) -> list[tuple[int, Proof]]:
    return [(number, _proof_decoder().decode(content)) for number, content in rows]


def _holds_until(proof: Proof) -> int | None:
    ends = [check.holds_until for check in proof.signatures if check.holds_until is not None]
    return int(min(ends).timestamp()) if ends else None
