"""What a decrypted message must not cause: a request to anybody, or a trace of its words outside the sealed store."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engine.people import Person
from tests.pki import Pki
from tests.servers import MailServers
from tests.web import Web
from tui_mail.cms.enveloped import default_plan
from tui_mail.engine.messages import CertificateBook, ChangeFlags, Done, ListCertificates, MessageOpened, OpenMessage
from tui_mail.model.message import Flag
from tui_mail.smime.protect import protect

ANNA, BOB = "anna@clinic.test", "bob@elsewhere.test"
HEAD = f"From: Bob <{BOB}>\r\nTo: {ANNA}\r\nMIME-Version: 1.0\r\n"
CALLS_HOME = """<html><head><link rel=stylesheet href="{0}style.css"><link rel=prefetch href="{0}prefetch">
<link rel=dns-prefetch href="{0}dns"><meta http-equiv=refresh content="0; url={0}refresh"><base href="{0}">
<style>@import url("{0}import.css"); body {{ background: url({0}background.png) }}
@font-face {{ font-family: f; src: url({0}font.woff) }}</style><script src="{0}script.js"></script></head>
<body background="{0}body.png" onload="fetch('{0}onload')"><img src="{0}image.png" srcset="{0}set.png 2x">
<picture><source srcset="{0}source.png"></picture><iframe src="{0}frame"></iframe><object data="{0}object"></object>
<embed src="{0}embed"><video poster="{0}poster.png" src="{0}video"></video><audio src="{0}audio"></audio>
<input type=image src="{0}input.png"><svg><image href="{0}svg.png"/><use href="{0}use.svg#x"/></svg>
<table background="{0}table.png"><tr><td style="background:url('{0}cell.png')">Seen by the reader</td></tr></table>
<a href="{0}link" ping="{0}ping">a link</a><div style="display:none">"""


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    try:
        yield web
    finally:
        web.close()


async def sealed(anna: Person, text: str) -> bytes:
    """Signed by Bob and encrypted for Anna."""
    own = (await anna.client.ask(ListCertificates(ANNA), CertificateBook)).entries
    [certificate] = [entry.certificate.sha256 for entry in own if entry.own]
    from tui_mail.store import certificates

    database = anna.client._engine._session.store.database  # type: ignore[attr-defined]
    der = certificates.certificate(database, certificate)
    assert der is not None
    plans = [default_plan(der)]
    return protect(text.encode(), sign=Pki().issue(BOB).key, recipients=plans, now=datetime.now(UTC))


async def test_rule_28_no_mail_makes_anybody_fetch_anything_and_no_part_reaches_into_the_next(
    anna: Person, imap_servers: MailServers, web: Web
) -> None:
    """A request would tell a stranger that, when and what was decrypted."""
    html = CALLS_HOME.format(web.url("/"))
    text = (
        f"{HEAD}Subject: Picture\r\nContent-Type: multipart/mixed; boundary=b\r\n"
        f"Disposition-Notification-To: {BOB}\r\nList-Unsubscribe: <{web.url('/unsubscribe')}>\r\n\r\n"
        f"--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>The second part</p><!-- \r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nThe third part\r\n"
        f'--b\r\nContent-Type: message/external-body; access-type=URL; URL="{web.url("/external")}"\r\n\r\n'
        "Content-Type: image/png\r\n\r\n--b--\r\n"
    )
    imap_servers.deliver(ANNA, await sealed(anna, text))
    imap_servers.deliver(ANNA, text.encode())
    await anna.until(lambda: len(anna.rows()) == 2 and all(row.sig is not None for row in anna.rows()))
    for row in anna.rows():
        view = (await anna.client.ask(OpenMessage(row.id), MessageOpened)).view
        shown = "\n".join("".join(run.text for run in line) for line in view.lines)
        for words in ("Seen by the reader", "The second part", "The third part"):
            assert words in shown
    await anna.sync()
    await asyncio.sleep(0.3)
    assert web.asked == []


async def test_rule_37_the_words_of_a_sealed_mail_are_found_by_search_and_stand_in_no_file(
    anna: Person, imap_servers: MailServers, tmp_path: Path
) -> None:
    subject, body, name = "Zirconium", "Palladium", "Rhodium"
    text = (
        f"{HEAD}Subject: {subject} order\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\n{body} is ready.\r\n"
        f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{name}.txt"\r\n\r\nx\r\n'
        "--b--\r\n"
    )
    raw = await sealed(anna, text)
    imap_servers.deliver(ANNA, raw)
    await anna.until(lambda: [row.subject for row in anna.rows()] == [f"{subject} order"])
    await anna.client.ask(OpenMessage(anna.rows()[0].id), MessageOpened)
    store = anna.store()
    try:
        assert len(store.find(subject)) == len(store.find(body)) == 1
    finally:
        store.close()
    events = repr(anna.events)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.suffix == ".log" for file in files), files
    for word in (subject, body, name):
        assert word not in events.replace(repr(raw), "")
        for file in files:
            content = file.read_bytes().lower()
            assert word.lower().encode() not in content, file
    assert b"[...]" in imap_servers.mailbox(ANNA)[0]


async def test_rule_37_no_server_is_told_a_word_of_a_sealed_mail(
    anna: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No SEARCH, no SORT, no keyword, no copy: whoever reads, looks for and files it here does all that here."""
    sent = bytearray()
    for kind in (socket.socket, ssl.SSLSocket):
        for name in ("send", "sendall"):
            monkeypatch.setattr(kind, name, recorder(getattr(kind, name), sent))
    text = f"{HEAD}Subject: Zirconium order\r\n\r\nPalladium is ready.\r\n"
    imap_servers.deliver(ANNA, await sealed(anna, text))
    await anna.until(lambda: [row.subject for row in anna.rows()] == ["Zirconium order"])
    [row] = anna.rows()
    await anna.client.ask(OpenMessage(row.id), MessageOpened)
    store = anna.store()
    try:
        assert len(store.find("Zirconium")) == len(store.find("Palladium")) == 1
    finally:
        store.close()
    for change in (ChangeFlags((row.id,), add=int(Flag.FLAGGED)), ChangeFlags((row.id,), remove=int(Flag.FLAGGED))):
        await anna.client.ask(change, Done)
    await anna.sync()
    await anna.until(lambda: b"STORE" in sent)
    for word in (b"zirconium", b"palladium", b" sort ", b" thread "):
        assert word not in sent.lower()
    assert b"TEXT" not in sent
    assert b"SUBJECT" not in sent


def recorder(real: Callable[..., object], sent: bytearray) -> Callable[..., object]:
    """A method of a socket that also notes what it is given."""

    def note(self: socket.socket, data: bytes, *rest: object) -> object:
        sent.extend(data)
        return real(self, data, *rest)

    return note
