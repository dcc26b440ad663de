"""ChaCha20-Poly1305 and CCM in pieces give what the library gives for the whole, and nothing for a wrong tag."""

from io import BytesIO

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, ChaCha20Poly1305
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui_mail.cms import aead, ciphers, der
from tui_mail.cms.algorithms import Algorithm
from tui_mail.cms.ciphers import CIPHER_OIDS, decrypt_content
from tui_mail.model.errors import DecryptionFailed

CONTENT = st.binary(max_size=300)
LONG = b"0123456789abcdef" * 65_537 + b"end"
"""More than four pieces, the last block not full."""


def chacha(nonce: bytes) -> Algorithm:
    return Algorithm(CIPHER_OIDS["chacha20-poly1305"], der.octet_string(nonce))


def ccm(name: str, nonce: bytes, tag_bytes: int) -> Algorithm:
    return Algorithm(CIPHER_OIDS[name], der.sequence(der.octet_string(nonce), der.integer(tag_bytes)))


def both_ways(algorithm: Algorithm, key: bytes, data: bytes, mac: bytes, additional: bytes) -> bytes:
    """Decrypted from bytes, and in place in a room that holds other octets around them."""
    room = BytesIO(b"head" + data + b"what follows the content")
    with room.getbuffer() as whole:
        view = whole[4 : 4 + len(data)]
    in_place = decrypt_content(algorithm, key, view, mac, additional, room=room)
    assert in_place == decrypt_content(algorithm, key, data, mac, additional)
    return in_place


@settings(max_examples=60)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=12, max_size=12), CONTENT, CONTENT)
@example(b"k" * 32, b"n" * 12, LONG, b"")
@example(b"k" * 32, b"n" * 12, b"", b"")
def test_chacha20_poly1305_is_that_of_the_library(key: bytes, nonce: bytes, content: bytes, additional: bytes) -> None:
    sealed = ChaCha20Poly1305(key).encrypt(nonce, content, additional)
    assert both_ways(chacha(nonce), key, sealed[:-16], sealed[-16:], additional) == content


@settings(max_examples=80)
@given(
    st.sampled_from([("aes-128-ccm", 16), ("aes-192-ccm", 24), ("aes-256-ccm", 32)]),
    st.binary(min_size=7, max_size=13),
    st.sampled_from([12, 14, 16]),
    CONTENT,
    CONTENT,
)
@example(("aes-256-ccm", 32), b"n" * 12, 16, LONG, b"a")
@example(("aes-128-ccm", 16), b"n" * 7, 12, b"", b"a" * 0xFEFF)
@example(("aes-128-ccm", 16), b"n" * 13, 16, b"x" * 0xFFFF, b"a" * 0xFF00)
def test_ccm_is_that_of_the_library(
    kind: tuple[str, int], nonce: bytes, tag_bytes: int, content: bytes, additional: bytes
) -> None:
    name, key_bytes = kind
    key = bytes(range(key_bytes))
    sealed = AESCCM(key, tag_bytes).encrypt(nonce, content, additional)
    data, mac = sealed[:-tag_bytes], sealed[-tag_bytes:]
    assert both_ways(ccm(name, nonce, tag_bytes), key, data, mac, additional) == content


@pytest.mark.parametrize("mode", ["chacha", "ccm"])
def test_nothing_is_handed_out_when_one_bit_of_anything_differs(mode: str) -> None:
    key, nonce, content, additional = b"k" * 32, b"n" * 12, b"some content of some blocks", b"attributes"
    cipher = ChaCha20Poly1305(key) if mode == "chacha" else AESCCM(key, 16)
    algorithm = chacha(nonce) if mode == "chacha" else ccm("aes-256-ccm", nonce, 16)
    sealed = cipher.encrypt(nonce, content, additional)
    data, mac = sealed[:-16], sealed[-16:]
    assert decrypt_content(algorithm, key, data, mac, additional) == content
    for value, changed in ((data, 0), (mac, 1), (additional, 2)):
        for at in range(len(value)):
            pieces = [data, mac, additional]
            pieces[changed] = value[:at] + bytes((value[at] ^ 1,)) + value[at + 1 :]
            with pytest.raises(DecryptionFailed):
                decrypt_content(algorithm, key, *pieces)
    with pytest.raises(DecryptionFailed):
        decrypt_content(algorithm, key[:-1] + b"x", data, mac, additional)
    for tag in (mac[:15], mac[:13]):  # RFC 3610 section 2: tags have an even number of octets
        with pytest.raises((DecryptionFailed, ciphers.MalformedInput)):
            decrypt_content(algorithm, key, data, tag, additional)


def test_ccm_refuses_a_nonce_and_a_length_that_it_has_not() -> None:
    for length in (6, 14):
        with pytest.raises(ValueError, match="7 to 13"):
            aead.CcmDecryption(b"k" * 16, b"n" * length)
    with pytest.raises(DecryptionFailed):
        decrypt_content(ccm("aes-128-ccm", b"n" * 13, 16), b"k" * 16, b"x" * 0x10000, b"t" * 16, b"")
