"""Trusted roots and revocation as `cert list --anchors`, `cert show` and `doctor` tell them."""

import json
from datetime import UTC, datetime
from pathlib import Path

from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import Anchors, Done, ListAnchors, RemoveAnchor
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.model.errors import UsageError
from tui_mail.model.paths import anchors_folder
from tui_mail.store import answers, certificates
from tui_mail.store.database import open_database
from tui_mail.trust.revocation import Places, places

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


async def remove_root(client: SocketClient, fingerprint: str) -> int:
    """One of the profile's own roots, named by the beginning of its SHA-256, counts no longer."""
    found = (await client.ask(ListAnchors(), Anchors)).entries
    fitting = {entry.certificate.sha256 for entry in found if entry.certificate.sha256.startswith(fingerprint)}
    if len(fitting) != 1:
        raise UsageError("No root, or more than one, begins with these digits; `cert list --anchors` shows them all.")
    await client.ask(RemoveAnchor(fitting.pop()), Done)
    print("It is not a trusted root any more; signed mail is judged again.")
    return 0


def revocation_lines(client: SocketClient, sha256: str) -> list[str]:
    """What has been asked about a certificate: one line for each place that it names, or that it names none."""
    welcome = client.welcome
    key = bytes.fromhex(welcome.store_key) if welcome.store_key else None
    database = open_database(Path(welcome.store_path), key, read_only=True)
    try:
        der = certificates.certificate(database, sha256)
        named = places(der) if der is not None else Places()
        asked = [(answers.LIST, url, url) for url in named.lists]
        asked += [(answers.OCSP, sha256, url) for url in named.responders[:1]]
        found = [(url, answers.kept(database, kind, name)) for kind, name, url in asked]
    finally:
        database.close()
    if not found:
        return ["Revocation   the certificate names no place to ask"]
    return [f"Revocation   {clean(url)}: {_state(kept)}" for url, kept in found]


def _state(kept: answers.Kept | None) -> str:
    if kept is None:
        return "not asked"
    if kept.body is None:
        return f"no answer yet. {clean(kept.problem)}"
    end = f", valid until {day(datetime.fromtimestamp(kept.ends, UTC))}" if kept.ends else ""
    trouble = f". Last try: {clean(kept.problem)}" if kept.problem else ""
    return f"fetched on {day(datetime.fromtimestamp(kept.fetched, UTC))}{end}{trouble}"


async def anchors_summary(client: SocketClient) -> tuple[str, tuple[str, ...]]:
    """How many roots there are, in a sentence, and what is wrong with files that should hold some."""
    found = await client.ask(ListAnchors(), Anchors)
    sources = [entry.source for entry in found.entries]
    own = sources.count("this profile")
    bundled = sum(source.startswith("bundle ") for source in sources)
    placed = len(sources) - own - bundled
    counts = f"{own} of this profile, {bundled} from bundles, {placed} from {anchors_folder()}"
    return f"{len(sources)} trusted roots: {counts}. {NOT_FOR_MAIL}", found.problems
