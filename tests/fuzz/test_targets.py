"""The fuzzing targets keep their promises for their seeds and for a few damaged ones; campaigns run apart."""

import random
from functools import lru_cache

import pytest

from tests.fuzz.bounds import keep_bounds
from tests.fuzz.corpus import own_messages, own_objects, seeds
from tests.fuzz.targets import TARGETS

ROUNDS = 60


@lru_cache(maxsize=1)
def material() -> tuple[bytes, ...]:
    return (*own_messages(), *own_objects())


def damaged(seed: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, taken out or doubled, as a fuzzer would."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.randrange(50)]
            case 2:
                data[at:at] = data[at : at + chance.randrange(50)]
            case _:
                data[at:at] = chance.choice((b"\r\n", b"\0", b"\x80", b"--", b"=?utf-8?b?", b'"', b"<", b"\x24\x80"))
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_keeps_its_promises_for_damaged_seeds(name: str) -> None:
    chance = random.Random(name)
    found = seeds(name, material())
    assert found
    for seed in found:
        keep_bounds(TARGETS[name], seed)
    for _ in range(ROUNDS):
        keep_bounds(TARGETS[name], damaged(chance.choice(found), chance))
