"""The drafts with which the composer opens: a new message, an answer, a message passed on. Pure.

RFC 9787 section 5.4: the answer to an encrypted message is encrypted too. RFC 9788: recipients come from the values
that the engine judged, never from the outside of the envelope.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from tui_mail.model.address import Address
from tui_mail.model.message import Draft, MessageView, Protection

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
        references=(*view.references, view.message_id) if view.message_id else view.references,
        reply_to_message=view.id,
    )


def forward_draft(account: str, view: MessageView, *, sign: bool) -> Draft:
    """The text of a message for somebody else."""
    lines = [
        "",
        "",
        "-------- Forwarded message --------",
        f"From: {view.sender}",
        f"Subject: {view.subject}",
        f"To: {', '.join(map(str, view.to))}",
        "",
        view.quote_text,
    ]
    return Draft(
        account=account,
        to=(),
        subject="Fwd: " + _PREFIX.sub("", view.subject),
        body="\n".join(lines),
        protection=Protection(sign=sign, encrypt=view.security.encryption is not None),
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


def _attribution(view: MessageView) -> str:
    who = view.sender.name or view.sender.spec
    if view.date is None:
        return f"{who} wrote:"
    here = view.date.astimezone()
    return f"On {here.day} {here:%B %Y} at {here:%H:%M}, {who} wrote:"


def _quoted(text: str) -> str:
    return "\n".join(">" + line if line.startswith(">") else f"> {line}".rstrip() for line in text.splitlines())
