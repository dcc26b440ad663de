"""Links in text: where they begin and end, and where they really lead."""

import re
from urllib.parse import urlsplit

from tui_mail.model.clean import clean
from tui_mail.model.message import Run, Style

MAX_TARGET = 2_000

_URL = re.compile(r"\b(?:https?://|mailto:|www\.)[^\s<>\"'`\\^{}|]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}*_'\""
_LOOKS_LIKE_HOST = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,24})(?:[/:?#]|$)", re.IGNORECASE)


def link_runs(text: str, style: Style = Style.TEXT) -> list[Run]:
    """Runs of a cleaned line of plain text, with its addresses of web pages as links."""
    if "://" not in text and "www." not in text and "mailto:" not in text:
        return [Run(text, style)] if text else []
    runs: list[Run] = []
    position = 0
    for match in _URL.finditer(text):
        shown = match[0]
        while shown and shown[-1] in _TRAILING and not (shown[-1] == ")" and shown.count("(") >= shown.count(")")):
            shown = shown[:-1]
        target = safe_target("http://" + shown if shown[:4].lower() == "www." else shown)
        if not target:
            continue
        if match.start() > position:
            runs.append(Run(text[position : match.start()], style))
        runs.append(Run(shown, Style.LINK, target))
        position = match.start() + len(shown)
    if position < len(text):
        runs.append(Run(text[position:], style))
    return runs


def safe_target(href: str) -> str:
    """A link target that may be offered: http, https or mailto, cleaned and bounded; "" for everything else."""
    href = clean(href).strip()[:MAX_TARGET]
    return href if href.lower().startswith(("http://", "https://", "mailto:")) else ""


def host_of(target: str) -> str:
    """The host that a target leads to, lower case, "" when there is none."""
    try:
        return (urlsplit(target).hostname or "").lower()
    except ValueError:
        return ""


def misleading_host(shown: str, target: str) -> str:
    """The real host, when the text of a link shows the name of another one."""
    match = _LOOKS_LIKE_HOST.match(shown.strip())
    real = host_of(target)
    if match is None or not real:
        return ""
    claimed = match[1].lower().removeprefix("www.")
    return "" if real.removeprefix("www.") == claimed or real.endswith("." + claimed) else real
