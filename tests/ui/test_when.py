"""Moments as people say them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tui_mail.ui.when import later_moments, moment_in_words, said

ZONE = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 11, 24, 15, 20, 30, tzinfo=ZONE)  # a Tuesday


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("tomorrow 8:00", "2026-11-25 08:00"),
        ("Tomorrow", "2026-11-25 08:00"),
        ("tomorrow at 9", "2026-11-25 09:00"),
        ("today 18:30", "2026-11-24 18:30"),
        ("18.30", "2026-11-24 18:30"),
        ("8:00", "2026-11-25 08:00"),
        ("at 7", "2026-11-25 07:00"),
        ("Mon 9:30", "2026-11-30 09:30"),
        ("tuesday, 8:00", "2026-12-01 08:00"),
        ("wednesday", "2026-11-25 08:00"),
        ("31.12. 18:00", "2026-12-31 18:00"),
        ("1.2.", "2027-02-01 08:00"),
        ("3.1.2027 7:15", "2027-01-03 07:15"),
        ("2026-12-24", "2026-12-24 08:00"),
        ("2026-12-24 17:00", "2026-12-24 17:00"),
        ("2026-12-24T16:00Z", "2026-12-24 17:00"),
    ],
)
def test_what_people_say_is_the_moment_that_they_mean(words: str, moment: str) -> None:
    found = moment_in_words(words, NOW)
    assert found is not None and f"{found:%Y-%m-%d %H:%M}" == moment


@pytest.mark.parametrize(
    ("words", "later"),
    [("in 2 hours", timedelta(hours=2)), ("90 minutes", timedelta(minutes=90)), ("in 3 days", timedelta(days=3)),
     ("1w", timedelta(weeks=1)), ("in 1 min", timedelta(minutes=1))],
)  # fmt: skip
def test_spans_count_from_now(words: str, later: timedelta) -> None:
    assert moment_in_words(words, NOW) == NOW + later


@pytest.mark.parametrize(
    "words",
    ["", "soon", "today 8:00", "yesterday", "25:00", "8:70", "2020-01-01", "in 500 weeks", "31.2.", "tomorrow soon",
     "in 0 hours", "mo 8:00", "2029-01-01", "day 8:00", "in 9999 weeks", "0.0.", "9999-12-31T23:59Z"],
)  # fmt: skip
def test_what_cannot_be_told_or_is_no_time_to_come_is_none(words: str) -> None:
    assert moment_in_words(words, NOW) is None


def test_a_moment_is_said_in_words() -> None:
    assert said(NOW + timedelta(hours=2), NOW) == "today at 17:20"
    assert said(NOW + timedelta(hours=20), NOW) == "tomorrow at 11:20"
    assert said(NOW + timedelta(days=6), NOW) == "Monday, 30 November 2026 at 15:20"


@pytest.mark.parametrize("day", range(14))
def test_hours_to_put_mail_off_to_are_ahead_in_order_and_named_once(day: int) -> None:
    now = NOW + timedelta(days=day)
    moments = later_moments(now)
    assert [moment for _name, moment in moments] == sorted({moment for _name, moment in moments})
    assert all(moment > now for _name, moment in moments)
    assert len({name for name, _moment in moments}) == len(moments) >= 5
    assert all(moment.hour == 8 for name, moment in moments if name != "In three hours")
    assert all(moment.weekday() == 0 for name, moment in moments if name == "Next Monday")
