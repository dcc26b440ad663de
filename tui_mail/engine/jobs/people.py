"""People: blocking, notes, which certificate of ours somebody was sent, and to whom mail is written."""

from datetime import datetime

from tui_mail.engine.jobs.relabel import relabel_sender
from tui_mail.engine.messages import BlockSender, Done, ListPeople, People, SaveNote, StoreChanged, UnblockSender
from tui_mail.engine.session import Session, now
from tui_mail.model.address import Address, address_key, parse_address_list
from tui_mail.model.errors import UsageError
from tui_mail.store import certificates, people
from tui_mail.store.database import Database

MAX_NOTE_CHARACTERS = 2_000
MAX_PEOPLE = 5_000
SENT_MESSAGES = 2_000
"""So many of the newest sent messages are looked at."""
NEWEST_MESSAGES = 50
"""Mail among the newest so many counts about twice as much as the one behind them."""


def block_sender(session: Session, command: BlockSender) -> Done:
    """Never trust this certificate, or any, for this address; a pin that stood is taken away."""
    address, sha256 = _checked(command.address), command.certificate_sha256.lower()
    db = session.store.database
    if sha256 and certificates.certificate(db, sha256) is None:
        raise UsageError("This certificate is not in the book; block the address instead.")
    with session.trust_mutex, db.transaction():
        people.block(db, address, sha256, int(now().timestamp()))
        for _address, pinned in certificates.pins(db, address):
            if sha256 in (people.EVERY_CERTIFICATE, pinned):
                certificates.unpin(db, address, pinned)
        changed = relabel_sender(db, address)
    session.publish(StoreChanged(changed.folders))
    return Done(changed.messages)


def unblock_sender(session: Session, command: UnblockSender) -> Done:
    """Take a block away. Nothing is trusted by that."""
    address, sha256 = _checked(command.address), command.certificate_sha256.lower()
    db = session.store.database
    with session.trust_mutex, db.transaction():
        if not people.unblock(db, address, sha256):
            raise UsageError(f"Nothing of that kind is blocked for {command.address}.")
        changed = relabel_sender(db, address)
    session.publish(StoreChanged(changed.folders))
    return Done(changed.messages)


def save_note(session: Session, command: SaveNote) -> Done:
    """Keep a note on a correspondent; an empty one takes it away."""
    if len(command.note) > MAX_NOTE_CHARACTERS:
        raise UsageError(f"A note has at most {MAX_NOTE_CHARACTERS} characters.")
    people.save_note(session.store.database, _checked(command.address), command.note.strip())
    return Done(1)


def list_people(session: Session, _command: ListPeople) -> People:
    """Whom mail went to, the most and the newest first; then everybody of the certificate book."""
    db = session.store.database
    names: dict[str, Address] = {}
    weights: dict[str, float] = {}
    for place, line in enumerate(people.written_to(db, SENT_MESSAGES)):
        for address in parse_address_list(line)[0]:
            known = names.get(address.key)
            if known is None or (address.name and not known.name):
                names[address.key] = address
            weights[address.key] = weights.get(address.key, 0.0) + 1 / (NEWEST_MESSAGES + place)
    own = {address_key(account.address) for account in session.settings.accounts}
    ranked = sorted(weights, key=lambda key: -weights[key])
    book = (address for address, _sha256 in certificates.book(db))
    keys = [key for key in dict.fromkeys((*ranked, *book)) if key not in own]
    return People(tuple(names.get(key, Address(key)) for key in keys[:MAX_PEOPLE]))


def record_sent(db: Database, addresses: tuple[str, ...], sha256: str, moment: datetime) -> None:
    """A message signed with this certificate of ours goes to these people."""
    with db.transaction():
        for address in addresses:
            people.record_sent(db, address_key(address), sha256, int(moment.timestamp()))


def _checked(address: str) -> str:
    key = address_key(address)
    if "@" not in key.strip("@"):
        raise UsageError(f"{address} is not an e-mail address. Correct it.")
    return key
