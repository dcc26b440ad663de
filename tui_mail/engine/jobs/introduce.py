"""The signed introduction: a short mail that carries our certificate, to begin or repeat an exchange."""

from tui_mail.engine.jobs.queue import check_draft, queue
from tui_mail.engine.messages import Queued, SendIntroduction
from tui_mail.engine.session import Session
from tui_mail.model.address import Address
from tui_mail.model.message import Draft, Protection

_BODY = """Hello,

this message is signed with my S/MIME certificate, so that you can check that it comes from me and encrypt your \
answers to me.

Please answer with a signed message: then I have your certificate too, and we can write to each other in confidence.

{name}
"""


def send_introduction(session: Session, command: SendIntroduction) -> Queued:
    """Queue the introduction. Raises CertificateProblem when there is no own certificate to send."""
    account = session.account(command.account)
    draft = Draft(
        account=account.id,
        to=(Address(command.address),),
        subject="My certificate for encrypted mail",
        body=_BODY.format(name=account.name or account.address),
        protection=Protection(sign=True, encrypt=False),
    )
    check_draft(session, account, draft)
    return queue(session, account, draft, ())
