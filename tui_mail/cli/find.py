"""``tui-mail cert find``: look for somebody's certificate and say, step by step, where and why it ended."""

import json
from datetime import UTC, datetime
from typing import Any

from tui_mail.cli.book import certificate_facts, many_lines
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import CertificateSearched, FindCertificate
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.model.discovery import Ended

_MARKS = {Ended.FOUND: "+", Ended.NOTHING: "-", Ended.UNUSABLE: "!", Ended.FAILED: "!", Ended.SKIPPED: " "}


async def find(client: SocketClient, address: str, *, everywhere: bool, as_objects: bool) -> int:
    """Search and print; 0 when this person can be written to encrypted now."""
    found = await client.ask(FindCertificate(address, everywhere), CertificateSearched)
    print(json.dumps(as_json(address, found)) if as_objects else "\n".join(lines(found)))
    return 0 if found.check.encryptable else 1


def lines(found: CertificateSearched) -> list[str]:
    """One line a step, then the outcome."""
    text = []
    for step in found.steps:
        place = f"{step.place} ({clean(step.where)})" if step.where else str(step.place)
        text.append(f"{_MARKS[step.ended]} {place}: {step.ended}. {clean(step.sentence)} [{step.milliseconds} ms]")
    text += ["", clean(found.check.sentence)]
    if found.certificate is not None:
        text += ["", *many_lines(found.certificate)]
    if found.provenance is not None:
        kept = found.provenance
        when = datetime.fromtimestamp(kept.found_at, UTC)
        text.append(f"Found        {kept.place}, {clean(kept.where)}, {day(when)}, {when:%H:%M} UTC")
    return text


def as_json(address: str, found: CertificateSearched) -> dict[str, Any]:
    """The same as one JSON object."""
    kept = found.provenance
    return {
        "address": address,
        "steps": [
            {
                "place": str(step.place),
                "where": step.where,
                "ended": str(step.ended),
                "sentence": step.sentence,
                "milliseconds": step.milliseconds,
            }
            for step in found.steps
        ],
        "encryptable": found.check.encryptable,
        "state": str(found.check.state),
        "sentence": found.check.sentence,
        "certificate": certificate_facts(found.certificate) if found.certificate is not None else None,
        "found": None
        if kept is None
        else {
            "place": str(kept.place),
            "where": kept.where,
            "at": datetime.fromtimestamp(kept.found_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "dnssec": kept.vouched,
        },
    }
