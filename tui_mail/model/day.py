"""A day as people read it, the same in every sentence. JSON and files keep ISO 8601."""

from datetime import date


def day(moment: date) -> str:
    """ "7 April 2028", in the time zone of the moment itself."""
    return f"{moment.day} {moment:%B %Y}"
