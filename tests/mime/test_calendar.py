"""Invitations read and answered; a calendar from a stranger is data, however it is written."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
from icalendar import Calendar

from tui_mail.mime.calendar import MAX_CALENDAR_BYTES, build_reply, find_calendar, read_invitation
from tui_mail.mime.recurrence import UNTOLD, in_words
from tui_mail.mime.tree import Part, parse
from tui_mail.model.address import Address
from tui_mail.model.errors import MalformedInput
from tui_mail.model.invitation import Answer, Invitation

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
GROUP_EVENT = """BEGIN:VCALENDAR
PRODID:-//Example/ExampleCalendarClient//EN
METHOD:REQUEST
VERSION:2.0
BEGIN:VEVENT
ORGANIZER:mailto:a@example.com
ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:a@example.com
ATTENDEE;RSVP=TRUE;CUTYPE=INDIVIDUAL:mailto:b@example.com
ATTENDEE;RSVP=TRUE;CUTYPE=INDIVIDUAL;CN="C, \x1b[31mred":mailto:c@example.com
DTSTAMP:19970611T190000Z
DTSTART:19970701T200000Z
DTEND:19970701T203000Z
SUMMARY:Conference \x1b[2J
LOCATION:Big\\, room
UID:calsrv.example.com-873970198738777@example.com
SEQUENCE:0
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
"""
"""After the group event request of RFC 5546 section 4.2.1."""

ZONE = """BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def part(text: str, parameters: str = "; charset=utf-8; method=REQUEST") -> Part:
    body = text.replace("\n", "\r\n").encode()
    return parse(b"Content-Type: text/calendar%s\r\n\r\n%s" % (parameters.encode(), body))


def event(*lines: str, before: str = "", method: str = "REQUEST") -> str:
    shown = "\n".join(lines)
    return (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nMETHOD:{method}\n{before}BEGIN:VEVENT\nUID:1\n"
        f"ORGANIZER:mailto:ben@lab.test\n{shown}\nEND:VEVENT\nEND:VCALENDAR\n"
    )


def read(text: str) -> Invitation:
    found = read_invitation(part(text))
    assert found is not None
    return found


def test_a_group_event_request_is_read_and_cleaned() -> None:
    found = read(GROUP_EVENT)
    assert (found.method, found.summary, found.where) == ("request", "Conference \ufffd[2J", "Big, room")
    assert found.start == datetime(1997, 7, 1, 20, tzinfo=UTC) and found.end == datetime(1997, 7, 1, 20, 30, tzinfo=UTC)
    assert found.organizer == Address("a@example.com") and found.can_answer
    assert [guest.status for guest in found.guests] == ["accepted", "needs-action", "needs-action"]
    assert found.guests[2].address.name == "C, \ufffd[31mred"


def test_the_zone_that_came_along_gives_the_offset() -> None:
    found = read(event("DTSTART;TZID=W. Europe Standard Time:20260701T090000", "DURATION:PT30M", before=ZONE))
    assert found.start is not None and found.start.utcoffset() == timedelta(hours=2)
    assert found.zone == "W. Europe Standard Time" and found.end == found.start + timedelta(minutes=30)


def test_whole_days_and_times_without_a_zone_are_told_apart() -> None:
    days = read(event("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"))
    assert days.all_day and not days.floating and days.start == datetime(2026, 12, 24, tzinfo=UTC)
    assert read(event("DTSTART:20261224T180000")).floating


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=6", "every 2 weeks on Monday and Wednesday, 6 times"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,FR;UNTIL=20261231T000000Z",
         "every week on Monday, Tuesday and Friday until 31 December 2026"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "every month on day 15"),
        ("FREQ=YEARLY", "every year"),
        ("FREQ=SECONDLY", UNTOLD),
        ("FREQ=DAILY;BYSETPOS=3", UNTOLD),
        ("FREQ=WEEKLY;BYDAY=XX", UNTOLD),
        ("nonsense", UNTOLD),
    ],
)  # fmt: skip
def test_recurrence_is_told_in_words(rule: str, words: str) -> None:
    """RFC 5545 section 3.3.10."""
    assert read(event("DTSTART:20261124T090000Z", f"RRULE:{rule}")).repeats == words


def test_cancelled_and_changed_events_and_answers_say_so() -> None:
    assert read(event("DTSTART:20261124T090000Z", method="CANCEL")).cancelled
    cancelled = read(event("DTSTART:20261124T090000Z", "STATUS:CANCELLED"))
    assert cancelled.cancelled and not cancelled.can_answer
    assert read(event("DTSTART:20261124T090000Z", "SEQUENCE:3")).sequence == 3
    assert not read(event("DTSTART:20261124T090000Z", method="REPLY")).can_answer


