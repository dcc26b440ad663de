"""Where a profile lives on disk. Pure path arithmetic: nothing here creates or reads a file."""

import os
import zlib
from pathlib import Path

DEFAULT_PROFILE = "default"
MAX_SOCKET_FOLDER_BYTES = 80
"""sun_path holds 104 bytes on macOS and 108 on Linux; the socket's name takes 22 of them."""


def data_home() -> Path:
    """The folder of all profiles: ``$TUI_MAIL_HOME``, else the platform's data folder for tui-mail."""
    home = os.environ.get("TUI_MAIL_HOME")
    if home:
        return Path(home)
    from platformdirs import user_data_path

    return user_data_path("tui-mail")


def anchors_folder() -> Path:
    """Where the administrator puts trusted roots for everybody: ``$TUI_MAIL_ANCHORS``, else below /etc."""
    return Path(os.environ.get("TUI_MAIL_ANCHORS") or "/etc/tui-mail/anchors.d")


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
        self.socket = _socket_folder() / f"{_short_name(self.folder)}.sock"


def _short_name(folder: Path) -> str:
    """Sixteen letters that tell the profiles of one user apart. Nothing trusts them: two checksums are enough, and a
    hash would load OpenSSL before the first picture."""
    path = os.fsencode(folder)
    return f"{zlib.crc32(path):08x}{zlib.adler32(path):08x}"


def _socket_folder() -> Path:
    """A folder of this user alone (the engine makes it 0700 and checks its owner), with a path that is short enough."""
    own = f"tui-mail-{os.getuid()}"
    runtime, temporary = os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR")
    candidates = [Path(runtime) / "tui-mail"] if runtime else []
    if temporary:
        candidates.append(Path(temporary) / own)
    last = Path("/tmp") / own  # noqa: S108 its owner is checked
    return next((folder for folder in candidates if len(os.fsencode(folder)) <= MAX_SOCKET_FOLDER_BYTES), last)
