"""SMIMECapabilities (RFC 8551 section 2.5.2): what a correspondent can read, and the choice of a cipher."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from tui_mail.cms import ber, der
from tui_mail.cms.ber import Element, Fields
from tui_mail.cms.ciphers import CEK_HKDF, CIPHER_OIDS
from tui_mail.cms.kem import ML_KEM_OIDS
from tui_mail.cms.key_wrap import HKDF_OIDS, RSA_OAEP, WRAP_OIDS, X963_OIDS

MAX_CAPABILITIES = 200
"""More than this are not kept."""
_MAX_KEPT_BYTES = 2_000
"""Longer lists are read anew each time, so that strangers cannot fill the memory."""

STRONG_CIPHER = "aes-256-gcm"
COMMON_CIPHER = "aes-256-cbc"
_AUTHENTICATED = (STRONG_CIPHER, "chacha20-poly1305", "aes-192-gcm", "aes-128-gcm")
_UNAUTHENTICATED = (COMMON_CIPHER, "aes-192-cbc", "aes-128-cbc")


class Capability(Struct, frozen=True):
    """One SMIMECapability. `parameters` is DER, empty when absent; capabilities are compared as bytes."""

    oid: str
    parameters: bytes = b""

    @property
    def cipher(self) -> str:
        """The content cipher that this announces, or an empty text."""
        return _CIPHER_NAMES.get(self.oid, "")


_CIPHER_NAMES = {oid: name for name, oid in CIPHER_OIDS.items()}


def read_capabilities(element: Element) -> tuple[Capability, ...]:
    """Read the attribute value. Raises MalformedInput."""
    # A sender's capabilities are the same in each message. SAFE: known again by all their octets.
    return _known_capabilities(element.raw) if element.size <= _MAX_KEPT_BYTES else _read_capabilities(element)


@lru_cache(maxsize=1024)
def _known_capabilities(octets: bytes) -> tuple[Capability, ...]:
    return _read_capabilities(ber.read_tlv(octets))


def _read_capabilities(element: Element) -> tuple[Capability, ...]:
    found: list[Capability] = []
    if element.tag != ber.SEQUENCE:
        return ()
    for item in ber.children(element):
        fields = Fields(item)
        oid = ber.oid(fields.take())
        rest = fields.rest()
        found.append(Capability(oid, der.from_ber(rest[0]) if rest else b""))
        if len(found) == MAX_CAPABILITIES:
            break
    return tuple(found)


def encode_capabilities(capabilities: Iterable[Capability]) -> bytes:
    """The attribute value."""
    return der.sequence(*(der.sequence(der.oid(one.oid), one.parameters) for one in capabilities))


def _wrap(name: str) -> bytes:
    return der.algorithm(WRAP_OIDS[name])


OUR_CAPABILITIES: tuple[Capability, ...] = (
    Capability(CEK_HKDF),  # RFC 9709 section 5: without parameters
    Capability(CIPHER_OIDS["aes-256-gcm"]),
    Capability(CIPHER_OIDS["aes-128-gcm"]),
    Capability(CIPHER_OIDS["chacha20-poly1305"]),
    Capability(CIPHER_OIDS["aes-256-cbc"]),
    Capability(CIPHER_OIDS["aes-192-cbc"]),
    Capability(CIPHER_OIDS["aes-128-cbc"]),
    Capability(ML_KEM_OIDS["ml-kem-1024"]),  # RFC 9936 section 5: without parameters
    Capability(ML_KEM_OIDS["ml-kem-768"]),
    Capability(HKDF_OIDS["sha256"], _wrap("aes-256")),  # with X25519 (RFC 8418 section 2.2)
    Capability(HKDF_OIDS["sha256"], _wrap("aes-128")),
    Capability(X963_OIDS["sha256"], _wrap("aes-256")),
    Capability(X963_OIDS["sha256"], _wrap("aes-128")),
    Capability(RSA_OAEP, der.sequence()),
)
"""What this program announces, in the order of preference: content ciphers, then ways to encrypt the key."""


def announces(capabilities: Iterable[Capability], cipher: str) -> bool:
    """Whether a content cipher is among the capabilities."""
    return any(one.cipher == cipher for one in capabilities)


def choose_cipher(recipients: Sequence[Sequence[Capability]]) -> str:
    """The strongest cipher that every recipient can read (RFC 8551 section 2.7), authenticated if all announce one.

    Args:
        recipients: the capabilities of each recipient, empty where nothing is known. Programs in wide use cannot
            open AES-GCM, so nothing known means AES-256-CBC; what was announced without AES at all means so too.
    """
    for cipher in _AUTHENTICATED if recipients else ():
        if all(announces(capabilities, cipher) for capabilities in recipients):
            return cipher
    known = [capabilities for capabilities in recipients if any(one.cipher for one in capabilities)]
    for cipher in _UNAUTHENTICATED:
        if all(announces(capabilities, cipher) for capabilities in known):
            return cipher
    return COMMON_CIPHER


def all_bind(recipients: Iterable[Iterable[Capability]]) -> bool:
    """Whether every recipient announced to read keys that are bound to their cipher (RFC 9709 section 5)."""
    asked = [any(one.oid == CEK_HKDF for one in capabilities) for capabilities in recipients]
    return bool(asked) and all(asked)


def announces_oaep(capabilities: Iterable[Capability]) -> bool:
    """Whether the recipient can read RSAES-OAEP key transport (RFC 8551 section 2.5.2)."""
    return any(one.oid == RSA_OAEP for one in capabilities)
