"""An invitation as a calm card above the text: what, when, where, who, and how it is answered. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tui_mail.model.clean import clean
from tui_mail.model.invitation import Guest, Invitation
from tui_mail.ui.themes.glyphs import Glyphs
from tui_mail.ui.wrap import Line

MAX_GUESTS = 8

_LABEL = 8
_STATUS = {
    "accepted": "comes",
    "declined": "does not come",
    "tentative": "may come",
    "delegated": "sends somebody else",
}


def invitation_lines(invitation: Invitation, sender: str, glyphs: Glyphs) -> Iterator[Line]:
    """The card. `sender` is the address key of the message's sender."""
    tone = "bad" if invitation.cancelled else "accent"
    heading = f"{glyphs.arrow} {_heading(invitation)}: "
    yield ((heading, tone), (clean(invitation.summary) or "(without a name)", "heading"))
    yield _row("When", when(invitation), "bad" if invitation.start is None else "text")
    if there := _elsewhere(invitation):
        yield _row("", there, "muted")
    if invitation.repeats:
        again = f"{clean(invitation.repeats)} (this is about one of them)" if invitation.one_of_series else ""
        yield _row("Again", again or clean(invitation.repeats))
    elif invitation.one_of_series:
        yield _row("Again", "this is about one meeting of a series")
    if invitation.where:
        yield _row("Where", clean(invitation.where))
    organizer = invitation.organizer
    if organizer is not None:
        differs = organizer.key != sender and invitation.method != "reply"
        yield _row("Host", clean(str(organizer)) + (", who is not the sender" if differs else ""),
                   "warning" if differs else "text")  # fmt: skip
    if invitation.guests:
        yield _row("Guests", _guests(invitation.guests), "muted")
    if invitation.count > 1:
        yield _row("", f"The calendar file has {invitation.count - 1} more; save it to see them.", "muted")
    if invitation.can_answer:
        yield _row("", "y answers", "faint")


def _row(label: str, text: str, style: str = "text") -> Line:
    return ((f"  {label.ljust(_LABEL)}", "faint"), (text, style))


def _heading(invitation: Invitation) -> str:
    if invitation.cancelled:
        return "Cancelled"
    if invitation.method == "reply":
        guest = invitation.guests[0] if invitation.guests else None
        said = _STATUS.get(guest.status, "has not decided") if guest is not None else "has answered"
        return f"{clean(guest.address.name or guest.address.spec) if guest is not None else 'A guest'} {said}"
    if invitation.method != "request":
        return "Event"
    return "Changed invitation" if invitation.sequence else "Invitation"


def when(invitation: Invitation) -> str:
    """The time on the clock of this computer, with the zone named; whole days and floating times as they are."""
    start, end = invitation.start, invitation.end
    if start is None:
        return "at a time that could not be read"
    if invitation.all_day:
        last = end - timedelta(days=1) if end is not None and end > start else start
        return _day(start) if last.date() <= start.date() else f"{_day(start)} to {_day(last)}"
    if invitation.floating:
        return f"{_span(start, end)}, whatever the time zone"
    if invitation.zone and start.utcoffset() == timedelta() and not _known(invitation.zone):
        return f"{_span(start, end)} in a time zone called {clean(invitation.zone)}"
    here = start.astimezone()
    return f"{_span(here, end.astimezone() if end is not None else None)} {here.tzname() or ''}".rstrip()


def _known(zone: str) -> bool:
    """Names of the zone whose clock really is UTC; any other without an offset was not explained."""
    return zone.upper() in ("UTC", "GMT", "ETC/UTC", "ETC/GMT", "EUROPE/LONDON", "EUROPE/LISBON", "GMT STANDARD TIME")


def _elsewhere(invitation: Invitation) -> str:
    start = invitation.start
    if start is None or invitation.all_day or invitation.floating or not invitation.zone:
        return ""
    if start.utcoffset() == start.astimezone().utcoffset() or when(invitation).endswith(clean(invitation.zone)):
        return ""
    return f"for the sender {start:%H:%M}, {clean(invitation.zone)}"


def _day(moment: datetime) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"


def _span(start: datetime, end: datetime | None) -> str:
    if end is None or end <= start:
        return f"{_day(start)}, {start:%H:%M}"
    if end.date() == start.date():
        return f"{_day(start)}, {start:%H:%M} to {end:%H:%M}"
    return f"{_day(start)}, {start:%H:%M} to {_day(end)}, {end:%H:%M}"


def _guests(guests: tuple[Guest, ...]) -> str:
    shown = []
    for guest in guests[:MAX_GUESTS]:
        status = _STATUS.get(guest.status, "")
        shown.append(clean(guest.address.name or guest.address.spec) + (f" ({status})" if status else ""))
    more = len(guests) - MAX_GUESTS
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
