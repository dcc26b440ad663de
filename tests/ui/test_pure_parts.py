"""The parts of the interface that compute without a terminal: wrapping, columns, drafts, words, keys, safe text."""

import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual.binding import Binding
from textual.color import Color

from tests.ui.clinic import ACCOUNT, evidence, view
from tui_mail.model.address import Address
from tui_mail.model.delivery import DeliveryKind, DeliveryNotice
from tui_mail.model.message import AttachmentInfo, DraftAttachment, EncState
from tui_mail.model.security import Letter
from tui_mail.ui import safe
from tui_mail.ui.columns import columns, date_text
from tui_mail.ui.commands.command import Place, key_table
from tui_mail.ui.commands.register import BY_ID, COMMANDS, commands_at
from tui_mail.ui.drafts import forward_draft, forward_whole_draft, reply_draft
from tui_mail.ui.fit import fit
from tui_mail.ui.reader_lines import message_lines, size_text
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.screens.help import GROUPS
from tui_mail.ui.themes.glyphs import ASCII, UNICODE
from tui_mail.ui.words import security_sentences
from tui_mail.ui.wrap import SHORT, wrap, wrap_line

OWN = frozenset({ACCOUNT.address})


def letter_view(enc: EncState = EncState.NONE):  # type: ignore[no-untyped-def]
    return view(
        7, "Ben", "ben@lab.example", "Re: AW: Dose", "One.\n> Two.", evidence(Letter.NEW, enc, "ben@lab.example")
    )


@pytest.mark.parametrize(
    "text", ["plain words that go on and on", "日本語のとても長い文章です。", "x" * 95, "> > quoted text " * 5]
)
@pytest.mark.parametrize("width", [4, 10, 33])
def test_no_wrapped_line_is_wider_than_asked_and_no_word_is_lost(text: str, width: int) -> None:
    lines = list(wrap_line(((text, "text"),), width))
    assert all(sum(cell_len(part) for part, _ in line) <= width for line in lines)
    shown = "".join(part for line in lines for part, _ in line)
    assert [c for c in text if c not in " >"] == [c for c in shown if c not in " >"]


def test_quoted_lines_go_on_with_their_quote_marks() -> None:
    lines = list(wrap_line((("> one two three four", "quote"),), 10))
    assert all("".join(part for part, _ in line).startswith("> ") for line in lines)


@pytest.mark.parametrize("width", range(20, 240))
def test_the_columns_fill_every_width_exactly(width: int) -> None:
    layout = columns(width)
    assert sum(layout) == max(width, sum(layout) - layout.subject)
    assert layout.sig and layout.enc


def test_dates_are_short() -> None:
    now = time.localtime(1_763_000_000)
    assert ":" in date_text(1_763_000_000, now)
    assert date_text(10**20, now) == ""


def test_a_reply_goes_to_the_sender_and_an_answer_to_encrypted_mail_is_encrypted() -> None:
    """RFC 9787 section 5.4."""
    draft = reply_draft("work", OWN, letter_view(EncState.OPEN), everyone=False, sign=True)
    assert [person.spec for person in draft.to] == ["ben@lab.example"] and not draft.cc
    assert draft.protection.encrypt and draft.subject == "Re: Dose"
    assert "> One." in draft.body and ">> Two." in draft.body
    assert draft.in_reply_to == "<7@test.example>" and draft.references == ("<7@test.example>",)


def test_a_reply_to_all_leaves_our_own_address_out() -> None:
    draft = reply_draft("work", OWN, letter_view(), everyone=True, sign=True)
    assert [person.spec for person in draft.cc] == ["ward@clinic.example"]
    assert not draft.protection.encrypt


def test_an_answer_quotes_without_the_signature_and_names_a_long_chain_by_its_ends() -> None:
    """RFC 3676 section 4.3, RFC 5322 section 3.6.4."""
    long = tuple(f"<{number}@test.example>" for number in range(200))
    shown = replace(letter_view(), quote_text="Hello\n> older\n\n-- \nAnna", references=long)
    draft = reply_draft("work", OWN, shown, everyone=False, sign=True)
    assert draft.body.endswith("wrote:\n> Hello\n>> older\n")
    assert draft.references == (long[0], *long[-48:], "<7@test.example>")


def test_a_forward_names_nobody_yet_and_takes_the_files_along() -> None:
    file = AttachmentInfo(0, "scan.pdf", "application/pdf", 12)
    draft = forward_draft("work", replace(letter_view(EncState.OPEN), attachments=(file,)), sign=True)
    assert draft.to == () and draft.protection.encrypt and "From: Ben <ben@lab.example>" in draft.body
    assert draft.attachments == (DraftAttachment("", "scan.pdf", "application/pdf", size_bytes=12, message=7, part=0),)
    assert draft.forwards == 7 and draft.reply_to_message is None


def test_of_a_closed_message_no_file_is_forwarded() -> None:
    """The only one is the closed message itself, which nobody else can open."""
    file = AttachmentInfo(0, "smime.p7m", "application/pkcs7-mime", 12)
    draft = forward_draft("work", replace(letter_view(EncState.CLOSED), attachments=(file,)), sign=True)
    assert draft.attachments == ()


