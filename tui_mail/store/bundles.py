"""Trust bundles: lists of roots that somebody keeps for many (as the Direct community does), and what they brought."""

from collections.abc import Iterable

from msgspec import Struct

from tui_mail.store.certificates import save_certificates
from tui_mail.store.database import Database


class KeptBundle(Struct, frozen=True):
    """One bundle as it counts now.

    Attributes:
        source: an http(s) address, or the name of a file.
        signer: SHA-256 of the public key that has to sign it, empty when nobody has to.
        digest: SHA-256 of the bytes that were confirmed.
        checked: when its address was last asked, seconds since 1970 UTC.
        pending, problem: what a newer one would change, and why none could be had; sentences, or empty.
    """

    name: str
    source: str
    signer: str
    digest: str
    checked: int
    pending: str = ""
    problem: str = ""


def save_bundle(db: Database, bundle: KeptBundle, anchors: Iterable[bytes]) -> None:
    """Let a bundle count, with exactly these roots (DER)."""
    with db.transaction():
        db.run("DELETE FROM bundle WHERE name = ?", (bundle.name,))
        db.run(
            "INSERT INTO bundle(name, source, signer, digest, checked) VALUES (?, ?, ?, ?, ?)",
            (bundle.name, bundle.source, bundle.signer, bundle.digest, bundle.checked),
        )
        db.run("DELETE FROM bundle_anchor WHERE bundle = ?", (bundle.name,))
        for sha256 in save_certificates(db, anchors):
            db.run("INSERT INTO bundle_anchor(bundle, sha256) VALUES (?, ?)", (bundle.name, sha256))


def remove_bundle(db: Database, name: str) -> None:
    """Forget a bundle and what it brought. For whom its roots vouched is found anew by the next judging."""
    with db.transaction():
        db.run("DELETE FROM bundle_anchor WHERE bundle = ?", (name,))
        db.run("DELETE FROM bundle WHERE name = ?", (name,))
        db.run("UPDATE seen SET vouched = 0")


def note_check(db: Database, name: str, checked: int, pending: str, problem: str) -> None:
    """Its address was asked: this is what would change, or what was wrong."""
    db.run("UPDATE bundle SET checked = ?, pending = ?, problem = ? WHERE name = ?", (checked, pending, problem, name))


def bundles(db: Database) -> tuple[KeptBundle, ...]:
    """All of them, by name."""
    rows = db.all("SELECT name, source, signer, digest, checked, pending, problem FROM bundle ORDER BY name")
    return tuple(KeptBundle(*row) for row in rows)


def anchors_by_bundle(db: Database) -> tuple[tuple[str, bytes], ...]:
    """(bundle, DER) of every root that a bundle brought."""
    rows = db.all("SELECT bundle, der FROM bundle_anchor JOIN certificate USING (sha256) ORDER BY bundle, sha256")
    return tuple((row[0], row[1]) for row in rows)
