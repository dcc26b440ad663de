"""Trusted roots on the command line: what `cert list --anchors` and `doctor` say of them."""

import json

from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import Anchors, ListAnchors
from tui_mail.model.clean import clean
from tui_mail.model.paths import anchors_folder

NOT_FOR_MAIL = (
    "The roots of this system (certifi, ca-certificates) are for web servers, not for mail, and are not used."
)


async def list_anchors(client: SocketClient, *, as_objects: bool) -> int:
    """One line for each trusted root, with where it comes from."""
    found = await client.ask(ListAnchors(), Anchors)
    for entry in found.entries:
        info = entry.certificate
        end = f"{info.not_after:%Y-%m-%d}"
        if as_objects:
            fields = {"sha256": info.sha256, "subject": info.subject, "not_after": end, "source": entry.source}
            print(json.dumps(fields))
        else:
            print(f"{info.sha256[:16]}  {clean(info.subject)}  until {end}  from {clean(entry.source)}")
    if not found.entries and not as_objects:
        print("No root is trusted: only certificates that you trust yourself count.")
    if not as_objects:
        print(NOT_FOR_MAIL)
        for problem in found.problems:
            print(f"Not used: {clean(problem)}")
    return 0


async def anchors_summary(client: SocketClient) -> tuple[str, tuple[str, ...]]:
    """How many roots there are, in a sentence, and what is wrong with files that should hold some."""
    found = await client.ask(ListAnchors(), Anchors)
    sources = [entry.source for entry in found.entries]
    own = sources.count("this profile")
    bundled = sum(source.startswith("bundle ") for source in sources)
    placed = len(sources) - own - bundled
    counts = f"{own} of this profile, {bundled} from bundles, {placed} from {anchors_folder()}"
    return f"{len(sources)} trusted roots: {counts}. {NOT_FOR_MAIL}", found.problems
