"""The main job with somebody who has no mail program at all: Bert is `openssl cms`, smtplib and imaplib.

Anna is our command line. Both use the same real servers, and nothing of Bert's side is our code.
"""

import email
import email.policy
import json
import os
import shutil
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers

ANNA, BERT = "anna@clinic.test", "bert@clinic.test"
PROFILE = ("--profile", "anna", "--passphrase-file", "anna.passphrase")

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


class Anna:
    """The command line of one profile."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._environment = {**os.environ, "TUI_MAIL_HOME": str(home), "XDG_RUNTIME_DIR": str(home)}

    def run(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """The output of a command, whose exit code must be `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "tui_mail", *words, *PROFILE],
            capture_output=True,
            text=True,
            input=stdin,
            env=self._environment,
            cwd=self.home,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    def sync(self) -> dict[str, object]:
        """Fetch mail now."""
        found: dict[str, object] = json.loads(self.run("sync", "--once", "--json"))
        assert found["problems"] == []
        return found

    def rows(self, *folder: str) -> list[dict[str, object]]:
        """The inbox, newest first."""
        return [json.loads(line) for line in self.run("list", *folder, "--json").splitlines()]

    def row(self, subject: str) -> dict[str, object]:
        """The message in the inbox with this subject."""
        (found,) = (row for row in self.rows() if row["subject"] == subject)
        return found

    def show(self, row: dict[str, object]) -> str:
        """A message as text."""
        return self.run("show", str(row["id"]))

    def send(self, subject: str, body: str, *options: str, code: int = 0) -> None:
        """Write to Bert."""
        self.run("send", "-", *options, stdin=f"To: {BERT}\nSubject: {subject}\n\n{body}\n", code=code)


class Bert:
    """A person with openssl, a mailbox, and a folder for keys."""

    def __init__(self, servers: MailServers, folder: Path, key: tuple[str, ...]) -> None:
        self.servers = servers
        self.folder = folder
        self.read = 0
        extensions = (f"subjectAltName=email:{BERT}", "extendedKeyUsage=emailProtection")
        usage = "digitalSignature,keyEncipherment,keyAgreement"
        named = ["-addext", f"keyUsage=critical,{usage}"]
        for one in extensions:
            named += ["-addext", one]
        subject = ("-subj", "/CN=Bert Berger", "-days", "300")
        self._openssl("req", "-x509", "-nodes", "-newkey", *key, "-keyout", "key", "-out", "cert", *subject, *named)

    def _openssl(self, *arguments: str, data: bytes = b"") -> bytes:
        words = ["openssl", *arguments]
        done = subprocess.run(words, input=data, capture_output=True, cwd=self.folder, timeout=PATIENCE_SECONDS)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    @property
    def fingerprint(self) -> str:
        """Of his certificate, as he would read it out on the telephone."""
        return self._openssl("x509", "-in", "cert", "-noout", "-fingerprint", "-sha256").decode().split("=")[1].strip()

    def text(self, words: str) -> bytes:
        """A text as a MIME entity."""
        return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + words.encode()

    def signed(self, entity: bytes) -> bytes:
        """multipart/signed."""
        signer = ("-signer", "cert", "-inkey", "key")
        return self._openssl("cms", "-sign", "-binary", "-crlfeol", *signer, data=entity)

    def encrypted(self, entity: bytes, *options: str) -> bytes:
        """For the certificate that came with Anna's signature."""
        return self._openssl("cms", "-encrypt", "-binary", *options, "-recip", "anna.pem", data=entity)

    def post(self, subject: str, protected: bytes) -> None:
        """Send through the submission server."""
        raw = f"From: Bert Berger <{BERT}>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n".encode() + protected
        with smtplib.SMTP(self.servers.host, self.servers.smtp.submission_port, timeout=PATIENCE_SECONDS) as smtp:
            smtp.starttls(context=self.servers.tls_context())
            smtp.login(BERT, self.servers.users[BERT])
            smtp.sendmail(BERT, [ANNA], raw)
        self._posted += 1
        self.servers.wait_for_mail(ANNA, self._posted)

    _posted = 0

    def fetch(self) -> bytes:
        """The next message of the mailbox."""
        self.read += 1
        return self.servers.wait_for_mail(BERT, self.read)[-1]

    def opened(self, raw: bytes) -> bytes:
        """Decrypt."""
        return self._openssl("cms", "-decrypt", "-recip", "cert", "-inkey", "key", data=raw)

    def verified(self, entity: bytes, *options: str) -> EmailMessage:
        """What was signed; the signer's certificate goes to anna.pem."""
        content = self._openssl("cms", "-verify", *options, "-signer", "anna.pem", data=entity)
        return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[arg-type]


@pytest.fixture
def anna(tmp_path: Path, mail_servers: MailServers) -> Iterator[Anna]:
    mail_servers.empty(ANNA, BERT)
    account = mail_servers.account(ANNA)
    sections = "".join(
        f'[{name}]\nhost = "{server.host}"\nport = {server.port}\nsecurity = "{server.security}"\n'
        f'ca_file = "{server.ca_file}"\n'
        for name, server in (("imap", account.imap), ("smtp", account.smtp))
    )
    home = tmp_path / "anna"
    home.mkdir()
    (home / "anna.password").write_text(mail_servers.users[ANNA] + "\n", "utf-8")
    (home / "anna.passphrase").write_text("correct horse battery staple\n")
    (home / "anna.toml").write_text(
        f'name = "Anna Adler"\naddress = "{ANNA}"\npassword_file = "anna.password"\n{sections}'
        '[certificate]\nnew = "ecdsa-p256"\n'
    )
    person = Anna(home)
    yield person
    person.run("engine", "stop")


RSA = ("rsa:2048",)
EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")


@pytest.mark.parametrize("key", [RSA, EC], ids=["rsa", "ecdsa-p384"])
def test_two_people_exchange_certificates_and_encrypted_mail_and_one_of_them_is_openssl(
    anna: Anna, mail_servers: MailServers, tmp_path: Path, key: tuple[str, ...]
) -> None:
    folder = tmp_path / "bert"
    folder.mkdir()
    bert = Bert(mail_servers, folder, key)
    assert "is ready" in anna.run("setup", "--from", "anna.toml")
    # Nobody encrypts for somebody whose certificate is not here.
    anna.send("Too early", "Secret", "--encrypt", code=1)

    bert.post("Guten Tag", bert.signed(bert.text("Hier ist mein Zertifikat.\r\nGrüße\r\n")))
    anna.sync()  # IDLE may have brought it before
    row = anna.row("Guten Tag")
    assert (row["sig"], row["enc"]) == ("N", "")
    shown = anna.show(row)
    assert "Sig: N" in shown and "Grüße" in shown
    # The fingerprint as openssl prints it is what people compare.
    assert "is trusted now" in anna.run("cert", "trust", BERT, bert.fingerprint)
    assert anna.row("Guten Tag")["sig"] == "Y"

    anna.send("Befund", "Alles ist gut.", "--sign", "--encrypt")
    raw = bert.fetch()
    assert b"Befund" not in raw and b"Alles" not in raw and b"Subject: [...]" in raw
    inside = bert.opened(raw)
    bert.verified(inside, "-noverify")
    # Now that Anna's certificate is here, it is believed only what this certificate signed.
    found = bert.verified(inside, "-CAfile", "anna.pem", "-purpose", "any", "-no-CApath", "-no-CAstore")
    assert (found["Subject"], found["From"]) == ("Befund", f"Anna Adler <{ANNA}>")
    assert found.get_content().split() == ["Alles", "ist", "gut."]
    assert anna.rows("Sent")[0]["enc"] == "open-cbc"
    assert "Alles ist gut." in anna.show(anna.rows("Sent")[0])

    for cipher, enc in (("-aes256", "open-cbc"), ("-aes-256-gcm", "open")):
        bert.post(f"Re {cipher}", bert.encrypted(bert.signed(bert.text(f"Danke {cipher}!\r\n")), cipher))
        anna.sync()
        row = anna.row(f"Re {cipher}")
        assert (row["sig"], row["enc"], row["summary"]) == ("Y", enc, "signed+encrypted")
        assert f"Danke {cipher}!" in anna.show(row)
    assert len(anna.run("search", "Danke", "--json").splitlines()) == 2

    bert.post("Changed", bert.signed(bert.text("Pay 10\r\n")).replace(b"Pay 10", b"Pay 99"))
    anonymous = bert.encrypted(bert.text("Who am I?\r\n"), "-aes256")
    bert.post("Unsigned", anonymous)
    anna.sync()
    unsigned, changed = anna.row("Unsigned"), anna.row("Changed")
    assert (unsigned["sig"], unsigned["enc"]) == ("", "open-cbc")
    assert changed["sig"] == "X"
    assert "was changed after it was signed" in anna.show(changed)
    anna.run("engine", "stop")
    assert anna.sync()["new_messages"] == 0
    assert "does not run" in anna.run("engine", "status", code=1)
