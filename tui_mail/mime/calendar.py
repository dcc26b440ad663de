"""Calendar parts (RFC 5545, RFC 6047): what they invite to, and the answer to them.

The law: a calendar part is data. Nothing in it is fetched, no alarm rings, and no rule of it is computed further than
one clock needs; size and number of components are bounded before the library sees them.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tui_mail.mime.charset import decode_bytes
from tui_mail.mime.recurrence import UNTOLD, in_words
from tui_mail.mime.tree import Part
from tui_mail.model.address import Address
from tui_mail.model.clean import clean, clean_lines
from tui_mail.model.errors import MalformedInput
from tui_mail.model.invitation import Answer, Guest, Invitation

if TYPE_CHECKING:
    from icalendar import Calendar

TYPES = ("text/calendar", "application/ics")
MAX_CALENDAR_BYTES = 300_000
MAX_COMPONENTS = 300
MAX_GUESTS = 200
MAX_TEXT = 500
MAX_PARTS_LOOKED_AT = 200

_FOLD = re.compile(r"\r?\n[ \t]")
_ZONE = re.compile(r"(?im)^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$\n?", re.DOTALL)
# The rules of real zones: once a year on a day. Any other may ask for more dates than there is time to count.
_ZONE_RULE = re.compile(
    r"FREQ=YEARLY(?:;(?:BYMONTH=\d{1,2}|BYDAY=[-+]?\d?[A-Z]{2}|BYMONTHDAY=-?[\d,]{1,40}|UNTIL=[\dTZ]{8,16}|WKST=[A-Z]{2}"
    r"|INTERVAL=1|BYHOUR=\d{1,2}|BYMINUTE=\d{1,2}))*"
)


def find_calendar(payload: Part) -> Part | None:
    """The first calendar part of a message; None when there is none."""
    for number, part in enumerate(payload.walk()):
        if part.type in TYPES:
            return part
        if number >= MAX_PARTS_LOOKED_AT:
            break
    return None


def read_invitation(part: Part) -> Invitation | None:
    """What a calendar part is about; None when it has no event that could be read."""
    try:
        calendar = _calendar(part)
        events = calendar.events
        if not events:
            return None
        event = events[0]
        start, all_day, floating, zone = _moment(event.get("DTSTART"))
        end = _end(event, start)
        method = clean(str(calendar.get("METHOD") or part.params.get("method", "") or "publish")).lower()[:20]
        return Invitation(
            method=method,
            uid=_text(event.get("UID")),
            summary=_text(event.get("SUMMARY")),
            sequence=_sequence(event.get("SEQUENCE")),
            where=_text(event.get("LOCATION")),
            start=start,
            end=end,
            all_day=all_day,
            floating=floating,
            zone=zone,
            organizer=_person(event.get("ORGANIZER")),
            guests=_guests(event.get("ATTENDEE")),
            repeats=_repeats(event.get("RRULE")),
            cancelled=method == "cancel" or _text(event.get("STATUS")).upper() == "CANCELLED",
            one_of_series=event.get("RECURRENCE-ID") is not None,
            count=len(events),
        )
    except Exception:
        # The library documents ValueError; broken calendars bring out all others, even OSError (it looks for files of
        # the time zones that they name). The part stays reachable as a file.
        return None


def build_reply(part: Part, guest: Address, answer: Answer, now: datetime) -> bytes:
    """The answer of one guest as a calendar with METHOD:REPLY (RFC 5546 section 3.2.3), for the organizer.

    Times are written in UTC, so that no time zone has to be explained. Raises MalformedInput when there is nothing to
    answer.
    """
    try:
        return _reply(part, guest, answer, now)
    except MalformedInput:
        raise
    except Exception:
        raise MalformedInput("This invitation is written in a way that cannot be answered.") from None


def _reply(part: Part, guest: Address, answer: Answer, now: datetime) -> bytes:
    from icalendar import Calendar, Event, vCalAddress

    events = _calendar(part).events
    if not events or events[0].get("ORGANIZER") is None or events[0].get("UID") is None:
        raise MalformedInput("This invitation names no organizer that could be answered.")
    asked = events[0]
    reply, event = Calendar(), Event()
    reply.add("prodid", "-//tui-mail//EN")
    reply.add("version", "2.0")
    reply.add("method", "REPLY")
    for name in ("UID", "SEQUENCE", "ORGANIZER", "SUMMARY"):
        if asked.get(name) is not None:
            event[name] = asked[name]
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        found = asked.get(name)
        moment = getattr(found, "dt", None)
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
        if isinstance(moment, date):
            event.add(name, moment)
    attendee = vCalAddress(f"mailto:{guest.spec}")
    attendee.params["PARTSTAT"] = answer.value
    if guest.name:
        attendee.params["CN"] = guest.name.replace('"', "'")
    event["ATTENDEE"] = attendee
    event["REQUEST-STATUS"] = "2.0;Success"
    reply.add_component(event)
    data: bytes = reply.to_ical()
    return data


def _calendar(part: Part) -> "Calendar":
    from icalendar import Calendar

    content = part.body_bytes()
    if len(content) > MAX_CALENDAR_BYTES:
        raise MalformedInput("This calendar is too large.")
    text = decode_bytes(content, part.params.get("charset", "") or "utf-8")
    text = clean_lines(_FOLD.sub("", text.lstrip("\ufeff")))
    if text.upper().count("BEGIN:") > MAX_COMPONENTS:
        raise MalformedInput("This calendar has too many parts.")
    if not all(_plain_zone(zone[0]) for zone in _ZONE.finditer(text)):
        text = _ZONE.sub("", text)
    found = Calendar.from_ical(text)
    if not isinstance(found, Calendar):
        raise MalformedInput("This is no calendar.")
    return found


def _plain_zone(zone: str) -> bool:
    """Whether the rules of a time zone are such that a clock can be computed in no time."""
    for line in zone.upper().splitlines():
        if line.startswith("RRULE") and not _ZONE_RULE.fullmatch(line.partition(":")[2].strip()):
            return False
        if line.startswith(("EXRULE", "RDATE")) and len(line) > 200:
            return False
    return True


def _moment(found: Any) -> tuple[datetime | None, bool, bool, str]:
    """When, whether that is a whole day, whether it belongs to no zone, and the zone's name."""
    moment = _value(found)
    if isinstance(moment, datetime):
        zone = clean(str(found.params.get("TZID", "")))[:60]
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC), False, not zone, zone
        offset = moment.utcoffset() or timedelta()
        return moment.replace(tzinfo=timezone(offset)), False, False, zone
    if isinstance(moment, date):
        return datetime.combine(moment, time(), UTC), True, False, ""
    return None, False, False, ""


