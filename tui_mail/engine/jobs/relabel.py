"""Lettering anew: after a pin, an unpin, the sighting of another certificate, or the end of one, all mail that it is
about is lettered from what is stored, as one set, without touching mail bytes."""

from typing import NamedTuple

from msgspec.structs import replace

from tui_mail.engine.context import all_pins, seen_certificates
from tui_mail.engine.messages import StoreChanged
from tui_mail.engine.session import Session, now
from tui_mail.model.security import SignatureCheck
from tui_mail.store import people, proofs
from tui_mail.store.database import Database
from tui_mail.store.proofs import Proof
from tui_mail.trust.decide import decide, summarise
from tui_mail.trust.relabel import outlive, relabel

LONGEST_PAUSE_SECONDS = 3600.0
"""Clocks are set and machines sleep: the time is looked at again after this."""


class Relabelled(NamedTuple):
    """How many messages got another letter, and the folders that show them."""

    messages: int = 0
    folders: tuple[int, ...] = ()


def relabel_sender(db: Database, sender_key: str) -> Relabelled:
    """Letter all signed mail of a sender anew."""
    pins = all_pins(db)
    seen = {sender_key: seen_certificates(db, sender_key)}
    blocked = people.blocks(db, sender_key)
    count, changed = 0, []
    for number, proof in proofs.proofs_of_sender(db, sender_key):
        anew = decided(proof, tuple(relabel(check, pins, seen, blocked) for check in proof.signatures))
        if anew != proof:
            count += proofs.change_proof(db, number, anew)
            changed.append(number)
    return Relabelled(count, proofs.folders_of_proofs(db, changed))


def relabel_outlived(session: Session) -> tuple[int, float | None]:
    """Letter anew what time alone has changed: the mail of certificates that have ended since.

    How many messages have to be judged again from their bytes, and how many seconds may pass until the next look.
    """
    db = session.store.database
    moment = now()
    again = []
    changed = []
    with session.trust_mutex, db.transaction():
        for number, proof in proofs.outlived_proofs(db, int(moment.timestamp())):
            checks = [
                outlive(check, moment, timed=timed) for check, timed in zip(proof.signatures, proof.timed, strict=True)
            ]
            known = tuple(check for check in checks if check is not None)
            if len(known) < len(checks):
                again.append(number)
            else:
                proofs.change_proof(db, number, decided(proof, known))
            changed.append(number)
        count = proofs.judge_proofs_again(db, again)
        folders = proofs.folders_of_proofs(db, changed)
    if changed:
        session.publish(StoreChanged(folders))
    end = proofs.next_end(db)
    return count, None if end is None else min(LONGEST_PAUSE_SECONDS, max(1.0, end - moment.timestamp()))


def decided(proof: Proof, checks: tuple[SignatureCheck, ...]) -> Proof:
    """The proof with other facts, and what follows from them."""
    return replace(
        proof, signatures=checks, verdicts=tuple(decide(check) for check in checks), verdict=summarise(checks)
    )
