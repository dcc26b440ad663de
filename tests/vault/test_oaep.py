"""RSA-OAEP where the library does not offer the digest; `tests/interop` opens what openssl and Bouncy Castle wrote."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.pki import rsa_key
from tui_mail.model.errors import DecryptionFailed
from tui_mail.vault.oaep import decode_oaep
from tui_mail.vault.software_key import _bare_rsa


def block(label: bytes = b"label") -> bytes:
    """What stands in a ciphertext that the library made, before the padding is taken off."""
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), label)
    return _bare_rsa(rsa_key(0), rsa_key(0).public_key().encrypt(b"\0\1secret", oaep))


def test_rfc8017_section_7_1_2_it_decodes_what_the_library_encodes() -> None:
    assert decode_oaep(block(), "sha256", "sha1", b"label") == b"\0\1secret"


@pytest.mark.parametrize("place", [0, 1, 40, 200, 255])
def test_whatever_is_changed_fails_alike(place: int) -> None:
    damaged = bytearray(block())
    damaged[place] ^= 1
    with pytest.raises(DecryptionFailed):
        decode_oaep(bytes(damaged), "sha256", "sha1", b"label")


def test_another_label_digest_or_length_fails_alike() -> None:
    for data, digest, mask, label in (
        (block(), "sha256", "sha1", b"other"),
        (block(), "sha256", "sha256", b"label"),
        (block(), "sha3-256", "sha1", b"label"),
        (block()[:60], "sha256", "sha1", b"label"),
        (b"", "sha256", "sha1", b"label"),
    ):
        with pytest.raises(DecryptionFailed):
            decode_oaep(data, digest, mask, label)
