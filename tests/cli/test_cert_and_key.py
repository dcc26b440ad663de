"""The commands `cert` and `key` on a profile with a running engine of its own (its mail servers are not there)."""

import asyncio
import json
import stat
import subprocess

import pytest

from tests.pki import Pki
from tui_mail.__main__ import main
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.messages import CreateProfile, NewCertificate, Welcome
from tui_mail.model.account import Account, Server
from tui_mail.model.paths import ProfilePaths
from tui_mail.vault.pkcs12 import load_key_file

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with one profile; the engine is stopped in the end."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUI_MAIL_HOME", str(folder))
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setenv("PASSPHRASE", PASSPHRASE)
        asyncio.run(make_profile())
        yield folder
        asyncio.run(stop_engine(ProfilePaths()))


async def make_profile():
    nowhere = Server("127.0.0.1", 1)
    client = await connect(ProfilePaths())
    account = Account("me", "Anna", "anna@clinic.example", nowhere, nowhere)
    await client.ask(
        CreateProfile(account, "Anna", "x", "x", NewCertificate(key_type="ecdsa-p256"), PASSPHRASE), Welcome
    )
    await client.close()


@pytest.fixture
def run(home, capsys):
    def answer(*words):
        code = main([*words, "--passphrase-env", "PASSPHRASE"])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return answer


def test_a_certificate_is_imported_listed_trusted_exported_and_untrusted(run, tmp_path):
    pki = Pki()
    bob = pki.issue("bob@clinic.example", name="Bob", self_signed=True)
    path = bob.write(tmp_path).certificate
    assert run("cert", "import", str(path))[0] == 0
    code, out, _err = run("cert", "list", "bob@clinic.example")
    assert (code, bob.sha256[:16] in out, "not trusted" in out) == (0, True, True)
    code, out, _err = run("cert", "trust", "bob@clinic.example", bob.sha256[:12].upper())
    assert code == 0 and "is trusted now" in out
    code, out, _err = run("cert", "show", bob.sha256[:4], bob.sha256[4:8], "--json")
    assert json.loads(out)["trusted"] is True
    assert run("cert", "export", bob.sha256)[1].encode() == bob.certificate_pem
    code, out, _err = run("cert", "untrust", "bob@clinic.example", bob.sha256)
    assert code == 0 and "not trusted any more" in out


def test_a_certificate_is_not_trusted_for_an_address_that_it_does_not_name(run, tmp_path):
    eve = Pki().issue("eve@evil.example", self_signed=True)
    run("cert", "import", str(eve.write(tmp_path).certificate))
    code, _out, err = run("cert", "trust", "anna@clinic.example", eve.sha256)
    assert code != 0 and err.startswith("tui-mail: ")


def test_a_key_goes_out_and_comes_back(run, home, tmp_path, monkeypatch):
    monkeypatch.setenv("FILE_PASSWORD", "for the file")
    code, out, _err = run("key", "list", "--json")
    own = json.loads(out)
    assert own["own"] is True and own["address"] == "anna@clinic.example"
    target = tmp_path / "anna.p12"
    export = ("key", "export", own["sha256"], "--out", str(target), "--password-env", "FILE_PASSWORD")
    assert run(*export)[0] == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert load_key_file(target, "for the file").sha256 == own["sha256"]
    code, _out, err = run(*export)
    assert code == 2 and "not overwritten" in err
    assert run("key", "import", str(target), "--password-env", "FILE_PASSWORD")[0] == 0
    assert run("key", "list", "--json")[1].count("\n") == 1


def test_a_new_key_is_made_and_stays_beside_the_old_one(run):
    code, out, _err = run("key", "new", "anna@clinic.example", "--type", "ecdsa-p256")
    assert code == 0 and "new key" in out
    assert run("key", "list", "--json")[1].count("\n") == 2


def test_a_kem_key_comes_with_the_key_that_certifies_it_and_leaves_in_the_old_form_too(run, tmp_path, monkeypatch):
    monkeypatch.setenv("FILE_PASSWORD", "for the file")
    before = run("key", "list", "--json")[1].count("\n")
    code, out, _err = run("key", "new", "anna@clinic.example", "--type", "ml-kem-768")
    assert code == 0 and out.count("new key") == 2
    found = [json.loads(line) for line in run("key", "list", "--json")[1].splitlines()]
    assert len(found) == before + 2
    kem = next(one for one in found if one["key"] == "ML-KEM-768")
    target = tmp_path / "kem.p12"
    options = ("--out", str(target), "--password-env", "FILE_PASSWORD", "--legacy")
    assert run("key", "export", kem["sha256"], *options)[0] == 0
    assert load_key_file(target, "for the file").sha256 == kem["sha256"]


