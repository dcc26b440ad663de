"""Sign and encrypt a whole message (RFC 8551 section 3), with its header fields protected (RFC 9788).

The route of the bytes: unprotected message → payload (body and copies of the header fields) → signed → encrypted →
outer header fields around it. Signing is always inside, so that a signature speaks of what people read (RFC 9787, 5.2).
"""

import re
from collections.abc import Sequence
from datetime import datetime

from tui_mail.cms.enveloped import RecipientPlan, build_enveloped
from tui_mail.cms.signed import build_signed_data, digest_name_for, micalg
from tui_mail.mime.build import multipart
from tui_mail.mime.encode import address_list, base64_body, date_value, header, text_value
from tui_mail.mime.fields import split_fields, unfold
from tui_mail.mime.headers import addresses, decode
from tui_mail.mime.legacy_display import with_legacy_display
from tui_mail.mime.seven_bit import canonical_lines, seven_bit
from tui_mail.model.errors import UsageError
from tui_mail.model.keys import SigningKey
from tui_mail.smime.confidentiality import NOTHING_WITHHELD, Withheld, answering, policy_named

AUTHENTICATED_CIPHERS = ("gcm", "ccm", "poly1305")

_NEVER_SENT = frozenset({"bcc", "resent-bcc", "hp-outer", "return-path"})
_ADDRESS_FIELDS = frozenset({"from", "to", "cc", "sender", "reply-to"})
_FOR_PEOPLE = frozenset({"subject", "from", "to", "cc", "date", "reply-to", "followup-to", "keywords", "comments"})
_HAS_HP = re.compile(rb';[ \t\r\n]*hp=("[^"]*"|[^;\s]*)', re.IGNORECASE)


def protect(
    message: bytes,
    *,
    sign: SigningKey | Sequence[SigningKey] | None,
    recipients: Sequence[RecipientPlan] = (),
    cipher: str = "aes-256-cbc",
    now: datetime,
    headers: str = "baseline",
    opaque: bool = False,
    passwords: Sequence[str] = (),
    encryption_certificate: bytes | None = None,
    legacy_display: bool = False,
    bind: bool = False,
    withheld: Withheld = NOTHING_WITHHELD,
) -> bytes:
    """The protected message, seven bits and CRLF.

    Args:
        message: an unprotected RFC 5322 message; Bcc is removed, Date is set to `now`.
        sign: the key that signs, or several for several signatures over the same content; none for encryption alone.
        recipients: for whom to encrypt, oneself included; none (and no `passwords`) means signing alone.
        now: aware; Date and signing time are this instant, because some programs call a signature invalid when they
            differ.
        headers: "baseline" or "shy" copy the header fields inside and, when encrypting, hide some outside; "none"
            protects the body alone; "wrapped" protects the whole message as a message/rfc822 (RFC 8551 section 3.1),
            which RFC 9788 forbids and Direct secure messaging demands.
        encryption_certificate: DER of the one that answers should be encrypted for, when it is not the signer's.
        legacy_display: repeat the hidden fields in the text, for programs that do not know header protection.
        bind: bind the content key to the cipher, for recipients who all announced that (RFC 9709).
        withheld: what the message that this one answers or passes on kept from the outside; it stays inside here too.
    """
    encrypt = bool(recipients or passwords)
    signers = () if sign is None else tuple(sign) if isinstance(sign, Sequence) else (sign,)
    if not signers and not encrypt:
        raise UsageError("Choose to sign, to encrypt, or both.")
    now = now.replace(microsecond=0)
    structural, fields, body = _split(canonical_lines(message), now)
    outer = fields
    if headers == "wrapped":
        inner = b"".join([*(header(name, value) for name, value in fields), b"MIME-Version: 1.0\r\n", *structural])
        policy = answering(policy_named("baseline"), withheld) if encrypt else policy_named("none")
        shown = [(name, policy(name.lower(), value)) for name, value in fields]
        outer = [(name, value) for name, value in shown if value is not None]
        entity = b"Content-Type: message/rfc822\r\n\r\n" + seven_bit(inner + b"\r\n" + body)
    elif headers != "none":
        policy = answering(policy_named(headers), withheld) if encrypt else policy_named("none")
        shown = [(name, policy(name.lower(), value)) for name, value in fields]
        outer = [(name, value) for name, value in shown if value is not None]
        structural = [_with_hp(field, b"cipher" if encrypt else b"clear") for field in structural]
        copies = [header(name, value) for name, value in fields]
        if encrypt:
            copies += [header("HP-Outer", f"{name}: {value}") for name, value in outer]
        entity = b"".join([*structural, *copies, b"\r\n", body])
        if legacy_display and encrypt and (lines := _hidden_lines(fields, shown)):
            entity = with_legacy_display(entity, lines)
    else:
        entity = b"".join([*structural, b"\r\n", body])
    entity = seven_bit(entity)
    if signers:
        entity = _signed(entity, signers, now, opaque, encryption_certificate)
    if encrypt:
        entity = _encrypted(entity, recipients, cipher, passwords, bind)
    return b"".join([*(header(name, value) for name, value in outer), b"MIME-Version: 1.0\r\n", entity])


