"""Options for sending, templates, the person's own editor, the signature."""

import os
import stat
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.ui.fake_engine import OneScreen, screen_text, shows, until
from tests.ui.test_compose import ANNA, composer, engine, says
from tui_mail.engine.messages import DraftSaved, Preflight, SaveDraft, SendMessage
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError
from tui_mail.model.message import Draft, Protection
from tui_mail.ui.drafts import signed_off
from tui_mail.ui.external_editor import edit_text
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.templates import MAX_TEMPLATE_BYTES, filled, read_templates
from tui_mail.ui.widgets.body_editor import BodyEditor

BOB = Draft("main", (Address("bob@x.test", "Bob"),), subject="s", body="text")


def program(folder: Path, script: str) -> str:
    """A program of our own, and what starts it."""
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


# ---- options


async def test_a_message_leaves_later_asks_for_a_receipt_and_goes_in_groups() -> None:
    fake = engine()
    app = composer(fake, BOB)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f6")
        await shows(pilot, "Options for this message")
        await pilot.press(*"in 2 hours")
        await shows(pilot, "It leaves t")
        await pilot.press("tab", "space", "tab", "space", "enter")
        await says(pilot, "F5 puts it into the outbox; it leaves")
        await pilot.press("f5")
        await until(pilot, lambda: fake.commands(SendMessage))
        [sent] = fake.commands(SendMessage)
        assert abs(sent.at - time.time() - 7200) < 60
        assert sent.draft.ask_receipt
        assert sent.draft.protection == Protection(sign=True, separate=True)


async def test_a_time_that_makes_no_sense_is_said_and_not_taken() -> None:
    fake = engine()
    async with composer(fake, BOB).run_test(size=(80, 24)) as pilot:
        await pilot.press("f6", *"someday", "enter")
        await shows(pilot, "No time to come; try tomorrow 8:00")
        assert "Options for this message" in screen_text(pilot.app)
        await pilot.press("escape")
        await until(pilot, lambda: "Options for this message" not in screen_text(pilot.app))


@pytest.mark.parametrize("how", ["reply_to_message", "forwards"])
async def test_an_open_answer_to_an_encrypted_mail_is_asked_about(how: str) -> None:
    fake = engine()
    draft = Draft("main", BOB.to, subject="Re: s", body="text", protection=Protection(encrypt=True), **{how: 4})
    async with composer(fake, draft).run_test(size=(80, 24)) as pilot:
        await pilot.press("f3", "f5")
        await shows(pilot, "was encrypted, and this")
        await pilot.press("n")
        await until(pilot, lambda: "was encrypted" not in screen_text(pilot.app))
        assert not fake.commands(SendMessage)
        await pilot.press("f5")
        await shows(pilot, "was encrypted, and this")
        await pilot.press("y")
        await until(pilot, lambda: fake.commands(SendMessage))


# ---- another sender


async def test_another_account_writes_with_its_address_and_signature() -> None:
    fake = engine()
    fake.answers[SaveDraft] = lambda command: DraftSaved(command.draft_id or 3)
    private = replace(ANNA, id="home", name="Anna at home", address="anna@home.test", signature="Bye")
    own = replace(ANNA, signature="Anna Berg, ward 3")
    fake.welcome = replace(fake.welcome, settings=replace(fake.welcome.settings, accounts=(own, private)))
    draft = Draft("main", BOB.to, subject="Both", body="Hello\n\n-- \nAnna Berg, ward 3\n\n> quoted")
    app = OneScreen(ComposeScreen(fake, own, draft))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+f")
        await shows(pilot, "Write from which address?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: fake.commands(Preflight) and fake.commands(Preflight)[-1].account == "home")
        await shows(pilot, "Anna at home")
        assert pilot.app.screen.query_one(BodyEditor).text == "Hello\n\n-- \nBye\n\n> quoted"
        await pilot.press("f5")
        await until(pilot, lambda: fake.commands(SendMessage))
        assert fake.commands(SendMessage)[0].draft.account == "home"


async def test_with_one_account_there_is_nothing_to_choose() -> None:
    async with composer(engine(), BOB).run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+f")
        await says(pilot, "This profile has one account.")


# ---- templates


async def test_a_template_brings_subject_and_text_with_the_names_filled_in(tmp_path: Path) -> None:
    fake = engine()
    fake.welcome = fake.welcome.__class__(
        **{
            **{f: getattr(fake.welcome, f) for f in fake.welcome.__struct_fields__},
            "store_path": str(tmp_path / "mail.db"),
        }
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "reminder.txt").write_text("Subject: Appointment, {name}\n\nDear {name},\n{me} {x}\n")
    async with composer(fake, Draft("main", BOB.to)).run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t")
        await shows(pilot, "Which template?")
        await pilot.press("enter")
        await shows(pilot, "Dear Bob,")
        assert "Appointment, Bob" in screen_text(pilot.app)
        assert pilot.app.screen.query_one(BodyEditor).text == "Dear Bob,\nAnna Berg {x}\n"


async def test_without_templates_the_place_for_them_is_said() -> None:
    async with composer(engine(), BOB).run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t")
        await says(pilot, "There is no template yet")


def test_templates_that_cannot_be_read_are_left_out_and_names_are_filled_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "b.txt").write_text("x" * (MAX_TEMPLATE_BYTES + 1))
    (tmp_path / "c.txt").write_text("subject:  Hi \nbody")
    (tmp_path / "d.txt").write_text("no subject\nbody")
    assert [(t.name, t.subject, t.body) for t in read_templates(tmp_path)] == [
        ("c", "Hi", "body"),
        ("d", "", "no subject\nbody"),
    ]
    assert read_templates(tmp_path / "absent") == []
    assert filled("{a}{b} {c} { }} {a", {"a": "{b}", "b": "2"}) == "{b}2 {c} { }} {a"


# ---- the editor


def test_the_editor_gets_the_text_in_a_private_file_that_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    script = f'stat -c "%a %n" "$2" "$(dirname "$2")" > {tmp_path}/seen; echo "$1: $(cat "$2")" > "$2"'
    monkeypatch.setenv("VISUAL", f"{program(tmp_path, script)} --flag")
    assert edit_text("Grüße") == "--flag: Grüße\n"
    file, folder = (tmp_path / "seen").read_text().splitlines()
    assert file.startswith("600 " + str(runtime)) and folder.startswith("700 ")
    assert list(runtime.iterdir()) == []


@pytest.mark.parametrize("script", ["exit 1", 'rm "$1"'])
def test_an_editor_that_fails_changes_nothing_and_leaves_nothing(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("VISUAL", program(tmp_path, script))
    with pytest.raises(UsageError):
        edit_text("text")
    assert [path.name for path in tmp_path.iterdir()] == ["editor"]
    assert stat.S_IMODE(os.stat(tmp_path / "editor").st_mode) == 0o755


async def test_without_an_editor_the_screen_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "")
    async with composer(engine(), BOB).run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+o")
        await says(pilot, "No editor is set")
        monkeypatch.setenv("EDITOR", "no-such-editor")
        await pilot.press("ctrl+o")
        await says(pilot, "is not installed")


# ---- the signature


def test_the_signature_stands_above_the_quote_behind_two_dashes() -> None:
    assert signed_off(Draft("main", ()), "Anna\nClinic\n").body == "\n\n-- \nAnna\nClinic\n"
    assert (
        signed_off(Draft("main", (), body="\n\nBob wrote:\n> x\n"), "Anna").body == "\n\n-- \nAnna\n\nBob wrote:\n> x\n"
    )
    assert signed_off(BOB, " ") is BOB
    assert ANNA.signature == ""
