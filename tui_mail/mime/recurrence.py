"""A recurrence rule (RFC 5545 section 3.3.10) in words."""

from collections.abc import Mapping, Sequence
from typing import Any

_UNITS = {"DAILY": ("day", "days"), "WEEKLY": ("week", "weeks"), "MONTHLY": ("month", "months")}
_YEARLY = ("year", "years")
_DAYS = {
    "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday",
    "SU": "Sunday",
}  # fmt: skip
_PLACES = {"1": "the first ", "2": "the second ", "3": "the third ", "4": "the fourth ", "-1": "the last ", "": ""}
_TOLD = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST", "BYMONTH"}
UNTOLD = "again and again, by a rule that only a calendar can show"


def in_words(rule: Mapping[str, Sequence[Any]]) -> str:
    """ "every 2 weeks on Monday and Wednesday, 6 times": what the rule says, or `UNTOLD` when that is not so simple."""
    frequency = str(_first(rule, "FREQ")).upper()
    if not set(rule) <= _TOLD or (frequency != "YEARLY" and frequency not in _UNITS):
        return UNTOLD
    one, many = _UNITS.get(frequency, _YEARLY)
    interval = _number(_first(rule, "INTERVAL") or 1)
    words = f"every {one}" if interval == 1 else f"every {interval} {many}"
    days = [_day(str(day)) for day in rule.get("BYDAY", ())]
    if not all(days) or ("BYMONTH" in rule and frequency != "YEARLY"):
        return UNTOLD
    if days:
        words += f" on {_joined(days)}"
    elif "BYMONTHDAY" in rule:
        words += f" on day {_joined([str(_number(day)) for day in rule['BYMONTHDAY']])}"
    if "COUNT" in rule:
        return f"{words}, {_number(_first(rule, 'COUNT'))} times"
    until = _first(rule, "UNTIL")
    return f"{words} until {until.day} {until:%B %Y}" if hasattr(until, "day") else words


def _first(rule: Mapping[str, Sequence[Any]], name: str) -> Any:
    values = rule.get(name) or ("",)
    return values[0]


def _number(value: Any) -> int:
    return int(value)


def _day(text: str) -> str:
    place, name = text[:-2].lstrip("+"), _DAYS.get(text[-2:].upper(), "")
    return _PLACES[place] + name if name and place in _PLACES else ""


def _joined(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
