"""The trusted roots of a profile: its own, those of its bundles, and those that the administrator put in place.

The law: a root comes from a person's hand and never from mail or from an address in a certificate. The roots that
Python packages and operating systems carry (certifi, ca-certificates) vouch for web servers, not for mail; they are not
used. Every place is read anew for each judgement, so that a root that was taken away counts no longer.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from tui_mail.engine.logbook import log
from tui_mail.model.errors import MalformedInput
from tui_mail.model.paths import anchors_folder
from tui_mail.store import certificates, judgements
from tui_mail.store.database import Database
from tui_mail.store.notes import note, set_note
from tui_mail.trust.certificate import load_certificates, read_certificate

MAX_FILES = 200
MAX_FILE_BYTES = 5_000_000
_NOTE = "anchors"

Placed = tuple[tuple[bytes, str], ...]
"""DER and the path of the file."""


def all_anchors(db: Database) -> tuple[bytes, ...]:
    """Every trusted root, DER, in an order that stays."""
    return tuple(dict.fromkeys((*certificates.anchors(db), *(der for der, _path in administrators()[0]))))


def administrators() -> tuple[Placed, tuple[str, ...]]:
    """The roots in the administrator's folder, and sentences about files that cannot be used."""
    folder = anchors_folder()
    try:
        files = sorted(folder.glob("*.pem"))[:MAX_FILES]
        stamps = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    except OSError as error:
        return (), (f"{folder} cannot be read: {error.strerror}.",)
    return _read(stamps)


@lru_cache(maxsize=4)
def _read(stamps: tuple[tuple[Path, int, int], ...]) -> tuple[Placed, tuple[str, ...]]:
    found: list[tuple[bytes, str]] = []
    problems: list[str] = []
    for path, _changed, size in stamps:
        if size > MAX_FILE_BYTES:
            problems.append(f"{path} is too long to be a file of certificates.")
            continue
        try:
            for der in load_certificates(path.read_bytes()):
                if read_certificate(der).is_ca:
                    found.append((der, str(path)))
                else:
                    problems.append(f"{path} holds a certificate that is no authority's; it is not used as a root.")
        except MalformedInput as error:
            problems.append(f"{path}: {error}")
        except OSError as error:
            problems.append(f"{path} cannot be read: {error.strerror}.")
    for problem in problems:
        log.warning("trusted roots: %s", problem)
    return tuple(found), tuple(problems)


def judge_again_when_changed(db: Database) -> None:
    """At the start: other roots than last time mean that all signed mail is judged again."""
    digest = hashlib.sha256(b"".join(sorted(hashlib.sha256(der).digest() for der in all_anchors(db)))).digest()
    before = note(db, _NOTE)
    if before != digest:
        if before is not None:
            judgements.judge_again(db, judgements.signed_messages(db))
        set_note(db, _NOTE, digest)