@pytest.mark.parametrize("answer", list(Answer))
def test_an_answer_names_event_guest_and_decision(answer: Answer) -> None:
    """RFC 5546 section 3.2.3."""
    asked = event("DTSTART;TZID=W. Europe Standard Time:20260701T090000", "SEQUENCE:4", "SUMMARY:Round", before=ZONE)
    data = build_reply(part(asked), Address("anna@clinic.test", 'Anna "A" Berg'), answer, NOW)
    reply = Calendar.from_ical(data)
    assert isinstance(reply, Calendar) and str(reply["METHOD"]) == "REPLY"
    (said,) = reply.events
    assert str(said["UID"]) == "1" and int(said["SEQUENCE"]) == 4 and str(said["ORGANIZER"]) == "mailto:ben@lab.test"
    assert str(said["ATTENDEE"]) == "mailto:anna@clinic.test" and said["ATTENDEE"].params["PARTSTAT"] == answer.value
    assert said["DTSTART"].dt == datetime(2026, 7, 1, 7, tzinfo=UTC) and said["DTSTAMP"].dt == NOW
    assert b"VTIMEZONE" not in data and b"VALARM" not in data


def test_an_answer_needs_an_organizer() -> None:
    with pytest.raises(MalformedInput):
        build_reply(part(event("DTSTART:20261124T090000Z").replace("ORGANIZER", "X-O")), Address("a@b.test"),
                    Answer.ACCEPTED, NOW)  # fmt: skip


@pytest.mark.parametrize("text", ["hello", "", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n"])
def test_what_is_no_calendar_is_not_answered(text: str) -> None:
    with pytest.raises(MalformedInput):
        build_reply(part(text), Address("a@b.test"), Answer.ACCEPTED, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "",
        "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n",
        "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 5_000,
        "BEGIN:VCALENDAR\nX:" + "y" * MAX_CALENDAR_BYTES + "\nEND:VCALENDAR\n",
    ],
)
def test_what_is_no_calendar_is_no_invitation(text: str) -> None:
    assert read_invitation(part(text)) is None


@pytest.mark.parametrize(
    "start", ["DTSTART:nonsense", "DTSTART:99999999T090000", "DTSTART;TZID=No/Where:20261124T090000"]
)
def test_a_time_that_cannot_be_read_is_not_guessed(start: str) -> None:
    found = read(event(start, "SUMMARY:Round"))
    assert found.summary == "Round" and (found.start is None or found.zone == "No/Where")


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=YEARLY;INTERVAL=0",
        "FREQ=YEARLY;BYSECOND=0,1,2;BYMINUTE=0,1,2;BYHOUR=0,1,2,3;BYDAY=MO,TU,WE,TH,FR,SA,SU",
        "FREQ=MINUTELY;BYMONTH=13",
    ],
)
def test_a_zone_that_would_take_for_ever_is_left_out(rule: str) -> None:
    zone = ZONE.replace("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", rule)
    begin = time.process_time()
    found = read(event("DTSTART;TZID=W. Europe Standard Time:20260701T090000", before=zone))
    assert found.zone == "W. Europe Standard Time" and time.process_time() - begin < 2


def test_the_calendar_is_found_beside_the_text() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
        b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n"
    )
    found = find_calendar(parse(raw))
    assert found is not None and found.type == "text/calendar" and find_calendar(parse(b"\r\nx")) is None


def test_interval_zero_is_said_as_it_is() -> None:
    assert in_words({"FREQ": ["DAILY"], "INTERVAL": ["x"]} | {"BYEASTER": [1]}) == UNTOLD


def test_a_zone_whose_name_is_no_file_name_is_no_error() -> None:
    """Found by fuzzing: the library looks for a file of that name."""
    text = event("DTSTART;TZID=H" + "\u00ff" * 300 + ":20261124T090000")
    assert read_invitation(part(text)) is None
    with pytest.raises(MalformedInput):
        build_reply(part(text), Address("a@b.test"), Answer.ACCEPTED, NOW)


FILES = sorted((Path(icalendar.__file__).parent / "tests").rglob("*.ics"))
"""Calendars of other programs, as they come with the library."""

ODD = {
    "issue_178_custom_component_contains_other.ics",  # its event lies inside a component of nobody's standard
}


def is_whole(path: Path) -> bool:
    """One calendar with an event, not written to be wrong."""
    raw = path.read_bytes()
    wrong = any(word in path.name for word in ("bad", "broken")) or path.name in ODD
    once = raw.count(b"BEGIN:VCALENDAR") == raw.count(b"END:VCALENDAR") == 1
    return not wrong and once and raw.startswith(b"BEGIN:VCALENDAR") and b":VEVENT" in raw


@pytest.mark.skipif(not FILES, reason="the library came without its calendars")
@pytest.mark.filterwarnings("ignore:Timezone")
def test_calendars_of_other_programs_are_read_quickly() -> None:
    begin = time.process_time()
    found = {path: read_invitation(parse(b"Content-Type: text/calendar\r\n\r\n" + path.read_bytes())) for path in FILES}
    assert [path.name for path in FILES if is_whole(path) and found[path] is None] == []
    assert sum(map(is_whole, FILES)) > 60 and time.process_time() - begin < 10
