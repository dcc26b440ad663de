"""What a judgement may use, read from the files that a command line names."""

import argparse
import base64
import binascii
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from tui_mail.cli.secrets import ask_secret
from tui_mail.model.address import address_key
from tui_mail.model.clean import clean
from tui_mail.model.errors import MalformedInput, UsageError, WrongPassphrase
from tui_mail.model.typed_path import typed_path
from tui_mail.trust.certificate import load_certificates, read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.vault.pkcs12 import load_key_file
from tui_mail.vault.software_key import SoftwareKey

MAX_MATERIAL_BYTES = 50_000_000

_DOTTED = re.compile(r"[0-2](\.\d+)+")
_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----(.*?)-----END [A-Z0-9 ]+-----", re.DOTALL)


def add_trust_options(parser: argparse.ArgumentParser) -> None:
    """The options that name anchors, pins and revocation material."""
    group = parser.add_argument_group("what the judge may use")
    group.add_argument("--anchor", metavar="FILE", action="append", default=[], help="trusted roots, PEM or DER")
    group.add_argument(
        "--pin", metavar="ADDRESS=CERT", action="append", default=[], help="trust this certificate for this address"
    )
    group.add_argument("--intermediate", metavar="FILE", action="append", default=[], help="certificates for the path")
    group.add_argument("--crl", metavar="FILE", action="append", default=[], help="revocation list, PEM or DER")
    group.add_argument("--ocsp", metavar="FILE", action="append", default=[], help="OCSP response, DER")
    group.add_argument(
        "--policy",
        metavar="OID",
        action="append",
        default=[],
        type=_policy,
        help="trust under this policy only (repeat)",
    )
    group.add_argument("--revocation", choices=("off", "prefer", "require"), help="default: prefer")


def add_key_options(parser: argparse.ArgumentParser) -> None:
    """The options that name keys for decryption."""
    parser.add_argument(
        "--key", metavar="FILE", action="append", default=[], help="key for decryption, .p12 or PEM (repeat)"
    )
    parser.add_argument(
        "--password-file", metavar="FILE", help="the keys' passwords, one line for each key or one line for all"
    )


def add_time_option(parser: argparse.ArgumentParser, meaning: str) -> None:
    """``--time``."""
    parser.add_argument("--time", metavar="T", type=_instant, help=f"{meaning}, ISO 8601 UTC (default: now)")


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant such as 2026-01-31T12:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment_of(args: argparse.Namespace) -> datetime:
    """The instant that was named, else now."""
    named: datetime | None = args.time
    return named if named is not None else datetime.now(UTC)


def read_file(name: str, limit: int = MAX_MATERIAL_BYTES) -> bytes:
    """A whole file. Raises UsageError with a sentence."""
    try:
        with typed_path(name).open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"The file {name} cannot be read: {error.strerror}.") from None
    if len(data) > limit:
        raise UsageError(f"The file {name} is larger than {limit} bytes.")
    return data


def read_certificates(names: Sequence[str]) -> tuple[bytes, ...]:
    """All certificates of these files, DER."""
    found: list[bytes] = []
    for name in names:
        try:
            found.extend(load_certificates(read_file(name)))
        except MalformedInput as error:
            raise UsageError(f"{name}: {error}") from None
    return tuple(dict.fromkeys(found))


def _usable_certificates(names: Sequence[str]) -> tuple[bytes, ...]:
    """All certificates of these files that can be read; of the others stderr says that they are not used."""
    found: list[bytes] = []
    for name in names:
        data = read_file(name)
        try:
            found.extend(load_certificates(data))
        except MalformedInput as error:
            if not data.startswith(b"\x30"):
                raise UsageError(f"{name}: {error}") from None
            print(f"tui-mail: {clean(name)} holds a certificate that cannot be read; it is not used.", file=sys.stderr)
    return tuple(dict.fromkeys(found))


def trust_from(args: argparse.Namespace) -> TrustContext:
    """The trust context that the options describe; without any option nothing chains."""
    return TrustContext(
        anchors=read_certificates(args.anchor),
        pins=frozenset(_pin(text) for text in args.pin),
        intermediates=_usable_certificates(args.intermediate),
        crls=tuple(der for name in args.crl for der in _der_blocks(read_file(name))),
        ocsps=tuple(read_file(name) for name in args.ocsp),
        revocation=args.revocation or "prefer",
        policies=tuple(args.policy),
    )


def _policy(text: str) -> str:
    if not _DOTTED.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a dotted identifier such as 2.23.140.1.5.2.2")
    return text


def _pin(text: str) -> tuple[str, str]:
    address, equals, name = text.partition("=")
    if not equals or "@" not in address:
        raise UsageError(f"A pin is written ADDRESS=CERT, and {text!r} is not.")
    return address_key(address), read_certificate(read_certificates([name])[0]).sha256


def _der_blocks(data: bytes) -> list[bytes]:
    blocks = _PEM.findall(data)
    if not blocks:
        return [data]
    try:
        return [base64.b64decode(block) for block in blocks]
    except binascii.Error:
        raise UsageError("A revocation list's PEM text is damaged.") from None


def read_keys(names: Sequence[str], password_file: str | None) -> list[SoftwareKey]:
    """The private keys of these files; asks for a password when one is needed and none was given."""
    passwords = _password_lines(password_file)
    if len(passwords) > 1 and len(passwords) != len(names):
        raise UsageError("The password file must have one line for each key, or one line for all of them.")
    keys: list[SoftwareKey] = []
    for number, name in enumerate(names):
        path = typed_path(name)
        if passwords:
            keys.append(load_key_file(path, passwords[number % len(passwords)]))
            continue
        try:
            keys.append(load_key_file(path, ""))
        except WrongPassphrase:
            keys.append(load_key_file(path, ask_secret(f"Password of {name}", "--password-file FILE")))
    return keys


def _password_lines(name: str | None) -> list[str]:
    if name is None:
        return []
    try:
        lines = read_file(name).decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        raise UsageError(f"The password file {name} must be UTF-8 text.") from None
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return lines
