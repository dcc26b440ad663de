"""EnvelopedData and AuthEnvelopedData as received, and their decryption (RFC 5652 section 6, RFC 5083).

Law: no byte of plaintext leaves before the tag is verified, and everything that fails fails alike.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO

from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import Algorithm, read_algorithm
from tui_mail.cms.attributes import CONTENT_TYPE, read_attributes, single
from tui_mail.cms.ber import Element, Fields
from tui_mail.cms.ciphers import cipher_name, decrypt_content, find_cipher
from tui_mail.cms.content import AUTH_ENVELOPED_DATA, DATA, ENVELOPED_DATA, read_content_info
from tui_mail.cms.password import PasswordRecipient, SharedKeyRecipient
from tui_mail.cms.recipients import KeyTransport, Recipient, read_recipients, unwrap
from tui_mail.cms.schemes import RSA
from tui_mail.model.errors import DecryptionFailed, MalformedInput, NoDecryptionKey, UnsupportedAlgorithm
from tui_mail.model.keys import DecryptionKey

MAX_TRIES = 8
"""How many recipients that name one key are tried: each costs a private key operation and a pass over the content."""


@dataclass(frozen=True, slots=True)
class Enveloped:
    """An encrypted object before decryption.

    Attributes:
        authenticated: labelled AuthEnvelopedData; `decrypt` refuses any other cipher under this label.
        mac: the tag, empty for EnvelopedData.
        authenticated_bytes: DER SET OF the authenticated attributes, empty for none (RFC 5083 section 2.2).
        room: what holds the ciphertext, where the plaintext may take its place.
    """

    recipients: tuple[Recipient, ...]
    content_type: str
    algorithm: Algorithm
    ciphertext: bytes | memoryview
    authenticated: bool
    mac: bytes = b""
    authenticated_bytes: bytes = b""
    room: BytesIO | None = None

    @property
    def cipher(self) -> str:
        """ "aes-256-gcm", or the dotted identifier of an unknown cipher."""
        return cipher_name(self.algorithm)

    @property
    def protects_content(self) -> bool:
        """The tag of the cipher protects the content; the label alone does not."""
        try:
            return self.authenticated and find_cipher(self.algorithm).authenticated
        except UnsupportedAlgorithm:
            return False


def parse_enveloped(data: bytes | BytesIO) -> Enveloped:
    """Read a ContentInfo with EnvelopedData or AuthEnvelopedData, BER or DER. Raises MalformedInput.

    Args:
        data: in a BytesIO it can be decrypted in place, see `decrypt`.
    """
    if isinstance(data, BytesIO):
        return replace(_read_enveloped(data.getbuffer()), room=data)
    return _read_enveloped(data)


def _read_enveloped(data: bytes | memoryview) -> Enveloped:
    kind, content = read_content_info(data)
    if kind not in (ENVELOPED_DATA, AUTH_ENVELOPED_DATA):
        raise MalformedInput("This CMS object is not encrypted data.")
    fields = Fields(content)
    ber.small_integer(fields.take(ber.INTEGER))
    fields.optional(0xA0)  # originatorInfo: certificates of the sender, which decide nothing here
    recipients = read_recipients(fields.take(ber.SET))
    content_type, algorithm, ciphertext = _read_content(fields.take(ber.SEQUENCE))
    if kind == ENVELOPED_DATA:
        fields.optional(0xA1)
        fields.end()
        return Enveloped(recipients, content_type, algorithm, ciphertext, authenticated=False)
    attributes = fields.optional(0xA1)
    mac = ber.octets(fields.take())
    fields.optional(0xA2)
    fields.end()
    covered = _authenticated_bytes(attributes, content_type)
    return Enveloped(recipients, content_type, algorithm, ciphertext, True, mac, covered)


def _read_content(element: Element) -> tuple[str, Algorithm, bytes | memoryview]:
    fields = Fields(element)
    content_type = ber.oid(fields.take())
    algorithm = read_algorithm(fields.take())
    content = fields.optional(0x80, 0xA0)
    fields.end()
    if content is None:
        raise MalformedInput("The encrypted object holds no content.")
    return content_type, algorithm, ber.octets_in_place(content, 0x80)


def _authenticated_bytes(attributes: Element | None, content_type: str) -> bytes:
    """The additional data of the cipher: the DER SET OF, not the [1] of the message (RFC 5083 section 2.2)."""
    if attributes is None:
        if content_type != DATA:
            raise MalformedInput("Encrypted content of this type must have authenticated attributes.")
        return b""
    told = single(read_attributes(attributes), CONTENT_TYPE)
    if (told is None and content_type != DATA) or (told is not None and ber.oid(told) != content_type):
        raise MalformedInput("The authenticated attributes name another type of content.")
    return der.set_of(der.from_ber(child) for child in ber.children(attributes))


def decrypt(enveloped: Enveloped, key: DecryptionKey, *, last: bool = False) -> bytes:
    """Decrypt with the private key of one of the recipients.

    Args:
        last: nobody will ask anything of `enveloped` any more, so a large mail need not be in memory twice.

    Raises:
        NoDecryptionKey: the key's certificate is not among the recipients.
        DecryptionFailed: it is, and something did not fit; never says what.
        UnsupportedAlgorithm, MalformedInput: visible from outside, without any key.
        VaultLocked: the key is locked.
    """
    ours = [recipient for recipient in enveloped.recipients if recipient.matches(key.certificate)]
    if not ours:
        raise NoDecryptionKey("This message was encrypted for other certificates, none of whose keys is here.")
    return _first_that_opens(enveloped, [partial(_content_key, enveloped, one, key) for one in ours], last)


def decrypt_with_password(enveloped: Enveloped, password: str) -> bytes:
    """Decrypt a message for a password recipient (RFC 3211). Raises as `decrypt` does."""
    ways = [one.way for one in enveloped.recipients if isinstance(one.way, PasswordRecipient)]
    if not ways:
        raise NoDecryptionKey("This message was not encrypted with a password.")
    secret = password.encode()
    return _first_that_opens(enveloped, [partial(way.unwrap, secret) for way in ways])


def decrypt_with_shared_key(enveloped: Enveloped, key: bytes) -> bytes:
    """Decrypt a message for a symmetric key that both sides have. Raises as `decrypt` does."""
    ways = [one.way for one in enveloped.recipients if isinstance(one.way, SharedKeyRecipient)]
    if not ways:
        raise NoDecryptionKey("This message was not encrypted with a shared key.")
    return _first_that_opens(enveloped, [partial(way.unwrap, key) for way in ways])


def _content_key(enveloped: Enveloped, recipient: Recipient, key: DecryptionKey) -> bytes:
    way = recipient.way
    if not isinstance(way, KeyTransport) or way.algorithm.oid != RSA:
        return unwrap(recipient, key)
    # RFC 3218 section 2.3.2: after RSA v1.5 a random key takes the place of one that does not fit, so that the
    # failure shows, if at all, only in the content.
    stand_in = os.urandom(find_cipher(enveloped.algorithm).key_bytes)
    try:
        found = unwrap(recipient, key)
    except DecryptionFailed:
        return stand_in
    return found if len(found) == len(stand_in) else stand_in


def _check_label(enveloped: Enveloped) -> None:
    """Anybody can put the label of AuthEnvelopedData on content that CBC does not protect; and an authenticated cipher
    belongs there alone (RFC 5083 section 2, RFC 5084 section 1). Asked before any key is."""
    cipher = find_cipher(enveloped.algorithm)
    if enveloped.authenticated and not cipher.authenticated:
        raise MalformedInput(
            f"The message claims to be authenticated, but its cipher {cipher.name} does not authenticate."
        )
    if cipher.authenticated and not enveloped.authenticated:
        raise MalformedInput(f"The cipher {cipher.name} lacks the message authentication code that belongs to it.")


def _first_that_opens(enveloped: Enveloped, keys: list[Callable[[], bytes]], last: bool = False) -> bytes:
    """Several recipients can name one key; the first that opens the content decides."""
    _check_label(enveloped)
    room = enveloped.room if last and len(keys) == 1 else None
    problem: DecryptionFailed | UnsupportedAlgorithm | None = None
    for content_key in keys[:MAX_TRIES]:
        try:
            return decrypt_content(
                enveloped.algorithm,
                content_key(),
                enveloped.ciphertext,
                enveloped.mac,
                enveloped.authenticated_bytes,
                room=room,
            )
        except (DecryptionFailed, UnsupportedAlgorithm) as error:
            problem = error
    raise problem or DecryptionFailed()
