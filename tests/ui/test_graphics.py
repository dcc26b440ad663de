"""Real pictures on terminals that announce that they can; nothing of that kind anywhere else."""

import io
import re
from base64 import b64decode

import pytest
from msgspec.structs import replace
from PIL import Image
from textual.drivers.headless_driver import HeadlessDriver

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import Command, Picture, Reply, ShowPicture
from tui_mail.model.message import AttachmentInfo
from tui_mail.ui.graphics import CHUNK, Protocol, cell_pixels, protocol, removal, sequence

FILE = AttachmentInfo(0, "ct.png", "image/png", 9_120)


def png() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((120, 60), 90).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("environ", "how"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "mlterm-256color"}, "sixel"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, ""),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "iTerm.app"}, ""),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, ""),
        ({"TERM": "xterm-kitty", "STY": "1.pts"}, ""),
        ({"TERM": "dumb", "KITTY_WINDOW_ID": "1"}, ""),
        ({"KITTY_WINDOW_ID": "1"}, ""),
    ],
)
def test_only_what_is_announced_counts_and_nothing_may_stand_between(environ: dict[str, str], how: str) -> None:
    assert protocol(environ) == how


def test_kitty_gets_the_file_in_chunks_and_can_remove_it() -> None:
    data = png()
    text = sequence("kitty", data, 30, 10)
    pieces = re.findall(r"\x1b_G([^;]*);([A-Za-z0-9+/=]*)\x1b\\", text)
    assert "".join(f"\x1b_G{keys};{piece}\x1b\\" for keys, piece in pieces) == text and len(pieces) > 1
    assert b64decode("".join(piece for _, piece in pieces)) == data
    assert "c=30,r=10" in pieces[0][0] and "a=T" in pieces[0][0] and "q=2" in pieces[0][0]
    assert all(len(piece) == CHUNK and keys.endswith("m=1") for keys, piece in pieces[:-1]) and pieces[-1][0] == "m=0"
    assert re.search(r"i=(\d+)", pieces[0][0])[0] in removal("kitty")  # type: ignore[index]


def test_iterm_gets_one_sequence() -> None:
    data = png()
    found = re.fullmatch(r"\x1b\]1337;File=inline=1;size=(\d+);width=30;height=10;[^:]*:([^\x07]*)\x07",
                         sequence("iterm", data, 30, 10))  # fmt: skip
    assert found and int(found[1]) == len(data) and b64decode(found[2]) == data


@pytest.mark.parametrize("data", [b"#0;2\x1b\\\x1b]52;c;x\x07", b"#0 \n", b"\x9c", "ä".encode()])
def test_sixel_data_cannot_end_their_sequence(data: bytes) -> None:
    assert sequence("sixel", data, 1, 1) == ""
    assert sequence("sixel", b"#0;2;0;0;0~-", 1, 1) == "\x1bP0;1q#0;2;0;0;0~-\x1b\\"


def test_a_cell_has_a_size_also_where_nobody_tells() -> None:
    assert cell_pixels(999) == (8, 16)


@pytest.mark.parametrize(("term", "how", "form"), [("xterm-kitty", "kitty", "png"), ("foot", "sixel", "sixel")])
async def test_g_shows_the_picture_and_takes_it_away(
    engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch, term: str, how: Protocol, form: str
) -> None:
    for name in ("TMUX", "STY", "NO_COLOR", "KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", term)
    sent: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "write", lambda _self, text: sent.append(text))
    data = {"png": png(), "sixel": b"#0;2;0;0;0~-"}
    answer = engine.answer

    def answering(command: Command) -> Reply:
        if isinstance(command, ShowPicture) and command.form != "rgb":
            engine.commands.append(command)
            return Picture(FILE, 400, 800, 16, 64, data[command.form])
        return answer(command)

    monkeypatch.setattr(engine, "answer", answering)
    engine.views[1] = replace(engine.views[1], attachments=(FILE,))
    async with running(engine) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("p", "enter")
        await settled(pilot)
        assert "g sharpens" in screen_text(pilot) and not any("\x1b_G" in text or "\x1bP" in text for text in sent)
        await pilot.press("g")
        await settled(pilot)
        shown = [text for text in sent if sequence(how, data[form], 2, 4) in text]
        assert len(shown) == 1 and shown[0].startswith("\x1b7\x1b[") and shown[0].endswith("\x1b8")
        await pilot.press("escape")
        await settled(pilot)
        assert (removal("kitty") in sent) == (how == "kitty")
    asked = [command for command in engine.commands if isinstance(command, ShowPicture)]
    assert [command.form for command in asked] == ["rgb", form]
