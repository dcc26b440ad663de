"""Two people at their terminals: a profile each in one temporary home, the real program, real servers."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.patience import PATIENCE_SECONDS
from tests.pki import Identity
from tests.servers import MailServers
from tests.story.terminal import Terminal, terminal
from tui_mail.model.account import Security

PROGRAM = (sys.executable, "-m", "tui_mail")
PASSPHRASE = "correct horse battery staple"
PKCS12_PASSWORD = "as given by the clinic"


class Home:
    """The folder of all profiles of a test; every engine in it ends with it."""

    def __init__(self, servers: MailServers, folder: Path) -> None:
        self.servers = servers
        self.folder = folder
        self.env = {
            "HOME": str(folder),
            "TUI_MAIL_HOME": str(folder / "profiles"),
            "XDG_RUNTIME_DIR": str(folder),
            "LANG": "C.UTF-8",
        }
        self.people: list[Person] = []
        self._open = ExitStack()

    def person(self, address: str, name: str, security: Security = Security.TLS) -> "Person":
        """Somebody who has no profile yet."""
        person = Person(self, address, name, security)
        self.people.append(person)
        return person

    def window(self, *words: str) -> Terminal:
        """The program in a terminal of its own."""
        screen = self._open.enter_context(terminal([*PROGRAM, *words], env=self.env))
        screen.stay()
        return screen

    def close(self) -> None:
        """Close every terminal and end every engine."""
        self._open.close()
        for person in self.people:
            person.run("engine", "stop", check=False)


class Person:
    """One of them: an address on the servers, a profile of the same name, and a terminal once it was opened."""

    def __init__(self, home: Home, address: str, name: str, security: Security) -> None:
        self.home = home
        self.address = address
        self.name = name
        self.profile = address.partition("@")[0]
        self.security = security
        self._screen: Terminal | None = None

    @property
    def screen(self) -> Terminal:
        """The terminal, which must have been opened."""
        assert self._screen is not None, f"{self.name} has no terminal yet"
        return self._screen

    # ---- before the story

    def run(self, *words: str, check: bool = True) -> str:
        """A command of the program for this profile; what it printed."""
        done = subprocess.run(
            [*PROGRAM, "--profile", self.profile, *words],
            env={**os.environ, **self.home.env},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set_up(self, identity: Identity) -> str:
        """A profile by ``setup --from FILE.toml`` with a certificate from a .p12 file; what the program printed."""
        folder = self.home.folder / f"{self.profile}-setup"
        folder.mkdir()
        (folder / "own.p12").write_bytes(identity.p12(PKCS12_PASSWORD))
        (folder / "password").write_text(self.home.servers.users[self.address])
        (folder / "passphrase").write_text(PASSPHRASE)
        servers = self.home.servers
        imap = servers.imap_server(self.address, self.security)
        smtp = servers.smtp_server(self.address, self.security)
        parts = [
            f'name = "{self.name}"\naddress = "{self.address}"',
            'password_file = "password"\npassphrase_file = "passphrase"',
        ]
        for kind, server in (("imap", imap), ("smtp", smtp)):
            parts.append(
                f'[{kind}]\nhost = "{server.host}"\nport = {server.port}\n'
                f'security = "{server.security}"\nca_file = "{server.ca_file}"'
            )
        parts.append(f'[certificate]\nfile = "own.p12"\npassword = "{PKCS12_PASSWORD}"')
        (folder / "setup.toml").write_text("\n".join(parts) + "\n")
        return self.run("setup", "--from", str(folder / "setup.toml"))

    # ---- at the terminal

    def open(self) -> Terminal:
        """Start the program in a terminal and wait for the mailbox."""
        self._screen = self.home.window("--profile", self.profile)
        self._screen.wait_for(rf"online.*{self.address}")
        return self._screen

    def take(self, screen: Terminal) -> None:
        """This terminal, which was opened otherwise, is where this person sits."""
        self._screen = screen

    def wait_for_row(self, letter: str, subject: str) -> str:
        """Wait until the list shows this subject with this letter (empty: none) in its Sig column."""
        return self.screen.wait_for(row(letter, subject))

    def write(
        self, to: str, subject: str, body: str, *, cc: str = "", bcc: str = "", encrypt: bool = False
    ) -> Terminal:
        """Fill in the compose screen from the list, as a person would, and wait for the preflight."""
        screen = self.screen
        screen.press("c")
        screen.wait_for("Signed by")
        screen.type(to)
        screen.press("Tab")
        screen.type(cc)
        screen.press("Tab")
        screen.type(bcc)
        screen.press("Tab")
        screen.type(subject)
        screen.press("Tab")
        self.type_lines(body)
        if encrypt:
            screen.press("F3")
            screen.wait_for("(Encrypted for|cannot be encrypted)")
        else:
            screen.wait_for("Not encrypted")
        return screen

    def type_lines(self, text: str) -> None:
        """Type into the body, Enter between the lines."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.screen.press("Enter")
            self.screen.type(line)

    def send(self) -> None:
        """Send what is written and wait until the server took it."""
        self.screen.press("F5")
        self.screen.wait_for("Sent\\.")

    def send_mail(self, to: str, subject: str, body: str, **options: str | bool) -> None:
        """Write and send."""
        self.write(to, subject, body, **options)  # type: ignore[arg-type]
        self.send()


def row(letter: str, subject: str) -> str:
    """A regular expression for a line of the message list: letter in the Sig column, then somewhere the subject."""
    return rf"[▌ ][● ][★↩↪ ] {letter or ' '} .*{re.escape(subject)}"


@contextmanager
def home(servers: MailServers) -> Iterator[Home]:
    """A home for the length of a with-block. Its path is short, because sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="tm-"))
    made = Home(servers, folder)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
