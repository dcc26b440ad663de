"""A message inside a message, read by itself (RFC 9787: an attachment with a state of its own).

The law: what is found here is told where the inner message is read and nowhere else; nothing of it is stored, and
nothing in it is decrypted, because a stranger could have packed other people's ciphertext into a mail.
"""

from tui_mail.engine.context import trust_context
from tui_mail.engine.opener import READER, Order, UnreadableMessage, UnsafeMessage
from tui_mail.engine.session import Session, now
from tui_mail.mime.preview import Preview, message_lines
from tui_mail.model.errors import UsageError
from tui_mail.model.message import MessageView, Run, Style
from tui_mail.model.security import Letter, MessageSecurity

UNSIGNED = "A message inside a message: who wrote it was not checked."
CLOSED = (
    "The message inside is encrypted. It stays closed here, because anybody can pack a sealed mail into another one."
)


def read_inner(session: Session, raw: bytes) -> Preview:
    """What an attached message looks like, with a sentence on its own signature. Raises UsageError."""
    try:
        found = READER.open(
            Order(raw, 0, "", now(), view=True), trust_context(session, session.store.database), keys=()
        )
    except (UnsafeMessage, UnreadableMessage):
        raise UsageError("The message inside could not be read safely. It can be saved.") from None
    if found.view is None:
        raise UsageError("The message inside could not be read.")
    shown = found.view
    sealed = shown.security.encryption is not None
    body = ((Run(CLOSED, Style.MUTED),),) if sealed else shown.lines
    return Preview(message_lines(_fields(shown), body, [one.name for one in shown.attachments]), _note(shown.security))


def _fields(shown: MessageView) -> list[tuple[str, str]]:
    headers = dict(reversed([(name, value) for name, value in shown.headers]))
    fields = [("From", str(shown.sender))]
    fields += [(name, ", ".join(map(str, people))) for name, people in (("To", shown.to), ("Cc", shown.cc)) if people]
    return [*fields, *((name, value) for name in ("Date", "Subject") if (value := headers.get(name.lower())))]


def _note(security: MessageSecurity) -> str:
    if not security.signatures:
        return UNSIGNED
    verdict = security.verdict
    reason = "You do not trust its certificate yet." if verdict.letter is Letter.NEW else verdict.reasons[0]
    return f"The message inside has a signature of its own ({verdict.letter}), which says nothing of the rest: {reason}"
