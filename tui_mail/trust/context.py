"""What a judgement may rely on: anchors, pins, material, and what was seen before. Frozen, so that it can be cached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

Pins = frozenset[tuple[str, str]]
"""Pairs of address key (model.address) and certificate SHA-256 that a person trusts."""


@dataclass(frozen=True, slots=True)
class SeenCertificate:
    """A certificate that intact signatures of one address have carried.

    Attributes:
        first_signing_time: the earliest signing time among them (arrival time where a signature names none).
        vouched: a trusted authority stood behind it.
        messages: how many of them are here.
    """

    sha256: str
    public_key_sha256: str
    first_signing_time: datetime
    last_signing_time: datetime | None = None
    vouched: bool = False
    messages: int = 0
    not_after: datetime | None = None


Seen = Mapping[str, tuple[SeenCertificate, ...]]
"""By address key."""


@dataclass(frozen=True, slots=True)
class TrustContext:
    """Everything besides the message and the clock that decides about a signer. All certificates are DER.

    Attributes:
        revocation: "off", "prefer" (use what is given, note its absence) or "require".
        crls, ocsps: DER revocation lists and responses that we fetched or were given; never from a message.
        known: certificates seen before, for continuity.
        direct: a certificate without addresses speaks for every address of a domain that it names (Direct secure
            messaging).
        blocked: what must never be trusted, in the form of `pins`; an empty SHA-256 is every certificate of an address.
        policies: dotted; only certificates under one of them count (RFC 5280 section 6.1.1 (c) and (e)), none for any.
        answers: what was found out on this ground so far; the same for every context with equal material.
    """

    anchors: tuple[bytes, ...] = ()
    pins: Pins = frozenset()
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    revocation: str = "prefer"
    known: Seen = field(default_factory=dict)
    direct: bool = False
    blocked: Pins = frozenset()
    policies: tuple[str, ...] = ()
    answers: dict[Any, Any] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Find the answers of this ground; done once a context, because hashing the material costs microseconds."""
        ground = (self.anchors, self.intermediates, self.crls, self.ocsps, self.revocation, self.policies)
        object.__setattr__(self, "answers", _answers(*ground))


@lru_cache(maxsize=8)
def _answers(*_ground: object) -> dict[Any, Any]:
    return {}
