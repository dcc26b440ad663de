"""The outbox screen."""

import pytest
from msgspec.structs import replace

from tests.ui.fake_engine import FakeEngine, OneScreen, screen_text, shows, until
from tui_mail.engine.messages import (
    DecideOutbox,
    Done,
    DraftOpened,
    ListOutbox,
    Outbox,
    PostponeSend,
    SyncNow,
    UndoSend,
)
from tui_mail.model.message import Draft, OutboxEntry, OutboxState
from tui_mail.ui.screens.outbox import OutboxScreen, entry_sentence


def entry(state: OutboxState, problem: str = "") -> OutboxEntry:
    return OutboxEntry(4, "main", state, ("bob@x.test",), "Results", 1_790_000_000, 1, problem)


def engine(*entries: OutboxEntry) -> FakeEngine:
    return FakeEngine({ListOutbox: Outbox(entries), DecideOutbox: Done()})


@pytest.mark.parametrize("state", list(OutboxState))
def test_every_state_has_a_sentence(state: OutboxState) -> None:
    assert entry_sentence(entry(state)).endswith(".")


async def test_what_waits_for_its_time_leaves_now_or_becomes_a_draft() -> None:
    fake = engine(entry(OutboxState.DELAYED))
    fake.answers |= {PostponeSend: Done(1), UndoSend: DraftOpened(3, Draft("main", ()))}
    async with OneScreen(OutboxScreen(fake)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Leaves at")
        await pilot.press("r")
        await until(pilot, lambda: fake.commands(PostponeSend) == [PostponeSend(4, 0)])
        await pilot.press("z")
        await until(pilot, lambda: fake.commands(UndoSend) == [UndoSend(4)])
        assert fake.commands(DecideOutbox) == []


async def test_what_waits_for_a_server_is_tried_again_by_itself_or_now() -> None:
    fake = engine(entry(OutboxState.READY, "mail.x.test accepts no connection on port 465."))
    fake.answers[SyncNow] = Done(1)
    async with OneScreen(OutboxScreen(fake)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "tried again by itself")
        await pilot.press("d", "r")
        await until(pilot, lambda: fake.commands(SyncNow) == [SyncNow()])
        assert fake.commands(DecideOutbox) == []


async def test_a_message_that_reached_some_says_whom_and_is_not_thrown_away() -> None:
    fake = engine(replace(entry(OutboxState.FAILED, "x@y.test: unknown."), reached=("bob@x.test",)))
    async with OneScreen(OutboxScreen(fake)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Sent to bob@x.test, and not to all. x@y.test: unknown.")
        assert "Not sent" not in screen_text(pilot.app)
        await pilot.press("d")
        await shows(pilot, "The message is filed as sent")


def test_a_copy_that_could_not_be_filed_is_not_said_to_be_filed_just_now() -> None:
    said = entry_sentence(entry(OutboxState.SENT, "Sent, but not filed yet: the mailbox is full."))
    assert said == "Sent, but not filed yet: the mailbox is full. It is tried again by itself."


async def test_an_empty_outbox_says_so() -> None:
    async with OneScreen(OutboxScreen(engine())).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Nothing waits.")


async def test_a_failed_message_names_its_trouble_and_can_be_tried_again() -> None:
    fake = engine(entry(OutboxState.FAILED, "The server said: mailbox full."))
    async with OneScreen(OutboxScreen(fake)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "The server said: mailbox full.")
        await pilot.press("w")
        await pilot.press("r")
        await until(pilot, lambda: fake.commands(DecideOutbox))
        assert fake.commands(DecideOutbox) == [DecideOutbox(4, "retry")]


async def test_sending_again_what_may_have_been_sent_is_asked_about() -> None:
    fake = engine(entry(OutboxState.UNKNOWN))
    async with OneScreen(OutboxScreen(fake)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Nobody knows whether it was sent")
        await pilot.press("r")
        await shows(pilot, "It may arrive twice.")
        await pilot.press("escape")
        await shows(pilot, "Nobody knows")
        assert fake.commands(DecideOutbox) == []
        await pilot.press("w")
        await until(pilot, lambda: fake.commands(DecideOutbox) == [DecideOutbox(4, "was-sent")])


async def test_discarding_is_asked_about() -> None:
    fake = engine(entry(OutboxState.FAILED))
    async with OneScreen(OutboxScreen(fake)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Not sent.")
        await pilot.press("d")
        await shows(pilot, "Discard this message?")
        await pilot.press("y")
        await until(pilot, lambda: fake.commands(DecideOutbox) == [DecideOutbox(4, "discard")])


async def test_a_message_that_is_under_way_cannot_be_decided_about() -> None:
    fake = engine(entry(OutboxState.SUBMITTING))
    async with OneScreen(OutboxScreen(fake)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "The mail server is taking it.")
        await pilot.press("r", "d", "w")
        await pilot.pause()
        assert fake.commands(DecideOutbox) == []


async def test_the_list_follows_the_engine() -> None:
    fake = engine(entry(OutboxState.SUBMITTING))
    app = OneScreen(OutboxScreen(fake))
    async with app.run_test(size=(40, 10)) as pilot:
        await shows(pilot, "The mail server is taking it.")
        fake.answers[ListOutbox] = Outbox(())
        await shows(pilot, "Nothing waits.")
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)
        assert "\x1b" not in screen_text(app)


async def test_an_answer_that_comes_while_the_outbox_is_being_left_changes_nothing() -> None:
    fake = engine()
    screen = OutboxScreen(fake)
    async with OneScreen(screen).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        fake.answers[ListOutbox] = Outbox((entry(OutboxState.DELAYED),))
        await screen.query("*").remove()  # textual takes away what is in a screen before the screen
        await screen._load().wait()
        assert screen._entries == ()
