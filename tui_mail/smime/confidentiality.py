"""Which header fields the outside of an encrypted message shows (RFC 9788 section 3, Header Confidentiality Policy)."""

from collections.abc import Callable
from datetime import UTC

from tui_mail.mime.encode import address_list, date_value
from tui_mail.mime.headers import addresses, parse_date
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError

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
