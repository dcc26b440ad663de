"""A draft as the message that lies in the server's Drafts folder, and back.

The law (RFC 9787 section 5.3): never signed; encrypted to its author, recipients and subject too, when the message will
be encrypted. Where that is impossible nothing is put there.
"""

from collections.abc import Sequence
from datetime import datetime

from tui_mail.cms.capabilities import STRONG_CIPHER
from tui_mail.cms.enveloped import default_plan
from tui_mail.engine.jobs.recipients import own_encryption_certificate
from tui_mail.engine.session import Session
from tui_mail.mime.build import build_message
from tui_mail.mime.encode import address_list, header
from tui_mail.mime.headers import addresses, decode, message_ids
from tui_mail.model.account import Account
from tui_mail.model.address import Address
from tui_mail.model.message import Draft, Protection
from tui_mail.smime.open import Opened
from tui_mail.smime.protect import protect
from tui_mail.smime.view import attachment, attachments, body
from tui_mail.store.outbox import Attachment

PROTECTION_FIELD = "X-Draft-Protection"
BCC_FIELD = "X-Draft-Bcc"
"""Inside the encryption Bcc has another name, because a field Bcc never goes into a protected message."""


def build_copy(
    session: Session, account: Account, draft: Draft, files: Sequence[Attachment], message_id: str, moment: datetime
) -> bytes:
    """The message for the Drafts folder. Raises CertificateProblem when it should be encrypted and cannot be."""
    wanted = draft.protection
    marks = [name for name in ("sign", "encrypt", "opaque") if getattr(wanted, name)]
    fields = header(PROTECTION_FIELD, " ".join(marks) or "none")
    if draft.bcc:
        fields += header(BCC_FIELD if wanted.encrypt else "Bcc", address_list(draft.bcc))
    message = fields + build_message(
        draft,
        sender=Address(account.address, account.name),
        date=moment,
        message_id=message_id,
        attachments=[(file.name, file.type, file.content) for file in files],
    )
    if not wanted.encrypt:
        return message
    own = default_plan(own_encryption_certificate(session, account))
    return protect(message, sign=None, recipients=(own,), cipher=STRONG_CIPHER, now=moment, headers="draft")


def is_marked(opened: Opened) -> bool:
    """Whether the recipients of an encrypted draft are those that its author wrote: our mark is inside."""
    return not opened.encrypted or PROTECTION_FIELD.lower() in opened.source.protected


def read_copy(opened: Opened, account: str) -> Draft:
    """What a program wrote into a draft, without its files. Without our mark protection is what the copy itself has."""

    def people(name: str) -> tuple[Address, ...]:
        value = opened.source.get(name.lower())
        return addresses(value) if value.strip() else ()

    marks = decode(opened.source.get(PROTECTION_FIELD.lower())).split()
    answered = message_ids(opened.source.get("in-reply-to"))
    return Draft(
        account=account,
        to=people("to"),
        cc=people("cc"),
        bcc=people(BCC_FIELD) or people("bcc"),
        subject=decode(opened.source.get("subject")),
        body=body(opened)[1],
        protection=Protection(
            sign=not marks or "sign" in marks,
            encrypt=opened.encrypted or "encrypt" in marks,
            opaque="opaque" in marks,
        ),
        in_reply_to=answered[0] if answered else "",
        references=message_ids(opened.source.get("references")),
    )


def files_in(opened: Opened) -> tuple[Attachment, ...]:
    """The attachments of an opened message with their bytes."""
    found = (attachment(opened, info.index) for info in attachments(opened))
    return tuple(Attachment(info.name, info.type, content) for info, content in found)
