"""The drafts with which the composer opens: a new message, an answer, a message passed on. Pure.

RFC 9787 section 5.4: the answer to an encrypted message is encrypted too. RFC 9788: recipients come from the values
that the engine judged, never from the outside of the envelope.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec.structs import replace

from tui_mail.model.address import Address
from tui_mail.model.message import Draft, DraftAttachment, MessageView, Protection

MAX_REFERENCES = 50
"""Of a longer chain an answer names the root and the end (RFC 5322 section 3.6.4 lets it)."""

_NO_FILE_NAME = re.compile(r'[/\\<>:"|?*]')
_PREFIX = re.compile(r"^\s*((re|aw|sv|antw|fwd?|wg)\s*:\s*)+", re.IGNORECASE)


def new_draft(account: str, *, sign: bool) -> Draft:
    """An empty message."""
    return Draft(account=account, to=(), protection=Protection(sign=sign))


def reply_draft(account: str, own: frozenset[str], view: MessageView, *, everyone: bool, sign: bool) -> Draft:
    """An answer. `own` are the keys of our own addresses, which are not written to unless nobody else is left."""
    to = _without(view.reply_to or (view.sender,), own)
    if not to:  # an answer to a message of our own goes to whom it went
        to = view.to or (view.sender,)
    taken = own | {person.key for person in to}
    cc = _without((*view.to, *view.cc), taken) if everyone else ()
    return Draft(
        account=account,
        to=to,
        cc=cc,
        subject="Re: " + _PREFIX.sub("", view.subject),
        body=f"\n\n{_attribution(view)}\n{_quoted(view.quote_text)}\n",
        protection=Protection(sign=sign, encrypt=view.security.encryption is not None),
        in_reply_to=view.message_id,
        references=_references(view),
        reply_to_message=view.id,
    )


def forward_draft(account: str, view: MessageView, *, sign: bool) -> Draft:
    """The text of a message, and its files, for somebody else."""
    lines = [
        "",
        "",
        "-------- Forwarded message --------",
        f"From: {view.sender}",
        *([f"Date: {_moment(view.date)}"] if view.date else []),
        f"Subject: {view.subject}",
        f"To: {', '.join(map(str, view.to))}",
        "",
        view.quote_text,
    ]
    encryption = view.security.encryption
    closed = encryption is not None and not encryption.opened  # then its only file is what nobody can open
    return replace(
        _passed_on(account, view, sign=sign),
        body="\n".join(lines),
        attachments=()
        if closed
        else tuple(
            DraftAttachment("", file.name, file.type, size_bytes=file.size_bytes, message=view.id, part=file.index)
            for file in view.attachments
        ),
    )


def forward_whole_draft(account: str, view: MessageView, size_bytes: int, *, sign: bool) -> Draft:
    """A message itself, as it came, for somebody else: its signature goes with it."""
    name = f"{_NO_FILE_NAME.sub('_', view.subject)[:80].strip(' .') or 'message'}.eml"
    file = DraftAttachment("", name, "message/rfc822", size_bytes=size_bytes, message=view.id)
    return replace(_passed_on(account, view, sign=sign), attachments=(file,))


def _passed_on(account: str, view: MessageView, *, sign: bool) -> Draft:
    return Draft(
        account=account,
        to=(),
        subject="Fwd: " + _PREFIX.sub("", view.subject),
        protection=Protection(sign=sign, encrypt=view.security.encryption is not None),
        forwards=view.id,
    )


def signed_off(draft: Draft, signature: str) -> Draft:
    """The draft with the account's signature above the quote, behind the usual line of two dashes (RFC 3676 section
    4.3). An empty signature changes nothing."""
    if not signature.strip():
        return draft
    rest = f"\n\n{draft.body.lstrip()}" if draft.body.strip() else "\n"
    return replace(draft, body=f"\n\n-- \n{signature.strip()}{rest}")


def _without(people: tuple[Address, ...], taken: frozenset[str]) -> tuple[Address, ...]:
    seen = set(taken)
    kept = []
    for person in people:
        if person.key not in seen:
            seen.add(person.key)
            kept.append(person)
    return tuple(kept)


def _references(view: MessageView) -> tuple[str, ...]:
    own = (view.message_id,) if view.message_id else ()
    chain = (*dict.fromkeys(one for one in view.references if one not in own), *own)
    return chain if len(chain) <= MAX_REFERENCES else (chain[0], *chain[-MAX_REFERENCES + 1 :])


def _attribution(view: MessageView) -> str:
    who = view.sender.name or view.sender.spec
    return f"On {_moment(view.date)}, {who} wrote:" if view.date else f"{who} wrote:"


def _moment(date: datetime) -> str:
    here = date.astimezone()
    return f"{here.day} {here:%B %Y} at {here:%H:%M}"


def _quoted(text: str) -> str:
    """Every line with its mark, without the author's signature (RFC 3676 section 4.3) and the blank lines before it."""
    lines = text.splitlines()
    end = next((place for place, line in enumerate(lines) if line in ("-- ", "--")), len(lines))
    while end and not lines[end - 1].strip():
        end -= 1
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines[:end])
