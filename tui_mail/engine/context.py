"""The trust context of a profile: anchors and pins from the store, and what was seen before, looked up when asked."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from tui_mail.engine.anchors import all_anchors
from tui_mail.engine.session import Session
from tui_mail.model.address import address_key
from tui_mail.model.errors import MalformedInput
from tui_mail.store import answers, certificates, people
from tui_mail.store.database import Database
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import SeenCertificate, TrustContext

MAX_AUTHORITIES = 500


class SeenBook(Mapping[str, tuple[SeenCertificate, ...]]):
    """What each address has signed with, read from the store on the first question about it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, tuple[SeenCertificate, ...]] = {}

    def __getitem__(self, address: str) -> tuple[SeenCertificate, ...]:
        if address not in self._known:
            self._known[address] = seen_certificates(self._db, address)
        return self._known[address]

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and bool(self[address])

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({found.address for found in certificates.seen(self._db)}))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def forget(self, address: str) -> None:
        """The store knows more of this address now."""
        self._known.pop(address, None)


def seen_certificates(db: Database, address: str) -> tuple[SeenCertificate, ...]:
    """The certificates that valid signatures of an address carried."""
    found: list[SeenCertificate] = []
    for seen in certificates.seen(db, address):
        der = certificates.certificate(db, seen.sha256)
        if der is not None:
            first, last = datetime.fromtimestamp(seen.first, UTC), datetime.fromtimestamp(seen.last, UTC)
            info = read_certificate(der)
            found.append(
                SeenCertificate(
                    seen.sha256, info.public_key_sha256, first, last, seen.vouched, seen.messages, info.not_after
                )
            )
    return tuple(found)


def trust_context(session: Session, db: Database) -> TrustContext:
    """Everything that a judgement may rely on, as it is now."""
    if session.answers is None:
        session.answers = answers.material(db)
    lists, responses = session.answers
    return TrustContext(
        anchors=all_anchors(db),
        pins=all_pins(db),
        intermediates=_authorities(db),
        crls=lists,
        ocsps=responses,
        revocation=session.settings.revocation,
        known=SeenBook(db),
        direct=session.settings.direct,
        blocked=people.blocks(db),
    )


def all_pins(db: Database) -> frozenset[tuple[str, str]]:
    """What people pinned, and our own certificates for the addresses that they name: we trust ourselves."""
    own = {
        (address_key(name), sha256)
        for sha256, der in certificates.own_certificates(db).items()
        for name in read_certificate(der).addresses
    }
    return certificates.pins(db) | own


def _authorities(db: Database) -> tuple[bytes, ...]:
    """Authorities' certificates that valid signatures brought along: a path may need one that this message lacks."""
    found = (der for der in certificates.all_certificates(db).values() if _is_authority(der))
    return tuple(islice(found, MAX_AUTHORITIES))


def _is_authority(der: bytes) -> bool:
    """Certificates come from mail: one that cannot be read must not keep all other mail from being judged."""
    try:
        return read_certificate(der).is_ca
    except MalformedInput:
        return False
