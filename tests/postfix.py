"""A real Postfix in a temporary folder: authenticated submission, delivery to Dovecot by LMTP, no way outside.

Its master process runs directly on a private configuration, so nothing of the machine's own Postfix is read or touched.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.daemon import Daemon, free_port
from tests.patience import PATIENCE_SECONDS
from tests.tls_files import TlsFiles

MESSAGE_SIZE_LIMIT = 30_000_000
_QUEUE_FOLDERS = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace",
    "public", "maildrop", "pid",
)  # fmt: skip

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
config_directory = {folder}/etc
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.clinic.test
mydestination =
mynetworks = 127.0.0.255/32
inet_interfaces = loopback-only
inet_protocols = ipv4
relay_domains =
local_recipient_maps =
alias_maps =
default_transport = error:5.4.4 there is no outside network here
relay_transport = error:5.4.4 there is no outside network here
local_transport = error:5.1.1 no such user
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{folder}/etc/mailboxes
virtual_alias_maps =
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtputf8_enable = yes
message_size_limit = {size_limit}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
in_flow_delay = 0
smtpd_error_sleep_time = 0
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
smtpd_tls_cert_file = {tls.certificate_file}
smtpd_tls_key_file = {tls.key_file}
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_sasl_auth_enable = yes
smtpd_sender_login_maps = texthash:{folder}/etc/senders
smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_client_connection_count_limit = 0
lmtp_destination_concurrency_limit = 10
lmtp_connection_cache_on_demand = no
biff = no
"""

_MASTER = """\
127.0.0.1:{submission_port} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
127.0.0.1:{smtps_port} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
127.0.0.1:{plain_port} inet n - n - - smtpd
  -o smtpd_tls_auth_only=no
pickup    unix n - n 60    1 pickup
cleanup   unix n - n -     0 cleanup
qmgr      unix n - n 300   1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n -     - trivial-rewrite
bounce    unix - - n -     0 bounce
defer     unix - - n -     0 bounce
trace     unix - - n -     0 bounce
flush     unix n - n 1000? 0 flush
proxymap  unix - - n -     - proxymap
error     unix - - n -     - error
retry     unix - - n -     - error
discard   unix - - n -     - discard
lmtp      unix - - n -     - lmtp
anvil     unix - - n -     1 anvil
scache    unix - - n -     1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def why_not() -> str:
    """Why Postfix cannot run here, in one line; empty when it can."""
    if _daemon_directory() is None:
        return "Postfix is not installed (Debian: postfix)"
    if os.getuid() != 0:
        return "Postfix runs only when it is started by root"
    return ""


def _daemon_directory() -> Path | None:
    postconf = shutil.which("postconf", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if postconf is None:
        return None
    answer = subprocess.run(
        [postconf, "-d", "-h", "daemon_directory"], capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    folder = Path(answer.stdout.strip())
    return folder if (folder / "master").exists() else None


class Postfix:
    """One instance whose queue survives `stop` and `start`.

    Args:
        users: addresses that exist, and whose password Dovecot knows.
        may_send_as: for users that may not send under their own address, the one address that they may use.
    """

    def __init__(
        self,
        folder: Path,
        tls: TlsFiles,
        users: Mapping[str, str],
        *,
        lmtp_port: int,
        auth_port: int,
        may_send_as: Mapping[str, str],
    ):
        self.folder = folder
        postfix = pwd.getpwnam("postfix")
        for path in (folder, folder / "etc", folder / "queue", folder / "data"):
            path.mkdir()
        for name in _QUEUE_FOLDERS:
            (folder / "queue" / name).mkdir()
            if name != "pid":
                os.chown(folder / "queue" / name, postfix.pw_uid, -1)
        os.chown(folder / "data", postfix.pw_uid, -1)
        mailboxes = "".join(f"{user} {user}\n" for user in users)
        (folder / "etc" / "mailboxes").write_text(mailboxes)
        (folder / "etc" / "senders").write_text(
            "".join(f"{may_send_as.get(user, user)} {user}\n" for user in users)
            + "".join(f"{user} nobody-may\n" for user in may_send_as)
        )
        self._settings = {
            "folder": folder,
            "tls": tls,
            "lmtp_port": lmtp_port,
            "auth_port": auth_port,
            "domains": ", ".join(sorted({user.rpartition("@")[2] for user in users})),
            "size_limit": MESSAGE_SIZE_LIMIT,
        }
        self._configure()

    def _configure(self) -> None:
        self.submission_port, self.smtps_port, self.plain_port = free_port(), free_port(), free_port()
        (self.folder / "etc" / "main.cf").write_text(_MAIN.format(**self._settings))
        (self.folder / "etc" / "master.cf").write_text(
            _MASTER.format(submission_port=self.submission_port, smtps_port=self.smtps_port, plain_port=self.plain_port)
        )
        master = (_daemon_directory() or Path("/usr/lib/postfix/sbin")) / "master"
        self._daemon = Daemon(
            [str(master), "-c", str(self.folder / "etc"), "-d"],
            [self.submission_port, self.smtps_port, self.plain_port],
            self.folder / "postfix.log",
        )

    def start(self) -> None:
        """Start, or start again on the same ports; queued mail goes on."""
        self._daemon.start()

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
