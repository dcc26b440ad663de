"""A moment as people say it: "tomorrow 8:00", "in 2 hours", "Mon 9:30", "31.12. 18:00", ISO 8601. Local time. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

MORNING_HOUR = 8
"""When a day is named without an hour."""
EXAMPLES = "tomorrow 8:00, in 2 hours, Mon 9:30"
FARTHEST = timedelta(days=366)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"m": "minutes", "min": "minutes", "minute": "minutes", "h": "hours", "hour": "hours", "d": "days"}
_UNITS |= {"day": "days", "w": "weeks", "week": "weeks"}
_SPAN = re.compile(r"(?:in )?(\d{1,4}) ?([a-z]+?)s?\Z")
_CLOCK = re.compile(r"(?:at )?(\d{1,2})(?:[:.h](\d{2}))?\Z")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z|(\d{1,2})\.(\d{1,2})\.(\d{4})?\Z")


def moment_in_words(text: str, now: datetime) -> datetime | None:
    """The moment that is meant, None when it cannot be told, has passed, or is more than a year away.

    Args:
        now: aware, in the person's own time zone, which the answer has too.
    """
    words = " ".join(text.casefold().replace(",", " ").split())
    found = _iso(words, now) or _span(words, now) or _day_and_clock(words, now)
    return found if found is not None and now < found <= now + FARTHEST else None


def later_moments(now: datetime) -> list[tuple[str, datetime]]:
    """Hours to which mail is put off, each with what people call it, the next one first."""
    morning = now.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    named = [
        ("In three hours", (now + timedelta(hours=3)).replace(second=0, microsecond=0)),
        ("Tomorrow", morning + timedelta(days=1)),
        ("The day after tomorrow", morning + timedelta(days=2)),
        ("Next Monday", morning + timedelta(days=7 - now.weekday())),
        ("In a week", morning + timedelta(days=7)),
        ("In a month", morning + timedelta(days=30)),
    ]
    first: dict[datetime, str] = {}
    for name, moment in named:
        first.setdefault(moment, name)
    return sorted(((name, moment) for moment, name in first.items()), key=lambda one: one[1])


def said(moment: datetime, now: datetime) -> str:
    """ "tomorrow at 08:00" or "Monday, 30 November 2026 at 08:00"."""
    days = (moment.date() - now.date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{moment:%A}, {moment.day} {moment:%B %Y}")
    return f"{day} at {moment:%H:%M}"


def _iso(words: str, now: datetime) -> datetime | None:
    try:
        found = datetime.fromisoformat(words.upper())
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=now.tzinfo)
    if len(words) <= len("2030-01-31"):
        found = found.replace(hour=MORNING_HOUR)
    try:
        return found.astimezone(now.tzinfo)
    except OverflowError:
        return None


def _span(words: str, now: datetime) -> datetime | None:
    match = _SPAN.match(words)
    if match is None or match[2] not in _UNITS:
        return None
    return now + timedelta(**{_UNITS[match[2]]: int(match[1])})


def _day_and_clock(words: str, now: datetime) -> datetime | None:
    """A day, a clock, or both in this order; a clock alone is the next time that it strikes."""
    first, _, rest = words.partition(" ")
    day = _day(first, now)
    clock = _clock(rest if day is not None else words)
    if day is None:
        if clock is None:
            return None
        today = now.replace(hour=clock[0], minute=clock[1], second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    if clock is None:
        if rest:
            return None
        clock = (MORNING_HOUR, 0)
    return day.replace(hour=clock[0], minute=clock[1], second=0, microsecond=0)


def _clock(words: str) -> tuple[int, int] | None:
    match = _CLOCK.match(words)
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    return (hour, minute) if hour < 24 and minute < 60 else None


def _day(word: str, now: datetime) -> datetime | None:
    if word in ("today", "tomorrow"):
        return now + timedelta(days=word == "tomorrow")
    if (
        len(word) >= len("mon")
        and word[:3] in _DAYS
        and "mondaytuesdaywednesdaythursdayfridaysaturdaysunday".count(word)
    ):
        ahead = (_DAYS.index(word[:3]) - now.weekday() - 1) % 7 + 1
        return now + timedelta(days=ahead)
    match = _DATE.match(word)
    if match is None:
        return None
    year, month, day = (match[1], match[2], match[3]) if match[1] else (match[6] or now.year, match[5], match[4])
    try:
        found = now.replace(year=int(year), month=int(month), day=int(day))
        if not match[1] and not match[6] and found.date() < now.date():
            found = found.replace(year=now.year + 1)
    except ValueError:
        return None
    return found
