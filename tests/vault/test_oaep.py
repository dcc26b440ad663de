"""RSA-OAEP where the library does not offer the digest; `tests/interop` opens what openssl and Bouncy Castle wrote."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_private_key

from tests.pki import rsa_key
from tests.vectors import vectors
from tui_mail.model.errors import DecryptionFailed
from tui_mail.model.keys import RsaTransport
from tui_mail.vault.oaep import decode_oaep
from tui_mail.vault.software_key import SoftwareKey, _bare_rsa


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


DIGESTS = {"SHA-1": "sha1", "SHA-224": "sha224", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


@pytest.mark.parametrize("name", ["rsa_oaep_2048_sha256_mgf1sha256_test.json", "rsa_oaep_misc_test.json"])
def test_wycheproof_answers(name: str) -> None:
    """The same blocks that the library is tested with: our own decoding must agree on each."""
    valid = invalid = 0
    for group in json.loads(vectors("wycheproof", name).read_text())["testGroups"]:
        if group["keySize"] > 2048:
            continue  # slow, and nothing in the padding depends on it
        pkcs8 = bytes.fromhex(group["privateKeyPkcs8"])
        private = load_der_private_key(pkcs8, None, unsafe_skip_rsa_key_validation=True)
        for case in group["tests"]:
            label, ciphertext = bytes.fromhex(case["label"]), bytes.fromhex(case["ct"])
            try:
                found = decode_oaep(
                    _bare_rsa(private, ciphertext), DIGESTS[group["sha"]], DIGESTS[group["mgfSha"]], label
                )
            except DecryptionFailed:
                assert case["result"] != "valid", case
                invalid += 1
            else:
                assert case["result"] != "invalid" and found == bytes.fromhex(case["msg"]), case
                valid += 1
    assert valid and (invalid or "misc" in name)


def mask(seed: bytes, length: int) -> bytes:
    made = b"".join(hashlib.sha3_256(seed + n.to_bytes(4, "big")).digest() for n in range(length // 32 + 1))
    return made[:length]


def mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def sealed(*, first: int = 0, label: bytes = b"", zeros: bytes | None = None, mark: bytes = b"\1") -> bytes:
    """A ciphertext with SHA3-256 whose block is wrong in the places that are given."""
    message = b"" if not mark else b"k" * 32
    filling = bytes(256 - 1 - 32 - 32 - len(mark) - len(message)) if zeros is None else zeros
    data = (hashlib.sha3_256(label).digest() + filling + mark + message).ljust(223, b"k")
    seed = bytes(range(32))
    masked = mixed(data, mask(seed, len(data)))
    block = bytes([first]) + mixed(seed, mask(masked, 32)) + masked
    numbers = rsa_key(0).public_key().public_numbers()
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(256, "big")


def unwrapped(ciphertext: bytes) -> bytes:
    key = SoftwareKey(rsa_key(0), b"")
    return key.unwrap(RsaTransport(ciphertext, "sha3-256", "sha3-256", b""))


def test_a_block_with_a_sha3_digest_opens() -> None:
    assert unwrapped(sealed()) == b"k" * 32


BAD = {
    "first octet": sealed(first=1),
    "label": sealed(label=b"another"),
    "no mark": sealed(mark=b""),
    "another mark": sealed(mark=b"\2"),
    "filling that is not zero": sealed(zeros=bytes(100) + b"\7" + bytes(57)),
    "first octet and label": sealed(first=1, label=b"another"),
    "short": sealed()[1:],
    "long": b"\0" + sealed(),
    "zero": bytes(256),
    "beyond the modulus": b"\xff" * 256,
}


@pytest.mark.parametrize("name", BAD)
def test_every_bad_block_gives_one_and_the_same_sentence(name: str) -> None:
    with pytest.raises(DecryptionFailed) as failure:
        unwrapped(BAD[name])
    assert str(failure.value) == str(DecryptionFailed())
    assert failure.value.__cause__ is None


def test_a_key_that_is_too_small_for_the_digest_fails_alike() -> None:
    with pytest.raises(DecryptionFailed):
        decode_oaep(bytes(2 * 64 + 1), "sha3-512", "sha3-512", b"")
    with pytest.raises(DecryptionFailed):
        decode_oaep(bytes(2 * 64 + 2), "sha3-512", "sha3-512", b"")
