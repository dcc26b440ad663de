"""A profile is made whole or not at all, and what was there is never lost."""

from pathlib import Path

import pytest

from tests.engine.people import PASSPHRASE, profile
from tests.pki import Pki
from tui_mail.engine import setup
from tui_mail.engine.messages import CreateProfile, NewCertificate, Pkcs12File
from tui_mail.engine.setup import create_profile
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.errors import CertificateProblem, UsageError, WrongPassphrase
from tui_mail.model.paths import ProfilePaths
from tui_mail.store import certificates
from tui_mail.store.store import Store
from tui_mail.vault.vault import Vault

NOWHERE = Server("localhost", 1, Security.NONE, "anna")
ANNA = Account("anna", "Anna", "anna@clinic.test", NOWHERE, NOWHERE)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProfilePaths:
    return profile(tmp_path, "anna", monkeypatch)


def command(certificate: NewCertificate | Pkcs12File, passphrase: str = PASSPHRASE) -> CreateProfile:
    return CreateProfile(ANNA, "Anna", "imap-secret", "smtp-secret", certificate, passphrase)


def test_a_new_profile_holds_settings_key_passwords_and_an_encrypted_store(paths: ProfilePaths) -> None:
    create_profile(paths, command(NewCertificate("ecdsa-p256")))
    vault = Vault.open(paths.vault, PASSPHRASE)
    assert vault.password("anna", "imap") == "imap-secret"
    assert len(vault.keys()) == 1
    store = Store(paths.store, vault.store_key())
    assert list(certificates.own_certificates(store.database).values()) == [vault.keys()[0].certificate]
    store.close()
    assert {found.name for found in paths.folder.iterdir()} >= {"settings.toml", "vault", "mail.db"}
    assert not paths.store.read_bytes().startswith(b"SQLite")


def test_a_p12_file_becomes_the_key_and_its_anchor_is_kept(paths: ProfilePaths, tmp_path: Path) -> None:
    identity = Pki().issue("anna@clinic.test")
    place = tmp_path / "anna.p12"
    place.write_bytes(identity.p12("secret"))
    create_profile(paths, command(Pkcs12File(str(place), "secret")))
    assert Vault.open(paths.vault, PASSPHRASE).keys()[0].certificate == identity.certificate_der


@pytest.mark.parametrize(
    ("password", "address", "passphrase", "error"),
    [
        ("wrong", "anna@clinic.test", PASSPHRASE, WrongPassphrase),
        ("secret", "someone@else.test", PASSPHRASE, CertificateProblem),
        ("secret", "anna@clinic.test", "", UsageError),
    ],
)
def test_what_cannot_be_made_leaves_nothing_behind(
    paths: ProfilePaths, tmp_path: Path, password: str, address: str, passphrase: str, error: type[Exception]
) -> None:
    place = tmp_path / "some.p12"
    place.write_bytes(Pki().issue(address).p12("secret"))
    with pytest.raises(error):
        create_profile(paths, command(Pkcs12File(str(place), password), passphrase))
    assert not paths.folder.exists() or not list(paths.folder.iterdir())


@pytest.mark.parametrize("step", ["_make_store", "save_settings", "_move_in"])
def test_a_full_disk_at_any_step_leaves_nothing_behind(
    paths: ProfilePaths, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(setup, step, full)
    with pytest.raises(UsageError, match="No space left"):
        create_profile(paths, command(NewCertificate("ecdsa-p256")))
    assert list(paths.folder.iterdir()) == []


def test_a_vault_without_settings_is_put_aside_and_never_deleted(paths: ProfilePaths) -> None:
    create_profile(paths, command(NewCertificate("ecdsa-p256")))
    old = Vault.open(paths.vault, PASSPHRASE).keys()[0].certificate
    paths.settings.unlink()
    create_profile(paths, command(NewCertificate("ecdsa-p256")))
    aside = next(found for found in paths.folder.iterdir() if found.name.startswith("vault.old-"))
    assert Vault.open(aside, PASSPHRASE).keys()[0].certificate == old
