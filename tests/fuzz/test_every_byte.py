"""The small version of the campaign: some bytes of all thirty messages."""

from tests.fuzz.every_byte import campaign, messages, outcome
from tui_mail.model.security import Letter


def test_fifteen_messages_are_good_and_fifteen_are_not() -> None:
    letters = [outcome(raw)[0] for raw in messages()]
    assert letters[:15] == [Letter.VALID] * 15
    assert Letter.VALID not in letters[15:]


def test_a_changed_byte_never_raises_and_never_makes_a_y() -> None:
    counts = campaign(step=97, values=(0x01, 0x80))
    assert counts.total() > 1_000
    assert counts["Y>X"] > 100
