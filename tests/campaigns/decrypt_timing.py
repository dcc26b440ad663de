"""Does the time of a failed decryption tell why it failed? Each kind of damage in turn, in random order, in one run.

    python -m tests.campaigns.decrypt_timing [--times 3000] [--seed 1]

Whoever can send damaged mail and see how long it takes until it is refused must learn nothing of the secret (rule 12,
RFC 3218 section 2.3). For each cipher the kinds of damage are compared with a wrong content key, which is what all of
them must look like. Printed are the medians, how far they are from that one, and Welch's t over the samples below the
ninth decile; beyond 4.5 a difference is one. The first line compares the same kind with itself: what the machine adds.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.pki import Pki
from tui_mail.cms.enveloped import RecipientPlan, build_enveloped, decrypt, parse_enveloped
from tui_mail.model.errors import DecryptionFailed

CONTENT = b"Content-Type: text/plain\r\n\r\n" + b"A line of the mail\r\n" * 100
CIPHERS = ("aes-256-cbc", "aes-256-gcm")
KEY_BYTES = 32
POOL = 100
"""Different objects of each kind, so that nothing is known again."""
FIRM = 4.5

PERSON = Pki().issue("anna@clinic.test", key="rsa")
PUBLIC = PERSON.x509.public_key()
assert isinstance(PUBLIC, rsa.RSAPublicKey)
NUMBERS = PUBLIC.public_numbers()
KEY_HEAD = b"\x04\x82\x01\x00"


def sealed(cipher: str) -> bytes:
    """A good object, for RSA v1.5."""
    return build_enveloped(CONTENT, [RecipientPlan(PERSON.certificate, "rsa-v15")], cipher)


def with_key(data: bytes, encrypted: bytes) -> bytes:
    """The same with another encrypted key."""
    at = data.index(KEY_HEAD) + len(KEY_HEAD)
    return data[:at] + encrypted + data[at + 256 :]


def transported(size_bytes: int) -> bytes:
    """Well padded, with so many octets inside."""
    return PUBLIC.encrypt(os.urandom(size_bytes), padding.PKCS1v15())


def unpadded() -> bytes:
    """A number that has no padding at all."""
    return pow(int.from_bytes(os.urandom(255), "big") | 1 << 2040, NUMBERS.e, NUMBERS.n).to_bytes(256, "big")


def without_end() -> bytes:
    """The padding begins well, but no zero octet ends it."""
    block = b"\0\2" + bytes(random.choices(range(1, 256), k=254))
    return pow(int.from_bytes(block, "big"), NUMBERS.e, NUMBERS.n).to_bytes(256, "big")


def changed_content(data: bytes, cipher: str) -> bytes:
    """The right key; the last block of CBC has no padding any more, the tag of GCM does not fit."""
    at = len(data) - (17 if cipher.endswith("cbc") else 1)
    return data[:at] + bytes((data[at] ^ 0x80,)) + data[at + 1 :]


KINDS: dict[str, Callable[[str], bytes]] = {
    "wrong content key": lambda cipher: with_key(sealed(cipher), transported(KEY_BYTES)),
    "the same again": lambda cipher: with_key(sealed(cipher), transported(KEY_BYTES)),
    "no v1.5 padding": lambda cipher: with_key(sealed(cipher), unpadded()),
    "v1.5 padding without end": lambda cipher: with_key(sealed(cipher), without_end()),
    "key of 7 octets": lambda cipher: with_key(sealed(cipher), transported(7)),
    "key of 33 octets": lambda cipher: with_key(sealed(cipher), transported(33)),
    "changed content": lambda cipher: changed_content(sealed(cipher), cipher),
}


def measure(cipher: str, times: int) -> tuple[dict[str, list[int]], set[str]]:
    """Nanoseconds of each failure, and all the words that were said."""
    pools = {kind: [make(cipher) for _ in range(POOL)] for kind, make in KINDS.items()}
    found: dict[str, list[int]] = {kind: [] for kind in KINDS}
    said: set[str] = set()
    order = [kind for kind in KINDS for _ in range(times)]
    random.shuffle(order)
    for kind in order:
        data = random.choice(pools[kind])
        begin = time.perf_counter_ns()
        try:
            decrypt(parse_enveloped(data), PERSON.key)
        except DecryptionFailed as error:
            found[kind].append(time.perf_counter_ns() - begin)
            said.add(str(error))
        # One wrong key of about 256 gives content that ends like padding: that is no failure.
    return found, said


def welch(one: list[int], other: list[int]) -> float:
    """How many standard errors the means are apart, without the slowest tenth: other programs run too."""
    limit = sorted([*one, *other])[(len(one) + len(other)) * 9 // 10]
    first, second = ([value for value in values if value < limit] for values in (one, other))
    error = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return float(statistics.mean(first) - statistics.mean(second)) / error**0.5


def main() -> None:
    """Measure and print; ends with 1 when a difference is firm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3000, help="how often each kind is decrypted")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    told = False
    for cipher in CIPHERS:
        found, said = measure(cipher, options.times)
        base = found["wrong content key"]
        middle = statistics.median(base)
        print(f"{cipher}: {middle / 1000:.1f} us for a wrong content key; words: {len(said)}")
        for kind, values in list(found.items())[1:]:
            apart, t = statistics.median(values) - middle, welch(values, base)
            told |= abs(t) > FIRM or len(said) > 1
            print(f"  {kind:26} {apart / 1000:+7.2f} us ({apart / middle:+.2%})  t {t:+5.1f}")
    raise SystemExit(1 if told else 0)


if __name__ == "__main__":
    main()
