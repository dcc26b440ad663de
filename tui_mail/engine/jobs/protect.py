"""From a draft to the final bytes: built once, signed once, encrypted once for the open recipients and the sender,
and once more for each Bcc recipient alone, because an encrypted message names all who can open it (RFC 9788, 11.4)."""

from datetime import datetime

from tui_mail.cms.capabilities import STRONG_CIPHER, all_bind
from tui_mail.cms.enveloped import RecipientPlan, default_plan
from tui_mail.engine.agent import AgentKey
from tui_mail.engine.jobs.people import record_sent
from tui_mail.engine.jobs.recipients import (
    announced,
    check_recipients,
    cipher_for,
    own_encryption_certificate,
    plans,
    signing_keys,
)
from tui_mail.engine.jobs.relabel import relabel_sender
from tui_mail.engine.messages import Notice, StoreChanged
from tui_mail.engine.session import Session
from tui_mail.mime.build import build_message
from tui_mail.mime.encode import header
from tui_mail.mime.mdn import FINAL_DELIVERY, OPTIONS_FIELD
from tui_mail.model.account import Account
from tui_mail.model.address import Address, address_key
from tui_mail.model.errors import CertificateProblem
from tui_mail.model.message import Draft
from tui_mail.model.recipient import RecipientCheck
from tui_mail.smime.confidentiality import NOTHING_WITHHELD, Withheld
from tui_mail.smime.groups import Reader, separate
from tui_mail.smime.protect import protect
from tui_mail.store import certificates, judgements
from tui_mail.store.database import Database
from tui_mail.store.outbox import Attachment, Copy
from tui_mail.trust.certificate import read_certificate


def protected_copies(
    session: Session, draft: Draft, files: tuple[Attachment, ...], message_id: str, moment: datetime
) -> tuple[Copy, ...]:
    """The copies to submit, and one without recipients for the Sent folder. Date and signing time are `moment`.

    Raises CertificateProblem, VaultLocked.
    """
    db = session.store.database
    account = session.account(draft.account)
    message = build_message(
        draft,
        sender=Address(account.address, account.name),
        date=moment,
        message_id=message_id,
        attachments=[(file.name, file.type, file.content) for file in files],
    )
    keys: tuple[AgentKey, ...] = ()
    layout = "wrapped" if session.settings.direct else "baseline"
    if session.settings.direct:
        message = header(OPTIONS_FIELD, f"{FINAL_DELIVERY}=optional,true") + message
    if draft.protection.sign:
        keys, sentence = signing_keys(session, account)
        if not keys:
            raise CertificateProblem(sentence)
    open_to = tuple(address.spec for address in (*draft.to, *draft.cc))
    hidden = tuple(address.spec for address in draft.bcc)
    if not draft.protection.encrypt:
        raw = message
        if keys:
            raw = protect(
                message,
                sign=keys,
                now=moment,
                headers=layout,
                opaque=draft.protection.opaque,
                encryption_certificate=_announced(session, account),
            )
            record_sent(db, different((*open_to, *hidden)), read_certificate(keys[0].certificate).sha256, moment)
        return Copy(different((*open_to, *hidden)), raw), Copy((), raw)

    checks = {address_key(check.address): check for check in check_recipients(session, (*open_to, *hidden))}
    withheld = _withheld(db, draft)
    own = own_encryption_certificate(session, account)

    def sealed(to: tuple[str, ...], *, own_copy: bool, cipher: str = "") -> bytes:
        made = plans(tuple(checks[address_key(spec)] for spec in to), db)
        if own_copy:
            made = with_own(made, own)
        readers = tuple(spec for spec in to if address_key(spec) != address_key(account.address))
        cipher = cipher or (cipher_for(db, readers) if readers else STRONG_CIPHER)
        return protect(
            message,
            sign=keys,
            recipients=made,
            cipher=cipher,
            now=moment,
            headers=layout,
            opaque=draft.protection.opaque,
            encryption_certificate=own,
            legacy_display=draft.protection.legacy_display,
            bind=all_bind(announced(db, spec) for spec in readers),
            withheld=withheld,
        )

    shown = different(open_to)
    if draft.protection.separate:
        made = plans(tuple(checks[address_key(spec)] for spec in shown), db)
        readers = [Reader(plan, announced(db, spec)) for plan, spec in zip(made, shown, strict=True)]
        copies = []
        for group in separate(readers):
            members = tuple(shown[position] for position in group.members)
            copies.append(Copy(members, sealed(members, own_copy=False, cipher=group.cipher)))
        main = sealed((), own_copy=True)
    else:
        main = sealed(shown, own_copy=True)
        copies = [Copy(shown, main)] if shown else []
    copies += [Copy((spec,), sealed((spec,), own_copy=False)) for spec in different(hidden)]
    if keys:
        record_sent(db, different((*open_to, *hidden)), read_certificate(keys[0].certificate).sha256, moment)
    trust_on_send(session, db, account, tuple(checks.values()), moment)
    return (*copies, Copy((), main))


def _withheld(db: Database, draft: Draft) -> Withheld:
    """What the message that is answered or passed on kept from its outside (RFC 9788 section 6.1)."""
    earlier = draft.forwards if draft.reply_to_message is None else draft.reply_to_message
    evidence = None if earlier is None else judgements.security(db, earlier)
    return NOTHING_WITHHELD if evidence is None else Withheld.by(evidence.headers)


def _announced(session: Session, account: Account) -> bytes | None:
    """The certificate that answers should be encrypted for, None when there is none."""
    try:
        return own_encryption_certificate(session, account)
    except CertificateProblem:
        return None


def different(specs: tuple[str, ...]) -> tuple[str, ...]:
    """Each address once, as it was written first."""
    seen: dict[str, str] = {}
    for spec in specs:
        seen.setdefault(address_key(spec), spec)
    return tuple(seen.values())


def with_own(made: tuple[RecipientPlan, ...], own: bytes) -> tuple[RecipientPlan, ...]:
    """The recipients and ourselves: who writes must be able to read it again."""
    return made if any(plan.certificate == own for plan in made) else (*made, default_plan(own))


def trust_on_send(
    session: Session, db: Database, account: Account, checks: tuple[RecipientCheck, ...], moment: datetime
) -> None:
    """Pin the recipients of which the preflight said so, and say that it happened."""
    joining = [check for check in checks if check.trusts_on_send and check.encryptable and check.certificate]
    if not joining:
        return
    folders: set[int] = set()
    with session.trust_mutex, db.transaction():
        for check in joining:
            address = address_key(check.address)
            if check.certificate is not None and address != address_key(account.address):
                certificates.pin(db, address, check.certificate.sha256, int(moment.timestamp()))
                folders.update(relabel_sender(db, address).folders)
    session.publish(StoreChanged(tuple(sorted(folders))))
    session.publish(Notice("info", f"Added to your trusted list: {', '.join(check.address for check in joining)}."))
