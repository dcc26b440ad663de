"""The main screen with a real store behind it and a stand-in for the engine."""

import asyncio
import re

import pytest
from msgspec.structs import replace
from textual.events import MouseScrollDown

from tests.patience import PATIENCE_SECONDS
from tests.ui.clinic import LETTERS, NOW, add, evidence
from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import (
    ChangeFlags,
    Connection,
    DeleteMessages,
    LockChanged,
    Notice,
    OpenMessage,
    Progress,
    SaveAttachment,
    StoreChanged,
    TrustSender,
)
from tui_mail.model.address import Address
from tui_mail.model.errors import EngineGone
from tui_mail.model.message import EncState, Flag
from tui_mail.model.security import Letter
from tui_mail.ui.app import MailApp
from tui_mail.ui.screens.mail import MailScreen


def mail_of(pilot) -> MailScreen:
    return pilot.app.mail


async def test_the_list_shows_letter_shape_and_subject_of_every_message(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        screen = screen_text(pilot)
    for letter, _enc, sender, _address, subject, _preview, _flags in LETTERS:
        line = next(line for line in screen.splitlines() if subject in line)
        assert sender in line
        if letter:
            assert re.search(rf" {re.escape(letter.value)} ", line), line
    assert "6 unread" in screen and "12 messages" in screen


async def test_a_message_that_is_not_judged_yet_never_looks_valid(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        line = next(line for line in screen_text(pilot).splitlines() if "Not judged yet" in line)
    assert "Y" not in line.split("Just arrived")[0] and "✔" not in line


async def test_enter_opens_the_reader_and_marks_the_message_read(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        screen = screen_text(pilot)
        assert "Signed by ben@lab.example – not trusted yet. Press t to decide." in screen
        assert "Dear Anna," in screen
        assert engine.commands[-1] == OpenMessage(1, True)
        assert "5 unread" in screen
        first = next(line for line in screen.splitlines() if "Blood results" in line and "N ◆" in line)
        assert "●" not in first
        await pilot.press("escape")
        await settled(pilot)
        assert "Dear Anna," not in screen_text(pilot)


async def test_t_then_trust_turns_every_row_of_the_sender_into_y(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("t")
        await settled(pilot)
        screen = screen_text(pilot)
        assert "Trust this certificate for mail from ben@lab.example?" in screen
        assert "9F86 D081 884C 7D65" in screen and "Not now" in screen
        await pilot.press("t")
        await settled(pilot)
        line = next(line for line in screen_text(pilot).splitlines() if "Blood results" in line)
        assert "Y ✔" in line
    assert isinstance(engine.commands[-1], TrustSender)


async def test_enter_in_the_trust_dialog_does_not_trust(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("t")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert pilot.app.screen is mail_of(pilot)
    assert not any(isinstance(command, TrustSender) for command in engine.commands)


async def test_a_click_on_the_letter_opens_the_trust_dialog(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.click("#list", offset=(5, 0))
        await settled(pilot)
        assert "Trust this certificate" in screen_text(pilot)


async def test_trusting_in_the_reader_changes_the_sentence_above_the_text(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("t")
        await settled(pilot)
        await pilot.press("t")
        await settled(pilot)
        await settled(pilot)
        assert "Signed by ben@lab.example – trusted." in screen_text(pilot)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (1, "Encrypted, only for its recipients (AES-256-GCM)."),
        (2, "AES-256-CBC does not protect against changes"),
        (3, "Not signed."),
        (4, "with another certificate than before. Press t to compare."),
        (5, "Signed by mallory@elsewhere.example, not by the sender director@clinic.example."),
        (6, "The signature is broken: do not rely on this message. The content was altered after signing."),
        (7, "the certificate has expired since."),
        (8, "The signature cannot be judged now. The algorithm SLH-DSA is not computed here."),
        (9, "Your keys are locked: press L to unlock."),
        (10, "This message is encrypted for other people's keys."),
    ],
)
async def test_the_reader_says_in_plain_words_what_is_true(engine: EngineStandIn, row: int, sentence: str) -> None:
    async with running(engine, (140, 40)) as pilot:
        mail_of(pilot).list.cursor = row
        await pilot.press("enter")
        await settled(pilot)
        assert sentence in " ".join(screen_text(pilot).split())


async def test_an_errant_layer_is_named_and_worth_nothing(engine: EngineStandIn) -> None:
    """RFC 9787 section 4.5."""
    security = evidence(Letter.NONE, EncState.NONE, "x@y.example", errant_layers=1)
    engine.views[1] = replace(engine.views[1], security=security)
    async with running(engine, (140, 40)) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "that says nothing about the whole" in screen_text(pilot)


async def test_a_decrypted_message_of_an_unknown_sender_is_readable_and_offers_trust(engine: EngineStandIn) -> None:
    security = evidence(Letter.NEW, EncState.OPEN, "ben@lab.example")
    engine.views[1] = replace(engine.views[1], security=security)
    async with running(engine, (140, 40)) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        screen = screen_text(pilot)
    assert "not trusted yet. Press t to decide." in screen and "Dear Anna," in screen


async def test_new_mail_keeps_the_cursor_on_its_message(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("j", "j")
        number = mail_of(pilot).list.row.id
        add(engine.store, 1, 99, int(NOW.timestamp()) + 50, "New", "new@x.example", "Fresh mail", "")
        engine.publish(StoreChanged((1,)))
        await settled(pilot)
        assert mail_of(pilot).list.row.id == number
        assert "Fresh mail" in screen_text(pilot)


async def test_new_mail_moves_nothing_under_a_cursor_in_the_middle(engine: EngineStandIn) -> None:
    for uid in range(200, 260):
        add(engine.store, 1, uid, int(NOW.timestamp()) - 900_000 - uid, "Old", "old@x.example", f"Old {uid}", "")
    async with running(engine) as pilot:

        def rows_of_the_list() -> list[str]:
            return [line[24:].rstrip(" ▁▂▃▄▅▆▇█") for line in screen_text(pilot).splitlines()[2:-1]]

        for keys, stays in (((), False), (("down", "down", "down"), True)):
            await pilot.press(*keys)
            before = rows_of_the_list()
            add(
                engine.store,
                1,
                300 + len(keys),
                int(NOW.timestamp()) + 50 + len(keys),
                "New",
                "new@x.example",
                "Fresh",
                "",
            )
            engine.publish(StoreChanged((1,)))
            await settled(pilot)
            after = rows_of_the_list()
            assert (before == after) is stays
            assert mail_of(pilot).list.row.subject == "Blood results for Thursday" or stays


async def test_a_message_without_a_sender_says_so(engine: EngineStandIn) -> None:
    number = add(engine.store, 1, 99, int(NOW.timestamp()) + 50, " ", "", "Odd", "")
    engine.views[number] = replace(engine.views[1], id=number, sender=Address(""), subject="Odd")
    async with running(engine) as pilot:
        assert re.search(r"\(no sender\) +Odd", screen_text(pilot))
        await pilot.press("home", "enter")
        await settled(pilot)
        assert re.search(r"From  \(no sender\)", screen_text(pilot))


async def test_only_rows_that_changed_are_painted_again(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        painted = []
        list_ = mail_of(pilot).list
        original = list_.render_line
        list_.render_line = lambda y: painted.append(y) or original(y)  # type: ignore[method-assign]
        engine.answer(ChangeFlags((4,), add=Flag.FLAGGED))
        await settled(pilot)
        assert set(painted) == {3}


async def test_search_shows_what_matches_and_escape_goes_back(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("slash", *"soup")
        await pilot.pause(0.2)
        await pilot.press("enter")
        await settled(pilot)
        screen = screen_text(pilot)
        assert "pumpkin" in screen and "Blood results" not in screen and "1 found" in screen
        await pilot.press("escape")
        await settled(pilot)
        assert "Blood results" in screen_text(pilot)
        assert mail_of(pilot).list.row.subject.startswith("This week")


async def test_star_unread_and_delete_reach_the_engine(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("s")
        await settled(pilot)
        assert engine.commands[-1] == ChangeFlags((1,), add=Flag.FLAGGED)
        await pilot.press("u")
        await settled(pilot)
        assert engine.commands[-1] == ChangeFlags((1,), add=Flag.SEEN)
        await pilot.press("d")
        await settled(pilot)
        assert engine.commands[-1] == DeleteMessages((1,))
        assert "Blood results" not in screen_text(pilot)


async def test_an_attachment_is_chosen_and_saved(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        mail_of(pilot).list.cursor = 2
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("s")
        await settled(pilot)
        assert "2 attachments" in screen_text(pilot)
        await pilot.press("down", "s")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
    saved = engine.commands[-1]
    assert isinstance(saved, SaveAttachment) and saved.index == 1 and saved.path.endswith("ct.png")


async def test_g_goes_to_a_folder_by_a_part_of_its_name(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("g")
        await settled(pilot)
        await pilot.press(*"nor", "enter")
        await settled(pilot)
        assert mail_of(pilot).folder.name == "Wards/North"


async def test_help_lists_every_sign_and_key(engine: EngineStandIn) -> None:
    async with running(engine, (130, 80)) as pilot:
        await pilot.press("question_mark")
        await settled(pilot)
        screen = screen_text(pilot)
    assert "signed, intact and trusted" in screen and "Reply to the sender" in screen and "Quit" in screen


async def test_help_tells_the_keys_of_writing_and_what_the_mouse_does(engine: EngineStandIn) -> None:
    async with running(engine, (130, 170)) as pilot:
        await pilot.press("question_mark")
        await settled(pilot)
        screen = screen_text(pilot)
    assert "Attach a file" in screen and "Scroll the list or the message" in screen


async def test_quitting_never_loses_a_half_written_mail(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("c")
        await settled(pilot)
        await pilot.press("x", "ctrl+q")
        await pilot.pause(0.1)
        # The stand-in keeps no drafts: so it is asked about, and quitting again does not go past the question.
        assert "It cannot be kept" in screen_text(pilot)
        await pilot.press("ctrl+q", "escape")
        await pilot.pause(0.1)
        assert pilot.app.screen.query_one("#to").value == "x"
        assert pilot.app.is_running


async def test_a_click_on_a_folder_opens_it(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        lines = screen_text(pilot).splitlines()
        row = next(index for index, line in enumerate(lines) if line.startswith("  Sent"))
        await pilot.click(offset=(4, row))
        await settled(pilot)
        assert mail_of(pilot).folder.name == "Sent"


async def test_the_wheel_scrolls_list_and_message_and_leaves_the_cursor(engine: EngineStandIn) -> None:
    for uid in range(200, 260):
        add(engine.store, 1, uid, int(NOW.timestamp()) - 900_000 - uid, "Old", "old@x.example", f"Old {uid}", "")
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        for part in (mail_of(pilot).list, mail_of(pilot).reader.pane):
            before = part.scroll_offset.y
            x, y = part.region.x + 5, part.region.y + 3
            for _ in range(3):
                wheel = MouseScrollDown(part, x, y, 0, 0, 0, False, False, False, x, y)
                pilot.app.screen._forward_event(wheel)
            await settled(pilot)
            assert part.scroll_offset.y > before
        assert mail_of(pilot).list.cursor == 0


async def test_attachments_stand_below_the_text_with_name_size_and_key(engine: EngineStandIn) -> None:
    async with running(engine, (140, 40)) as pilot:
        mail_of(pilot).list.cursor = 2
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("end")
        await settled(pilot)
        screen = screen_text(pilot)
    assert "2 attachments" in screen and "s saves" in screen and "s Save" in screen
    assert "findings.pdf  482 kB" in screen


async def test_the_palette_finds_a_command_by_parts_of_its_name_and_shows_its_keys(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("colon")
        await settled(pilot)
        assert "Write a new message" in screen_text(pilot)
        await pilot.press(*"help")
        await settled(pilot)
        lines = [line for line in screen_text(pilot).splitlines() if "Show all keys and signs" in line]
        assert len(lines) == 1 and "?  F1" in lines[0]
        assert "Write a new message" not in screen_text(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert "Keys and signs" in screen_text(pilot)


async def test_the_palette_finds_a_command_by_its_word_and_leaves_out_what_makes_no_sense(
    engine: EngineStandIn,
) -> None:
    async with running(engine) as pilot:
        await pilot.press("colon", *"reply-all")
        await settled(pilot)
        assert "Reply to everyone" in screen_text(pilot)
        await pilot.press("escape", "colon", *"save att")
        await settled(pilot)
        assert "Save an attachment" not in screen_text(pilot)


async def test_details_tell_the_whole_story(engine: EngineStandIn) -> None:
    async with running(engine, (130, 60)) as pilot:
        mail_of(pilot).list.cursor = 1
        await pilot.press("i")
        await settled(pilot)
        screen = screen_text(pilot)
    for part in (
        "signed and encrypted",
        "signed inside encrypted",
        "unchanged since it was signed",
        "rsa-v15+sha256",
        "aes-256-gcm",
        "9F86 D081",
        "Serial",
    ):
        assert part in screen


async def test_notices_progress_and_guide_have_their_places(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        engine.publish(Notice("warning", "The server is slow."))
        engine.publish(Notice("guide", "Press Enter on the first message."))
        engine.publish(Progress("sync", 50, 100, "Fetching mail"))
        await settled(pilot)
        screen = screen_text(pilot)
        assert "The server is slow." in screen and "Press Enter on the first message." in screen
        assert "Fetching mail" in screen and "50%" in screen
        engine.publish(Progress("sync", 100, 100, "Fetching mail"))
        await settled(pilot)
        assert "Fetching mail" not in screen_text(pilot)


async def test_a_failure_of_the_engine_is_a_sentence(engine: EngineStandIn) -> None:
    engine.views.pop(1)
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "This message is gone." in screen_text(pilot)


async def test_a_lost_engine_is_said_with_all_that_it_told_over_and_found_again(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    comes = asyncio.Event()

    async def connect() -> EngineStandIn:
        await comes.wait()
        return engine

    async with running(engine) as pilot:
        monkeypatch.setattr(pilot.app.link, "_connect", connect)
        engine.publish(Connection("main", "online"))
        engine.publish(Progress("sync", 5, 10, "Fetching mail"))
        await settled(pilot)
        assert "online" in screen_text(pilot) and "Fetching mail" in screen_text(pilot)
        assert engine.on_gone is not None
        engine.on_gone()
        await pilot.pause(0.05)
        assert "The mail engine stopped." in screen_text(pilot)
        assert "online" not in screen_text(pilot) and "Fetching mail" not in screen_text(pilot)
        with pytest.raises(EngineGone):
            await pilot.app.link.ask(OpenMessage(1), object)
        comes.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "The mail engine stopped." in screen_text(pilot):
                await pilot.pause(0.05)


async def test_a_locked_profile_asks_for_the_passphrase_first(engine: EngineStandIn) -> None:
    engine.state = "locked"
    engine.welcome = engine._welcome()
    async with running(engine) as pilot:
        assert "Passphrase for the mail of anna@clinic.example" in screen_text(pilot)
        await pilot.press(*"wrong", "enter")
        await settled(pilot)
        assert "not the passphrase" in screen_text(pilot)
        await pilot.press(*engine.PASSPHRASE.replace(" ", "_").replace("_", " "), "enter")
        await settled(pilot)
        assert "Blood results" in screen_text(pilot)


async def test_a_passphrase_typed_in_another_terminal_opens_this_one_too(engine: EngineStandIn) -> None:
    engine.state = "locked"
    engine.welcome = engine._welcome()
    async with running(engine) as pilot:
        await pilot.press(*"half")
        engine.publish(LockChanged(False))  # the agent has it, the mailbox is not open yet
        await settled(pilot)
        assert "Passphrase for the mail of" in screen_text(pilot)
        engine.state = "open"
        engine.publish(LockChanged(False))
        await settled(pilot)
        assert pilot.app.screen is mail_of(pilot) and "Blood results" in screen_text(pilot)


@pytest.mark.parametrize("size", [(40, 10), (60, 16), (80, 24), (100, 24), (220, 60)])
async def test_every_size_down_to_40x10_shows_list_and_reader(engine: EngineStandIn, size: tuple[int, int]) -> None:
    async with running(engine, size) as pilot:
        screen = screen_text(pilot)
        assert "Ben Okafor" in screen or "Ben Okaf" in screen
        assert max(map(len, screen.splitlines())) <= size[0]
        await pilot.press("enter")
        await settled(pilot)
        assert "Blood results" in screen_text(pilot) and "not trusted yet" in " ".join(screen_text(pilot).split())
        await pilot.press("t")
        await settled(pilot)
        assert "Not now" in screen_text(pilot) and "Trust" in screen_text(pilot)


async def test_a_sentence_about_the_protection_goes_on_below_itself(engine: EngineStandIn) -> None:
    async with running(engine, (60, 30)) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        rows = screen_text(pilot).splitlines()
        first = next(index for index, row in enumerate(rows) if " N ◆ " in row and "Ben" not in row)
        text = rows[first].index("Signed")
        assert rows[first + 1][:text].strip() == "" and rows[first + 1][text] != " "


async def test_a_notice_takes_the_line_at_the_bottom(engine: EngineStandIn) -> None:
    async def connect() -> EngineStandIn:
        return engine

    async with MailApp(connect).run_test(size=(80, 24), notifications=True) as pilot:
        await settled(pilot)
        pilot.app.notify("Something happened.")
        await pilot.pause(0.3)
        rows = screen_text(pilot).splitlines()
        assert "Something happened." in rows[-1] and all("Something" not in row for row in rows[:-1])
