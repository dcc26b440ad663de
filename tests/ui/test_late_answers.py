"""What the engine answers late opens nothing over what a person does meanwhile, and a screen that was left is left."""

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from tests.ui.conftest import running, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.fake_engine import ANNA, FakeEngine, OneScreen, until
from tui_mail.engine.messages import (
    AwaitSignIn,
    BeginSignIn,
    Command,
    DiscardDraft,
    Done,
    DraftOpened,
    Drafts,
    DraftSaved,
    FetchWhole,
    ListDrafts,
    ListPeople,
    OpenMessage,
    People,
    Preflight,
    PreflightResult,
    PreviewAttachment,
    Queued,
    RawSource,
    Reply,
    SaveDraft,
    SendMessage,
    SignInPage,
    UndoSend,
)
from tui_mail.model.message import AttachmentInfo, Draft, DraftEntry, HeldBack
from tui_mail.ui.screens.attachments import AttachmentsScreen
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.screens.sign_in import SignInScreen
from tui_mail.ui.screens.story import StoryScreen

FILE = AttachmentInfo(0, "notes.txt", "text/plain", 1_200)


class Slowly:
    """The stand-in, one kind of command of which is answered when the test says so."""

    def __init__(self, engine: EngineStandIn, *slow: type[Command]) -> None:
        self.may_answer = asyncio.Event()
        self.asked = asyncio.Event()
        self._slow = slow
        self._ask: Callable = engine.ask  # type: ignore[type-arg]
        engine.ask = self.ask  # type: ignore[method-assign]

    async def until_asked(self) -> None:
        async with asyncio.timeout(20):
            await self.asked.wait()

    async def ask(self, command: Command, kind: type) -> Reply:
        if isinstance(command, self._slow):
            self.asked.set()
            await self.may_answer.wait()
        reply: Reply = await self._ask(command, kind)
        return reply


async def answered(pilot: Pilot[int], slowly: Slowly) -> None:
    await slowly.until_asked()
    slowly.may_answer.set()
    await settled(pilot)


@pytest.mark.parametrize("meanwhile", ["down", "question_mark", "escape", "g"])
@pytest.mark.parametrize(
    ("key", "slow", "screen"),
    [
        ("i", OpenMessage, StoryScreen),
        ("ctrl+u", RawSource, StoryScreen),
        ("r", OpenMessage, ComposeScreen),
    ],
)
async def test_what_opens_late_does_not_come_between(
    engine: EngineStandIn, key: str, slow: type[Command], screen: type, meanwhile: str
) -> None:
    slowly = Slowly(engine, slow)
    async with running(engine) as pilot:
        await pilot.press(key)
        await slowly.until_asked()
        await pilot.press(meanwhile)
        before = pilot.app.screen
        await answered(pilot, slowly)
        assert pilot.app.screen is before
        await pilot.press("escape", "home", key)
        await settled(pilot)
        assert isinstance(pilot.app.screen, screen)  # without hurry it comes


async def test_a_look_at_a_file_that_comes_late_does_not_stand_over_the_list(engine: EngineStandIn) -> None:
    engine.views[1] = replace(engine.views[1], attachments=(FILE,))
    slowly = Slowly(engine, PreviewAttachment)
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        assert isinstance(pilot.app.screen, AttachmentsScreen)
        await pilot.press("enter")
        await slowly.until_asked()
        await pilot.press("escape")
        await answered(pilot, slowly)
        assert pilot.app.screen is pilot.app.mail  # type: ignore[attr-defined]


async def test_files_that_were_waited_for_are_not_listed_over_another_message(engine: EngineStandIn) -> None:
    engine.views[1] = replace(engine.views[1], attachments=(FILE,), held=HeldBack(9_000_000, ("notes.txt",)))
    slowly = Slowly(engine, FetchWhole)
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("p")
        await slowly.until_asked()
        await pilot.press("j")
        await answered(pilot, slowly)
        assert pilot.app.screen is pilot.app.mail  # type: ignore[attr-defined]


async def test_a_mail_that_was_taken_back_late_does_not_open_over_another_screen(engine: EngineStandIn) -> None:
    """It is among the drafts, and that is said."""
    draft = Draft(ANNA.id, (), subject="Back")
    engine.answers[UndoSend] = DraftOpened(1, draft)
    slowly = Slowly(engine, UndoSend)
    async with running(engine) as pilot:
        pilot.app.mail.written(7)  # type: ignore[attr-defined]
        await pilot.press("z", "question_mark")
        await answered(pilot, slowly)
        assert isinstance(pilot.app.screen, StoryScreen)
        assert "Taken back: D shows your drafts." in [str(one.message) for one in pilot.app._notifications]


async def test_a_list_of_drafts_that_comes_late_does_not_come_between(engine: EngineStandIn) -> None:
    engine.answers[ListDrafts] = Drafts((DraftEntry(1, ANNA.id, ("a@x.example",), "s", 0, 0),))
    slowly = Slowly(engine, ListDrafts)
    async with running(engine) as pilot:
        await pilot.press("D", "question_mark")
        await answered(pilot, slowly)
        assert isinstance(pilot.app.screen, StoryScreen)


@pytest.mark.parametrize("slow", [BeginSignIn, AwaitSignIn])
async def test_a_sign_in_that_was_left_says_nothing_more(slow: type[Command]) -> None:
    fake = FakeEngine({BeginSignIn: SignInPage("https://x.example/device", "AB12"), AwaitSignIn: Done(1)})
    may_answer, asked, ask = asyncio.Event(), asyncio.Event(), fake.ask

    async def slowly(command: Command, kind: type) -> Reply:
        if isinstance(command, slow):
            asked.set()
            await may_answer.wait()
        return await ask(command, kind)

    fake.ask = slowly  # type: ignore[method-assign,assignment]
    app = OneScreen(SignInScreen(fake, ANNA))
    async with app.run_test() as pilot:
        await asked.wait()
        screen = app.screen
        screen.action_leave()
        may_answer.set()
        await until(pilot, lambda: app.result is False)
        await until(pilot, lambda: not screen.is_attached)
        assert not app._notifications


async def test_a_message_that_is_being_sent_is_not_left_as_a_draft_beside_it(engine: EngineStandIn) -> None:
    """Escape right behind F5 would keep the same message a second time, and nothing could take the sent one back."""
    engine.answers |= {
        Preflight: PreflightResult("anna@x.example", None, "", (), ready=True),
        ListPeople: People(()),
        SaveDraft: lambda command: DraftSaved(command.draft_id or 11),
        SendMessage: Queued(7),
    }
    slowly = Slowly(engine, SendMessage)
    async with running(engine) as pilot:
        await pilot.press("c")
        await settled(pilot)
        await pilot.press(*"ben@lab.example", "tab", "tab", "tab", *"Subject", "f5")
        await slowly.until_asked()
        await pilot.press("escape", "f8")
        await answered(pilot, slowly)
        assert pilot.app.screen is pilot.app.mail  # type: ignore[attr-defined]
        assert len(pilot.app.mail._undo) == 1  # type: ignore[attr-defined]
    assert not [one for one in engine.commands if isinstance(one, DiscardDraft) or getattr(one, "closed", False)]
