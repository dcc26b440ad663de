"""What a careful friend would say about the sender of a message: the first mail, an address that looks like another,
a name that belongs to somebody else."""

import unicodedata

from tui_mail.engine.session import Session
from tui_mail.model.address import address_key
from tui_mail.model.clean import clean
from tui_mail.model.message import Hint, MessageView
from tui_mail.model.security import Letter
from tui_mail.store import certificates, senders
from tui_mail.trust.address_match import hidden_address
from tui_mail.trust.lookalike import look_alike

LENGTH_DIFFERENCE = 12
"""An A-label is longer than the letters that it stands for."""


def hints(session: Session, shown: MessageView) -> tuple[Hint, ...]:
    """Calm sentences; empty for senders that are known here, and for ourselves."""
    key = address_key(shown.sender.spec)
    own = {address_key(account.address) for account in session.settings.accounts}
    if "@" not in key or key in own:
        return ()
    found = []
    db = session.store.database
    spoken = hidden_address(shown.sender.name, key)
    if spoken:
        found.append(
            Hint(f"The name of the sender is an address, {clean(spoken)}, but {shown.sender.spec} wrote this.", True)
        )
    if senders.wrote_before(db, key, shown.id):
        return tuple(found)
    if any(pinned == key for pinned, _sha256 in certificates.pins(db)):
        return tuple(found)
    namesake = _namesake(session, shown.sender.name, key)
    if namesake and not spoken:
        sentence = f"You know {clean(shown.sender.name)} as {clean(namesake)}. This comes from {clean(key)}."
        found.append(Hint(sentence, True))
    twin = next((one for one in _candidates(session, key, own) if look_alike(key, one)), "")
    if twin:
        spelled = f" ({key})" if key != shown.sender.spec else ""
        sentence = f"Look closely: {clean(shown.sender.spec)}{spelled} is another address than {clean(twin)}."
        found.append(Hint(sentence, True))
    elif not namesake and shown.security.verdict.letter is not Letter.VALID:
        found.append(Hint(f"This is the first mail from {clean(shown.sender.spec)}."))
    return tuple(found)


def _namesake(session: Session, name: str, key: str) -> str:
    """Whom you trust under this name at another address: a certificate is right about the address alone."""
    wanted = _spoken(name)
    if not wanted:
        return ""
    trusted = senders.names_of_trusted(session.store.database)
    return next((address for address, known in trusted if address != key and _spoken(known) == wanted), "")


def _spoken(name: str) -> str:
    """A name as people read it: whatever its case, the order of its words and the marks in it that cannot be seen."""
    shown = "".join(one for one in unicodedata.normalize("NFKC", name) if unicodedata.category(one) != "Cf")
    return " ".join(sorted(shown.casefold().replace(",", " ").split()))


def _candidates(session: Session, key: str, own: set[str]) -> tuple[str, ...]:
    """Who could be meant: senders of other mail, and ourselves."""
    others = senders.senders_about_as_long(session.store.database, key, LENGTH_DIFFERENCE)
    return (*sorted(own), *others)
