"""What was fetched about certificates: revocation lists and OCSP answers, and for which certificates they are wanted.

The law: an answer is replaced only by another answer, never by a failure; failures only move the next try. Moments are
seconds since 1970 UTC; certificates are named by SHA-256 as in ``store.certificates``.
"""

from msgspec import Struct

from tui_mail.store.database import Database

MAX_WATCHED = 5_000
"""Certificates of correspondents and authorities that are asked about; the newest ones win."""

MAX_KEPT = 500
"""Lists and answers of each kind that a judgement is given."""

LIST, OCSP, ISSUER = "list", "ocsp", "issuer"
"""What was fetched: a list (named by its address), an OCSP answer (named by the certificate), an issuer's certificate
(named by its address; the certificate itself is kept with the others)."""


class Kept(Struct, frozen=True):
    """One answer and how it stands with it. `problem` is the sentence of the last failure, empty after a success."""

    body: bytes | None
    made: int
    ends: int
    fetched: int
    retry: int
    failures: int
    problem: str


def watch(db: Database, pairs: tuple[tuple[str, str], ...]) -> int:
    """Ask about these (certificate, issuer) from now on; how many are new. Both are kept already."""
    new = 0
    for certificate, issuer in pairs:
        new += db.run(
            "INSERT INTO watched(certificate, issuer) VALUES (?, ?) ON CONFLICT DO NOTHING", (certificate, issuer)
        )
    if new:
        db.run(
            "DELETE FROM watched WHERE number <= (SELECT max(number) FROM watched) - ?",
            (MAX_WATCHED,),
        )
    return new


def watched(db: Database) -> tuple[tuple[str, str], ...]:
    """Every (certificate, issuer) that is asked about, newest first."""
    return tuple(db.all("SELECT certificate, issuer FROM watched ORDER BY number DESC"))


def kept(db: Database, kind: str, name: str) -> Kept | None:
    """What is known under this name; None when nobody has asked yet."""
    found = db.one(
        "SELECT body, made, ends, fetched, retry, failures, problem FROM answer WHERE kind = ? AND name = ?",
        (kind, name),
    )
    return Kept(*found) if found else None


def save_answer(db: Database, kind: str, name: str, body: bytes, made: int, ends: int, now: int, retry: int) -> None:
    """Keep a fresh answer, to be asked for again at `retry`."""
    db.run(
        "INSERT INTO answer(kind, name, body, made, ends, fetched, retry, failures, problem)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, '') ON CONFLICT DO UPDATE SET body = excluded.body, made = excluded.made,"
        " ends = excluded.ends, fetched = excluded.fetched, retry = excluded.retry, failures = 0, problem = ''",
        (kind, name, body, made, ends, now, retry),
    )


def save_failure(db: Database, kind: str, name: str, problem: str, retry: int) -> None:
    """Nothing (usable) came; what was there before stays."""
    db.run(
        "INSERT INTO answer(kind, name, body, made, ends, fetched, retry, failures, problem)"
        " VALUES (?, ?, NULL, 0, 0, 0, ?, 1, ?) ON CONFLICT DO UPDATE SET"
        " retry = excluded.retry, failures = failures + 1, problem = excluded.problem",
        (kind, name, retry, problem),
    )


def material(db: Database) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """All lists and all OCSP answers, the latest first."""
    lists, answers = (
        tuple(
            row[0]
            for row in db.all(
                "SELECT body FROM answer WHERE kind = ? AND body IS NOT NULL ORDER BY fetched DESC LIMIT ?",
                (kind, MAX_KEPT),
            )
        )
        for kind in (LIST, OCSP)
    )
    return lists, answers


def senders_of_signer(db: Database, sha256: str) -> tuple[str, ...]:
    """The addresses (keys) whose mail this certificate signed."""
    return tuple(row[0] for row in db.all("SELECT DISTINCT sender_key FROM signature WHERE signer = ?", (sha256,)))
