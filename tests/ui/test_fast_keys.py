"""Keys that are typed faster than a message opens wait for it and then do what was meant."""

import asyncio
from collections.abc import Sequence

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.test_mail_screen import mail_of
from tui_mail.engine.messages import Command, OpenMessage, Reply, ShowPicture
from tui_mail.ui.screens.story import StoryScreen
from tui_mail.ui.widgets.options import Options


def held_back(pilot: Pilot[int], monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Messages open when the event is set."""
    released = asyncio.Event()
    link = mail_of(pilot).link
    ask = link.ask

    async def later(command: Command, kind: type[Reply]) -> Reply:
        if isinstance(command, OpenMessage):
            await released.wait()
        return await ask(command, kind)

    monkeypatch.setattr(link, "ask", later)
    return released


async def test_scrolling_waits_for_the_text(engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(engine, (130, 30)) as pilot:
        released = held_back(pilot, monkeypatch)
        await pilot.press("down", "enter", "down", "down", "down", "up")
        assert mail_of(pilot).reader.view is None
        released.set()
        await settled(pilot)
        assert mail_of(pilot).reader.pane.scroll_offset.y == 2


async def test_the_next_message_is_what_is_scrolled_and_not_the_one_before(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(engine, (130, 30)) as pilot:
        await pilot.press("down", "enter")
        await settled(pilot)
        first = mail_of(pilot).reader.view
        released = held_back(pilot, monkeypatch)
        await pilot.press("k", "h")
        assert mail_of(pilot).reader.view is first and not mail_of(pilot).reader.all_headers
        released.set()
        await settled(pilot)
        view = mail_of(pilot).reader.view
        assert view is not None and first is not None and view.id != first.id
        assert mail_of(pilot).reader.all_headers


async def test_who_goes_back_before_the_next_message_is_there_reads_the_one_under_the_cursor(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(engine, (130, 30)) as pilot:
        await pilot.press("down", "enter")
        await settled(pilot)
        released = held_back(pilot, monkeypatch)
        await pilot.press("k", "j")
        released.set()
        await settled(pilot)
        view, row = mail_of(pilot).reader.view, mail_of(pilot).list.row
        assert view is not None and row is not None and view.id == row.id


async def test_what_waited_is_forgotten_with_its_message(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(engine, (130, 30)) as pilot:
        released = held_back(pilot, monkeypatch)
        await pilot.press("down", "enter", "h", "escape", "enter")
        released.set()
        await settled(pilot)
        assert mail_of(pilot).reading
        assert not mail_of(pilot).reader.all_headers


async def test_what_is_typed_after_enter_is_meant_for_what_comes_next(engine: EngineStandIn) -> None:
    async with running(engine, (130, 30)) as pilot:
        await pilot.press("g", *"sent", "enter", "g", *"inb")
        for key in ("enter", "m"):
            pilot.app.simulate_key(key)
        await settled(pilot)
        assert "Move to folder" in screen_text(pilot)


class SlowStory(StoryScreen):
    """Has its text when `released` is set."""

    def __init__(self) -> None:
        super().__init__("Long", [((f"line {number}", "text"),) for number in range(100)])
        self.released = asyncio.Event()

    async def _compose(self) -> None:
        await self.released.wait()
        await super()._compose()


async def test_a_key_that_comes_while_a_dialog_opens_waits_for_what_it_acts_on(engine: EngineStandIn) -> None:
    async with running(engine, (130, 20)) as pilot:
        story = SlowStory()
        pilot.app.push_screen(story)
        mail_of(pilot).list.post_message(Key("end", None))  # sent to the list a moment ago, on its way up
        asyncio.get_running_loop().call_later(0.1, story.released.set)
        await settled(pilot)
        assert pilot.app.screen is story
        assert "line 99" in screen_text(pilot)


def typed_at_once(pilot: Pilot[int], *keys: str) -> None:
    """All of them are there before the first is looked at."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


async def test_a_dialog_gets_the_keys_that_were_typed_right_behind_the_one_that_opens_it(
    engine: EngineStandIn,
) -> None:
    async with running(engine, (130, 30)) as pilot:
        await pilot.press("slash", *"radiology", "enter", "enter")
        await settled(pilot)
        typed_at_once(pilot, "p", "j", "enter")
        await settled(pilot)
        await settled(pilot)
        assert isinstance(engine.commands[-1], ShowPicture), screen_text(pilot)


@pytest.mark.parametrize("dialog", ["w", "i", "g", "Z"])
async def test_what_is_typed_right_behind_escape_is_for_what_lies_beneath(engine: EngineStandIn, dialog: str) -> None:
    async with running(engine, (130, 30)) as pilot:
        await pilot.press(dialog)
        await settled(pilot)
        assert pilot.app.screen is not mail_of(pilot)
        typed_at_once(pilot, "escape", "j")
        await settled(pilot)
        assert mail_of(pilot).list.cursor == 1


async def test_escape_leaves_the_reader_before_the_keys_behind_it_are_sent_there(engine: EngineStandIn) -> None:
    async with running(engine, (130, 30)) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        typed_at_once(pilot, "escape", "down", "down")
        await settled(pilot)
        assert mail_of(pilot).list.cursor == 2 and not mail_of(pilot).reading


@pytest.mark.parametrize("action", ["action_page_up", "action_page_down"])
def test_a_page_key_before_a_list_was_painted_does_nothing(action: str) -> None:
    choices = Options("one", "two")
    with choices.prevent(Options.OptionHighlighted):
        choices.set_reactive(Options.highlighted, 0)
    getattr(choices, action)()
    assert choices.highlighted == 0


async def test_enter_twice_behind_the_words_reads_the_first_that_is_found(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(engine, (130, 30)) as pilot:
        mail = mail_of(pilot)
        released = asyncio.Event()
        searcher = mail._searcher
        assert searcher is not None
        find = searcher.find

        async def later(query: str, folder: int | None) -> Sequence[int] | None:
            found = asyncio.ensure_future(find(query, folder))  # a newer wish takes the place of this one
            await released.wait()
            return await found

        monkeypatch.setattr(searcher, "find", later)
        await pilot.press("slash", *"blood", "enter", "enter")
        await pilot.pause(0.2)  # the search that begins by itself while one types
        assert mail.reader.view is None
        released.set()
        await settled(pilot)
        assert mail.reader.view is not None and "Blood results" in screen_text(pilot)
        await pilot.press("escape", "slash")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert not mail.reading and mail.focused is mail.list


async def test_words_typed_right_behind_the_slash_are_searched_for(engine: EngineStandIn) -> None:
    async with running(engine, (130, 20)) as pilot:
        for key in ("slash", *"soup"):
            pilot.app.post_message(Key(key, "/" if key == "slash" else key))
        await settled(pilot)
        assert pilot.app.screen is mail_of(pilot)
        assert mail_of(pilot).query_one("#search", Input).value == "soup"
