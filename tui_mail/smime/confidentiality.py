"""Which header fields the outside of an encrypted message shows (RFC 9788 section 3, Header Confidentiality Policy)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from tui_mail.mime.encode import address_list, date_value
from tui_mail.mime.headers import addresses, parse_date
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError
from tui_mail.model.security import Headers

HIDDEN_SUBJECT = "[...]"

Policy = Callable[[str, str], str | None]
"""Field name in lower case and its value give the outside value; None leaves the field out."""


def baseline(name: str, value: str) -> str | None:
    """``hcp_baseline`` (section 3.2.1): the subject is obscured, Comments and Keywords stay inside."""
    if name == "subject":
        return HIDDEN_SUBJECT
    return None if name in ("comments", "keywords") else value


def shy(name: str, value: str) -> str | None:
    """``hcp_shy`` (section 3.2.2): also no display names, and the date without the sender's time zone."""
    if name in ("from", "to", "cc"):
        return address_list(tuple(Address(one.spec) for one in addresses(value.encode()))) or value
    if name == "date":
        moment = parse_date(value.encode())
        return value if moment is None else date_value(moment.astimezone(UTC))
    return baseline(name, value)


def draft(name: str, value: str) -> str | None:
    """For a draft that is encrypted to its author alone: the outside tells nobody whom it is for."""
    if name in ("from", "date", "message-id"):
        return value
    return HIDDEN_SUBJECT if name == "subject" else None


def none(name: str, value: str) -> str | None:
    """``hcp_no_confidentiality`` (section 3.2.3): never the default."""
    return value


POLICIES: dict[str, Policy] = {"baseline": baseline, "shy": shy, "none": none, "draft": draft}


def policy_named(name: str) -> Policy:
    """The policy for ``--headers``. Raises UsageError for an unknown name."""
    try:
        return POLICIES[name]
    except KeyError:
        raise UsageError(f"There is no header policy {name!r}; choose none, baseline or shy.") from None


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a message kept inside, which the outside of its answers must not tell either (RFC 9788 section 6.1).

    Attributes:
        fields: names of fields in lower case.
        addresses: keys of the people whom only the inside names.
    """

    fields: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @classmethod
    def by(cls, headers: Headers) -> "Withheld":
        """What a message with these header fields kept."""
        if not headers.confidential:
            return cls()
        inside: set[str] = set()
        outside: set[str] = set()
        shown = (("from", headers.from_), ("to", headers.to), ("cc", headers.cc), ("reply-to", headers.reply_to))
        for name, value in shown:
            inside |= {one.key for one in addresses(value.encode())}
            outside |= {one.key for one in addresses(headers.outer.get(name, value).encode())}
        return cls(frozenset(headers.confidential), frozenset(inside - outside))


NOTHING_WITHHELD = Withheld()

_PEOPLE = frozenset({"from", "sender", "to", "cc", "reply-to"})
_THREAD = frozenset({"message-id", "in-reply-to", "references"})


def answering(policy: Policy, withheld: Withheld) -> Policy:
    """The policy for an answer to a message that withheld this from the outside, or for passing that message on."""

    def outside(name: str, value: str) -> str | None:
        if name in ("in-reply-to", "references") and withheld.fields & _THREAD:
            return None
        if name in ("to", "cc") and withheld.fields & _PEOPLE:
            people = (one for one in addresses(value.encode()) if one.key not in withheld.addresses)
            return address_list(tuple(Address(one.spec) for one in people)) or None
        return policy(name, value)

    return outside if withheld.fields else policy
