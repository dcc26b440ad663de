"""Putting mail off until an hour, and showing it again when that has come, unread."""

from tui_mail.engine.messages import Done, NewMail, SnoozeMessages, StoreChanged
from tui_mail.engine.session import Session, now
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Flag
from tui_mail.store import changes, messages, snoozes

FARTHEST_SECONDS = 366 * 86_400
LONGEST_PAUSE_SECONDS = 60.0
"""The clock may be set, and a machine may sleep: the hour is looked at again at least this often."""


def snooze_messages(session: Session, command: SnoozeMessages) -> Done:
    """Put messages off; a time that has passed brings them back at once, as they are. Raises UsageError."""
    db = session.store.database
    instant = int(now().timestamp())
    if command.until > instant + FARTHEST_SECONDS:
        raise UsageError("Mail can be put off by a year at most.")
    before = messages.folders_of(db, command.message_ids)
    if command.until <= instant:
        back = snoozes.wake(db, command.message_ids)
        session.publish(StoreChanged(tuple({*before, *back})))
        return Done(sum(back.values()))
    put_off = snoozes.snooze(db, command.message_ids, command.until)
    if not put_off:
        raise UsageError("The server does not know yet that this message was moved: try again in a moment.")
    session.publish(StoreChanged(tuple({*before, *messages.folders_of(db, put_off)})))
    session.wake_snoozes()
    return Done(len(put_off))


class SnoozeWaker:
    """The job that shows again what is due."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def turn(self) -> float | None:
        """Wake what is due; seconds until there is something to do again, None when nothing is put off."""
        wake_due(self._session)
        then = snoozes.next_due(self._session.store.database)
        return None if then is None else min(LONGEST_PAUSE_SECONDS, max(0.0, then - now().timestamp()))


def wake_due(session: Session) -> None:
    """Show again what is due, as unread."""
    db = session.store.database
    numbers = snoozes.due(db, int(now().timestamp()))
    if not numbers:
        return
    before = messages.folders_of(db, numbers)
    back = snoozes.wake(db, numbers)
    changes.change_flags(db, numbers, remove=Flag.SEEN)
    session.publish(StoreChanged(tuple({*before, *back})))
    for folder, count in back.items():
        session.publish(NewMail(folder, count))
    session.wake_receiver("")
