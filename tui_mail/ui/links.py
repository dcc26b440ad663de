"""Where the links of a message lead, in words that cannot lie.

The law: a mail's `mailto:` only fills a draft that a person looks at (RFC 6068 section 7), and never attaches a file.
What takes addresses apart is imported when there is a link: most messages have none.
"""

from __future__ import annotations

from tui_mail.model.address import Address, ascii_domain, parse_address_list
from tui_mail.model.clean import clean
from tui_mail.model.message import Draft, MessageView, Style

MAX_MAILTO_BODY = 10_000
"""Characters of a prepared text that are taken over."""


def message_links(view: MessageView) -> tuple[str, ...]:
    """The targets of all links, in the order of their numbers in the text; one target has one number."""
    runs = (run for line in view.lines for run in line if run.style is Style.LINK)
    return tuple(dict.fromkeys(target for run in runs if (target := clean(run.link))))


def leads_to(target: str) -> str:
    """The host in A-labels, so that no letter of another alphabet looks like one of ours; for `mailto:` the address."""
    from urllib.parse import unquote, urlsplit

    if target.lower().startswith("mailto:"):
        return unquote(target[7:].partition("?")[0])
    try:
        host = urlsplit(target).hostname or ""
        return ascii_domain(host)
    except ValueError:
        return target


def names_its_target(words: str, target: str) -> bool:
    """Whether a link's own words are where it leads. A part of the path may be any name: it proves nothing."""
    return target in words or words.strip().lower() == leads_to(target).lower()


def mailto_draft(target: str, draft: Draft) -> Draft:
    """The draft with the recipients, subject and text of a `mailto:` link (RFC 6068 section 2); all else is dropped."""
    from urllib.parse import parse_qs, unquote

    from msgspec.structs import replace

    to, _, query = target[7:].partition("?")
    try:
        fields = {name.lower(): values for name, values in parse_qs(query, max_num_fields=50).items()}
    except ValueError:
        fields = {}
    return replace(
        draft,
        to=_addresses([unquote(to), *fields.get("to", ())]),
        cc=_addresses(fields.get("cc", [])),
        subject=clean(" ".join(fields.get("subject", ())))[:500],
        body="\n".join(clean(line) for line in "\n".join(fields.get("body", ()))[:MAX_MAILTO_BODY].splitlines()),
    )


def _addresses(texts: list[str]) -> tuple[Address, ...]:
    return tuple(address for text in texts for address in parse_address_list(clean(text))[0])
