"""Answering an invitation: a signed mail to the organizer, encrypted where the invitation was (RFC 6047)."""

from tui_mail.engine.jobs.open_message import opened_message
from tui_mail.engine.jobs.queue import check_draft, queue
from tui_mail.engine.messages import AnswerInvitation, Queued
from tui_mail.engine.session import Session, now
from tui_mail.mime.calendar import build_reply, find_calendar, read_invitation
from tui_mail.model.account import Account
from tui_mail.model.address import Address, address_key
from tui_mail.model.errors import UsageError
from tui_mail.model.invitation import Answer
from tui_mail.model.message import Draft, Protection
from tui_mail.smime.view import view
from tui_mail.store.outbox import Attachment

REPLY_TYPE = "text/calendar; method=REPLY"

_WORDS = {Answer.ACCEPTED: "Accepted", Answer.TENTATIVE: "Perhaps", Answer.DECLINED: "Declined"}
_SENTENCES = {
    Answer.ACCEPTED: "{0} will come.",
    Answer.TENTATIVE: "{0} may come.",
    Answer.DECLINED: "{0} will not come.",
}


def answer_invitation(session: Session, command: AnswerInvitation) -> Queued:
    """Queue the answer. Raises UsageError when the message has no invitation that asks for one."""
    account = session.account(command.account)
    opened = opened_message(session, command.message_id)
    part = None if opened.problem else find_calendar(opened.payload)
    invitation = read_invitation(part) if part is not None else None
    if part is None or invitation is None or invitation.organizer is None or not invitation.can_answer:
        raise UsageError("This message has no invitation that asks for an answer.")
    shown = view(opened, command.message_id)
    guest = _guest(account, tuple(guest.address for guest in invitation.guests))
    name = account.name or account.address
    draft = Draft(
        account=account.id,
        to=(invitation.organizer,),
        subject=f"{_WORDS[command.answer]}: {invitation.summary or shown.subject}",
        body=_SENTENCES[command.answer].format(name) + "\n",
        protection=Protection(sign=session.settings.sign_by_default, encrypt=shown.security.encryption is not None),
        in_reply_to=shown.message_id,
        references=(*shown.references, shown.message_id) if shown.message_id else shown.references,
        reply_to_message=command.message_id,
    )
    check_draft(session, account, draft)
    file = Attachment("answer.ics", REPLY_TYPE, build_reply(part, guest, command.answer, now()))
    return queue(session, account, draft, (file,), at=command.at)


def _guest(account: Account, invited: tuple[Address, ...]) -> Address:
    """Ourselves, as the invitation spells us: the organizer's calendar finds its guest by that."""
    own = address_key(account.address)
    spec = next((address.spec for address in invited if address_key(address.spec) == own), account.address)
    return Address(spec, account.name)
