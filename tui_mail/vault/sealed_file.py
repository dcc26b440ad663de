"""The vault's file: a header in clear, then AES-256-GCM under a key that Argon2id makes from the passphrase.

Layout (big endian)::

    magic 8 · salt 16 · memory KiB 4 · iterations 4 · lanes 4 · nonce 12 · verifier 16 · header checksum 8 · ciphertext

The whole header is additional authenticated data. Checksum and verifier exist so that a damaged file, a wrong
passphrase and a damaged content are three different sentences. They tell a thief nothing new: the tag of the
ciphertext answers the same guess at the same Argon2id price.
"""

import errno
import hashlib
import hmac
import os
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tui_mail.model.errors import VaultError, WrongPassphrase

MAGIC = b"TMVAULT1"
MAX_MEMORY_KIB = 4 * 1024 * 1024
MAX_ITERATIONS = 100
MAX_LANES = 64
MAX_FILE_BYTES = 64 * 1024 * 1024

_HEADER = struct.Struct(">8s16sIII12s16s")
_CHECKSUM_BYTES = 8
_PREFIX_BYTES = _HEADER.size + _CHECKSUM_BYTES
_DAMAGED = "The vault file is damaged. Restore it from a backup; the mail itself is not lost."


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of the passphrase costs (Argon2id, RFC 9106 section 4, second recommended choice)."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True, repr=False)
class Seal:
    """The key of one vault file with the salt and cost that lead to it. Kept in memory while the vault is open."""

    key: bytes
    verifier: bytes
    salt: bytes
    cost: Cost


def new_seal(passphrase: str, cost: Cost) -> Seal:
    """A key from a passphrase and fresh salt."""
    if not passphrase:
        raise VaultError("Choose a passphrase: without one everybody could read the keys.")
    return _derive(passphrase, os.urandom(16), cost)


def _derive(passphrase: str, salt: bytes, cost: Cost) -> Seal:
    kdf = Argon2id(salt=salt, length=64, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib)
    # Keyboards differ in how they compose accents; the passphrase is the same.
    secret = kdf.derive(unicodedata.normalize("NFC", passphrase).encode())
    return Seal(secret[:32], hashlib.sha256(b"verifier" + secret[32:]).digest()[:16], salt, cost)


def write_sealed(path: Path, seal: Seal, content: bytes) -> None:
    """Replace the file in one step: written beside, flushed to the disk, then renamed. Mode 0600."""
    nonce = os.urandom(12)
    cost = seal.cost
    header = _HEADER.pack(MAGIC, seal.salt, cost.memory_kib, cost.iterations, cost.lanes, nonce, seal.verifier)
    header += hashlib.sha256(header).digest()[:_CHECKSUM_BYTES]
    _replace(path, header + AESGCM(seal.key).encrypt(nonce, content, header))


def read_sealed(path: Path, passphrase: str) -> tuple[Seal, bytes]:
    """Open the file. Raises WrongPassphrase, or VaultError when the file is absent, damaged or from the future."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise VaultError("There is no vault here yet: set up the profile first.") from None
    except OSError as error:
        raise VaultError(f"The vault file cannot be read: {error.strerror}.") from None
    header = data[:_PREFIX_BYTES]
    if data[:7] == MAGIC[:7] and data[7:8].isdigit() and data[:8] != MAGIC:
        raise VaultError("The vault was written by a newer version of this program: use that one.")
    if len(data) > MAX_FILE_BYTES or len(header) < _PREFIX_BYTES or data[:8] != MAGIC:
        raise VaultError(_DAMAGED)
    if hashlib.sha256(header[: _HEADER.size]).digest()[:_CHECKSUM_BYTES] != header[_HEADER.size :]:
        raise VaultError(_DAMAGED)
    _magic, salt, memory_kib, iterations, lanes, nonce, verifier = _HEADER.unpack(header[: _HEADER.size])
    if not (0 < memory_kib <= MAX_MEMORY_KIB and 0 < iterations <= MAX_ITERATIONS and 0 < lanes <= MAX_LANES):
        raise VaultError(_DAMAGED)
    seal = _derive(passphrase, salt, Cost(memory_kib, iterations, lanes))
    if not hmac.compare_digest(seal.verifier, verifier):
        raise WrongPassphrase("The passphrase does not open the vault. Try again.")
    try:
        return seal, AESGCM(seal.key).decrypt(nonce, data[_PREFIX_BYTES:], header)
    except InvalidTag:
        raise VaultError(_DAMAGED) from None


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise VaultError("The disk is full: the vault was not changed. Make room and try again.") from None
        raise VaultError(f"The vault cannot be written: {error.strerror}. Nothing was changed.") from None
