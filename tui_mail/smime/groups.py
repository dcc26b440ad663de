"""Which recipients share a message when no old program may weaken it for the others (RFC 8551 section 2.7.1.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.cms.capabilities import Capability, choose_cipher
from tui_mail.cms.enveloped import RecipientPlan


@dataclass(frozen=True, slots=True)
class Reader:
    """One recipient: how the key travels, and what was announced, empty where nothing is known."""

    plan: RecipientPlan
    capabilities: tuple[Capability, ...] = ()

    @property
    def strength(self) -> tuple[str, bool]:
        """The best content cipher for this recipient alone, and whether a quantum computer would not open the key."""
        return choose_cipher([self.capabilities]), self.plan.key_encryption == "ml-kem"


@dataclass(frozen=True, slots=True)
class Group:
    """Positions of recipients who read the same message, and its content cipher."""

    members: tuple[int, ...]
    cipher: str


def separate(readers: Sequence[Reader]) -> tuple[Group, ...]:
    """Groups of equal strength, in the order in which their first member stands. Each gets a message of its own."""
    found: dict[tuple[str, bool], list[int]] = {}
    for position, reader in enumerate(readers):
        found.setdefault(reader.strength, []).append(position)
    return tuple(Group(tuple(members), cipher) for (cipher, _), members in found.items())
