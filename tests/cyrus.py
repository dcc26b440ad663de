"""A real Cyrus IMAP server in a temporary folder: another tradition of IMAP than Dovecot's.

Debian does not let both be installed, but Cyrus is asked for by path: `cyrus-common` brings the master, and
``tests/run`` unpacks the package of ``imapd`` beside the tests' own environment.
"""

import os
import pwd
import shutil
import socket
import struct
import threading
from pathlib import Path

from tests.daemon import Daemon, free_port
from tui_mail.model.account import Account, Security, Server

_BIN = Path("/usr/lib/cyrus/bin")
_UNPACKED = Path(__file__).parent.parent / ".venv" / "cyrus"
FOLDERS = ("Drafts", "Sent", "Junk", "Trash", "Archive")
PASSWORD = "a secret"

_IMAPD_CONF = """\
configdirectory: {folder}/config
defaultpartition: default
partition-default: {folder}/spool
admins: cyrus
servername: localhost
allowplaintext: yes
sasl_pwcheck_method: saslauthd
sasl_mech_list: PLAIN
sasl_saslauthd_path: {folder}/mux
unixhierarchysep: yes
altnamespace: yes
autocreate_quota: 1000000
autocreate_post: 0
autocreate_inbox_folders: {folders}
autocreate_subscribe_folders: {folders}
{roles}
conversations: no
idlesocket: {folder}/config/idle
proc_path: {folder}/config/proc
mboxname_lockpath: {folder}/config/lock
"""
_CYRUS_CONF = """\
START {{
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{folder}/imapd -C {folder}/imapd.conf" listen="127.0.0.1:{port}" prefork=2 maxchild=60
}}
EVENTS {{
}}
"""


def _imapd() -> Path | None:
    places = (_BIN / "imapd", _UNPACKED / "usr/lib/cyrus/bin/imapd")
    return next((place for place in places if place.exists()), None)


def why_not() -> str:
    """Why Cyrus cannot run here, in one line; empty when it can."""
    if not (_BIN / "master").exists() or _imapd() is None:
        return "Cyrus is not here (Debian: cyrus-common; the package cyrus-imapd unpacked in .venv/cyrus)"
    return "" if os.getuid() == 0 else "Cyrus can only be started by root, who hands it to the user cyrus"


class Cyrus:
    """One instance with one person on it; everyone who knows the password may log in."""

    user = "anna"
    password = PASSWORD

    def __init__(self, folder: Path):
        self.folder = folder
        owner = pwd.getpwnam("cyrus")
        for name in ("config/db", "config/socket", "config/lock", "config/proc", "config/log", "config/msg",
                     "config/user", "config/quota", "spool"):  # fmt: skip
            (folder / name).mkdir(parents=True)
        program = _imapd()
        assert program is not None, why_not()
        shutil.copy(program, folder / "imapd")  # the user cyrus may not be allowed to look into this checkout
        self.port = free_port()
        names = " | ".join(FOLDERS)
        roles = "\n".join(f"xlist-{name.lower()}: {name}" for name in FOLDERS)
        (folder / "imapd.conf").write_text(_IMAPD_CONF.format(folder=folder, folders=names, roles=roles))
        (folder / "cyrus.conf").write_text(_CYRUS_CONF.format(folder=folder, port=self.port))
        self._saslauthd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._saslauthd.bind(str(folder / "mux"))
        self._saslauthd.listen(8)
        (folder / "mux").chmod(0o777)
        for base, _, files in os.walk(folder):
            for path in (base, *(f"{base}/{name}" for name in files)):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        threading.Thread(target=self._answer_passwords, daemon=True).start()
        command = [str(_BIN / "master"), "-C", str(folder / "imapd.conf"), "-M", str(folder / "cyrus.conf")]
        self._daemon = Daemon(
            ["setpriv", "--reuid=cyrus", "--regid=mail", "--clear-groups", *command, "-p", str(folder / "master.pid")],
            [self.port],
            folder / "cyrus.log",
        )

    def start(self) -> None:
        """Start."""
        self._daemon.start()

    def stop(self) -> None:
        """End."""
        self._daemon.stop()
        self._saslauthd.close()

    @property
    def account(self) -> Account:
        """The person's account."""
        server = Server("localhost", self.port, Security.NONE, self.user)
        return Account("anna", "Anna", "anna@clinic.test", server, server)

    def _answer_passwords(self) -> None:
        """What Cyrus' saslauthd does: user, password, service and realm come with their lengths, a sentence goes."""
        while True:
            try:
                connection, _ = self._saslauthd.accept()
            except OSError:
                return
            with connection:
                said = []
                for _ in range(4):
                    (length,) = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))
                    said.append(connection.recv(length, socket.MSG_WAITALL) if length else b"")
                answer = b"OK" if said[1] == PASSWORD.encode() else b"NO"
                connection.sendall(struct.pack("!H", len(answer)) + answer)
