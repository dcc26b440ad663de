"""Certificates: their bytes, who was seen to sign with which, and what the person decided to trust.

Addresses here are keys in the form of ``model.address.address_key``; certificates are named by the SHA-256 of their DER
form, 64 lower-case hex digits. The bytes are never removed: old mail stays judgeable.
"""

import hashlib
from collections.abc import Iterable

from msgspec import Struct

from tui_mail.store.database import Database


class Seen(Struct, frozen=True):
    """A certificate in whose valid signatures an address was seen. Times are signing times, seconds since 1970 UTC;
    `messages` counts those that are here now; `vouched` says that a trusted authority stood behind it."""

    address: str
    sha256: str
    first: int
    last: int
    messages: int
    vouched: bool = False


class Capability(Struct, frozen=True):
    """What an address announced in its newest valid signature. `capabilities` is opaque to the store."""

    address: str
    signing_time: int
    capabilities: bytes
    encryption_certificate: str | None = None
    signer: str = ""


def save_certificate(db: Database, der: bytes) -> str:
    """Keep a certificate; its SHA-256."""
    sha256 = hashlib.sha256(der).hexdigest()
    db.run("INSERT INTO certificate(sha256, der) VALUES (?, ?) ON CONFLICT DO NOTHING", (sha256, der))
    return sha256


def save_certificates(db: Database, ders: Iterable[bytes]) -> tuple[str, ...]:
    """Keep several certificates; their SHA-256."""
    with db.transaction():
        return tuple(save_certificate(db, der) for der in ders)


def certificate(db: Database, sha256: str) -> bytes | None:
    """The DER form of a certificate."""
    found: bytes | None = db.value("SELECT der FROM certificate WHERE sha256 = ?", (sha256,))
    return found


def all_certificates(db: Database) -> dict[str, bytes]:
    """Every certificate that is kept, SHA-256 to DER."""
    return dict(db.all("SELECT sha256, der FROM certificate"))


def record_seen(db: Database, address: str, sha256: str, signing_time: int, *, vouched: bool = False) -> None:
    """A valid signature of this address carried this (kept) certificate. Saying it twice changes nothing."""
    db.run(
        "INSERT INTO seen(address, sha256, first, last, vouched) VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT DO UPDATE SET"
        " first = min(first, excluded.first), last = max(last, excluded.last),"
        " vouched = max(vouched, excluded.vouched)",
        (address, sha256, signing_time, int(vouched)),
    )


def seen(db: Database, address: str = "") -> tuple[Seen, ...]:
    """The certificates with which an address signed, newest last signature first; of everyone when it is empty."""
    rows = db.all(
        "SELECT address, sha256, first, last, (SELECT count(DISTINCT message) FROM signature"
        " WHERE sender_key = seen.address AND signer = seen.sha256), vouched FROM seen WHERE ?1 = '' OR address = ?1"
        " ORDER BY address, last DESC, sha256",
        (address,),
    )
    return tuple(Seen(found[0], found[1], found[2], found[3], found[4], bool(found[5])) for found in rows)


def add_to_book(db: Database, address: str, sha256: str) -> None:
    """This (kept) certificate speaks for the address: imported, or taken from a valid signature."""
    db.run("INSERT INTO book(address, sha256) VALUES (?, ?) ON CONFLICT DO NOTHING", (address, sha256))


def book(db: Database, address: str = "") -> tuple[tuple[str, str], ...]:
    """Every (address, SHA-256) that is known from the book, a signature or a pin; of one address or of everyone."""
    rows = db.all(
        "SELECT address, sha256 FROM book WHERE ?1 = '' OR address = ?1"
        " UNION SELECT address, sha256 FROM seen WHERE ?1 = '' OR address = ?1"
        " UNION SELECT address, sha256 FROM pin WHERE ?1 = '' OR address = ?1 ORDER BY 1, 2",
        (address,),
    )
    return tuple((found[0], found[1]) for found in rows)


def pin(db: Database, address: str, sha256: str, now: int) -> None:
    """The person trusts this (kept) certificate for this address."""
    db.run(
        "INSERT INTO pin(address, sha256, pinned_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (address, sha256, now)
    )


def unpin(db: Database, address: str, sha256: str) -> None:
    """The person trusts it no longer."""
    db.run("DELETE FROM pin WHERE address = ? AND sha256 = ?", (address, sha256))


def pins(db: Database, address: str = "") -> frozenset[tuple[str, str]]:
    """(address, SHA-256) of everything that is pinned, for one address or for all."""
    rows = db.all("SELECT address, sha256 FROM pin WHERE ?1 = '' OR address = ?1", (address,))
    return frozenset((found[0], found[1]) for found in rows)


def add_anchor(db: Database, der: bytes) -> str:
    """Trust everything that is validly issued under this certificate."""
    with db.transaction():
        sha256 = save_certificate(db, der)
        db.run("INSERT INTO anchor(sha256) VALUES (?) ON CONFLICT DO NOTHING", (sha256,))
    return sha256


def remove_anchor(db: Database, sha256: str) -> None:
    """Trust it no longer. For whom it vouched is forgotten, until the next judging finds who still does."""
    with db.transaction():
        db.run("DELETE FROM anchor WHERE sha256 = ?", (sha256,))
        db.run("UPDATE seen SET vouched = 0")


def own_anchors(db: Database) -> tuple[bytes, ...]:
    """The DER form of every root that the person made one."""
    rows = db.all("SELECT der FROM anchor JOIN certificate USING (sha256) ORDER BY sha256")
    return tuple(found[0] for found in rows)


def anchors(db: Database) -> tuple[bytes, ...]:
    """The DER form of every trusted root that the store knows: the person's own and those of bundles."""
    rows = db.all(
        "SELECT der FROM certificate WHERE sha256 IN (SELECT sha256 FROM anchor UNION SELECT sha256 FROM bundle_anchor)"
        " ORDER BY sha256"
    )
    return tuple(found[0] for found in rows)


def add_own(db: Database, der: bytes) -> str:
    """The vault holds the key of this certificate."""
    with db.transaction():
        sha256 = save_certificate(db, der)
        db.run("INSERT INTO own(sha256) VALUES (?) ON CONFLICT DO NOTHING", (sha256,))
    return sha256


def own_certificates(db: Database) -> dict[str, bytes]:
    """The certificates of which the vault holds the key, SHA-256 to DER; the list works while the vault is locked."""
    return dict(db.all("SELECT sha256, der FROM own JOIN certificate USING (sha256) ORDER BY sha256"))


def save_capability(db: Database, capability: Capability) -> bool:
    """Keep what a signature announced, if it is newer than what is kept (RFC 8551 section 2.7.1). Whether it is."""
    return bool(
        db.run(
            "INSERT INTO capability(address, signing_time, capabilities, encryption_certificate, signer)"
            " VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET signing_time = excluded.signing_time, capabilities = excluded.capabilities,"
            " encryption_certificate = excluded.encryption_certificate, signer = excluded.signer"
            " WHERE excluded.signing_time > signing_time",
            (
                capability.address,
                capability.signing_time,
                capability.capabilities,
                capability.encryption_certificate,
                capability.signer,
            ),
        )
    )


def capability(db: Database, address: str) -> Capability | None:
    """What the address announced last."""
    found = db.one(
        "SELECT address, signing_time, capabilities, encryption_certificate, signer FROM capability WHERE address = ?",
        (address,),
    )
    return Capability(*found) if found else None
