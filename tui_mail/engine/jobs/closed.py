"""Why a message cannot be read: for which certificates it was made, which of them were ours, and what to answer."""

from tui_mail.cms.certificates import CertificateId, read_facts
from tui_mail.engine.messages import ClosedExplained, ExplainClosed
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.address import Address, address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.day import day
from tui_mail.model.errors import MalformedInput, UsageError
from tui_mail.model.message import Draft, Protection
from tui_mail.model.security import EncryptionCheck, RecipientId
from tui_mail.store import certificates, judgements, messages
from tui_mail.store.database import Database
from tui_mail.trust.certificate import read_certificate

MAX_RECIPIENTS = 50
"""So many are told one by one; the rest is counted."""

_BODY = """Hello,

your message{about} reached me, but I cannot open it: it was encrypted for another certificate than the one I use now.

This answer is signed and carries my current certificate. Please save it in your program for {address} and send the \
message once more. If your program offers several certificates for me, choose the one that is valid until {until}.

Thank you
{name}
"""


def explain_closed(session: Session, command: ExplainClosed) -> ClosedExplained:
    """Everything that is known of a message that stays closed. Raises UsageError when it is not closed."""
    db = session.store.database
    security = judgements.security(db, command.message_id)
    check = security.encryption if security is not None else None
    if check is None or check.opened:
        raise UsageError("This message is not closed: there is nothing to explain.")
    account = session.account(command.account)
    own = certificates.own_certificates(db)
    ours = {address_key(one.address) for one in session.settings.accounts}
    index = _index(certificates.all_certificates(db))
    told, mine_here, mine_gone = [], 0, 0
    for recipient in check.recipients[:MAX_RECIPIENTS]:
        info = index.get(recipient.id)
        if info is not None and info.sha256 in own:
            mine_here += 1
            told.append(f"Made for your certificate {_named(info)}. Its key is here.")
        elif info is not None and ours & set(map(address_key, info.addresses)):
            mine_gone += 1
            told.append(f"Made for a certificate that was yours, {_named(info)}. Its key is not here.")
        elif info is not None:
            told.append(f"Made for {', '.join(info.addresses) or info.subject}, {_named(info)}. That is somebody else.")
        else:
            told.append(_unknown(recipient))
    if len(check.recipients) > MAX_RECIPIENTS:
        told.append(f"And {len(check.recipients) - MAX_RECIPIENTS} more.")
    sentences = (_summary(check, mine_here, mine_gone), *told, *_where(check, mine_here, mine_gone))
    return ClosedExplained(sentences, None if check.locked else _answer(db, account, own, command.message_id))


def _index(found: dict[str, bytes]) -> dict[str, CertificateInfo]:
    """Known certificates by every text with which a recipient may name them."""
    index = {}
    for der in found.values():
        try:
            facts, info = read_facts(der), read_certificate(der)
        except MalformedInput:
            continue
        index[CertificateId(issuer=facts.issuer, serial=facts.serial).text] = info
        index[CertificateId(key_identifier=facts.key_identifier).text] = info
    return index


def _named(info: CertificateInfo) -> str:
    return f"{info.sha256[:8].upper()}, valid from {day(info.not_before)} to {day(info.not_after)}"


def _unknown(recipient: RecipientId) -> str:
    if recipient.type == "pwri":
        return "Made for a password: whoever knows it can open the message with `tui-mail check`."
    if recipient.type == "kekri":
        return "Made for a key that two sides share; such keys are not kept here."
    return f"Made for a certificate that is not known here: {recipient.id or 'it has no name'}."


def _summary(check: EncryptionCheck, mine_here: int, mine_gone: int) -> str:
    if check.locked:
        return "Your keys are locked. Unlock them and the message opens."
    if mine_here:
        return check.reason or "The message names a key that is here, but does not open with it: it is damaged."
    if mine_gone:
        return "The message was made for a certificate that was yours, whose key is not in this profile."
    return "None of the certificates that this message was made for is known to be yours."


def _where(check: EncryptionCheck, mine_here: int, mine_gone: int) -> tuple[str, ...]:
    """Where the missing key might be."""
    if check.locked or mine_here:
        return ()
    if mine_gone:
        return (
            "The key may be in the mail program or on the computer where you used that certificate, on a smart card, "
            "in a backup, or with whoever issued it. Export it there as a .p12 file and import it: "
            "`tui-mail key import FILE`.",
        )
    return (
        "If you ever used another mail program or certificate for this address, its key may be there: import it with "
        "`tui-mail key import FILE`. Otherwise ask the sender for the message once more.",
    )


def _answer(db: Database, account: Account, own: dict[str, bytes], message_id: int) -> Draft | None:
    """A ready answer to the sender, signed, so that it carries the certificate to use."""
    details, row = messages.details(db, message_id), messages.row(db, message_id)
    infos = [read_certificate(der) for der in own.values()]
    usable = [info for info in infos if address_key(account.address) in map(address_key, info.addresses)]
    if details is None or row is None or "@" not in details.sender_key or not usable:
        return None
    until = max(info.not_after for info in usable)
    # The subject that is shown is the outer one, because the inner one is closed.
    about = f' "{row.subject}"' if row.subject and row.subject not in ("...", "[...]") else ""
    return Draft(
        account=account.id,
        to=(Address(details.sender_key),),
        subject="I could not open your encrypted message",
        body=_BODY.format(about=about, address=account.address, until=day(until), name=account.name or account.address),
        protection=Protection(sign=True, encrypt=False),
        in_reply_to=details.message_id,
        references=(details.message_id,) if details.message_id else (),
        reply_to_message=message_id,
    )