@pytest.mark.parametrize(
    ("subject", "name"), [("a/b\\c: <x>", "a_b_c_ _x_.eml"), ("", "message.eml"), ("..", "message.eml")]
)
def test_a_whole_message_is_forwarded_as_a_file_with_a_plain_name(subject: str, name: str) -> None:
    draft = forward_whole_draft("work", replace(letter_view(), subject=subject), 99, sign=True)
    assert draft.attachments == (DraftAttachment("", name, "message/rfc822", size_bytes=99, message=7),)
    assert not draft.body and draft.forwards == 7


@pytest.mark.parametrize("letter", list(Letter))
@pytest.mark.parametrize("enc", list(EncState))
def test_every_combination_of_letter_and_encryption_has_sentences(letter: Letter, enc: EncState) -> None:
    shown = view(1, "A", "a@x.example", "s", "t", evidence(letter, enc, "a@x.example"))
    sentences = security_sentences(shown)
    assert all(sentence.text for sentence in sentences)
    assert any("trusted." in sentence.text for sentence in sentences) == (letter is Letter.VALID)


def test_a_broken_signature_is_one_calm_sentence_and_one_reason() -> None:
    judged = evidence(Letter.BROKEN, EncState.NONE, "a@x.example")
    detail = "The content was changed after signing."
    check = replace(judged.signatures[0], integrity_reason=detail)
    verdict = replace(judged.verdict, reasons=(f"The message was changed after it was signed. {detail}",))
    shown = view(1, "A", "a@x.example", "s", "t", replace(judged, signatures=(check,), verdict=verdict))
    assert security_sentences(shown)[0].text == (
        "The signature is broken: do not rely on this message. The message was changed after it was signed."
    )


def test_a_long_subject_takes_two_rows_and_a_mark() -> None:
    rows = list(wrap([(("words " * 500, SHORT),), (("text", "text"),)], 40))
    assert len(rows) == 3 and rows[1][0][0].endswith("…") and len(rows[1][0][0]) <= 40
    assert list(wrap([(("short", SHORT),)], 40)) == [(("short", SHORT),)]
    assert len(list(wrap([(("words " * 500, "bright"),)], 40))) > 70


def test_every_command_has_one_key_a_place_a_group_and_a_help_line() -> None:
    assert len(BY_ID) == len(COMMANDS)
    for place in (Place.LIST, Place.READER):
        keys = [key for command in commands_at(place) for key in command.keys.split(",")]
        assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)
    assert {command.group for command in COMMANDS} == set(GROUPS)
    table = key_table(COMMANDS)
    assert all(command.name in table for command in COMMANDS)


def test_no_key_of_the_composer_means_two_things() -> None:
    keys = [key for one in ComposeScreen.BINDINGS if isinstance(one, Binding) for key in one.key.split(",")]
    assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)


def test_the_readmes_table_of_keys_is_true() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Keys\n")[2].partition("\n## ")[0]
    assert section.endswith(key_table(COMMANDS))


def test_every_state_has_a_shape_of_its_own_in_both_sets() -> None:
    for shapes in (UNICODE, ASCII):
        for table in (shapes.sig, shapes.enc):
            assert len(set(table.values())) == len(table)
            assert all(cell_len(shape) == 1 for shape in table.values())
    assert all(shape.isascii() for table in (ASCII.sig, ASCII.enc) for shape in table.values())


@pytest.mark.parametrize(
    "text", ["abc", "日本語テキスト", "e\u0301e\u0301", "👩\u200d👩\u200d👧 family", "\u202egnp.exe"]
)
@pytest.mark.parametrize("width", [0, 1, 2, 5, 12])
def test_fit_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert cell_len(fit(safe.clean(text), width)) == width


def test_foreign_markup_stays_text() -> None:
    assert safe.text("[@click=app.quit]x[/]").plain == "[@click=app.quit]x[/]"
    assert "\x1b" not in safe.paragraphs("a\x1b]52;c;eA==\x07\nb").plain


def test_the_backstop_lets_no_control_through() -> None:
    from rich.segment import Segment

    found = safe.NoControls().apply([Segment("a\x1b[2J\u202eb\x9b"), Segment("fine")], Color.parse("black"))
    assert "".join(segment.text for segment in found) == "a\ufffd[2J\ufffdb\ufffdfine"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (9_120, "9.1 kB"), (482_113, "482 kB"), (3 * 10**9, "3.0 GB")]
)
def test_sizes_are_said_as_people_say_them(size: int, text: str) -> None:
    assert size_text(size) == text


def test_recipients_are_counted_when_there_are_many() -> None:
    from tui_mail.ui.reader_lines import _names

    assert _names(tuple(Address(f"{i}@x.example") for i in range(40))).endswith("and 28 more")


def test_reports_about_a_sent_message_stand_on_it_and_unsigned_ones_are_marked() -> None:
    reports = tuple(
        DeliveryNotice("<m@x>", kind, "ben@lab.example\x1b[31m", 1_800_000_000, "full\x07", confirmed)
        for kind in DeliveryKind
        for confirmed in (True, False)
    )
    shown = list(message_lines(replace(letter_view(), notices=reports), ASCII))
    assert {style for line in shown for _, style in line if "could not be delivered" in _} == {"bad"}
    lines = ["".join(part for part, _ in line) for line in shown]
    said = [line for line in lines if line.startswith("Sent")]
    assert len(said) == len(reports) == len(set(said))
    assert sum("(not signed)" in line for line in said) == len(DeliveryKind)
    assert not any(char in line for line in said for char in "\x1b\x07")
    many = replace(letter_view(), notices=reports * 3)
    assert any("28 more reports" in "".join(part for part, _ in line) for line in message_lines(many, ASCII))
