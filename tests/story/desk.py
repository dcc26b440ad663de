"""One person's desk: the program as it is installed, in a home of its own that a test may break in every way."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers
from tests.story.terminal import Terminal, terminal
from tui_mail.engine.door import lock_is_held
from tui_mail.model.paths import ProfilePaths

PROGRAM = (sys.executable, "-m", "tui_mail")
PASSPHRASE = "correct horse battery staple"
ANNA, BERT = "anna@clinic.test", "bert@clinic.test"


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Desk:
    """A home with at most one profile, `default`."""

    def __init__(self, folder: Path, profiles: Path | None = None) -> None:
        self.folder = folder
        self.env = {
            "HOME": str(folder),
            "TUI_MAIL_HOME": str(profiles or folder / "profiles"),
            "XDG_RUNTIME_DIR": str(folder),
            "LANG": "C.UTF-8",
            "PASSPHRASE": PASSPHRASE,
        }
        before = {name: os.environ.get(name) for name in self.env}
        os.environ.update(self.env)  # only here does the process that tests look through these eyes
        self.paths = ProfilePaths()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

    @property
    def environment(self) -> dict[str, str]:
        """What the program sees."""
        return {**os.environ, **self.env}

    def run(self, *words: str, code: int | None = 0, stdin: str = "", env: dict[str, str] | None = None) -> Outcome:
        """One command without a terminal. Whatever it says is a sentence, never a traceback."""
        done = subprocess.run(
            [*PROGRAM, *words],
            capture_output=True,
            text=True,
            input=stdin,
            env={**self.environment, **(env or {})},
            cwd=self.folder,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        outcome = Outcome(done.returncode, done.stdout, done.stderr)
        assert_sentences(outcome.text)
        assert code is None or outcome.code == code, f"{words}: {outcome}"
        return outcome

    def unlocked(self, *words: str, code: int | None = 0, stdin: str = "") -> Outcome:
        """A command that is told the passphrase."""
        return self.run(*words, "--passphrase-env", "PASSPHRASE", code=code, stdin=stdin)

    def fails(self, *words: str, says: str, code: int | None = None) -> Outcome:
        """A command with the passphrase that must end in a sentence."""
        outcome = self.unlocked(*words, code=code)
        assert outcome.code != 0, outcome
        assert re.search(says, outcome.text), outcome
        return outcome

    @contextlib.contextmanager
    def window(self, columns: int = 120, rows: int = 36, env: dict[str, str] | None = None) -> Iterator[Terminal]:
        """The interface."""
        with terminal(PROGRAM, columns=columns, rows=rows, env={**self.env, **(env or {})}) as screen:
            yield screen
            assert_sentences(screen.screen())

    @contextlib.contextmanager
    def mail(self, columns: int = 120, rows: int = 36, env: dict[str, str] | None = None) -> Iterator[Terminal]:
        """The interface, unlocked, with its list."""
        with self.window(columns, rows, env) as screen:
            self.unlock(screen)
            yield screen

    def unlock(self, screen: Terminal) -> None:
        """Type the passphrase and wait for the list."""
        screen.wait_for("Passphrase")
        screen.type(PASSPHRASE)
        screen.press("Enter")
        screen.wait_for("messages")

    # ---- the engine

    @property
    def engine(self) -> int:
        """The engine's process."""
        return int(self.paths.lock.read_text())

    def kill_engine(self) -> None:
        """`kill -9`."""
        kill(self.engine)
        wait_until(lambda: not lock_is_held(self.paths), "the engine is gone")

    def close(self) -> None:
        """End what runs here."""
        if lock_is_held(self.paths):
            self.kill_engine()

    # ---- what lies on disk

    @property
    def made(self) -> list[str]:
        """The files of the profile, apart from the engine's own lock and log."""
        if not self.paths.folder.is_dir():
            return []
        return sorted(found.name for found in self.paths.folder.iterdir() if not found.name.startswith("engine."))

    def assert_nothing_made(self) -> None:
        """No profile and no half of one."""
        assert self.made == []

    def change_settings(self, old: str, new: str) -> None:
        """Replace text in settings.toml, as a person with an editor would."""
        text = self.paths.settings.read_text()
        assert old in text, text
        self.paths.settings.write_text(text.replace(old, new))

    def setup_file(self, servers: MailServers, **changes: str) -> Path:
        """A file for ``setup --from`` for Anna. `changes`: password, host, imap_port, smtp_port, ca_file, security."""
        imap, smtp = servers.imap_server(ANNA), servers.smtp_server(ANNA)
        host = changes.get("host", imap.host)
        ca_file = changes.get("ca_file", servers.ca_file)
        path = self.folder / "anna.toml"
        path.write_text(
            f'name = "Anna Adler"\naddress = "{ANNA}"\n'
            f'password = "{changes.get("password", servers.users[ANNA])}"\npassphrase_env = "PASSPHRASE"\n'
            f'[imap]\nhost = "{host}"\nport = {changes.get("imap_port", imap.port)}\nca_file = "{ca_file}"\n'
            f'security = "{changes.get("security", imap.security)}"\n'
            f'[smtp]\nhost = "{host}"\nport = {changes.get("smtp_port", smtp.port)}\nca_file = "{ca_file}"\n'
            f'security = "{smtp.security}"\n'
            '[certificate]\nnew = "ecdsa-p256"\n'
        )
        return path


