"""Where the links of a message lead, in words that cannot lie, and opening one in a browser when asked.

The law: nothing is opened without a question that names the whole address; a mail's `mailto:` only fills a draft that a
person looks at (RFC 6068 section 7), and never attaches a file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from tui_mail.model.address import Address, ascii_domain, parse_address_list
from tui_mail.model.message import Draft, MessageView, Style
from tui_mail.ui.safe import clean

MAX_MAILTO_BODY = 10_000
"""Characters of a prepared text that are taken over."""


def message_links(view: MessageView) -> tuple[str, ...]:
    """The targets of all links, in the order of their numbers in the text; one target has one number."""
    runs = (run for line in view.lines for run in line if run.style is Style.LINK)
    return tuple(dict.fromkeys(target for run in runs if (target := clean(run.link))))


def leads_to(target: str) -> str:
    """The host in A-labels, so that no letter of another alphabet looks like one of ours; for `mailto:` the address."""
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


def browser(environ: Mapping[str, str] = os.environ) -> str | None:
    """The program that opens addresses on this computer's own screen; None over SSH and without a desktop."""
    if sys.platform == "darwin":
        return None if "SSH_CONNECTION" in environ else shutil.which("open")
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return None
    return shutil.which("xdg-open")


def open_in_browser(program: str, target: str) -> None:
    """Start it beside us. SAFE: an argument list without a shell, and only http and https get here."""
    if target.lower().startswith(("http://", "https://")):
        quiet = subprocess.DEVNULL
        subprocess.Popen([program, target], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
