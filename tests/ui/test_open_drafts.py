"""Several messages are written beside the mailbox: put aside, come back to, never lost, each opened once."""

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import (
    Command,
    DraftEntry,
    DraftOpened,
    Drafts,
    DraftSaved,
    Failure,
    ListDrafts,
    ListPeople,
    OpenDraft,
    People,
    Preflight,
    PreflightResult,
    Queued,
    Reply,
    SaveDraft,
    SendMessage,
)
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.widgets.body_editor import BodyEditor


@pytest.fixture(autouse=True)
def writing(engine: EngineStandIn) -> None:
    """An engine that keeps drafts under numbers, from 11 on, and sends."""
    engine.answers |= {
        Preflight: PreflightResult("anna@x.example", None, "", (), ready=True),
        ListPeople: People(()),
        SaveDraft: lambda command: DraftSaved(command.draft_id or 11 + len(saved(engine))),
        SendMessage: Queued(5),
    }


def saved(engine: EngineStandIn) -> list[SaveDraft]:
    return [command for command in engine.commands if isinstance(command, SaveDraft)]


def composer(pilot: Pilot[int]) -> ComposeScreen:
    assert isinstance(pilot.app.screen, ComposeScreen), screen_text(pilot)
    return pilot.app.screen


async def typed(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)


async def two_aside(pilot: Pilot[int]) -> None:
    for subject in ("one", "two"):
        await typed(pilot, "c")
        composer(pilot).query_one("#subject", Input).focus()
        await typed(pilot, *subject, "f10")
    assert "2 open drafts" in screen_text(pilot)


async def test_one_key_shows_the_mailbox_and_the_same_key_comes_back_to_cursor_undo_and_focus(
    engine: EngineStandIn,
) -> None:
    async with running(engine) as pilot:
        await typed(pilot, "r", *"Dear Ben", "left", "left")
        screen = composer(pilot)
        await typed(pilot, "f10")
        assert type(pilot.app.screen).__name__ == "MailScreen" and "1 open draft" in screen_text(pilot)
        assert saved(engine)[-1].draft.body.startswith("Dear Ben") and not saved(engine)[-1].closed
        await typed(pilot, "down", "f10")
        body = composer(pilot).query_one("#body", BodyEditor)
        assert composer(pilot) is screen and screen.focused is body and body.cursor_location == (0, 6)
        await typed(pilot, "ctrl+z")
        assert not body.text.startswith("Dear Ben")
        await typed(pilot, "escape")
        assert "open draft" not in screen_text(pilot)


async def test_keys_typed_at_once_behind_it_go_to_the_mailbox(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await typed(pilot, "r", "f10", "j", "j")
        assert pilot.app.mail.list.cursor == 2  # type: ignore[attr-defined]


async def test_several_are_listed_with_subject_and_the_composer_goes_round_among_them(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await two_aside(pilot)
        await typed(pilot, "C")
        assert "one · " in screen_text(pilot) and "two · " in screen_text(pilot)
        await typed(pilot, *"one", "enter")
        assert composer(pilot).draft.subject == "one"
        await typed(pilot, "ctrl+n")
        assert composer(pilot).draft.subject == "two"
        await typed(pilot, "ctrl+n")
        assert composer(pilot).draft.subject == "one"
        await typed(pilot, "escape")
        assert "1 open draft" in screen_text(pilot) and saved(engine)[-1].closed
        await typed(pilot, "f10", "ctrl+n")
        assert composer(pilot).draft.subject == "two"
        assert any("No other message is open" in notice.message for notice in pilot.app._notifications)


async def test_without_one_that_is_aside_the_key_says_so(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await typed(pilot, "C")
        assert "No message is put aside." in screen_text(pilot)


async def test_what_is_sent_after_it_was_aside_is_gone_from_them_and_can_be_taken_back(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await two_aside(pilot)
        await typed(pilot, "f10", *"two", "enter", "ctrl+n")
        composer(pilot).query_one("#to", Input).value = "ben@x.example"
        await typed(pilot, "f5")
        assert "1 open draft" in screen_text(pilot)
        assert [c.draft.subject for c in engine.commands if isinstance(c, SendMessage)] == ["one"]
        await typed(pilot, "z")
        assert type(engine.commands[-1]).__name__ == "UndoSend"


async def test_what_is_being_sent_is_not_put_aside(engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, ask = asyncio.Event(), engine.ask

    async def slow(command: Command, kind: type) -> Reply:
        if isinstance(command, SendMessage):
            await taken.wait()
        return await ask(command, kind)

    monkeypatch.setattr(engine, "ask", slow)
    async with running(engine) as pilot:
        await typed(pilot, "r", *"Dear Ben")
        await pilot.press("f5", "f10", "ctrl+n")
        assert isinstance(pilot.app.screen, ComposeScreen)
        taken.set()
        await settled(pilot)
        assert not isinstance(pilot.app.screen, ComposeScreen) and "open draft" not in screen_text(pilot)


async def test_a_draft_that_is_open_is_not_opened_a_second_time(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await typed(pilot, "r", *"Dear", "f10")
        draft = saved(engine)[-1].draft
        screen = pilot.app.drafts.aside[0]  # type: ignore[attr-defined]
        assert screen.draft_id
        entry = DraftEntry(screen.draft_id, draft.account, ("a@x.example",), draft.subject, 0, 0)
        engine.answers[ListDrafts] = Drafts((entry,))
        engine.answers[OpenDraft] = DraftOpened(screen.draft_id, draft)
        await typed(pilot, "D", "enter")
        assert composer(pilot) is screen and not pilot.app.drafts.aside  # type: ignore[attr-defined]


async def test_quitting_asks_about_them_keeps_them_all_and_stays_when_told_to(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await two_aside(pilot)
        await typed(pilot, "q")
        assert "2 messages are not finished. They are kept as drafts" in screen_text(pilot)
        await typed(pilot, "n")
        assert not pilot.app._exit and "2 open drafts" in screen_text(pilot)
        await typed(pilot, "ctrl+c", "y")
        assert pilot.app._exit
        assert {one.draft.subject for one in saved(engine) if one.closed} == {"one", "two"}


async def test_quitting_does_not_lose_what_cannot_be_kept_without_asking(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await two_aside(pilot)
        engine.answers[SaveDraft] = Failure("The disk is full.")
        await typed(pilot, "q")
        await typed(pilot, "y")
        assert "It cannot be kept: The disk is full." in screen_text(pilot)
        await typed(pilot, "n")
        assert not pilot.app._exit


async def test_an_empty_message_that_is_aside_keeps_nobody_from_quitting(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await typed(pilot, "c", "f10", "q")
        assert pilot.app._exit


async def test_it_comes_back_in_the_size_and_the_colours_of_now(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await typed(pilot, "c")
        dark = composer(pilot).query_one("#title").styles.background
        await typed(pilot, "f10", "T")
        await pilot.resize_terminal(60, 16)
        await typed(pilot, "f10")
        assert composer(pilot).has_class("-low")
        assert composer(pilot).query_one("#title").styles.background != dark
