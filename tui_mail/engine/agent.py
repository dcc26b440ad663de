"""The key agent: holds the private keys of one profile while they are unlocked, and forgets them after idle time.

The law: key bytes are reachable only through `AgentKey`, which asks here every time; after `lock` the very next
question is refused. Server passwords stay, so that mail goes on arriving while the keys are locked.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tui_mail.model.errors import VaultError, VaultLocked
from tui_mail.model.keys import SignatureScheme, UnwrapRequest
from tui_mail.vault.software_key import SoftwareKey
from tui_mail.vault.vault import Vault

SECRETS = ("imap", "smtp", "refresh", "client")
"""Kept for an account: two passwords; after a sign-in what renews its token, and what the program says of itself."""

LOCKED_SENTENCE = "Your keys are locked; enter the passphrase to unlock them."


class AgentKey:
    """One of our keys as everyone but the agent sees it: a `SigningKey` and a `DecryptionKey` that can be locked."""

    __slots__ = ("_agent", "_certificate", "_chain", "_position")

    def __init__(self, agent: "KeyAgent", position: int, certificate: bytes, chain: tuple[bytes, ...]) -> None:
        self._agent = agent
        self._position = position
        self._certificate = certificate
        self._chain = chain

    @property
    def certificate(self) -> bytes:
        """DER of the certificate that belongs to the key."""
        return self._certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        """DER of the intermediate certificates."""
        return self._chain

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        """Signature over `data`; raises VaultLocked when the keys are locked."""
        return self._agent.unlocked_key(self._position).sign(data, scheme)

    def unwrap(self, request: UnwrapRequest) -> bytes:
        """Answer one request; raises VaultLocked when the keys are locked."""
        return self._agent.unlocked_key(self._position).unwrap(request)


class KeyAgent:
    """Opens the vault, keeps the keys, counts the idle time. Any thread may call it."""

    def __init__(self, folder: Path, on_change: Callable[[bool], None]) -> None:
        self._folder = folder
        self._on_change = on_change
        self._mutex = threading.RLock()
        self._vault: Vault | None = None
        self._unlocked: tuple[SoftwareKey, ...] = ()
        self._keys: tuple[AgentKey, ...] = ()
        self._passwords: dict[tuple[str, str], str] = {}
        self._unsaved: dict[tuple[str, str], str] = {}
        self._store_key: bytes | None = None
        self._last_use = time.monotonic()

    @property
    def locked(self) -> bool:
        """Whether the private keys are out of reach."""
        return self._vault is None

    @property
    def store_key(self) -> bytes | None:
        """The raw key of the store; None before the first unlock of this engine."""
        return self._store_key

    def unlock(self, passphrase: str, accounts: tuple[str, ...]) -> None:
        """Open the vault and take keys and passwords out. Raises WrongPassphrase; then nothing has changed."""
        vault = Vault.open(self._folder, passphrase)
        passwords = {(account, kind): vault.password(account, kind) for account in accounts for kind in SECRETS}
        for (account, kind), text in self._unsaved.items():
            passwords[account, kind] = text
            with contextlib.suppress(VaultError):  # a full disk keeps nobody from reading the mail
                vault.set_password(account, kind, text)
        with self._mutex:
            was_locked = self.locked
            self._vault = vault
            self._store_key = vault.store_key()
            self._passwords = passwords
            self._unsaved.clear()
            self._read_keys(vault)
            self._last_use = time.monotonic()
        if was_locked:
            self._on_change(False)

    def _read_keys(self, vault: Vault) -> None:
        self._unlocked = tuple(vault.keys())
        self._keys = tuple(
            AgentKey(self, position, key.certificate, key.chain) for position, key in enumerate(self._unlocked)
        )

    def lock(self) -> None:
        """Forget the private keys now."""
        with self._mutex:
            if self._vault is None:
                return
            self._vault.lock()
            self._vault = None
            self._unlocked = ()
        self._on_change(True)

    def touch(self) -> None:
        """A person did something: the idle time begins anew."""
        self._last_use = time.monotonic()

    def lock_when_idle(self, after_seconds: int) -> None:
        """Lock when nobody did anything for so long; 0 never locks."""
        if after_seconds and not self.locked and time.monotonic() - self._last_use >= after_seconds:
            self.lock()

    def own_keys(self) -> tuple[AgentKey, ...]:
        """All our keys, the past ones too; they can be named while locked, and used while not."""
        with self._mutex:
            return self._keys

    def unlocked_key(self, position: int) -> SoftwareKey:
        """For `AgentKey` alone. Raises VaultLocked."""
        with self._mutex:
            if self._vault is None:
                raise VaultLocked(LOCKED_SENTENCE)
            return self._unlocked[position]

    def password(self, account: str, kind: str) -> str:
        """One of the `SECRETS` of an account, empty when there is none."""
        with self._mutex:
            return self._passwords.get((account, kind), "")

    def set_password(self, account: str, kind: str, text: str) -> None:
        """Keep another password in the vault, used from now on. Raises VaultLocked."""
        with self._mutex:
            if self._vault is None:
                raise VaultLocked(LOCKED_SENTENCE)
            self._vault.set_password(account, kind, text)
            self._passwords[account, kind] = text

    def renew_password(self, account: str, kind: str, text: str) -> None:
        """What a server gave in exchange for the one that is kept. While locked it waits here for the vault to open."""
        with self._mutex:
            if self._vault is not None:
                self._vault.set_password(account, kind, text)
            else:
                self._unsaved[account, kind] = text
            self._passwords[account, kind] = text

    def add_key(self, key: SoftwareKey) -> AgentKey:
        """Keep one more key in the vault, for ever. Raises VaultLocked."""
        with self._mutex:
            if self._vault is None:
                raise VaultLocked(LOCKED_SENTENCE)
            self._vault.add(key)
            self._read_keys(self._vault)
            for found in self._keys:
                if found.certificate == key.certificate:
                    return found
        raise VaultLocked(LOCKED_SENTENCE)

    def keep_waiting(self, pkcs8: bytes) -> None:
        """Keep a private key (DER PrivateKeyInfo) until an authority has issued its certificate. Raises VaultLocked."""
        with self._mutex:
            if self._vault is None:
                raise VaultLocked(LOCKED_SENTENCE)
            self._vault.keep_waiting(pkcs8)

    def join(self, certificate: bytes, chain: tuple[bytes, ...]) -> bool:
        """Whether a key waited for this certificate; it is one of ours now. While locked nothing is known: False."""
        with self._mutex:
            if self._vault is None or self._vault.join(certificate, chain) is None:
                return False
            self._read_keys(self._vault)
            return True