@pytest.mark.parametrize(
    "words",
    [
        ("cert", "show"),
        ("cert", "show", "12"),
        ("cert", "show", "0" * 64),
        ("cert", "trust", "bob@clinic.example"),
        ("cert", "import", "/does/not/exist.pem"),
        ("key", "export", "0" * 64),
        ("key", "import"),
        ("key", "import", "/does/not/exist.p12"),
    ],
)
def test_wrong_use_is_one_sentence(run, words):
    code, _out, err = run(*words)
    assert code == 2
    assert err.startswith("tui-mail: ") and err.count("\n") == 1
    assert "Traceback" not in err


def test_an_authority_issues_what_was_asked_for_and_the_waiting_key_becomes_ones_own(run, tmp_path):
    """RFC 2986, with `openssl ca` as the authority."""
    request, folder = tmp_path / "anna.csr", tmp_path / "ca"
    before = run("key", "list", "--json")[1].count("\n")
    words = ("cert", "request", "anna@clinic.example", "--name", "Anna Berg", "--type", "ecdsa-p256")
    assert run(*words, "--out", str(request))[0] == 0
    assert run("key", "list", "--json")[1].count("\n") == before
    asked = openssl("req", "-in", str(request), "-noout", "-text", "-verify")
    for fact in ("CN = Anna Berg", "email:anna@clinic.example", "E-mail Protection", "Digital Signature"):
        assert fact in asked
    issued = issue(folder, request)
    code, out, _err = run("cert", "import", str(issued))
    assert (code, "1 certificates" in out) == (0, True)
    own = [json.loads(line) for line in run("key", "list", "--json")[1].splitlines()]
    [new] = [entry for entry in own if entry["issuer"] == "CN=Clinic Authority"]
    assert len(own) == before + 1 and new["own"] and new["can_sign"]
    assert run("cert", "import", str(issued))[0] == 0, "a second time changes nothing"
    assert run("key", "list", "--json")[1].count("\n") == before + 1


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


def issue(folder, request):
    """A small authority that copies the extensions of the request, as `openssl ca` does when told."""
    folder.mkdir()
    (folder / "index.txt").touch()
    (folder / "serial").write_text("1000\n")
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=a\n[a]\ndatabase={folder}/index.txt\nserial={folder}/serial\nnew_certs_dir={folder}\n"
        "default_md=sha256\npolicy=p\ncopy_extensions=copy\ndefault_days=365\nx509_extensions=e\n"
        "[p]\ncommonName=supplied\n[e]\nbasicConstraints=CA:FALSE\n"
    )
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "700"),
        *("-subj", "/CN=Clinic Authority", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem"),
    )
    issued = folder / "anna.pem"
    openssl(
        *("ca", "-batch", "-config", f"{folder}/ca.cnf", "-cert", f"{folder}/ca.pem", "-keyfile", f"{folder}/ca.key"),
        *("-in", str(request), "-out", str(issued), "-notext"),
    )
    return issued


def test_a_root_is_taken_back(run, tmp_path):
    authority = Pki("Old Authority").ca
    path = tmp_path / "root.pem"
    path.write_bytes(authority.pem)
    assert run("cert", "import", str(path), "--anchor")[0] == 0
    [root] = [json.loads(line) for line in run("cert", "list", "--anchors", "--json")[1].splitlines()]
    assert run("cert", "untrust", "--anchor", root["sha256"][:12])[0] == 0
    assert run("cert", "list", "--anchors", "--json")[1] == ""
    assert run("cert", "untrust", "--anchor", root["sha256"][:12])[0] == 2


def test_a_self_signed_certificate_is_made_under_its_other_name(run):
    before = run("key", "list", "--json")[1].count("\n")
    assert run("cert", "self-signed", "anna@clinic.example", "--type", "ed25519")[0] == 0
    assert run("key", "list", "--json")[1].count("\n") == before + 1