def assert_sentences(text: str) -> None:
    """Nothing that only a programmer understands."""
    for word in ("Traceback", 'File "', "Something went wrong inside", "Error:"):
        assert word not in text, text


def kill(pid: int) -> None:
    """`kill -9` of one process."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_until(true: Callable[[], object], what: str) -> None:
    """Look again and again."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


@contextlib.contextmanager
def desk(template: Path | None = None) -> Iterator[Desk]:
    """An empty desk, or one with a copy of the profiles in `template`. The path is short: sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="tm-"))
    made = Desk(folder)
    if template is not None:
        shutil.copytree(template, folder / "profiles")
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


def make_template(servers: MailServers, letters: list[bytes], folder: Path) -> Path:
    """The profiles folder of Anna, made by the program, with these letters in her inbox; servers and folder are kept
    for all tests of a module, each of which works on a copy."""
    servers.empty(ANNA, BERT)
    for letter in letters:
        servers.deliver(ANNA, letter)
    made = Desk(folder)
    try:
        made.run("setup", "--from", str(made.setup_file(servers)), "--no-test")
        made.unlocked("sync")
        made.run("engine", "stop")
    finally:
        made.close()
    return folder / "profiles"


class Disk:
    """A disk that can be made full: a small file system where one may be mounted, else a limit on the engine's files.

    `folder` is where profiles go. `full` and `free` take effect on an engine that already runs.
    """

    SIZE_BYTES = 64 * 1024 * 1024

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={self.SIZE_BYTES}", "tmpfs", str(folder)]
        self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        self._filler = folder / "filler"

    def full(self, engine: int, *, left: int = 0) -> None:
        """Leave so much room and no more."""
        if not self.mounted:
            resource.prlimit(engine, resource.RLIMIT_FSIZE, (left, resource.RLIM_INFINITY))
            return
        found = os.statvfs(self.folder)
        with self._filler.open("wb") as file:
            file.write(bytes(max(0, found.f_bavail * found.f_frsize - left)))

    def free(self, engine: int) -> None:
        """Make room."""
        if not self.mounted:
            resource.prlimit(engine, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            return
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        """Away with it."""
        if self.mounted:
            subprocess.run(["umount", str(self.folder)], capture_output=True, check=True)


@contextlib.contextmanager
def desk_on_small_disk(template: Path | None = None) -> Iterator[tuple[Desk, Disk]]:
    """A desk whose profiles lie on a disk of their own."""
    folder = Path(tempfile.mkdtemp(prefix="tm-"))
    disk = Disk(folder / "profiles")
    made = Desk(folder)
    try:
        if template is not None:
            shutil.copytree(template, disk.folder, dirs_exist_ok=True)
        yield made, disk
    finally:
        made.close()
        disk.close()
        shutil.rmtree(folder, ignore_errors=True)


def letter(subject: str, body: str = "Hello.") -> bytes:
    return (
        f"From: Bert <{BERT}>\r\nTo: {ANNA}\r\nSubject: {subject}\r\nMessage-ID: <{subject.replace(' ', '.')}@test>\r\n"
        f"Date: Mon, 01 Jun 2026 12:00:00 +0000\r\n\r\n{body}\r\n"
    ).encode()


def subjects(made: Desk) -> str:
    return made.unlocked("list").out
