"""The file of ``tui-mail setup --from``: its keys, and where its secrets come from."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from tui_mail.cli.secrets import read_secret
from tui_mail.engine.messages import NewCertificate, Pkcs12File
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.errors import UsageError
from tui_mail.model.sign_in import SignIn, google, microsoft
from tui_mail.model.typed_path import typed_path

_IMAP_PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}
_SMTP_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


class _Secret(Struct, forbid_unknown_fields=True, kw_only=True):
    """A password that stands in the file itself, in another file, or in the environment."""

    password: str | None = None
    password_file: str | None = None
    password_env: str | None = None


class _Server(_Secret, forbid_unknown_fields=True, kw_only=True):
    host: str
    port: int | None = None
    security: Security = Security.TLS
    user: str | None = None
    ca_file: str = ""


class _SignIn(Struct, forbid_unknown_fields=True, kw_only=True):
    client_id: str
    provider: Literal["microsoft", "google"] | None = None
    tenant: str = "organizations"
    token_url: str = ""
    device_url: str = ""
    page_url: str = ""
    scope: str = ""
    client_secret_file: str | None = None
    client_secret_env: str | None = None


class _Certificate(_Secret, forbid_unknown_fields=True, kw_only=True):
    file: str | None = None
    new: str | None = None
    days: int = 730


class _Trust(Struct, forbid_unknown_fields=True, kw_only=True):
    anchors: tuple[str, ...] = ()


class _File(_Secret, forbid_unknown_fields=True, kw_only=True):
    name: str
    address: str
    imap: _Server
    smtp: _Server
    account: str | None = None
    sign_in: _SignIn | None = None
    certificate: _Certificate = msgspec.field(default_factory=_Certificate)
    trust: _Trust = msgspec.field(default_factory=_Trust)
    passphrase_file: str | None = None
    passphrase_env: str | None = None


class SetupFile(Struct, frozen=True):
    """Everything that a new profile needs, secrets already read. `passphrase` is None when the file names none."""

    account: Account
    imap_password: str
    smtp_password: str
    certificate: NewCertificate | Pkcs12File
    anchors: tuple[str, ...]
    passphrase: str | None
    client_secret: str = ""

    def __repr__(self) -> str:
        return f"<SetupFile of {self.account.address}>"


def read_setup_file(path: Path) -> SetupFile:
    """Read the file and everything it names. Raises UsageError that says what is wrong."""
    try:
        text = path.read_text("utf-8")
        found = msgspec.convert(tomllib.loads(text), _File)
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}.") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{path} has a value that cannot be used: {error}.") from None
    if "@" not in found.address:
        raise UsageError(f"{path}: address must be a mail address, like anna@clinic.example.")
    folder = path.parent
    common = _secret(found, folder)
    imap_password, smtp_password = _secret(found.imap, folder) or common, _secret(found.smtp, folder) or common
    if found.sign_in is not None:
        imap_password = smtp_password = ""
    if imap_password is None or smtp_password is None:
        raise UsageError(f"{path} names no password: use password_file, password_env or password, or [sign_in].")
    account = Account(
        id=found.account or found.address.partition("@")[0].lower(),
        name=found.name,
        address=found.address,
        imap=_server(found.imap, found.address, folder, _IMAP_PORTS),
        smtp=_server(found.smtp, found.address, folder, _SMTP_PORTS),
        sign_in=_sign_in(path, found.sign_in) if found.sign_in is not None else None,
    )
    return SetupFile(
        account=account,
        imap_password=imap_password,
        smtp_password=smtp_password,
        certificate=_certificate(found.certificate, folder),
        anchors=tuple(_text(folder, name) for name in found.trust.anchors),
        passphrase=read_secret(file=_place(folder, found.passphrase_file), variable=found.passphrase_env),
        client_secret=_client_secret(folder, found.sign_in) if found.sign_in is not None else "",
    )


def _sign_in(path: Path, found: _SignIn) -> SignIn:
    match found.provider:
        case "microsoft":
            return microsoft(found.client_id, found.tenant)
        case "google":
            return google(found.client_id)
    if not found.token_url or not (found.device_url or found.page_url):
        raise UsageError(f"{path}: [sign_in] needs a provider, or token_url with device_url or page_url.")
    return SignIn(found.client_id, found.token_url, found.device_url, found.page_url, found.scope)


def _client_secret(folder: Path, found: _SignIn) -> str:
    return read_secret(file=_place(folder, found.client_secret_file), variable=found.client_secret_env) or ""


def _secret(found: _Secret, folder: Path) -> str | None:
    if found.password is not None:
        return found.password
    return read_secret(file=_place(folder, found.password_file), variable=found.password_env)


def _server(found: _Server, address: str, folder: Path, ports: dict[Security, int]) -> Server:
    port = found.port if found.port is not None else ports[found.security]
    ca_file = _place(folder, found.ca_file) if found.ca_file else ""
    return Server(found.host, port, found.security, found.user if found.user is not None else address, ca_file or "")


def _certificate(found: _Certificate, folder: Path) -> NewCertificate | Pkcs12File:
    if found.file is not None and found.new is not None:
        raise UsageError("The section certificate has both `file` and `new`; keep one.")
    if found.file is not None:
        return Pkcs12File(_place(folder, found.file) or "", _secret(found, folder) or "")
    if found.new is not None:
        return NewCertificate(found.new, found.days)
    return NewCertificate(days=found.days)


def _place(folder: Path, name: str | None) -> str | None:
    return None if name is None else str((folder / typed_path(name)).absolute())


def _text(folder: Path, name: str) -> str:
    """A file of PEM certificates; DER is turned away with advice because the engine takes text here."""
    try:
        return (folder / typed_path(name)).read_text("ascii")
    except OSError as error:
        raise UsageError(f"The anchor file {name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        advice = "convert it with `openssl x509 -inform der`"
        raise UsageError(f"The anchor file {name} is not PEM text; {advice}.") from None
