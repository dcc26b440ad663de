"""Answering: who gets it, what its subject is, what is quoted (RFC 5322 section 3.6.3 to 3.6.5)."""

import re
from collections.abc import Sequence
from datetime import datetime

from tui_mail.model.address import Address, address_key
from tui_mail.model.clean import clean

MAX_REFERENCES = 50

_PREFIX = re.compile(r"\s*(?:(?:re|aw|antw|sv|vs|r)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_FORWARD = re.compile(r"\s*(?:(?:fwd?|wg)\s*:\s*)+", re.IGNORECASE)


def reply_subject(subject: str) -> str:
    """ "Re: " once, whatever stood there."""
    return "Re: " + _PREFIX.sub("", clean(subject), count=1).strip()


def forward_subject(subject: str) -> str:
    """ "Fwd: " once."""
    return "Fwd: " + _FORWARD.sub("", clean(subject), count=1).strip()


def reply_recipients(
    *,
    sender: Sequence[Address],
    reply_to: Sequence[Address],
    to: Sequence[Address],
    cc: Sequence[Address],
    own: Sequence[str],
    to_all: bool,
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """To and Cc of an answer. All addresses must be the protected ones (RFC 9788 section 6.1).

    Args:
        own: our addresses, which never get an answer unless nobody else is left.
        to_all: everybody who got the message gets the answer.
    """
    ours = {address_key(spec) for spec in own}
    primary = tuple(reply_to) or tuple(sender)
    if all(address.key in ours for address in primary) and to:
        primary = tuple(to)  # an answer to one's own message goes to those it went to
    chosen_to = _distinct(primary, set())
    if not to_all:
        return chosen_to, ()
    taken = {address.key for address in chosen_to} | ours
    return chosen_to, _distinct((*to, *cc), taken)


def _distinct(addresses: Sequence[Address], taken: set[str]) -> tuple[Address, ...]:
    result = []
    for address in addresses:
        if address.spec and address.key not in taken:
            taken.add(address.key)
            result.append(address)
    return tuple(result)


def reply_references(message_id: str, references: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References of an answer; long chains keep their root and their end."""
    chain = [*references, message_id] if message_id else list(references)
    chain = list(dict.fromkeys(chain))
    if len(chain) > MAX_REFERENCES:
        chain = [chain[0], *chain[-MAX_REFERENCES + 1 :]]
    return message_id, tuple(chain)


def quote(text: str, *, author: str, date: datetime | None) -> str:
    """The quoted text with a line that says who wrote it when; the author's signature is left out."""
    when = f"On {date:%Y-%m-%d %H:%M}, " if date else ""
    lines = text.rstrip().split("\n")
    for index, line in enumerate(lines):
        if line in ("-- ", "--"):
            lines = lines[:index]
            break
    while lines and not lines[-1].strip():
        lines.pop()
    quoted = [f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines]
    return "\n".join([f"{when}{clean(author)} wrote:", *quoted, ""])
