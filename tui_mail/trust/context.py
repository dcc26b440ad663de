"""What a judgement may rely on: anchors, pins, material, and what was seen before. Frozen, so that it can be cached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Pins = frozenset[tuple[str, str]]
"""Pairs of address key (model.address) and certificate SHA-256 that a person trusts."""


@dataclass(frozen=True, slots=True)
class SeenCertificate:
    """A certificate that intact signatures of one address have carried.

    Attributes:
        first_signing_time: the earliest signing time among them (arrival time where a signature names none).
    """

    sha256: str
    public_key_sha256: str
    first_signing_time: datetime
    last_signing_time: datetime | None = None


Seen = Mapping[str, tuple[SeenCertificate, ...]]
"""By address key."""


@dataclass(frozen=True, slots=True)
class TrustContext:
    """Everything besides the message and the clock that decides about a signer. All certificates are DER.

    Attributes:
        revocation: "off", "prefer" (use what is given, note its absence) or "require".
        crls, ocsps: DER revocation lists and responses that we fetched or were given; never from a message.
        known: certificates seen before, for continuity.
    """

    anchors: tuple[bytes, ...] = ()
    pins: Pins = frozenset()
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    revocation: str = "prefer"
    known: Seen = field(default_factory=dict)
