"""What is known of an X.509 certificate, without the library object behind it."""

from datetime import datetime

from msgspec import Struct


class CertificateInfo(Struct, frozen=True):
    """The facts of one certificate that people and policies ask for (RFC 5280, RFC 8550 section 4).

    Attributes:
        sha256: fingerprint of the DER form, 64 lower-case hex digits.
        public_key_sha256: fingerprint of the SubjectPublicKeyInfo, the same for a renewal with the same key.
        addresses: rfc822Name, SmtpUTF8Mailbox and legacy emailAddress values, as written (foreign text).
        subject: distinguished name as one line, RFC 4514 (foreign text).
        issuer: the same of the issuer.
        serial: hex digits.
        key_algorithm: for people: "RSA 2048", "ECDSA P-256", "Ed25519", "X25519", "ML-KEM-768" or the dotted OID.
        can_sign: key usage and extended key usage allow mail signatures (RFC 8550 section 4.4).
        can_encrypt: they allow encryption to this key.
        self_signed: issuer and subject are the same.
        domains: dNSName values (Direct secure messaging binds certificates to domains), as written (foreign text).
    """

    sha256: str
    public_key_sha256: str
    addresses: tuple[str, ...]
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key_algorithm: str
    can_sign: bool
    can_encrypt: bool
    self_signed: bool
    is_ca: bool = False
    domains: tuple[str, ...] = ()


_CONSONANTS = "bdfghklmnprstvwz"
_VOWELS = "aeio"
SPOKEN_WORDS = 6
SPOKEN_BITS = SPOKEN_WORDS * 12
"""What six words say of a fingerprint: every word is two syllables, each one of 16 consonants and one of 4 vowels."""


def spoken_words(sha256: str) -> str:
    """The beginning of a fingerprint as six words that two people read to each other by telephone."""
    bits = int(sha256[: SPOKEN_BITS // 4], 16)
    syllables = [(bits >> shift) & 63 for shift in range(SPOKEN_BITS - 6, -1, -6)]
    spoken = [_CONSONANTS[syllable >> 2] + _VOWELS[syllable & 3] for syllable in syllables]
    return " ".join(first + second for first, second in zip(spoken[::2], spoken[1::2], strict=True))


def fingerprint_groups(sha256: str) -> str:
    """A fingerprint as people compare it: upper case, groups of four, e.g. ``1A2B 3C4D …``."""
    digits = sha256.upper()
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
