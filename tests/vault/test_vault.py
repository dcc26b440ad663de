"""The vault: what it keeps, what it refuses, what a thief or a full disk may do to it."""

import os
import stat

import pytest

from tests.pki import Pki
from tui_mail.model.errors import VaultError, VaultLocked, WrongPassphrase
from tui_mail.model.keys import SignatureScheme
from tui_mail.vault.sealed_file import Cost
from tui_mail.vault.vault import Vault

QUICK = Cost(memory_kib=64, iterations=1, lanes=1)


@pytest.fixture(scope="module")
def pki():
    return Pki()


@pytest.fixture
def vault(tmp_path):
    return Vault.create(tmp_path, "correct horse", cost=QUICK)


def test_everything_comes_back_after_opening_again(vault, tmp_path, pki):
    identity = pki.issue("anna@clinic.example", ca=pki.authority("Below", above=pki.ca))
    vault.add_key(identity.key.pkcs8(), identity.certificate, identity.key.chain)
    vault.set_password("work", "imap", "pässword")
    again = Vault.open(tmp_path, "correct horse")
    assert again.store_key() == vault.store_key()
    assert len(again.store_key()) == 32
    assert again.password("work", "imap") == "pässword"
    assert again.password("work", "smtp") == ""
    (key,) = again.keys()
    assert (key.certificate, key.chain) == (identity.certificate, identity.key.chain)
    assert key.pkcs8() == identity.key.pkcs8()


def test_the_default_cost_is_argon2id_with_64_mib_and_three_passes():
    assert (Cost().memory_kib, Cost().iterations) == (65536, 3)


def test_the_file_is_readable_by_its_owner_only_and_shows_no_secret(vault, tmp_path, pki):
    identity = pki.issue("anna@clinic.example", key="rsa")
    vault.add_key(identity.key.pkcs8(), identity.certificate)
    vault.set_password("work", "imap", "the-password")
    data = (tmp_path / "vault").read_bytes()
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o600
    for secret in (b"the-password", identity.key.pkcs8()[40:80], identity.certificate[40:80], vault.store_key()):
        assert secret not in data
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]


def test_a_wrong_passphrase_and_a_damaged_file_are_told_apart(vault, tmp_path):
    with pytest.raises(WrongPassphrase):
        Vault.open(tmp_path, "wrong horse")
    path = tmp_path / "vault"
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes((whole[position] ^ 1,)) + whole[position + 1 :])
        with pytest.raises(VaultError) as caught:
            Vault.open(tmp_path, "correct horse")
        assert not isinstance(caught.value, WrongPassphrase), position
    for length in (0, 7, 50, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(VaultError, match="damaged"):
            Vault.open(tmp_path, "correct horse")


def test_a_header_that_asks_for_absurd_memory_is_refused_before_it_costs_anything(tmp_path, monkeypatch):
    monkeypatch.setattr("tui_mail.vault.sealed_file.MAX_MEMORY_KIB", 100)
    Vault.create(tmp_path, "x", cost=QUICK)
    monkeypatch.setattr("tui_mail.vault.sealed_file.MAX_MEMORY_KIB", 10)
    with pytest.raises(VaultError, match="damaged"):
        Vault.open(tmp_path, "x")


def test_changing_the_passphrase_keeps_the_content_and_refuses_the_old_one(vault, tmp_path):
    vault.set_password("work", "smtp", "secret")
    with pytest.raises(WrongPassphrase):
        vault.change_passphrase("not it", "battery staple")
    vault.change_passphrase("correct horse", "battery staple")
    with pytest.raises(WrongPassphrase):
        Vault.open(tmp_path, "correct horse")
    assert Vault.open(tmp_path, "battery staple").password("work", "smtp") == "secret"


def test_the_same_passphrase_typed_with_composed_and_decomposed_accents_opens(tmp_path):
    Vault.create(tmp_path, "caf\u00e9", cost=QUICK)
    assert Vault.open(tmp_path, "cafe\u0301").keys() == []


def test_an_empty_passphrase_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(VaultError, match="passphrase"):
        Vault.create(tmp_path, "", cost=QUICK)
    assert list(tmp_path.iterdir()) == []


def test_a_vault_is_never_overwritten_and_an_absent_one_is_named(vault, tmp_path):
    with pytest.raises(VaultError, match="already"):
        Vault.create(tmp_path, "other", cost=QUICK)
    with pytest.raises(VaultError, match="set up"):
        Vault.open(tmp_path / "nowhere", "x")


def test_locking_forgets_and_keys_given_out_before_stop_working(vault, pki):
    identity = pki.issue("anna@clinic.example")
    key = vault.add_key(identity.key.pkcs8(), identity.certificate)
    vault.lock()
    assert vault.locked
    assert key.locked
    for question in (vault.keys, vault.store_key, lambda: vault.password("a", "imap")):
        with pytest.raises(VaultLocked):
            question()
    with pytest.raises(VaultLocked):
        key.sign(b"x", SignatureScheme("ecdsa"))
    with pytest.raises(VaultLocked):
        vault.set_password("a", "imap", "x")


def test_keys_of_the_past_stay_and_the_same_certificate_is_kept_once(vault, pki):
    identities = [pki.issue("anna@clinic.example") for _ in range(3)]
    for identity in (*identities, identities[0]):
        vault.add_key(identity.key.pkcs8(), identity.certificate)
    kept = vault.keys()
    assert {key.certificate for key in kept} == {identity.certificate for identity in identities}
    assert kept[-1].certificate == identities[0].certificate
    assert vault.key(identities[1].sha256).certificate == identities[1].certificate


def test_a_disk_that_fails_leaves_the_old_vault_and_the_old_content(vault, tmp_path, monkeypatch, pki):
    vault.set_password("work", "imap", "old")
    before = (tmp_path / "vault").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VaultError, match="full"):
        vault.set_password("work", "imap", "new")
    identity = pki.issue("anna@clinic.example")
    with pytest.raises(VaultError, match="full"):
        vault.add_key(identity.key.pkcs8(), identity.certificate)
    with pytest.raises(VaultError, match="full"):
        vault.change_passphrase("correct horse", "new")
    assert (tmp_path / "vault").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]
    assert vault.password("work", "imap") == "old"
    assert vault.keys() == []


def test_no_representation_shows_a_secret(vault, pki):
    identity = pki.issue("anna@clinic.example", key="rsa")
    vault.set_password("work", "imap", "the-password")
    key = vault.add_key(identity.key.pkcs8(), identity.certificate)
    shown = f"{vault!r} {key!r} {vault._contents!r} {vault._contents.keys!r} {vault._seal!r}"
    assert "the-password" not in shown
    assert "pkcs8" not in shown
    assert vault._seal.key.hex() not in shown
    assert repr(vault._seal.key) not in shown
