"""The calendar file of the demo's invitation: next Thursday at four."""

from datetime import UTC, datetime, timedelta

from tui_mail.model.address import Address

_FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Grand Rounds//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:rounds-{day}@lists.clinic.example
SEQUENCE:0
DTSTAMP:{now}
DTSTART:{day}T160000
DTEND:{day}T170000
RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=4
SUMMARY:Grand rounds
LOCATION:Small hall
ORGANIZER;CN={host.name}:mailto:{host.spec}
ATTENDEE;CN={guest.name};RSVP=TRUE:mailto:{guest.spec}
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
"""
_THURSDAY = 3


def grand_rounds(now: datetime, host: Address, guest: Address) -> bytes:
    """A request (RFC 5546) without a time zone: four o'clock wherever the demo runs."""
    day = now + timedelta(days=(_THURSDAY - now.weekday()) % 7 or 7)
    text = _FILE.format(day=f"{day:%Y%m%d}", now=f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}", host=host, guest=guest)
    return text.replace("\n", "\r\n").encode()
