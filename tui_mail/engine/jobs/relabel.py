"""Lettering anew: after a pin, an unpin or the sighting of another certificate all mail of that sender is lettered
from the stored evidence, as one set, without touching mail bytes."""

import msgspec

from tui_mail.engine.context import all_pins, seen_certificates
from tui_mail.store import judgements
from tui_mail.store.database import Database
from tui_mail.trust.decide import decide, summarise
from tui_mail.trust.relabel import relabel


def relabel_sender(db: Database, sender_key: str) -> tuple[int, ...]:
    """Letter all signed mail of a sender anew; the messages whose evidence changed."""
    pins = all_pins(db)
    seen = {sender_key: seen_certificates(db, sender_key)}
    changed = []
    for message_id, security in judgements.checks_of_sender(db, sender_key):
        checks = tuple(relabel(check, pins, seen) for check in security.signatures)
        verdicts = tuple(decide(check) for check in checks)
        anew = msgspec.structs.replace(security, signatures=checks, verdicts=verdicts, verdict=summarise(checks))
        if anew != security:
            changed.append((message_id, anew))
    judgements.update_letters(db, changed)
    return tuple(message_id for message_id, _security in changed)
