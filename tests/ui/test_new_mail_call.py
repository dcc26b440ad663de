"""New mail is called out as the settings say, and never with a word of it."""

from pathlib import Path

import pytest

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import NewMail
from tui_mail.ui.new_mail_call import terminal_call
from tui_mail.ui.painter.painted_app import PaintedApp


def test_what_the_terminal_is_sent() -> None:
    assert terminal_call("off", 3) == terminal_call("desktop", 3) == ""
    assert terminal_call("bell", 3) == "\a"
    assert terminal_call("terminal", 1).count("1 new message\x1b\\") == 2
    assert "2 new messages" in terminal_call("terminal", 2)


@pytest.mark.parametrize(("kind", "sent"), [("off", ""), ("bell", "\a"), ("terminal", terminal_call("terminal", 2))])
async def test_new_mail_is_said_below_and_called_out(
    kind: str, sent: str, engine: EngineStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(PaintedApp, "send_raw", lambda _self, text: heard.append(text))
    async with running(engine, (100, 30)) as pilot:
        pilot.app.change_settings(notify=kind)
        engine.publish(NewMail(1, 2))
        await settled(pilot)
        assert "2 new messages." in screen_text(pilot)
    assert "".join(heard) == sent


async def test_the_desktop_is_told_how_many_and_nothing_else(
    engine: EngineStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":7")
    async with running(engine, (100, 30)) as pilot:
        pilot.app.change_settings(notify="desktop")
        engine.publish(NewMail(1, 1))
        for _ in range(100):
            if (tmp_path / "told").exists():
                break
            await pilot.pause(0.02)
    assert (tmp_path / "told").read_text() == "--app-name=tui-mail tui-mail 1 new message\n"
