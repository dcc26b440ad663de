"""An opened message as the reader shows it, as the search index keeps it, and its attachments.

The law: every text that leaves here went through the sanitiser, and nothing of a closed layer is shown.
"""

import hashlib

from tui_mail.mime.calendar import find_calendar, read_invitation
from tui_mail.mime.headers import decode, message_ids, parse_date
from tui_mail.mime.text import BodyPlan, Lines, attachment_name, main_lines, main_words, plan_body
from tui_mail.mime.tree import Part
from tui_mail.mime.unsubscribe import read_unsubscribe
from tui_mail.model.address import Address
from tui_mail.model.clean import clean
from tui_mail.model.errors import UsageError
from tui_mail.model.invitation import Invitation
from tui_mail.model.message import AttachmentInfo, EncState, MessageView, Run, Style
from tui_mail.model.security import Integrity, Letter, MessageSecurity
from tui_mail.model.unsubscribe import Unsubscribe
from tui_mail.smime.header_protection import HeaderSource
from tui_mail.smime.open import Opened
from tui_mail.smime.reports import receipt_to

MAX_SEARCH_CHARACTERS = 1_000_000
MAX_PREVIEW_CHARACTERS = 200
MAX_HEADER_FIELDS = 200


def view(opened: Opened, message_id: int) -> MessageView:
    """Everything that the reader shows; `message_id` is the store's number."""
    lines, text = body(opened)
    source = opened.source
    security = opened.security
    authors, to, cc = people(opened)
    ids = message_ids(source.get("message-id"))
    asker = receipt_to(opened)
    return MessageView(
        id=message_id,
        headers=tuple((field.name, clean(decode(field.value))) for field in source.fields[:MAX_HEADER_FIELDS]),
        subject=clean(security.headers.subject),
        sender=authors[0] if authors else Address(""),
        to=to,
        cc=cc,
        reply_to=_clean_addresses(source.addresses("reply-to")),
        message_id=clean(ids[0]) if ids else "",
        references=tuple(clean(one) for one in references(opened)),
        date=parse_date(source.get("date")),
        lines=lines,
        quote_text="" if opened.problem else text,
        attachments=attachments(opened),
        security=security,
        key_locked=opened.locked,
        can_trust=_can_trust(security),
        invitation=_invitation(opened),
        unsubscribe=unsubscribe(opened),
        receipt_to=None if asker is None else _clean_addresses((asker,))[0],
    )


def _invitation(opened: Opened) -> Invitation | None:
    """What a calendar part of an open message is about."""
    part = None if opened.problem else find_calendar(opened.payload)
    return read_invitation(part) if part is not None else None


def unsubscribe(opened: Opened) -> Unsubscribe | None:
    """How the list that sent a message can be left; None of a closed one."""
    if opened.problem:
        return None
    return read_unsubscribe(
        opened.source.get("list-unsubscribe") or b"", opened.source.get("list-unsubscribe-post") or b""
    )


def people(opened: Opened) -> tuple[tuple[Address, ...], tuple[Address, ...], tuple[Address, ...]]:
    """From, To and Cc as they are shown."""
    source, headers = opened.source, opened.security.headers
    authors = source.addresses("from")
    if "from" in headers.outer and headers.from_ == headers.outer["from"]:
        authors = _outer_from(opened)
    return (
        _clean_addresses(authors),
        _clean_addresses(source.addresses("to")),
        _clean_addresses(source.addresses("cc")),
    )


def _outer_from(opened: Opened) -> tuple[Address, ...]:
    return HeaderSource(opened.root, opened.root).addresses("from")


def _clean_addresses(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    return tuple(map(_clean_address, addresses))


def _clean_address(address: Address) -> Address:
    spec, name = clean(address.spec), clean(address.name)
    return address if spec is address.spec and name is address.name else Address(spec, name)


def references(opened: Opened) -> tuple[str, ...]:
    """The ids of References and In-Reply-To, protected ones where there are such (RFC 9788 section 4)."""
    source = opened.source
    found = (*message_ids(source.get("references")), *message_ids(source.get("in-reply-to")))
    return tuple(dict.fromkeys(found))


def _can_trust(security: MessageSecurity) -> bool:
    """The trust dialog has something to offer: an intact signature by somebody who is named."""
    if security.verdict.letter not in (Letter.NEW, Letter.CHANGED, Letter.VALID):
        return False
    return any(check.integrity is Integrity.INTACT and check.signer is not None for check in security.signatures)


def body(opened: Opened) -> tuple[Lines, str]:
    """The lines of the main body and the same as plain text; a sentence where the content is closed."""
    if opened.problem:
        sentence = clean(opened.problem)
        return ((Run(sentence, Style.MUTED),),), sentence
    return main_lines(opened.payload, hide_legacy_display=opened.encrypted)


def _attached_parts(opened: Opened) -> tuple[Part, ...]:
    return plan_body(opened.payload).attachments


def attachments(opened: Opened) -> tuple[AttachmentInfo, ...]:
    """All attachments with their fingerprints; of a closed message the closed object itself."""
    return tuple(_info(index, part)[0] for index, part in enumerate(_attached_parts(opened)))


def attachment(opened: Opened, index: int) -> tuple[AttachmentInfo, bytes]:
    """One attachment and its content. Raises UsageError when there is no such number."""
    return _info(index, attached_part(opened, index))


def attached_part(opened: Opened, index: int) -> Part:
    """One attachment as it stands in the message. Raises UsageError when there is no such number."""
    parts = _attached_parts(opened)
    if not 0 <= index < len(parts):
        raise UsageError(f"This message has no attachment number {index + 1}; it has {len(parts)}.")
    return parts[index]


def _info(index: int, part: Part) -> tuple[AttachmentInfo, bytes]:
    content = part.body if part.type.startswith("message/") else part.body_bytes()
    info = AttachmentInfo(
        index=index,
        name=clean(attachment_name(part)),
        type=clean(part.type),
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return info, content


def words(opened: Opened, plan: BodyPlan | None = None) -> tuple[str, str]:
    """The first words of the body in one line, without quotes; and what the encrypted index may know: the body and the
    names of attachments. Nothing of a closed layer and nothing of unauthenticated encryption that failed. `plan` is
    that of the payload, where it is known."""
    if opened.problem:
        return "", ""
    plan = plan_body(opened.payload) if plan is None else plan
    first, text = main_words(plan.texts, MAX_PREVIEW_CHARACTERS, hide_legacy_display=opened.encrypted)
    names = [clean(attachment_name(part)) for part in plan.attachments]
    return first, "\n".join([text, *names])[:MAX_SEARCH_CHARACTERS]


def enc_state(security: MessageSecurity) -> EncState:
    """The Enc column."""
    check = security.encryption
    if check is None:
        return EncState.NONE
    if check.opened:
        return EncState.OPEN if check.authenticated else EncState.OPEN_CBC
    return EncState.LOCKED if check.locked else EncState.CLOSED