def _split(message: bytes, now: datetime) -> tuple[list[bytes], list[tuple[str, str]], bytes]:
    """Structural fields as bytes (RFC 9788 section 1.1.1), the others by name and value, and the body."""
    found, body_start, _odd = split_fields(message, 0, len(message))
    structural: list[bytes] = []
    fields: list[tuple[str, str]] = []
    for one in found:
        if one.name.startswith("content-"):
            structural.append(message[one.start : one.end].rstrip(b"\r\n") + b"\r\n")
        elif one.name != "mime-version" and one.name not in _NEVER_SENT:
            name = message[one.start : one.start + len(one.name)].decode("ascii")
            fields.append((name, date_value(now) if one.name == "date" else _ascii_value(one.name, one.value)))
    if not any(name.lower() == "date" for name, _ in fields):
        fields.append(("Date", date_value(now)))
    if not any(field.lower().startswith(b"content-type:") for field in structural):
        structural.insert(0, b"Content-Type: text/plain; charset=utf-8\r\n")
    return structural, fields, message[body_start:]


def _ascii_value(name: str, value: bytes) -> str:
    """The value in one line; raw text beyond ASCII (RFC 6532) as encoded words, because signed parts are seven bits."""
    line = unfold(value)
    if line.isascii():
        return line.decode("ascii")
    return address_list(addresses(line)) if name in _ADDRESS_FIELDS else text_value(decode(line))


def _hidden_lines(fields: list[tuple[str, str]], shown: list[tuple[str, str | None]]) -> list[str]:
    """The fields for people that the outside does not show as they are (RFC 9788 section 5.2.1)."""
    return [
        f"{name}: {decode(value.encode())}"
        for (name, value), (_, outside) in zip(fields, shown, strict=True)
        if value != outside and name.lower() in _FOR_PEOPLE
    ]


def _with_hp(field: bytes, value: bytes) -> bytes:
    """Content-Type with the parameter that announces header protection (RFC 9788 section 2.1)."""
    if not field.lower().startswith(b"content-type:"):
        return field
    bare = _HAS_HP.sub(b"", field.rstrip(b"\r\n").rstrip(b"; \t"))
    return bare + b';\r\n hp="' + value + b'"\r\n'


def _signed(
    entity: bytes, keys: tuple[SigningKey, ...], now: datetime, opaque: bool, encryption_certificate: bytes | None
) -> bytes:
    signature = build_signed_data(
        entity, *keys, detached=not opaque, signing_time=now, encryption_certificate=encryption_certificate
    )
    if opaque:
        return _pkcs7_mime(signature, "signed-data")
    p7s = (
        header("Content-Type", 'application/pkcs7-signature; name="smime.p7s"')
        + b"Content-Transfer-Encoding: base64\r\n"
        + header("Content-Disposition", 'attachment; filename="smime.p7s"')
        + b"\r\n"
        + base64_body(signature).removesuffix(b"\r\n")
    )
    # micalg as RFC 8551 section 3.5.3.2 spells it: some readers call a signature invalid when it is wrong.
    digests = ",".join(dict.fromkeys(micalg(digest_name_for(key)) for key in keys))
    value = f'"{digests}"' if "," in digests else digests
    parameters = f'; protocol="application/pkcs7-signature"; micalg={value}'
    return multipart("signed", [entity, p7s], parameters)


def _encrypted(
    entity: bytes, recipients: Sequence[RecipientPlan], cipher: str, passwords: Sequence[str], bind: bool
) -> bytes:
    authenticated = cipher.endswith(AUTHENTICATED_CIPHERS)
    enveloped = build_enveloped(entity, recipients, cipher, passwords=passwords, bind=bind)
    return _pkcs7_mime(enveloped, "authEnveloped-data" if authenticated else "enveloped-data")


def _pkcs7_mime(data: bytes, smime_type: str) -> bytes:
    return (
        header("Content-Type", f'application/pkcs7-mime; smime-type={smime_type}; name="smime.p7m"')
        + b"Content-Transfer-Encoding: base64\r\n"
        + header("Content-Disposition", 'attachment; filename="smime.p7m"')
        + b"\r\n"
        + base64_body(data)
    )
