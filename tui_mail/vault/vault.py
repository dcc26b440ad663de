"""Keys, passwords and the store's key behind one passphrase. Law: nothing is ever written that is not sealed.

Keys are never removed: those of the past open the mail of the past.
"""

import os
import threading
from pathlib import Path

import msgspec

from tui_mail.model.errors import VaultError, VaultLocked
from tui_mail.vault.request import is_for
from tui_mail.vault.sealed_file import Cost, Seal, new_seal, read_sealed, write_sealed
from tui_mail.vault.software_key import SoftwareKey

VAULT_FILE = "vault"
DEFAULT_COST = Cost()


class _StoredKey(msgspec.Struct, array_like=True):
    pkcs8: bytes
    certificate: bytes
    chain: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return "<stored key>"


class _Contents(msgspec.Struct):
    store_key: bytes
    passwords: dict[str, str] = {}
    keys: list[_StoredKey] = []
    waiting: list[bytes] = []

    def __repr__(self) -> str:
        return "<vault contents>"


class Vault:
    """An open vault. `create` or `open` make one; after `lock` every question is VaultLocked."""

    def __init__(self, path: Path, seal: Seal, contents: _Contents) -> None:
        self._path = path
        self._seal: Seal | None = seal
        self._contents: _Contents | None = contents
        self._lock = threading.RLock()
        self._keys = [SoftwareKey.from_pkcs8(key.pkcs8, key.certificate, key.chain) for key in contents.keys]

    @classmethod
    def exists(cls, folder: Path) -> bool:
        """Whether a vault file is in this folder."""
        return (folder / VAULT_FILE).exists()

    @classmethod
    def create(cls, folder: Path, passphrase: str, *, cost: Cost = DEFAULT_COST) -> "Vault":
        """Make a vault with a fresh store key. Raises VaultError when one is there already."""
        if cls.exists(folder):
            raise VaultError("There is a vault here already; it is not overwritten.")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise VaultError(f"The folder of the vault cannot be made: {error.strerror}.") from None
        vault = cls(folder / VAULT_FILE, new_seal(passphrase, cost), _Contents(os.urandom(32)))
        vault._save()
        return vault

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> "Vault":
        """Open the vault of this folder. Raises WrongPassphrase, VaultError."""
        path = folder / VAULT_FILE
        seal, content = read_sealed(path, passphrase)
        try:
            contents = msgspec.msgpack.decode(content, type=_Contents)
        except msgspec.MsgspecError:
            raise VaultError("The vault was written by another version of this program: use the newer one.") from None
        return cls(path, seal, contents)

    @property
    def locked(self) -> bool:
        """The passphrase is needed again."""
        return self._contents is None

    def lock(self) -> None:
        """Forget the keys, the passwords and what would open the file."""
        with self._lock:
            for key in self._keys:
                key.forget()
            self._keys = []
            self._seal = None
            self._contents = None

    def store_key(self) -> bytes:
        """The raw 32-byte key of the store."""
        return self._open().store_key

    def password(self, account: str, service: str) -> str:
        """The password of an account's "imap" or "smtp" server; empty when there is none."""
        return self._open().passwords.get(f"{service}:{account}", "")

    def set_password(self, account: str, service: str, text: str) -> None:
        """Keep a password; an empty text takes it away."""
        with self._lock:
            passwords = self._open().passwords
            before = dict(passwords)
            passwords[f"{service}:{account}"] = text
            if not text:
                del passwords[f"{service}:{account}"]
            try:
                self._save()
            except VaultError:
                passwords.clear()
                passwords.update(before)
                raise

    def keys(self) -> list[SoftwareKey]:
        """All keys, the latest added last. Raises VaultLocked."""
        self._open()
        return list(self._keys)

    def key(self, certificate_sha256: str) -> SoftwareKey | None:
        """The key of this certificate, if it is here."""
        return next((key for key in self.keys() if key.sha256 == certificate_sha256), None)

    def add_key(self, pkcs8: bytes, certificate: bytes, chain: tuple[bytes, ...] = ()) -> SoftwareKey:
        """Keep a private key with its certificate. The same certificate is kept once, with the chain given last."""
        key = SoftwareKey.from_pkcs8(pkcs8, certificate, chain)
        with self._lock:
            contents = self._open()
            before, waited = contents.keys, contents.waiting
            contents.keys = [kept for kept in before if kept.certificate != certificate]
            contents.keys.append(_StoredKey(pkcs8, certificate, tuple(chain)))
            contents.waiting = [kept for kept in waited if kept != pkcs8]
            try:
                self._save()
            except VaultError:
                contents.keys, contents.waiting = before, waited
                raise
            self._keys = [kept for kept in self._keys if kept.certificate != certificate] + [key]
        return key

    def keep_waiting(self, pkcs8: bytes) -> None:
        """Keep a private key (DER PrivateKeyInfo) whose certificate an authority has still to issue."""
        with self._lock:
            contents = self._open()
            contents.waiting = [*contents.waiting, pkcs8]
            try:
                self._save()
            except VaultError:
                contents.waiting = contents.waiting[:-1]
                raise

    def join(self, certificate: bytes, chain: tuple[bytes, ...] = ()) -> SoftwareKey | None:
        """The certificate (DER) has come: the key that waited for it becomes an ordinary one. None when none did."""
        for pkcs8 in self._open().waiting:
            if is_for(certificate, pkcs8):
                return self.add_key(pkcs8, certificate, chain)
        return None

    def add(self, key: SoftwareKey) -> SoftwareKey:
        """Keep a key that is already in memory."""
        return self.add_key(key.pkcs8(), key.certificate, key.chain)

    def change_passphrase(self, old: str, new: str) -> None:
        """Seal everything under a new passphrase and a new salt. Raises WrongPassphrase when `old` is not the one."""
        with self._lock:
            current = self._seal
            self._open()
            read_sealed(self._path, old)
            assert current is not None  # noqa: S101 - an open vault has its seal
            self._seal = new_seal(new, current.cost)
            try:
                self._save()
            except VaultError:
                self._seal = current
                raise

    def _open(self) -> _Contents:
        if self._contents is None:
            raise VaultLocked("The keys are locked. Unlock the vault with your passphrase.")
        return self._contents

    def _save(self) -> None:
        contents = self._open()
        if self._seal is not None:
            write_sealed(self._path, self._seal, msgspec.msgpack.encode(contents))

    def __repr__(self) -> str:
        return f"<Vault {'locked' if self.locked else 'open'}>"
