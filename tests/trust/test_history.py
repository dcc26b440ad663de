"""Continuity as people say it."""

from datetime import UTC, datetime, timedelta

from tui_mail.model.security import Continuity
from tui_mail.trust.context import SeenCertificate
from tui_mail.trust.history import history_sentence

MARCH = datetime(2024, 3, 5, tzinfo=UTC)
MAY = datetime(2026, 5, 3, tzinfo=UTC)


def used(sha256: str, first: datetime, messages: int, not_after: datetime | None = None) -> SeenCertificate:
    return SeenCertificate(sha256, sha256, first, first, False, messages, not_after)


def test_the_usual_certificate_is_counted_and_dated() -> None:
    seen = (used("aa", MARCH, 41),)
    said = history_sentence("aa", Continuity.SAME, seen, MAY)
    assert said == "The same certificate as the last 41 mails, since March 2024."


def test_the_first_one_is_called_the_first() -> None:
    assert "first signed mail of this sender" in history_sentence("aa", Continuity.FIRST, (), MAY)
    assert "first mail of this sender with this" in history_sentence(
        "aa", Continuity.SAME, (used("bb", MARCH, 3),), MAY
    )


def test_a_change_is_dated_and_says_how_long_the_old_one_would_have_lasted() -> None:
    for left, words in ((244, "8 months"), (1, "one day"), (30, "30 days"), (1100, "3 years")):
        seen = (used("aa", MARCH, 41, MAY + timedelta(days=left)), used("bb", MAY, 2))
        said = history_sentence("bb", Continuity.CHANGED, seen, None)
        assert said == f"The certificate changed on 3 May 2026; the old one had {words} left."
    ended = (used("aa", MARCH, 41, MAY - timedelta(days=3)), used("bb", MAY, 2))
    assert "had ended on 30 April 2026" in history_sentence("bb", Continuity.CHANGED, ended, None)
