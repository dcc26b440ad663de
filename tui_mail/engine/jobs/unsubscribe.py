"""Leaving a mailing list by one POST (RFC 8058), after a person said so; nothing of the person goes along."""

from urllib.parse import urlsplit

from tui_mail.engine.jobs.open_message import opened_message
from tui_mail.engine.messages import LeaveList, ListLeft
from tui_mail.engine.session import Session
from tui_mail.mime.unsubscribe import ONE_CLICK_BODY
from tui_mail.model.errors import UsageError
from tui_mail.net.https import fetch
from tui_mail.smime.view import unsubscribe

MAX_ANSWER_BYTES = 200_000
TIMEOUT_SECONDS = 20.0


def leave_list(session: Session, command: LeaveList) -> ListLeft:
    """Post to the address that the message names; redirects are not followed, and what comes back is thrown away.

    Raises UsageError when the message offers no such address or another one than the person agreed to, and the errors
    of `net.https.fetch`.
    """
    found = unsubscribe(opened_message(session, command.message_id))
    if found is None or not found.one_click:
        raise UsageError("This message has no address at which its list could be left with one key.")
    if found.one_click != command.url:
        raise UsageError("This message names another address than before; look at it again.")
    answer = fetch(
        found.one_click,
        limit_bytes=MAX_ANSWER_BYTES,
        timeout_seconds=TIMEOUT_SECONDS,
        allow_private=session.settings.fetch_private_addresses,
        body=ONE_CLICK_BODY,
        content_type="application/x-www-form-urlencoded",
    )
    return ListLeft(urlsplit(answer.url).hostname or "")
