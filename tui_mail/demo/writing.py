"""How the people of the demo write: plain text, HTML, attachments, and what their programs or an attacker do to it.

The law: nothing here pretends. What shall be seen as altered is altered after signing, what shall be expired was signed
in time with a certificate that has ended since.
"""

from base64 import b64decode, encodebytes
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from asn1crypto import cms

from tui_mail.cms.sealing import default_plan
from tui_mail.model.address import Address
from tui_mail.smime.protect import protect
from tui_mail.vault.software_key import SoftwareKey


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail of the demo before protection.

    Attributes:
        html: an HTML alternative.
        files: name, media type, content.
        answers: message-ids of the thread so far.
    """

    sender: Address
    to: Address
    subject: str
    text: str
    when: datetime
    message_id: str
    html: str = ""
    files: tuple[tuple[str, str, bytes], ...] = ()
    answers: tuple[str, ...] = ()
    cc: tuple[Address, ...] = ()
    more_headers: tuple[tuple[str, str], ...] = ()


def plain(letter: Letter) -> bytes:
    """The unprotected message, CRLF."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = _mailbox(letter.sender)
    message["To"] = _mailbox(letter.to)
    if letter.cc:
        message["Cc"] = [_mailbox(person) for person in letter.cc]
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.when)
    message["Message-ID"] = letter.message_id
    if letter.answers:
        message["In-Reply-To"] = letter.answers[-1]
        message["References"] = " ".join(letter.answers)
    for name, value in letter.more_headers:
        message[name] = value
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    for name, media_type, content in letter.files:
        kind, _, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return message.as_bytes()


def _mailbox(person: Address) -> HeaderAddress:
    return HeaderAddress(display_name=person.name, addr_spec=person.spec)


def signed(letter: Letter, key: SoftwareKey) -> bytes:
    """Signed by `key` at the letter's date."""
    return protect(plain(letter), sign=key, recipients=(), now=letter.when)


def encrypted(letter: Letter, readers: tuple[bytes, ...], *, key: SoftwareKey | None, cipher: str) -> bytes:
    """Encrypted for these certificates; signed as well when there is a key."""
    plans = [default_plan(certificate) for certificate in readers]
    return protect(plain(letter), sign=key, recipients=plans, cipher=cipher, now=letter.when)


def altered(raw: bytes, before: bytes, after: bytes) -> bytes:
    """Changed on the way: other words of the same length in what was signed."""
    if raw.count(before) < 1 or len(before) != len(after):
        raise ValueError("the words to change are not in the message")
    return raw.replace(before, after)


def with_damaged_signature(raw: bytes) -> bytes:
    """The signature lost its tail, as a broken gateway leaves it."""
    head, boundary, tail = raw.rpartition(b"\r\n--")
    return head[:-240].rstrip() + boundary + tail


def without_certificate(letter: Letter, key: SoftwareKey) -> bytes:
    """Signed by a program that sends no certificate along, which RFC 5652 section 5.1 allows."""
    raw = signed(letter, key)
    head, part = raw.rsplit(b"\r\n\r\n", 1)
    encoded, boundary = part.split(b"\r\n--", 1)
    info: Any = cms.ContentInfo.load(b64decode(encoded))  # type: ignore[no-untyped-call]
    info["content"]["certificates"] = None
    lighter = encodebytes(info.dump(force=True)).replace(b"\n", b"\r\n").rstrip()
    return head + b"\r\n\r\n" + lighter + b"\r\n--" + boundary
