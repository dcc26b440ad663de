"""Where a profile lives on disk. Pure path arithmetic: nothing here creates or reads a file."""

import hashlib
import os
from pathlib import Path

DEFAULT_PROFILE = "default"


def data_home() -> Path:
    """The folder of all profiles: ``$TUI_MAIL_HOME``, else the platform's data folder for tui-mail."""
    home = os.environ.get("TUI_MAIL_HOME")
    if home:
        return Path(home)
    from platformdirs import user_data_path

    return user_data_path("tui-mail")


class ProfilePaths:
    """Every file of one profile, by name."""

    def __init__(self, name: str = DEFAULT_PROFILE) -> None:
        self.name = name
        self.folder = data_home() / name
        self.settings = self.folder / "settings.toml"
        self.vault = self.folder / "vault"
        self.store = self.folder / "mail.db"
        self.lock = self.folder / "engine.lock"
        self.log = self.folder / "engine.log"
        self.socket = _socket_folder() / (hashlib.sha256(str(self.folder).encode()).hexdigest()[:16] + ".sock")


def _socket_folder() -> Path:
    """A short path (sun_path holds 104 bytes on macOS) that belongs to this user alone; the engine makes it 0700."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "tui-mail"
    return Path(os.environ.get("TMPDIR", "/tmp")) / f"tui-mail-{os.getuid()}"  # noqa: S108 the engine checks the owner
