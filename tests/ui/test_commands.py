"""Every command: it has a key that does it, a palette entry, and a line in the help. A command that is missing in the
table below fails the first test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from tests.ui.clinic import NOW, add, fill
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.office import furnish
from tests.ui.test_invitation import ROUND
from tests.ui.test_mail_screen import mail_of
from tui_mail.engine.messages import ChangeFlags, DeleteMessages, Lock, MoveMessages, SyncNow
from tui_mail.model.unsubscribe import Unsubscribe
from tui_mail.ui.commands.command import Command, Place
from tui_mail.ui.commands.register import BY_ID, COMMANDS, commands_at
from tui_mail.ui.screens.help import help_lines
from tui_mail.ui.themes.glyphs import UNICODE

Effect = Callable[[Pilot[int], EngineStandIn], object]
READ = ("enter",)


def shows(words: str) -> Effect:
    return lambda pilot, _engine: words in screen_text(pilot)


def stands(screen: str) -> Effect:
    return lambda pilot, _engine: type(pilot.app.screen).__name__ == screen


def told(kind: type) -> Effect:
    return lambda _pilot, engine: bool(engine.commands) and isinstance(engine.commands[-1], kind)


def cursor(row: int) -> Effect:
    return lambda pilot, _engine: mail_of(pilot).list.cursor == row


def beyond(row: int) -> Effect:
    return lambda pilot, _engine: mail_of(pilot).list.cursor > row


def scrolled(lines: int, *, more: bool = False) -> Effect:
    def effect(pilot: Pilot[int], _engine: EngineStandIn) -> bool:
        top = mail_of(pilot).reader.pane.scroll_offset.y
        return top == lines or (more and top > lines)

    return effect


def between(pilot: Pilot[int], _engine: EngineStandIn) -> bool:
    return 0 < mail_of(pilot).list.cursor < mail_of(pilot).list.window.total - 1


def reading(row: int) -> Effect:
    return lambda pilot, engine: mail_of(pilot).reading and cursor(row)(pilot, engine)


# What is pressed before, and what is true after the command.
TABLE: dict[str, tuple[tuple[str, ...], Effect]] = {
    "open": ((), reading(0)),
    "zoom": (READ, lambda pilot, _engine: not mail_of(pilot).list.display),
    "next-message": (READ, reading(1)),
    "previous-message": ((*READ, "j"), reading(0)),
    "back": (READ, lambda pilot, _engine: not mail_of(pilot).reading),
    "reply": ((), shows("Re: Blood results")),
    "reply-all": ((), shows("ward@clinic.example")),
    "forward": ((), shows("Fwd: Blood results")),
    "forward-whole": ((), shows("Thursday.eml")),
    "compose": ((), stands("ComposeScreen")),
    "open-drafts": (("c", "f10"), stands("ComposeScreen")),
    "trust": ((), stands("TrustScreen")),
    "security": ((), shows("Protection of this message")),
    "save": (("end", "home", *["down"] * 5, *READ), shows("findings.pdf")),
    "attachments": ((*["down"] * 5, *READ), shows("findings.pdf")),
    "whole": ((), shows("it is here whole")),
    "answer": (READ, stands("AnswerScreen")),
    "receipt": (READ, stands("Question")),
    "archive": ((), told(MoveMessages)),
    "delete": ((), told(DeleteMessages)),
    "snooze": ((), shows("Until when?")),
    "undo": (("d",), told(MoveMessages)),
    "mark": ((), shows("1 marked")),
    "mark-all": ((), shows("marked. Esc takes")),
    "search": ((), lambda pilot, _engine: getattr(pilot.app.focused, "id", "") == "search"),
    "filter": ((), shows("Everything, the newest first")),
    "threads": ((), shows("The list shows conversations")),
    "fold": (("V", "down"), shows("▾ 3")),
    "folder": ((), shows("Go to folder")),
    "new-folder": ((), shows("Name of the new folder?")),
    "rename-folder": ((), shows("it keeps its place and its name")),
    "delete-folder": ((), shows("it keeps its place and its name")),
    "unread": ((), told(ChangeFlags)),
    "star-in-list": ((), told(ChangeFlags)),
    "star": ((), told(ChangeFlags)),
    "move": ((), shows("Move to folder")),
    "drafts": ((), shows("Go on writing")),
    "outbox": ((), stands("OutboxScreen")),
    "why-closed": (("slash", *"gustav", "enter"), shows("Why can't I read this?")),
    "book": ((), stands("BookScreen")),
    "lock": ((), told(Lock)),
    "sync": ((), told(SyncNow)),
    "print": ((), stands("Question")),
    "unsubscribe": (READ, stands("Question")),
    "headers": (READ, shows("Message-ID")),
    "quotes": (READ, lambda pilot, _engine: mail_of(pilot).reader.all_quotes),
    "link": (READ, shows("Follow which link?")),
    "source": ((), shows("Source of the message")),
    "save-message": ((), shows("Save the message as")),
    "next-row": ((), cursor(1)),
    "previous-row": (("down", "down"), cursor(1)),
    "next-page": ((), beyond(5)),
    "previous-page": (("end",), between),
    "first-row": (("end",), cursor(0)),
    "last-row": ((), lambda pilot, _engine: mail_of(pilot).list.cursor == mail_of(pilot).list.window.total - 1),
    "scroll-down": (("down", *READ), scrolled(1)),
    "scroll-up": (("down", *READ, "down", "down"), scrolled(1)),
    "read-on": (("down", *READ), scrolled(2, more=True)),
    "read-back": (("down", *READ, "end"), lambda pilot, _engine: not mail_of(pilot).reader.pane.at_end),
    "text-start": (("down", *READ, "end"), scrolled(0)),
    "text-end": (("down", *READ), lambda pilot, _engine: mail_of(pilot).reader.pane.at_end),
    "help": ((), shows("Keys and signs")),
    "palette": ((), shows("Commands")),
    "jump": ((), stands("JumpScreen")),
    "settings": ((), stands("SettingsScreen")),
    "suspend": ((), shows("There is no shell")),
    "password": ((), stands("ServerPasswordScreen")),
    "theme": ((), shows("Colours: light")),
    "quit": ((), lambda pilot, _engine: pilot.app._exit),
}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> EngineStandIn:
    store, views = fill(tmp_path / "mail.db")
    engine = EngineStandIn(store, tmp_path / "mail.db", views)
    furnish(store, engine)
    for uid in range(200, 260):
        add(store, 1, uid, int(NOW.timestamp()) - 900_000 - uid, "Old", "old@x.example", f"Old {uid}", "")
    store.database.run("UPDATE folder SET role = 'archive' WHERE name = 'Wards/North'")
    page = "https://lab.example/leave"
    views[1] = replace(views[1], invitation=ROUND, unsubscribe=Unsubscribe(one_click=page, page=page))
    views[1] = replace(views[1], receipt_to=views[1].sender)
    return engine


def test_every_command_is_tried_below_and_is_in_the_help_and_in_the_palette() -> None:
    assert set(TABLE) == set(BY_ID)
    helped = ["".join(text for text, _style in line) for line in help_lines(UNICODE)]
    listed = {command.id for place in (Place.LIST, Place.READER) for command in commands_at(place)}
    for command in COMMANDS:
        assert any(command.name in line and command.key_names[0] in line for line in helped), command.id
        assert command.id in listed


@pytest.mark.parametrize("command", COMMANDS, ids=[command.id for command in COMMANDS])
async def test_the_key_of_every_command_does_it(office: EngineStandIn, command: Command) -> None:
    before, effect = TABLE[command.id]
    async with running(office, (130, 30)) as pilot:
        for key in before:
            await pilot.press(key)
            if key in READ:
                await settled(pilot)  # a text that is not there yet does not scroll
        await settled(pilot)
        assert not effect(pilot, office), "it would prove nothing"
        await pilot.press(command.keys.split(",")[0])
        await settled(pilot)
        assert effect(pilot, office), screen_text(pilot)


@pytest.mark.parametrize("before", dict.fromkeys(before for before, _effect in TABLE.values()), ids=" ".join)
async def test_the_palette_runs_every_command_by_its_word(
    office: EngineStandIn, before: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the command then does is proved by its key, which runs it in the same way."""
    ran: list[str] = []
    commands = [name for name, (way, _effect) in TABLE.items() if way == before and name != "palette"]
    async with running(office, (130, 30)) as pilot:
        for key in before:
            await pilot.press(key)
        await settled(pilot)
        monkeypatch.setattr(mail_of(pilot), "action_command", ran.append)
        for name in commands:
            mail_of(pilot).choose_command()
            await pilot.press(*[{"-": "minus"}.get(letter, letter) for letter in name], "enter")
        await pilot.pause()
    assert [BY_ID[name].name for name in ran] == [BY_ID[name].name for name in commands]


