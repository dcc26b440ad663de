"""Trust bundles: what one would change, letting it count once that was confirmed, and asking daily for newer ones.

The law: roots change only by `ImportBundle` with the digest of bytes whose changes a person has seen. The daily look
only says what is pending.
"""

import hashlib

from tui_mail.engine.logbook import describe, log
from tui_mail.engine.messages import (
    BundleChanges,
    BundleEntry,
    Bundles,
    Done,
    ImportBundle,
    ListBundles,
    RemoveBundle,
    StoreChanged,
)
from tui_mail.engine.session import Session, now
from tui_mail.model.errors import CertificateProblem, TuiMailError, UsageError
from tui_mail.net.https import fetch
from tui_mail.smime.bundle import MAX_BUNDLE_BYTES, Bundle, open_bundle
from tui_mail.store import bundles, certificates, judgements
from tui_mail.store.bundles import KeptBundle
from tui_mail.store.database import Database
from tui_mail.trust.certificate import load_certificates, read_certificate

FETCH_SECONDS = 30.0
CHECK_SECONDS = 86_400
LONGEST_PAUSE_SECONDS = 3_600.0


def import_bundle(session: Session, command: ImportBundle) -> BundleChanges:
    """Say what a bundle would change; with `confirmed` (the digest of these very bytes) let it count."""
    db = session.store.database
    known = next((one for one in bundles.bundles(db) if one.name == command.name), None)
    signer = _signer_key(command.signer) or (known.signer if known else "")
    if not signer and command.url.lower().startswith("http:"):
        raise UsageError("A bundle from an http address must be signed: name the signer's certificate with --signer.")
    data = command.data or _fetch(session, command.url)
    bundle = _open(data, signer)
    digest = hashlib.sha256(data).hexdigest()
    added, removed = _difference(db, command.name, bundle)
    applied = bool(command.confirmed)
    if applied:
        if command.confirmed != digest:
            raise CertificateProblem("The bundle has changed since its changes were shown: look at them again.")
        kept = KeptBundle(command.name, command.url or command.file, signer, digest, int(now().timestamp()))
        with session.trust_mutex, db.transaction():
            bundles.save_bundle(db, kept, bundle.anchors)
            if added or removed:
                judgements.judge_again(db, judgements.signed_messages(db))
        session.wake_judge()
        session.wake_bundles()
    return BundleChanges(
        digest=digest,
        added=tuple(map(read_certificate, added)),
        removed=tuple(map(read_certificate, removed)),
        signer=read_certificate(bundle.signer) if bundle.signer else None,
        applied=applied,
    )


def remove_bundle(session: Session, command: RemoveBundle) -> Done:
    """Let a bundle count no longer. Raises UsageError when there is none of this name."""
    db = session.store.database
    if all(kept.name != command.name for kept in bundles.bundles(db)):
        raise UsageError(f"There is no trust bundle {command.name!r}; `tui-mail bundle list` shows them.")
    with session.trust_mutex, db.transaction():
        bundles.remove_bundle(db, command.name)
        judgements.judge_again(db, judgements.signed_messages(db))
    session.wake_judge()
    session.publish(StoreChanged())
    return Done(1)


def list_bundles(session: Session, _command: ListBundles) -> Bundles:
    """Every bundle that counts, and what waits."""
    db = session.store.database
    counts: dict[str, int] = {}
    for name, _der in bundles.anchors_by_bundle(db):
        counts[name] = counts.get(name, 0) + 1
    return Bundles(
        tuple(
            BundleEntry(one.name, one.source, counts.get(one.name, 0), bool(one.signer), one.pending, one.problem)
            for one in bundles.bundles(db)
        )
    )


class BundleWatcher:
    """The job that asks once a day whether the bundles with an address have changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def turn(self) -> float | None:
        """Look at every bundle that is due."""
        db = self._session.store.database
        moment = int(now().timestamp())
        for kept in bundles.bundles(db):
            if kept.source.startswith(("http:", "https:")) and kept.checked + CHECK_SECONDS <= moment:
                self._look(db, kept, moment)
        return LONGEST_PAUSE_SECONDS

    def _look(self, db: Database, kept: KeptBundle, moment: int) -> None:
        try:
            data = _fetch(self._session, kept.source)
            bundle = _open(data, kept.signer)
        except TuiMailError as error:
            log.info("bundle: %s", describe(error))
            bundles.note_check(db, kept.name, moment, kept.pending, str(error))
            return
        added, removed = _difference(db, kept.name, bundle)
        pending = ""
        if added or removed:
            pending = f"Roots to add: {len(added)}, to remove: {len(removed)}. Nothing changes until you confirm it."
        bundles.note_check(db, kept.name, moment, pending, "")


def _fetch(session: Session, url: str) -> bytes:
    if not url:
        raise UsageError("Name a file or an address of a bundle.")
    allow_private = session.settings.fetch_private_addresses
    return fetch(url, limit_bytes=MAX_BUNDLE_BYTES, timeout_seconds=FETCH_SECONDS, allow_private=allow_private).body


def _signer_key(data: bytes) -> str:
    return read_certificate(load_certificates(data)[0]).public_key_sha256 if data else ""


def _open(data: bytes, signer: str) -> Bundle:
    """The bundle, signed by the key that has to sign it. Raises CertificateProblem."""
    bundle = open_bundle(data, now=now())
    if signer and bundle.signer is None:
        raise CertificateProblem("The bundle is not signed, but it has to be; it is not used.")
    if signer and bundle.signer is not None and read_certificate(bundle.signer).public_key_sha256 != signer:
        raise CertificateProblem("Somebody else than the named signer has signed the bundle; it is not used.")
    return bundle


def _difference(db: Database, name: str, bundle: Bundle) -> tuple[list[bytes], list[bytes]]:
    """The roots that it would add and remove."""
    before = {der for owner, der in bundles.anchors_by_bundle(db) if owner == name}
    elsewhere = {der for owner, der in bundles.anchors_by_bundle(db) if owner != name} | set(
        certificates.own_anchors(db)
    )
    after = set(bundle.anchors)
    added = [der for der in bundle.anchors if der not in before | elsewhere]
    return added, sorted(before - after - elsewhere)
