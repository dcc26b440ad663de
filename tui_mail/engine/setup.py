"""Making a profile: vault, store and settings, all or nothing.

Everything is built in a folder beside its place. Then vault and store are moved in, and settings.toml last of all: that
file is what makes a profile exist. A crash before that leaves nothing that a second try would stumble over.
"""

import contextlib
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from tui_mail.engine.messages import (
    AccountTested,
    CreateProfile,
    FindServers,
    NewCertificate,
    Pkcs12File,
    ServersFound,
    TestAccount,
    TestStep,
)
from tui_mail.engine.session import now
from tui_mail.engine.settings import save_settings
from tui_mail.model.account import Account, Settings
from tui_mail.model.address import address_key
from tui_mail.model.clean import clean
from tui_mail.model.discovery import Discovery
from tui_mail.model.errors import CertificateProblem, UsageError
from tui_mail.model.paths import ProfilePaths
from tui_mail.model.typed_path import typed_path
from tui_mail.net.dns import Resolver
from tui_mail.net.trial import try_account
from tui_mail.store import accounts, certificates
from tui_mail.store.store import Store
from tui_mail.trust.address_match import speaks_for
from tui_mail.trust.certificate import load_certificates, read_certificate
from tui_mail.vault.new_key import make_self_signed
from tui_mail.vault.pkcs12 import load_key_file
from tui_mail.vault.software_key import SoftwareKey
from tui_mail.vault.vault import Vault

_BUILDING = ".new-"


def test_account(command: TestAccount) -> AccountTested:
    """Try login, folders and sending, and say what came out."""
    steps = try_account(command.account, command.imap_password, command.smtp_password)
    return AccountTested(tuple(TestStep(step.name, step.ok, step.sentence) for step in steps))


def find_servers(command: FindServers, discovery: Discovery) -> ServersFound:
    """Ask the address's own domain for its mail servers."""
    from tui_mail.net import autoconfig  # an import that few need

    resolver = Resolver.of(discovery.resolver, discovery.resolver_trusted)
    found = autoconfig.find_servers(command.address, resolver)
    if found is None:
        domain = clean(command.address.rpartition("@")[2])
        return ServersFound(None, None, f"{domain} names no mail servers. Your provider's help pages do.")
    return ServersFound(*found)


def create_profile(paths: ProfilePaths, command: CreateProfile, granted: dict[str, str] | None = None) -> Settings:
    """Make the profile on disk; `granted` is what a sign-in brought. Raises TuiMailError; then nothing has changed."""
    if not command.passphrase:
        raise UsageError("A passphrase is needed: it protects your key and your mail on this computer.")
    moment = now()
    key = own_key(command, moment)
    anchors = _anchors(command)
    settings = Settings(accounts=(command.account,))
    paths.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=paths.folder))
    try:
        vault = Vault.create(building / paths.vault.name, command.passphrase)
        vault.add(key)
        vault.set_password(command.account.id, "imap", command.imap_password)
        vault.set_password(command.account.id, "smtp", command.smtp_password)
        for kind, text in (granted or {}).items():
            vault.set_password(command.account.id, kind, text)
        _make_store(building / paths.store.name, vault.store_key(), command, key, anchors)
        vault.lock()
        save_settings(building / paths.settings.name, settings)
        _move_in(paths, building)
    except OSError as error:
        raise UsageError(f"The profile could not be made in {paths.folder}: {error.strerror}.") from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return settings


def remove_leftovers(paths: ProfilePaths) -> None:
    """Take away what an engine that was killed left half made. Only for who holds the profile's lock."""
    for building in paths.folder.glob(f"{_BUILDING}*"):
        shutil.rmtree(building, ignore_errors=True)
    for unfinished in (*paths.folder.glob(".*.new"), *paths.vault.glob(".*.new")):
        with contextlib.suppress(OSError):
            unfinished.unlink()


def own_key(command: CreateProfile, moment: datetime) -> SoftwareKey:
    """The key to begin with. Raises CertificateProblem when a file's certificate does not fit the address."""
    return key_for(replace(command.account, name=command.display_name), command.certificate, moment)


def key_for(account: Account, certificate: NewCertificate | Pkcs12File, moment: datetime) -> SoftwareKey:
    """A key for an account, new or out of a file. Raises CertificateProblem when it does not fit."""
    match certificate:
        case NewCertificate(key_type=key_type, days=days):
            return make_self_signed(account.address, account.name, key_type, days, moment)[0]
        case Pkcs12File(path=path, password=password):
            key = load_key_file(typed_path(path), password)
            check_own_certificate(key, account.address)
            return key


def check_own_certificate(key: SoftwareKey, address: str) -> None:
    """The certificate must name the address: people who get our mail will look for that. One for the whole domain is
    for a profile that will speak Direct secure messaging."""
    info = read_certificate(key.certificate)
    named = info.addresses or info.domains
    if not speaks_for(info, address_key(address), direct=True):
        names = ", ".join(named) or "no address at all"
        raise CertificateProblem(f"The certificate names {names}, not {address}: choose the file for this address.")


def _anchors(command: CreateProfile) -> tuple[bytes, ...]:
    found: list[bytes] = []
    for text in command.anchors:
        found.extend(load_certificates(text.encode()))
    return tuple(found)


def _make_store(
    path: Path, store_key: bytes, command: CreateProfile, own: SoftwareKey, anchors: tuple[bytes, ...]
) -> None:
    store = Store(path, store_key, create=True)
    try:
        with store.write() as db:
            accounts.save_account(db, command.account.id, command.account.address)
            for anchor in anchors:
                certificates.add_anchor(db, anchor)
            certificates.add_own(db, own.certificate)
            certificates.save_certificates(db, own.chain)
    finally:
        store.close()


def _move_in(paths: ProfilePaths, building: Path) -> None:
    for target in (paths.vault, paths.store):
        if target.exists():
            # A vault without settings may hold somebody's only keys: it is put aside, never deleted.
            target.rename(target.with_name(f"{target.name}.old-{now():%Y%m%d%H%M%S}"))
    for name in (f"{paths.store.name}-wal", f"{paths.store.name}-shm"):
        with contextlib.suppress(FileNotFoundError):
            (paths.folder / name).unlink()
    for target in (paths.vault, paths.store, paths.settings):
        (building / target.name).rename(target)
