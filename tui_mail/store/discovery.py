"""Certificates that were found in directories and in DNS: for whom, where, and when.

The law: they stand apart from the certificate book, so that nothing found is ever taken for something known.
"""

from collections.abc import Sequence

from tui_mail.model.discovery import Place, Provenance
from tui_mail.store import certificates
from tui_mail.store.database import Database


def save_found(db: Database, address: str, found: Sequence[tuple[bytes, Provenance]]) -> None:
    """Keep what the last search found for an address, instead of what earlier ones found."""
    with db.transaction():
        db.run("DELETE FROM found WHERE address = ?", (address,))
        for der, provenance in found:
            sha256 = certificates.save_certificate(db, der)
            db.run(
                "INSERT INTO found(address, sha256, place, place_name, found_at, vouched) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (
                    address,
                    sha256,
                    provenance.place.value,
                    provenance.where,
                    provenance.found_at,
                    int(provenance.vouched),
                ),
            )


def found(db: Database, address: str = "") -> tuple[Provenance, ...]:
    """What was found for an address, or for everyone."""
    rows = db.all(
        "SELECT address, sha256, place, place_name, found_at, vouched FROM found WHERE ?1 = '' OR address = ?1"
        " ORDER BY address, sha256",
        (address,),
    )
    return tuple(Provenance(row[0], row[1], Place(row[2]), row[3], row[4], bool(row[5])) for row in rows)
