"""The card of an invitation, and answering it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import AnswerInvitation
from tui_mail.model.address import Address
from tui_mail.model.invitation import Answer, Guest, Invitation
from tui_mail.ui.invitation_lines import invitation_lines
from tui_mail.ui.screens.answer import AnswerScreen
from tui_mail.ui.themes.glyphs import UNICODE

BEN = Address("ben@lab.example", "Ben Okafor")
ROUND = Invitation(
    method="request",
    uid="1",
    summary="Round, ward 3",
    where="Room 12",
    start=datetime(2026, 11, 30, 9, 30, tzinfo=timezone(timedelta(hours=1))),
    end=datetime(2026, 11, 30, 10, 30, tzinfo=timezone(timedelta(hours=1))),
    zone="Europe/Berlin",
    organizer=BEN,
    guests=(Guest(BEN, "accepted"), Guest(Address("anna@clinic.example"))),
    repeats="every week",
)


@pytest.fixture(autouse=True)
def in_helsinki(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Helsinki")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def card(invitation: Invitation, sender: str = "ben@lab.example") -> str:
    return "\n".join("".join(text for text, _ in line) for line in invitation_lines(invitation, sender, UNICODE))


def test_the_card_says_what_when_where_and_who_in_the_time_of_this_computer() -> None:
    lines = card(ROUND).splitlines()
    assert lines[0].endswith("Invitation: Round, ward 3")
    assert [line.strip() for line in lines[1:]] == [
        "When    Monday, 30 November 2026, 10:30 to 11:30 EET",
        "for the sender 09:30, Europe/Berlin",
        "Again   every week",
        "Where   Room 12",
        "Host    Ben Okafor <ben@lab.example>",
        "Guests  Ben Okafor (comes), anna@clinic.example",
        "y answers",
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cancelled": True, "method": "cancel"}, "Cancelled: Round"),
        ({"sequence": 2}, "Changed invitation: Round"),
        ({"method": "reply"}, "Ben Okafor comes: Round"),
        ({"method": "publish"}, "Event: Round"),
        ({"start": None}, "at a time that could not be read"),
        ({"floating": True, "start": datetime(2026, 11, 30, 9, 30, tzinfo=UTC), "end": None},
         "Monday, 30 November 2026, 09:30, whatever the time zone"),
        ({"zone": "Nowhere", "start": datetime(2026, 11, 30, 9, 30, tzinfo=UTC), "end": None},
         "09:30 in a time zone called Nowhere"),
        ({"all_day": True, "start": datetime(2026, 12, 24, tzinfo=UTC), "end": datetime(2026, 12, 27, tzinfo=UTC)},
         "Thursday, 24 December 2026 to Saturday, 26 December 2026"),
        ({"one_of_series": True}, "this is about one of them"),
        ({"count": 3}, "has 2 more"),
        ({"summary": "\x1b[31mred"}, "\ufffd[31mred"),
    ],
)  # fmt: skip
def test_what_is_special_is_said(changes: dict[str, object], told: str) -> None:
    assert told in card(replace(ROUND, **changes))


def test_a_host_who_is_not_the_sender_is_named_as_such() -> None:
    assert "who is not the sender" in card(ROUND, "mallory@elsewhere.example") and "not the sender" not in card(ROUND)


@pytest.mark.parametrize(
    ("key", "answer"), [("a", Answer.ACCEPTED), ("t", Answer.TENTATIVE), ("d", Answer.DECLINED), ("escape", None)]
)
async def test_y_asks_and_one_key_answers(engine: EngineStandIn, key: str, answer: Answer | None) -> None:
    engine.views[1] = replace(engine.views[1], invitation=ROUND)
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "Invitation: Round, ward 3" in screen_text(pilot)
        await pilot.press("y")
        await settled(pilot)
        assert isinstance(pilot.app.screen, AnswerScreen)
        assert all(word in screen_text(pilot) for word in ("a mail.", "Back", "Decline", "Perhaps", "Accept"))
        await pilot.press(key)
        await settled(pilot)
    sent = [command for command in engine.commands if isinstance(command, AnswerInvitation)]
    assert [command.answer for command in sent] == ([answer] if answer is not None else [])
    assert all(command.message_id == 1 and command.account == "work" for command in sent)
