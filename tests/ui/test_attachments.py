"""The attachments of the open message: listed, looked at, saved, opened after a question, never run."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import PreviewAttachment, SaveAttachment, SaveAttachments
from tui_mail.model.message import AttachmentInfo
from tui_mail.ui import viewer
from tui_mail.ui.screens.attachments import AttachmentsScreen
from tui_mail.ui.viewer import PrivateFolder, holds_program, kind_of, open_file, refusal, viewer_command

FILES = (
    AttachmentInfo(0, "notes\x1b[31m.txt", "text/plain", 1_200),
    AttachmentInfo(1, "findings.pdf", "application/pdf", 482_113),
    AttachmentInfo(2, "invoice.pdf.exe", "application/pdf", 9),
)


def noticed(pilot: Pilot[int]) -> str:
    return "\n".join(str(notice.message) for notice in pilot.app._notifications)


@pytest.fixture
def with_files(engine: EngineStandIn) -> EngineStandIn:
    engine.views[1] = replace(engine.views[1], attachments=FILES)
    return engine


async def test_the_list_names_type_and_size_and_enter_shows_the_text(with_files: EngineStandIn) -> None:
    async with running(with_files) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        screen = screen_text(pilot)
        assert isinstance(pilot.app.screen, AttachmentsScreen)
        assert "3 attachments" in screen and "findings.pdf" in screen and "482 kB" in screen and "\x1b" not in screen
        await pilot.press("enter")
        await settled(pilot)
        assert "what the file says" in screen_text(pilot) and "The first bytes." in screen_text(pilot)
        await pilot.press("escape", "down", "enter")
        await settled(pilot)
        assert "findings.pdf cannot be shown as text." in noticed(pilot)
    asked = [command.index for command in with_files.commands if isinstance(command, PreviewAttachment)]
    assert asked == [0, 1]


async def test_one_or_all_are_saved(with_files: EngineStandIn, tmp_path: Path) -> None:
    async with running(with_files) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("s", "j", "s")
        await settled(pilot)
        await pilot.press("enter", "a")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert "2 files saved in" in noticed(pilot)
    one = next(command for command in with_files.commands if isinstance(command, SaveAttachment))
    assert one.index == 1 and one.path.endswith("/findings.pdf")
    assert any(isinstance(command, SaveAttachments) for command in with_files.commands)


async def test_a_name_without_a_folder_lies_in_the_folder_that_was_offered(with_files: EngineStandIn) -> None:
    """The engine that writes it has another one."""
    async with running(with_files) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("s", "j", "s")
        await settled(pilot)
        await pilot.press("ctrl+u", *"mine", "enter")
        await settled(pilot)
    saved = with_files.commands[-1]
    assert isinstance(saved, SaveAttachment) and Path(saved.path).is_absolute() and saved.path.endswith("/mine")


@pytest.mark.parametrize(("keys", "said"), [("jo", "There is no desktop"), ("jjo", "can run programs")])
async def test_nothing_is_opened_without_a_desktop_and_programs_never(
    with_files: EngineStandIn, monkeypatch: pytest.MonkeyPatch, keys: str, said: str
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(subprocess, "Popen", None)
    async with running(with_files) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("p", *keys)
        await settled(pilot)
        assert said in noticed(pilot)


@pytest.mark.parametrize("content", [b"%PDF-1.7 ...", b"#!/bin/sh\n"])
async def test_after_a_yes_the_viewer_gets_a_private_file_unless_it_is_a_program(
    with_files: EngineStandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    seen = tmp_path / "seen"
    program = tmp_path / "viewer"
    program.write_text(f'#!/bin/sh\ncp "$1" {seen}.part && mv {seen}.part {seen}\n')
    program.chmod(0o700)
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(viewer, "browser", lambda _environ: str(program))
    answer = with_files.answer

    def answering(command):  # type: ignore[no-untyped-def]
        if isinstance(command, SaveAttachment):
            path = Path(command.path)
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
            (path / "findings.pdf").write_bytes(content)
            return replace(answer(command), path=str(path / "findings.pdf"))
        return answer(command)

    monkeypatch.setattr(with_files, "answer", answering)
    async with running(with_files) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("p", "j", "o")
        await settled(pilot)
        screen = screen_text(pilot)
        assert "Open this PDF document with viewer?" in screen and "findings.pdf, 482 kB" in screen
        assert "ben@lab.example" in screen and not seen.exists()
        await pilot.press("y")
        for _ in range(100):
            await settled(pilot)
            if seen.exists() or "was not opened" in noticed(pilot):
                break
        if content.startswith(b"#!"):
            assert "was not opened: it is not what its name says" in noticed(pilot) and not seen.exists()
        else:
            assert seen.read_bytes() == content


@pytest.mark.parametrize(
    "name",
    ["a.exe", "a.sh", "a.desktop", "a.html", "a.svg", "a.docm", "a.jar", "a.js", "a.pdf.lnk", "pdf", ".pdf", "a."],
)
def test_files_that_could_run_something_are_refused(name: str) -> None:
    assert not kind_of(name) and name in refusal(name)


@pytest.mark.parametrize(
    "head", [b"MZ\x90", b"\x7fELF", b"  #!/bin/sh", b"\xef\xbb\xbf<!DOCTYPE HTML>", b"<svg onload"]
)
def test_a_program_is_known_by_its_first_bytes(head: bytes) -> None:
    assert holds_program(head) and not holds_program(b"%PDF-1.4") and not holds_program(b"\x89PNG")


def test_the_viewer_is_the_setting_or_the_desktops_own() -> None:
    assert viewer_command("sh -c", {"DISPLAY": ":0"})[1:] == ("-c",)
    assert viewer_command("no-such-program-here", {"DISPLAY": ":0"}) == ()
    assert viewer_command("'unfinished", {}) == () == viewer_command("sh", {"SSH_CONNECTION": "x"})


def test_the_private_folder_goes_with_the_program() -> None:
    script = (
        "from tui_mail.ui.viewer import PrivateFolder; f = PrivateFolder(); p = f.path(); "
        "(p / 'x').write_text('secret'); print(p, oct(p.stat().st_mode & 0o777))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert out[1] == "0o700" and not Path(out[0]).exists()
    folder = PrivateFolder()
    assert folder.path() == folder.path()
    folder.remove()


def test_a_viewer_gets_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    program = tmp_path / "viewer"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {told}.part && mv {told}.part {told}\n')
    program.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    open_file((str(program),), Path("-rf.txt"))
    for _ in range(200):
        if told.exists():
            break
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    assert told.read_text() == str(tmp_path / "-rf.txt")
