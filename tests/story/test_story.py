"""The main job as two people do it: the real program in two terminals, real Dovecot and real Postfix between them."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.pki import Identity, Pki
from tests.servers import MailServers
from tests.story.people import PASSPHRASE, Home, Person, home, row
from tui_mail.cms.enveloped import parse_enveloped
from tui_mail.mime.tree import parse
from tui_mail.model.account import Security

ANNA, BERT, CLARA = "anna@clinic.test", "bert@clinic.test", "clara@office.test"
DIALOG = r"(?s)Trust this certificate.*SHA-256.*Not now"
SECRET = "The code word is Marzipan"


@pytest.fixture
def at_home(mail_servers: MailServers) -> Iterator[Home]:
    mail_servers.empty(ANNA, BERT, CLARA)
    with home(mail_servers) as made:
        yield made


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("Clinic Root")


@pytest.fixture(scope="module")
def annas(pki: Pki) -> Identity:
    return pki.issue(ANNA, name="Anna Adler")


@pytest.fixture(scope="module")
def berts(pki: Pki) -> Identity:
    return pki.issue(BERT, name="Bert Bruns")


@pytest.fixture
def anna(at_home: Home, annas: Identity) -> Person:
    """Anna with a profile, by IMAPS."""
    person = at_home.person(ANNA, "Anna Adler")
    person.set_up(annas)
    return person


@pytest.fixture
def bert(at_home: Home, berts: Identity) -> Person:
    """Bert with a profile, by STARTTLS."""
    person = at_home.person(BERT, "Bert Bruns", Security.STARTTLS)
    person.set_up(berts)
    return person


def wizard(person: Person) -> None:
    """Answer the setup wizard with the keys of a person; ends in the inbox."""
    servers = person.home.servers
    screen = person.home.window("--profile", person.profile)
    person.take(screen)
    screen.wait_for("Who are you")
    screen.type(person.name)
    screen.press("Tab")
    screen.type(person.address)
    screen.press("Enter")
    screen.wait_for(r"Server +imap\.clinic\.test")
    screen.wait_for(rf"User +{person.address}")
    screen.type(servers.users[person.address])
    for port in (servers.imap_server(person.address).port, servers.smtp_server(person.address, Security.TLS).port):
        screen.press("Tab")
        screen.type("localhost")
        screen.press("Tab")
        screen.type(str(port))
        screen.press("Tab", "Tab")
    screen.press("Tab", "Tab")
    screen.type(servers.ca_file)
    screen.wait_for(rf"CA file +{servers.ca_file}")
    screen.press("Enter")
    screen.wait_for(r"●.*Make one for me")
    screen.press("F5")
    screen.wait_for("Choose a passphrase")
    screen.type(PASSPHRASE)
    screen.press("Tab")
    screen.type(PASSPHRASE)
    screen.wait_for("Good")
    screen.press("Enter")
    screen.wait_for(rf"online.*{person.address}")


def trust_signer(person: Person, address: str) -> str:
    """Decide in the trust dialog that stands on the screen; gives what it said."""
    said = person.screen.wait_for(DIALOG)
    assert address in said
    person.screen.press("t")
    person.screen.wait_for("Trust this certificate", gone=True)
    return said


def in_reader(person: Person, text: str) -> str:
    """Wait for a text of the open message; gives what stands there, without the list above it."""
    shown = person.screen.wait_for(rf"(?s)───.*Encrypted, (only for|but ).*{text}")
    return shown[shown.index("───") :]


def trusted(person: Person, address: str) -> list[bool]:
    """What the certificate book says about an address."""
    lines = person.run("cert", "list", address, "--json").splitlines()
    return [json.loads(line)["trusted"] for line in lines]


def learn(person: Person, identity: Identity, *options: str) -> None:
    """Put somebody's certificate into the book, as from a file."""
    file = person.home.folder / f"{identity.sha256[:8]}.pem"
    file.write_bytes(identity.certificate_pem)
    person.run("cert", "import", str(file), *options)


