"""Where a profile lives on disk. Pure path arithmetic: nothing here creates or reads a file.

The law: nothing is imported that the first picture does not need; it waits for the place of the socket alone.
"""

from __future__ import annotations

import os
import sys
import zlib

TYPE_CHECKING = False  # typing and pathlib would cost 8 ms before the first picture
if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_PROFILE = "default"
MAX_SOCKET_FOLDER_BYTES = 80
"""sun_path holds 104 bytes on macOS and 108 on Linux; the socket's name takes 22 of them."""


def data_home() -> str:
    """The folder of all profiles: ``$TUI_MAIL_HOME``, else the platform's data folder for tui-mail."""
    home = os.environ.get("TUI_MAIL_HOME")
    if home:
        return home
    if sys.platform == "linux":  # what platformdirs would say, without importing it
        data = os.environ.get("XDG_DATA_HOME", "").strip() or os.path.expanduser("~/.local/share")  # noqa: PTH111
        return f"{data}/tui-mail"
    from platformdirs import user_data_dir

    return user_data_dir("tui-mail")


def anchors_folder() -> Path:
    """Where the administrator puts trusted roots for everybody: ``$TUI_MAIL_ANCHORS``, else below /etc."""
    return _path(os.environ.get("TUI_MAIL_ANCHORS") or "/etc/tui-mail/anchors.d")


class ProfilePaths:
    """Every file of one profile, by name.

    Attributes:
        socket_name: the place of the engine's socket as a string.
    """

    def __init__(self, name: str = DEFAULT_PROFILE) -> None:
        self.name = name
        self._folder = os.path.normpath(f"{data_home()}/{name}")
        self.socket_name = f"{_socket_folder()}/{_short_name(self._folder)}.sock"

    @property
    def folder(self) -> Path:
        """Where all but the socket is."""
        return _path(self._folder)

    @property
    def settings(self) -> Path:
        """What a person may edit."""
        return self.folder / "settings.toml"

    @property
    def vault(self) -> Path:
        """Keys and passwords, sealed."""
        return self.folder / "vault"

    @property
    def store(self) -> Path:
        """The mail."""
        return self.folder / "mail.db"

    @property
    def lock(self) -> Path:
        """Held by the engine."""
        return self.folder / "engine.lock"

    @property
    def log(self) -> Path:
        """What the engine did."""
        return self.folder / "engine.log"

    @property
    def socket(self) -> Path:
        """Where the engine listens."""
        return _path(self.socket_name)


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


def _short_name(folder: str) -> str:
    """Sixteen letters that tell the profiles of one user apart. Nothing trusts them: two checksums are enough, and a
    hash would load OpenSSL before the first picture."""
    path = os.fsencode(folder)
    return f"{zlib.crc32(path):08x}{zlib.adler32(path):08x}"


def _socket_folder() -> str:
    """A folder of this user alone (the engine makes it 0700 and checks its owner), with a path that is short enough."""
    own = f"tui-mail-{os.getuid()}"
    runtime, temporary = os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR")
    candidates = [f"{runtime}/tui-mail"] if runtime else []
    if temporary:
        candidates.append(f"{temporary}/{own}")
    last = f"/tmp/{own}"  # noqa: S108 its owner is checked
    return next((folder for folder in candidates if len(os.fsencode(folder)) <= MAX_SOCKET_FOLDER_BYTES), last)
