"""RSASSA-PSS with SHAKE (RFC 8702 section 3.2.1): good ones are good, and every way of being wrong is refused.

`tests/interop` has the peer; here the encodings are made by hand, because no program writes wrong ones.
"""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa

from tui_mail.cms import pss_shake
from tui_mail.cms.algorithms import Algorithm
from tui_mail.cms.pss_shake import pss_shake_verifier
from tui_mail.cms.schemes import Scheme, is_valid, read_scheme
from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm

DATA = b"signed attributes"
SIZES = {"shake128": 32, "shake256": 64}
KEYS = {bits: rsa.generate_private_key(65537, bits) for bits in (1536, 2041, 2048)}
"""The second has an encoding one octet shorter than its modulus (RFC 8017 section 9.1)."""


def shake(name: str, data: bytes, size: int) -> bytes:
    return getattr(hashlib, name.replace("shake", "shake_"))(data).digest(size)


def sign(key: rsa.RSAPrivateKey, name: str, data: bytes = DATA, **fault: object) -> bytes:
    """EMSA-PSS-ENCODE and the private key; `fault` puts something else in one place."""
    bits, size = key.key_size - 1, SIZES[name]
    length = (bits + 7) // 8
    salt = b"s" * int(fault.get("salt_bytes", size))
    digest = shake(name, bytes(8) + shake(name, data, size) + salt, size)
    zeros = bytes(length - len(salt) - size - 2)
    if fault.get("padding"):
        zeros = zeros[:-1] + b"\x02"
    block = zeros + bytes((int(fault.get("separator", 1)),)) + salt
    mask = shake(str(fault.get("mask", name)), digest, len(block))
    masked = int.from_bytes(block, "big") ^ int.from_bytes(mask, "big")
    masked &= (1 << 8 * len(block) - (8 * length - bits)) - 1
    encoded = masked.to_bytes(len(block), "big") + digest + bytes((int(fault.get("trailer", 0xBC)),))
    numbers = key.private_numbers()
    made = pow(int.from_bytes(encoded, "big"), numbers.d, numbers.public_numbers.n)
    return made.to_bytes((key.key_size + 7) // 8, "big")


def good(key: rsa.RSAPrivateKey, name: str, signature: bytes, data: bytes = DATA) -> bool:
    return is_valid(Scheme("rsa-pss-shake", name), key.public_key(), signature, data)


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("bits", KEYS)
def test_a_signature_is_good_for_its_content_and_key_alone(name: str, bits: int) -> None:
    key = KEYS[bits]
    signature = sign(key, name)
    assert good(key, name, signature)
    assert not good(key, name, signature, DATA + b" ")
    assert not good(key, name, signature[:-1])
    assert not good(key, name, b"\0" + signature)
    assert not good(rsa.generate_private_key(65537, 1536), name, signature)
    other = next(one for one in SIZES if one != name)
    assert not good(key, other, signature)
    for bit in range(0, 8 * len(signature), 7):
        changed = int.from_bytes(signature, "big") ^ 1 << bit
        assert not good(key, name, changed.to_bytes(len(signature), "big")), bit


@pytest.mark.parametrize(
    "fault",
    [{"salt_bytes": 20}, {"padding": True}, {"separator": 2}, {"separator": 0}, {"trailer": 0xCC}, {"mask": "other"}],
    ids=str,
)
@pytest.mark.parametrize("name", SIZES)
def test_an_encoding_with_anything_else_than_the_standard_says_is_refused(name: str, fault: dict[str, object]) -> None:
    if "mask" in fault:
        fault = {"mask": next(one for one in SIZES if one != name)}
    assert not good(KEYS[2048], name, sign(KEYS[2048], name, **fault))


def test_a_number_that_the_modulus_does_not_reach_is_refused() -> None:
    key = KEYS[2048]
    larger = int.from_bytes(sign(key, "shake128"), "big") + key.public_key().public_numbers().n
    if larger.bit_length() <= 2048:
        assert not good(key, "shake128", larger.to_bytes(256, "big"))
    assert not good(key, "shake128", b"\xff" * 256)


def test_a_key_that_is_too_small_for_the_encoding_is_refused() -> None:
    """RFC 8017 section 9.1.1 step 3: SHAKE256 wants 130 octets, RSA with 1,024 bits has 128."""
    key = rsa.generate_private_key(65537, 1024).public_key()
    with pytest.raises(InvalidSignature):
        pss_shake_verifier(key, "shake256")(b"\1" * 128, DATA)


def test_a_very_long_exponent_is_not_computed_with() -> None:
    numbers = KEYS[2048].public_key().public_numbers()
    longer = rsa.RSAPublicNumbers((1 << pss_shake.MAX_EXPONENT_BITS) + 1, numbers.n).public_key()
    with pytest.raises(UnsupportedAlgorithm):
        pss_shake_verifier(longer, "shake128")


def test_parameters_must_be_absent() -> None:
    digest = Algorithm("2.16.840.1.101.3.4.2.11")
    assert read_scheme(Algorithm("1.3.6.1.5.5.7.6.30"), digest).name == "rsa-pss+shake128"
    with pytest.raises(MalformedInput):
        read_scheme(Algorithm("1.3.6.1.5.5.7.6.30", b"\x05\x00"), digest)