def test_two_people_exchange_certificates_and_then_encrypted_mail(
    at_home: Home, bert: Person, mail_servers: MailServers
) -> None:
    anna = at_home.person(ANNA, "Anna Adler")
    wizard(anna)
    bert.open()

    written = anna.write(BERT, "Good morning", "Dear Bert,\nhere is my certificate.")
    assert re.search(rf"From +Anna Adler +Signed by {ANNA}", written.screen())
    anna.send()
    anna.send_mail(BERT, "One more", "I forgot to greet you.")

    bert.wait_for_row("N", "Good morning")
    bert.wait_for_row("N", "One more")
    bert.screen.press("t")
    said = trust_signer(bert, ANNA)
    assert re.search(rf"Address +{ANNA}", said)
    assert "nobody else" in said
    assert re.search(r"Valid +\d+ \w+ \d{4} to \d+ \w+ \d{4}", said)
    assert len(re.findall(r"\b[0-9A-F]{4}\b", said.partition("SHA-256")[2])) >= 16
    bert.wait_for_row("Y", "Good morning")
    bert.wait_for_row("Y", "One more")

    bert.screen.press("End", "r")
    bert.screen.wait_for("Subject +Re: Good morning")
    bert.type_lines(f"{SECRET}.\n")
    bert.screen.press("F3")
    bert.screen.wait_for("Encrypted for your one recipient")
    assert re.search(f"{ANNA}.*(can read encrypted mail|ready)", bert.screen.screen())
    bert.send()

    anna.wait_for_row("N", "Re: Good morning")
    (wire,) = mail_servers.wait_for_mail(ANNA)
    assert b"Marzipan" not in wire
    assert b"Good morning" not in wire
    assert b"\r\nSubject: [...]\r\n" in wire
    assert b"smime-type=" in wire
    anna.screen.press("Home", "Enter")
    in_reader(anna, SECRET)
    anna.screen.press("t")
    assert "Clinic Root" in trust_signer(anna, BERT)
    anna.wait_for_row("Y", "Re: Good morning")
    anna.screen.wait_for(f"Signed by {BERT} – trusted")


def test_a_click_on_the_letter_opens_the_trust_dialog(anna: Person, bert: Person) -> None:
    bert.open()
    anna.open()
    anna.send_mail(BERT, "Click me", "Hello.")
    assert "1 message " in bert.wait_for_row("N", "Click me")
    column, line = bert.screen.find("N ◆")
    bert.screen.click(column, line)
    bert.screen.wait_for(DIALOG)
    column, line = bert.screen.find(r"Trust +Not now")
    bert.screen.click(column + 1, line)
    bert.wait_for_row("Y", "Click me")


def test_encrypting_needs_a_certificate_and_one_key_sends_an_introduction(
    anna: Person, pki: Pki, mail_servers: MailServers
) -> None:
    ended = pki.issue(CLARA, not_before=datetime(2024, 1, 1, tzinfo=UTC), not_after=datetime(2025, 6, 1, tzinfo=UTC))
    learn(anna, ended)
    screen = anna.open()
    anna.write(f"{BERT}, {CLARA}", "In confidence", SECRET, encrypt=True)
    shown = screen.wait_for("2 recipients cannot be encrypted to yet")
    assert re.search(rf"No certificate of {BERT}", shown)
    assert re.search(rf"certificate of {CLARA} expired on 1 June 2025", shown)
    screen.press("F5")
    screen.wait_for(rf"▌ No certificate of {BERT}")
    screen.press("F9")
    for person in (BERT, CLARA):
        (introduction,) = mail_servers.wait_for_mail(person)
        assert b"multipart/signed" in introduction
        assert b"My certificate for encrypted mail" in introduction
        assert SECRET.encode() not in introduction
    screen.wait_for("introduction is on its way")
    screen.wait_for("cannot be encrypted to yet. Send this once a signed answer is here")


def test_encrypted_mail_of_a_stranger_is_shown_with_an_offer_to_trust(
    anna: Person, bert: Person, annas: Identity
) -> None:
    learn(bert, annas, "--trust")
    anna.open()
    bert.open()
    bert.send_mail(ANNA, "From a stranger", SECRET, encrypt=True)
    anna.wait_for_row("N", "From a stranger")
    anna.screen.press("Enter")
    shown = in_reader(anna, SECRET)
    assert f"Signed by {BERT} – not trusted yet. Press t to decide." in shown


