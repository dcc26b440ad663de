"""``tui-mail cert find`` from outside: a profile with an engine of its own, a real slapd and real DNS on loopback."""

import asyncio
import json
import time
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography import x509

from tests import dns_servers, slapd
from tests.dns_servers import DnsServers, cert
from tests.patience import PATIENCE_SECONDS
from tests.pki import Pki
from tests.slapd import Entry, Slapd
from tests.web import running_web
from tui_mail.__main__ import main
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.messages import (
    CreateProfile,
    Done,
    NewCertificate,
    Preflight,
    PreflightResult,
    Queued,
    SaveSettings,
    SendMessage,
    Welcome,
)
from tui_mail.engine.settings import load_settings
from tui_mail.model.account import Account, Server
from tui_mail.model.address import Address
from tui_mail.model.message import Draft, Protection
from tui_mail.model.paths import ProfilePaths
from tui_mail.model.recipient import RecipientState

PASSPHRASE = "correct horse battery staple"
BEN, CARL, DORA, EMIL = (f"{name}@office.example" for name in ("ben", "carl", "dora", "emil"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    if reason := dns_servers.why_not() or slapd.why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("home")
    pki = Pki()
    with running_web() as web:
        yield from _home(folder, pki, web)


def _home(folder, pki, web):
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(web.url("/list.crl"))], None, None, None)
    emil = pki.issue(EMIL, extensions=((x509.CRLDistributionPoints([point]), False),))
    web.serve("/list.crl", pki.ca.crl(emil, this_update=datetime.now(UTC)))
    ldap = Slapd(
        folder / "slapd",
        "dc=office,dc=example",
        [Entry(BEN, {"userCertificate;binary": [pki.issue(BEN).certificate]})],
    )
    expired = pki.issue(DORA, not_after=pki.ca.x509.not_valid_before_utc.replace(month=6))
    dns = DnsServers(
        folder / "dns",
        {
            "office.example": [
                f"_ldap._tcp 60 IN SRV 1 1 {ldap.port} ns",
                cert("carl", pki.issue(CARL).certificate),
                cert("dora", expired.certificate),
                cert("emil", emil.certificate),
            ]
        },
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUI_MAIL_HOME", str(folder))
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setenv("PASSPHRASE", PASSPHRASE)
        try:
            ldap.start()
            dns.start()
            asyncio.run(make_profile(dns.resolver))
            root = folder / "root.pem"
            root.write_bytes(pki.ca.pem)
            assert main(["cert", "import", str(root), "--anchor", "--passphrase-env", "PASSPHRASE"]) == 0
            yield folder
        finally:
            asyncio.run(stop_engine(ProfilePaths()))
            dns.stop()
            ldap.stop()


async def make_profile(resolver):
    nowhere = Server("127.0.0.1", 1)
    client = await connect(ProfilePaths())
    account = Account("me", "Anna", "anna@clinic.example", nowhere, nowhere)
    await client.ask(
        CreateProfile(account, "Anna", "x", "x", NewCertificate(key_type="ecdsa-p256"), PASSPHRASE), Welcome
    )
    await client.ask(SaveSettings(changed(client.welcome.settings, resolver=resolver)), Done)
    await client.close()


def changed(settings, **discovery):
    """The same settings with another section [discovery], reaching servers on loopback."""
    section = msgspec.structs.replace(settings.discovery, **discovery)
    return msgspec.structs.replace(settings, discovery=section, fetch_private_addresses=True)


@pytest.fixture
def run(home, capsys):
    def answer(*words):
        code = main([*words, "--passphrase-env", "PASSPHRASE"])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return answer


def ask(command, reply):
    async def talk():
        client = await connect(ProfilePaths())
        try:
            return await client.ask(command, reply)
        finally:
            await client.close()

    return asyncio.run(talk())


def test_a_certificate_in_ldap_is_found_and_every_step_is_told(run):
    code, out, err = run("cert", "find", BEN)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("- certificate book: nothing.")
    assert lines[1].startswith("- signed mail: nothing.")
    assert lines[2].startswith("+ LDAP (ns.office.example:") and ": found. A certificate for this address" in lines[2]
    assert "a certificate was found in LDAP" in out and "Found is not trusted" in out
    assert "Names        ben@office.example" in out


def test_found_is_encrypted_to_and_called_found(run):
    assert run("cert", "find", CARL)[0] == 0
    protection = Protection(sign=True, encrypt=True)
    result = ask(Preflight("me", (CARL,), protection), PreflightResult)
    (check,) = result.recipients
    assert (check.state, check.encryptable, check.trusts_on_send) == (RecipientState.FOUND, True, False)
    assert result.ready and "found in DNS (carl.office.example)" in check.sentence
    ask(SendMessage(Draft("me", to=(Address(CARL),), body="x", protection=protection)), Queued)
    code, out, _err = run("cert", "list", CARL)
    assert code == 0 and "  found, not trusted  " in out
    assert json.loads(run("cert", "list", CARL, "--json")[1])["found"] == {
        "place": "DNS",
        "where": "carl.office.example",
    }


def test_an_answer_for_machines(run):
    code, out, _err = run("cert", "find", DORA, "--json")
    found = json.loads(out)
    assert code == 1 and found["encryptable"] is False and found["found"] is None
    assert [(step["place"], step["ended"]) for step in found["steps"]] == [
        ("certificate book", "nothing"),
        ("signed mail", "nothing"),
        ("LDAP", "nothing"),
        ("DNS", "unusable"),
        ("DNS", "nothing"),
        ("DNSSEC", "nothing"),
    ]
    assert "expired on 1 June 2025" in found["steps"][3]["sentence"]


def test_what_is_known_is_not_asked_for_again(run, home):
    found = json.loads(run("cert", "find", "anna@clinic.example", "--json")[1])
    assert [step["place"] for step in found["steps"]] == ["certificate book", "signed mail"]
    assert found["encryptable"]


def test_whether_a_found_certificate_was_revoked_is_asked_afterwards(run):
    assert json.loads(run("cert", "find", EMIL, "--json")[1])["steps"][-1]["ended"] == "found"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        (check,) = ask(Preflight("me", (EMIL,), Protection(encrypt=True)), PreflightResult).recipients
        if not check.encryptable:
            break
        assert time.monotonic() < deadline, "nobody asked for the list"
        time.sleep(0.1)
    code, out, _err = run("cert", "find", EMIL)
    assert code == 1 and "revoked" in out


def test_a_word_that_is_no_address_is_refused(run):
    code, _out, err = run("cert", "find", "ben")
    assert code == 2 and "is not one mail address" in err


def test_the_settings_can_end_it_and_are_kept_in_their_file(run):
    settings = load_settings(ProfilePaths().settings)
    ask(SaveSettings(changed(settings, when="never")), Done)
    code, out, _err = run("cert", "find", "nobody@office.example")
    assert code == 1 and "switched off" in out
    assert load_settings(ProfilePaths().settings) == changed(settings, when="never")