def _value(found: Any) -> Any:
    """A date, time or duration; None of a property that is broken, which the library says only when it is asked."""
    try:
        return getattr(found, "dt", None)
    except ValueError:
        return None


def _end(event: Any, start: datetime | None) -> datetime | None:
    end = _moment(event.get("DTEND"))[0]
    if end is None and start is not None:
        duration = _value(event.get("DURATION"))
        if isinstance(duration, timedelta):
            return start + duration
    return end


def _sequence(found: Any) -> int:
    return max(0, int(found)) if found is not None else 0


def _text(found: Any) -> str:
    return clean(str(found))[:MAX_TEXT].strip() if found is not None and not isinstance(found, list) else ""


def _person(found: Any) -> Address | None:
    if isinstance(found, list):
        found = found[0] if found else None
    text = clean(str(found or "")).strip()
    if not text.lower().startswith("mailto:") or "@" not in text:
        return None
    spec = text[7:].partition("?")[0].strip()[:254]
    name = clean(str(getattr(found, "params", {}).get("CN", ""))).strip()[:100]
    return Address(spec, "" if name.lower() == spec.lower() else name)


def _guests(found: Any) -> tuple[Guest, ...]:
    entries = found if isinstance(found, list) else [found] if found is not None else []
    guests = []
    for entry in entries[:MAX_GUESTS]:
        person = _person(entry)
        if person is not None:
            guests.append(Guest(person, clean(str(entry.params.get("PARTSTAT", "needs-action"))).lower()[:20]))
    return tuple(guests)


def _repeats(found: Any) -> str:
    if found is None:
        return ""
    if isinstance(found, list):
        return UNTOLD
    try:
        return in_words({str(name).upper(): value for name, value in found.items()})
    except (ValueError, TypeError):
        return UNTOLD