@pytest.mark.parametrize("setting", [True, False])
def test_sending_encrypted_trusts_a_known_certificate_where_the_setting_allows_it(
    bert: Person, annas: Identity, setting: bool
) -> None:
    learn(bert, annas)
    if not setting:
        bert.run("engine", "stop")
        file = bert.home.folder / "profiles" / bert.profile / "settings.toml"
        text = file.read_text()
        assert "trust_on_send = true" in text
        file.write_text(text.replace("trust_on_send = true", "trust_on_send = false"))
        (bert.home.folder / "passphrase").write_text(PASSPHRASE)
        bert.run("engine", "unlock", "--passphrase-file", str(bert.home.folder / "passphrase"))
    assert trusted(bert, ANNA) == [False]
    bert.open()
    shown = bert.write(ANNA, "Trust on send", SECRET, encrypt=True).wait_for(f"◆.*{ANNA}")
    assert ("Sending adds to your trusted list" in " ".join(shown.split())) is setting
    bert.send()
    assert trusted(bert, ANNA) == [setting]


def test_a_file_travels_encrypted_and_is_saved_with_the_same_bytes(
    anna: Person, bert: Person, annas: Identity, mail_servers: MailServers
) -> None:
    content = bytes(range(256)) * 40
    (bert.home.folder / "x-ray.bin").write_bytes(content)
    learn(bert, annas, "--trust")
    anna.open()
    screen = bert.open()
    bert.write(ANNA, "Your picture", "Here it is.", encrypt=True)
    screen.press("F4")
    screen.wait_for("Attach a file")
    screen.type("x-ray.bin")
    screen.wait_for(r"~/x-ray\.bin")
    screen.press("Enter")
    screen.wait_for("x-ray.bin +10 kB")
    bert.send()

    anna.wait_for_row("N", "Your picture")
    (wire,) = mail_servers.wait_for_mail(ANNA)
    assert b"x-ray" not in wire
    anna.screen.press("Enter")
    anna.screen.wait_for("1 attachment")
    anna.screen.press("s")
    anna.screen.wait_for("Save attachment as")
    anna.screen.press("Enter")
    anna.screen.wait_for("Saved as")
    found = [file for file in anna.home.folder.glob("x-ray*") if file.name != "x-ray.bin"]
    assert [file.read_bytes() for file in found] == [content]


def test_a_hidden_recipient_gets_a_copy_and_nobody_sees_it(
    bert: Person, pki: Pki, annas: Identity, mail_servers: MailServers
) -> None:
    claras = pki.issue(CLARA)
    learn(bert, annas, "--trust")
    learn(bert, claras, "--trust")
    bert.open()
    bert.send_mail(ANNA, "With a witness", SECRET, bcc=CLARA, encrypt=True)
    (to_anna,) = mail_servers.wait_for_mail(ANNA)
    (to_clara,) = mail_servers.wait_for_mail(CLARA)
    assert b"clara" not in to_anna.lower()
    for copy, may, may_not in ((to_anna, annas, claras), (to_clara, claras, annas)):
        recipients = parse_enveloped(parse(copy).body_bytes()).recipients
        assert any(recipient.matches(may.certificate) for recipient in recipients)
        if copy is to_anna:
            assert not any(recipient.matches(may_not.certificate) for recipient in recipients)


def test_encrypted_mail_is_found_and_read_without_any_server(
    anna: Person, bert: Person, annas: Identity, mail_servers: MailServers
) -> None:
    learn(bert, annas, "--trust")
    anna.open()
    bert.open()
    bert.send_mail(ANNA, "Something else", "Nothing of interest.")
    bert.send_mail(ANNA, "First letter", SECRET, encrypt=True)
    screen = anna.screen
    anna.wait_for_row("N", "Something else")
    anna.wait_for_row("N", "First letter")
    mail_servers.stop()
    screen.wait_for("offline")
    screen.press("/")
    screen.wait_for("Search addresses, subjects and text")
    screen.type("marzipan")
    found = screen.wait_for("1 found")
    assert re.search(row("N", "First letter"), found)
    assert "Something else" not in found
    screen.press("Enter")
    screen.press("Enter")
    in_reader(anna, SECRET)
