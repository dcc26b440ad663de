"""Read an unprotected message from standard input and write it signed, encrypted or both to standard output.

examples:
  tui-mail protect --sign me.p12 --password-file pw.txt < letter.eml > signed.eml
  tui-mail protect --sign me.p12 --password-file pw.txt --encrypt bob.pem --encrypt me.pem < letter.eml > secret.eml

A classical and an ML-DSA key, each with --sign, make two signatures over the same content. Of a file with several
certificates of one person those that can be encrypted to are used.
Bcc is removed. Name your own certificate with --encrypt as well if you want to read what you sent.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from tui_mail.cli.material import add_time_option, moment_of, read_certificates, read_file, read_keys
from tui_mail.cli.secrets import read_secret
from tui_mail.cms.capabilities import Capability, all_bind, choose_cipher
from tui_mail.cms.enveloped import RecipientPlan, default_plan
from tui_mail.model.address import address_key
from tui_mail.model.errors import UsageError
from tui_mail.smime.groups import Reader, separate
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.vault.software_key import SoftwareKey

MAX_MESSAGE_BYTES = 200_000_000

Announced = Mapping[str, tuple[Capability, ...]]
"""Capabilities by address key and by certificate SHA-256."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--sign", metavar="FILE", action="append", default=[], help="sign with this key, .p12 or PEM; repeat for two"
    )
    parser.add_argument("--password-file", metavar="FILE", help="the keys' passwords, one line for each or one for all")
    parser.add_argument("--opaque", action="store_true", help="opaque signature instead of a detached one")
    parser.add_argument("--encrypt", metavar="CERT", action="append", default=[], help="a recipient's certificate")
    parser.add_argument(
        "--password-recipient", metavar="FILE", action="append", default=[], help="also open with the password in FILE"
    )
    parser.add_argument("--cipher", metavar="NAME", help="aes-256-cbc, aes-256-gcm, … (default: what all can read)")
    parser.add_argument(
        "--key-encryption", choices=("rsa-v15", "rsa-oaep", "ecdh"), help="how content keys are encrypted"
    )
    parser.add_argument(
        "--headers", choices=("none", "baseline", "shy"), default="baseline", help="header protection (RFC 9788)"
    )
    parser.add_argument("--capabilities", metavar="FILE", action="append", default=[], help="signed mail of recipients")
    parser.add_argument(
        "--legacy-display", action="store_true", help="repeat hidden header fields in the text, for old programs"
    )
    parser.add_argument(
        "--separate",
        metavar="DIR",
        help="write a message for each group of recipients into DIR, so that an old program weakens no other",
    )
    add_time_option(parser, "Date and signing time")


def run(args: argparse.Namespace) -> int:
    """Protect one message; returns the exit code."""
    if not args.sign and not args.encrypt and not args.password_recipient:
        raise UsageError("Say what to do: --sign FILE, --encrypt CERT, --password-recipient FILE, or several of them.")
    now = moment_of(args)
    signers = read_keys(args.sign, args.password_file)
    announced = _announced(args)
    recipients = tuple(dict.fromkeys(der for name in args.encrypt for der in _encryptable(name)))
    plans = tuple(_plan(der, args.key_encryption, announced) for der in recipients)
    message = sys.stdin.buffer.read(MAX_MESSAGE_BYTES + 1)
    if len(message) > MAX_MESSAGE_BYTES:
        raise UsageError(f"The message is larger than {MAX_MESSAGE_BYTES} bytes.")
    if not message.strip():
        raise UsageError("There is no message on standard input: give one with `< letter.eml`.")
    passwords = _passwords(args.password_recipient)

    def protected(group: Sequence[RecipientPlan], cipher: str) -> bytes:
        told = [_capabilities_of(plan.certificate, announced) for plan in group]
        return protect(
            message,
            sign=signers,
            recipients=group,
            cipher=args.cipher or cipher,
            now=now,
            headers=args.headers,
            opaque=args.opaque,
            passwords=passwords,
            encryption_certificate=_own(signers, recipients),
            legacy_display=args.legacy_display,
            bind=all_bind(told) and not passwords,
        )

    capabilities = [_capabilities_of(der, announced) for der in recipients]
    if args.separate and recipients:
        folder = Path(args.separate)
        folder.mkdir(parents=True, exist_ok=True)
        groups = separate([Reader(plan, known) for plan, known in zip(plans, capabilities, strict=True)])
        for number, group in enumerate(groups, 1):
            raw = protected([plans[position] for position in group.members], group.cipher)
            with (folder / f"{number}.eml").open("xb") as file:
                file.write(raw)
        return 0
    sys.stdout.buffer.write(protected(plans, choose_cipher(capabilities)))
    sys.stdout.buffer.flush()
    return 0


def _plan(certificate: bytes, wish: str | None, announced: Announced) -> RecipientPlan:
    plan = default_plan(certificate, _capabilities_of(certificate, announced))
    if wish is None or not plan.key_encryption.startswith("rsa") or not wish.startswith("rsa"):
        # One wish cannot suit RSA and other keys alike: where it does not fit, the certificate's own way stays.
        return plan
    return replace(plan, key_encryption=wish)


def _encryptable(name: str) -> tuple[bytes, ...]:
    """The certificates of a file by their key usage: those of a person that only sign, and of authorities, are left
    out when another one of the file can be encrypted to."""
    found = read_certificates([name])
    fitting = tuple(der for der in found if read_certificate(der).can_encrypt and not read_certificate(der).is_ca)
    return fitting or found


def _own(signers: Sequence[SoftwareKey], recipients: Sequence[bytes]) -> bytes | None:
    """The recipient's certificate that is the signer's own: answers should be encrypted for it."""
    mine = {address_key(name) for key in signers for name in read_certificate(key.certificate).addresses}
    fitting = (der for der in recipients if mine & set(map(address_key, read_certificate(der).addresses)))
    return next(fitting, None)


def _passwords(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(read_secret(file=name) or "" for name in names)


def _announced(args: argparse.Namespace) -> Announced:
    """Capabilities from intact signatures of the named messages (RFC 8551 section 2.7.1)."""
    found: dict[str, tuple[Capability, ...]] = {}
    for name in args.capabilities:
        opened = open_message(read_file(name), trust=TrustContext(revocation="off"), now=moment_of(args))
        if not opened.capabilities:
            raise UsageError(f"{name} has no intact signature, so nothing can be learnt from it.")
        for one in opened.capabilities:
            info = read_certificate(one.certificate)
            for key in (info.sha256, *map(address_key, info.addresses)):
                found[key] = one.capabilities
    return found


def _capabilities_of(certificate: bytes, announced: Announced) -> tuple[Capability, ...]:
    info = read_certificate(certificate)
    for key in (info.sha256, *map(address_key, info.addresses)):
        if key in announced:
            return announced[key]
    return ()
