"""A real Dovecot 2.3 in a temporary folder: IMAP, IMAPS, LMTP, and the password check for Postfix."""

import getpass
import grp
import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.daemon import Daemon, free_port
from tests.tls_files import TlsFiles

_CONFIG = """\
base_dir = {run}
state_dir = {run}
log_path = {log}
protocols = imap lmtp
listen = 127.0.0.1
instance_name = tui-mail-test
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
shutdown_clients = yes
ssl = yes
ssl_cert = <{tls.certificate_file}
ssl_key = <{tls.key_file}
disable_plaintext_auth = yes
auth_mechanisms = plain login{mechanisms}
auth_failure_delay = 0 secs
auth_verbose = yes
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir:LAYOUT=fs
mail_fsync = never
mail_max_userip_connections = 100
imap_idle_notify_interval = 2 mins
submission_host =
recipient_delimiter = +

{oauth}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%Lu {users}
}}
userdb {{
  driver = passwd-file
  args = username_format=%Lu {users}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
    auto = subscribe
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = subscribe
  }}
  mailbox Trash {{
    special_use = \\Trash
    auto = subscribe
  }}
  mailbox Archive {{
    special_use = \\Archive
    auto = subscribe
  }}
}}
protocol imap {{
  mail_plugins = $mail_plugins imap_zlib quota imap_quota
}}
plugin {{
  quota = count:Mailbox
  quota_vsizes = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
  process_min_avail = 1
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth_port}
  }}
}}
service anvil {{
  chroot =
  # Each wrong password would make the next login slower: tests try many on purpose.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


_OAUTH = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {file}
}}
"""
_INTROSPECTION = """\
introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""


def room(user: str) -> str:
    """A user whose name says so has a mailbox of 100 kB; the others have no limit."""
    return "userdb_quota_rule=*:storage=100K" if user.startswith("full") else ""


def why_not() -> str:
    """Why Dovecot cannot run here, in one line; empty when it can."""
    return "" if _program() else "Dovecot is not installed (Debian: dovecot-imapd dovecot-lmtpd)"


def _program() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Dovecot:
    """One instance. Mail of all users lies in ``folder/mail`` and survives `stop` and `start`."""

    def __init__(self, folder: Path, tls: TlsFiles, users: Mapping[str, str], introspection_url: str = ""):
        """With an `introspection_url` (RFC 7662) it takes tokens too."""
        self._introspection_url = introspection_url
        self.folder = folder
        self._tls = tls
        self._users = dict(users)
        self.starts = 0
        folder.mkdir()
        (folder / "mail").mkdir()
        self._owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        if os.getuid() == 0:
            os.chown(folder / "mail", self._owner.pw_uid, self._owner.pw_gid)
        self._configure()

    def _configure(self) -> None:
        self.imap_port, self.imaps_port, self.lmtp_port, self.auth_port = (free_port() for _ in range(4))
        (self.folder / "users").write_text(
            "".join(
                f"{user}:{{PLAIN}}{password}:{self._owner.pw_uid}:{self._owner.pw_gid}::{self.folder}/mail/{user}::{room(user)}\n"
                for user, password in self._users.items()
            )
        )
        me = getpass.getuser() if os.getuid() else ""
        oauth_file = self.folder / "oauth2.conf"
        oauth_file.write_text(_INTROSPECTION.format(url=self._introspection_url))
        (self.folder / "dovecot.conf").write_text(
            _CONFIG.format(
                mechanisms=" xoauth2 oauthbearer" if self._introspection_url else "",
                oauth=_OAUTH.format(file=oauth_file) if self._introspection_url else "",
                run=self.folder / "run",
                log=self.folder / "dovecot.log",
                tls=self._tls,
                users=self.folder / "users",
                internal_user=me or "dovecot",
                internal_group=grp.getgrgid(os.getgid()).gr_name if me else "dovecot",
                login_user=me or "dovenull",
                imap_port=self.imap_port,
                imaps_port=self.imaps_port,
                lmtp_port=self.lmtp_port,
                auth_port=self.auth_port,
            )
        )
        self._daemon = Daemon(
            [_program() or "dovecot", "-F", "-c", str(self.folder / "dovecot.conf")],
            [self.imap_port, self.imaps_port, self.lmtp_port, self.auth_port],
            self.folder / "dovecot.log",
        )

    def start(self) -> None:
        """Start, or start again on the same ports; does nothing while it runs."""
        if not self._daemon.running:
            self._daemon.start()
            self.starts += 1

    def start_on_new_ports(self) -> None:
        """For the rare case that another process took one of the ports between choosing and listening."""
        self._configure()
        self.start()

    def stop(self) -> None:
        """End the server; every open connection is cut."""
        self._daemon.stop()

    def log(self) -> str:
        """The end of its log."""
        return self._daemon.tail()
