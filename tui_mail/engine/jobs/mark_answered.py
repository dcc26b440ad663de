"""What was answered or passed on is marked so, here and on the server, once the answer is sent."""

from tui_mail.engine.jobs.change import change_flags
from tui_mail.engine.messages import ChangeFlags
from tui_mail.engine.session import Session
from tui_mail.model.message import Flag
from tui_mail.store import outbox


def mark_answered(session: Session, outbox_id: int) -> None:
    r"""Give the message that this entry answers ``\\Answered``, the one that it passes on ``$Forwarded`` (RFC 5788)."""
    found = outbox.draft(session.store.database, outbox_id)
    if found is None:
        return
    draft = found[0]
    for number, flag in ((draft.reply_to_message, Flag.ANSWERED), (draft.forwards, Flag.FORWARDED)):
        if number is not None:
            change_flags(session, ChangeFlags((number,), add=int(flag)))