@pytest.mark.parametrize("name", ["open", "reply-all", "star"])
async def test_the_palette_does_it_too(office: EngineStandIn, name: str) -> None:
    before, effect = TABLE[name]
    async with running(office, (130, 30)) as pilot:
        await pilot.press(*before, "colon", *[{"-": "minus"}.get(letter, letter) for letter in name], "enter")
        await settled(pilot)
        assert effect(pilot, office), screen_text(pilot)


async def test_the_help_begins_with_the_keys_of_the_place_where_one_is(office: EngineStandIn) -> None:
    async with running(office, (130, 30)) as pilot:
        await pilot.press("question_mark")
        await settled(pilot)
        assert "In the list" in screen_text(pilot) and "In the message" not in screen_text(pilot)
        await pilot.press("escape", "enter", "question_mark")
        await settled(pilot)
        assert "In the message" in screen_text(pilot) and "In the list" not in screen_text(pilot)


@pytest.mark.parametrize(
    ("way", "help_key", "words"),
    [
        ("c", "f1", "Write in your own editor"),
        ("B", "question_mark", "Block the address"),
        ("S", "question_mark", "Change the value"),
        ("o", "question_mark", "Send it once more"),
    ],
)
async def test_every_other_screen_tells_its_own_keys(
    office: EngineStandIn, way: str, help_key: str, words: str
) -> None:
    async with running(office, (130, 30)) as pilot:
        await pilot.press(way)
        await settled(pilot)
        await pilot.press(help_key)
        await settled(pilot)
        assert words in screen_text(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert type(pilot.app.screen).__name__ != "StoryScreen"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (("slash", *"pumpkin", "enter", "t"), "This message is not signed, so there is nobody to trust."),
        (("slash", *"robot", "enter", "enter", "U"), "This message does not say how to leave its list."),
        (("slash", *"pumpkin", "enter", "enter", "p"), "This message has no attachment."),
        (("slash", *"zebra", "enter", "d"), "There is no message here."),
    ],
)
async def test_a_key_that_makes_no_sense_now_says_why(
    office: EngineStandIn, keys: tuple[str, ...], sentence: str
) -> None:
    async with running(office, (130, 30)) as pilot:
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
        assert sentence in screen_text(pilot)
