from pathlib import Path

import platformdirs
import pytest

from tui_mail.model.paths import ProfilePaths

SUN_PATH_BYTES = 103
"""Of macOS, the shortest, without the final NUL."""


def test_the_socket_lies_in_the_runtime_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    assert ProfilePaths("work").socket.parent == Path("/run/user/1000/tui-mail")


def test_a_path_too_long_for_a_socket_is_left_for_a_shorter_one(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "/" + "very-long-name/" * 12
    monkeypatch.setenv("XDG_RUNTIME_DIR", long)
    monkeypatch.setenv("TMPDIR", long)
    assert len(str(ProfilePaths("work").socket)) <= SUN_PATH_BYTES


def test_two_profiles_never_share_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_MAIL_HOME", "/home/anna/mail")
    assert ProfilePaths("work").socket != ProfilePaths("home").socket


@pytest.mark.parametrize("data", ["", "/elsewhere/data"])
def test_profiles_lie_where_platformdirs_says(monkeypatch: pytest.MonkeyPatch, data: str) -> None:
    monkeypatch.delenv("TUI_MAIL_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", data)
    monkeypatch.setenv("HOME", "/home/anna")
    assert ProfilePaths("work").folder == platformdirs.user_data_path("tui-mail") / "work"


def test_a_folder_written_in_another_way_is_the_same_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_MAIL_HOME", "/home/anna/mail")
    socket = ProfilePaths("work").socket
    monkeypatch.setenv("TUI_MAIL_HOME", "/home/anna//mail/")
    assert ProfilePaths("work").socket == socket
