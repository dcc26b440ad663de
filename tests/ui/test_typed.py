"""The palette as a command line: other programs' words, words with something behind them, and letters left out."""

import time

import pytest

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.test_mail_screen import mail_of
from tui_mail.engine.messages import MoveMessages, SnoozeMessages
from tui_mail.ui.commands.aliases import ALIASES
from tui_mail.ui.commands.register import BY_ID
from tui_mail.ui.commands.typed import command_named
from tui_mail.ui.screens.pick import fits

KEYS = {" ": "space", "-": "minus", "@": "at", ".": "full_stop", ":": "colon", "=": "equals_sign"}


def letters(line: str) -> list[str]:
    return [KEYS.get(letter, letter) for letter in line]


def keys(line: str) -> list[str]:
    return ["colon", *letters(line)]


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("q", "quit"),
        ("wq", "quit"),
        ("q!", "quit"),
        ("reply-all", "reply-all"),
        ("reply all", "reply-all"),
        ("delete-message", "delete"),
        ("mark all", "mark-all"),
        ("Archive", "archive"),
        ("nonsense", None),
    ],
)
def test_the_words_of_vim_mutt_and_aerc_mean_our_commands(typed: str, command: str | None) -> None:
    assert command_named(typed) == command


def test_every_other_word_belongs_to_a_command_and_to_one_alone() -> None:
    words = [word for text in ALIASES.values() for word in text.split()]
    assert set(ALIASES) <= set(BY_ID) and len(words) == len(set(words)) and not set(words) & set(BY_ID)


def test_the_better_something_fits_the_earlier_it_stands() -> None:
    assert [fits(word, "move to the archive") for word in ("move", "arch", "rchi", "mvarcv", "zebra")] == [
        0,
        1,
        2,
        3,
        None,
    ]


async def test_the_line_to_type_in_stays_where_it_is_while_the_list_gets_shorter(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        places = set()
        for key in ("colon", *"arzx"):
            await pilot.press(key)
            await settled(pilot)
            places.add(pilot.app.screen.query_one("Input").region)
        assert len(places) == 1 and "Nothing fits" in screen_text(pilot)


async def test_letters_left_out_still_find_it(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press(*keys("unsbscr"), *["backspace"] * 7, *"arcv")
        await settled(pilot)
        assert "Move to the archive" in screen_text(pilot)


async def test_a_message_is_moved_by_a_typed_line(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press(*keys("move tra"))
        await settled(pilot)
        assert "Move to Trash" in screen_text(pilot)
        await pilot.press("enter")
        await settled(pilot)
        trash = next(folder for folder in mail_of(pilot).folders if folder.name == "Trash")
        assert engine.commands[-1] == MoveMessages((1,), trash.id)


async def test_a_folder_that_is_not_there_is_said_and_the_line_stays(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press(*keys("move nowhere"), "enter")
        await settled(pilot)
        assert "There is no folder 'nowhere'." in screen_text(pilot)
        assert "move nowhere" in screen_text(pilot)


async def test_a_typed_line_sorts_puts_off_and_writes(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press(*keys("sort subject"), "enter")
        await settled(pilot)
        window = mail_of(pilot).list.window
        subjects = [window.row(index).subject.casefold() for index in range(window.total)]
        assert subjects == sorted(subjects) and "Subject ▾" in screen_text(pilot)
        await pilot.press(*keys("snooze in 2 hours"), "enter")
        await settled(pilot)
        assert isinstance(engine.commands[-1], SnoozeMessages)
        await pilot.press(*keys("theme=light"), "enter")
        await settled(pilot)
        assert pilot.app.theme.endswith("light")
        await pilot.press(*keys("compose bea@x.example"), "enter")
        await settled(pilot)
        assert type(pilot.app.screen).__name__ == "ComposeScreen" and "bea@x.example" in screen_text(pilot)


async def test_until_when_a_message_is_put_off_can_be_typed(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("Z", *letters("in 90 minutes"))
        await settled(pilot)
        assert "Until " in screen_text(pilot) and "Nothing fits" not in screen_text(pilot)
        await pilot.press("enter")
        await settled(pilot)
        last = engine.commands[-1]
        assert isinstance(last, SnoozeMessages) and abs(last.until - time.time() - 90 * 60) < 60
        await pilot.press("Z", *letters("in three hours"), "enter")
        await settled(pilot)
        later = engine.commands[-1]
        assert isinstance(later, SnoozeMessages) and later.until > last.until, "the usual ones are there too"
        await pilot.press("Z", *letters("next yea"))
        await settled(pilot)
        assert "Nothing fits" in screen_text(pilot)
