"""How much room the server gives and how much of it is used (IMAP QUOTA, RFC 9208)."""

import re

from msgspec import Struct

_QUOTA = re.compile(rb'\* QUOTA (?:"(?:[^"\\]|\\.)*"|[^ ]+) \((.*)\)', re.IGNORECASE | re.DOTALL)
_STORAGE = re.compile(rb"(?:^| )STORAGE (\d{1,18}) (\d{1,18})(?: |$)", re.IGNORECASE)


class Quota(Struct, frozen=True):
    """What counts for all mail of an account, in kibibytes."""

    used: int
    limit: int

    @property
    def percent(self) -> int:
        """The used part of the room, rounded down."""
        return 100 * self.used // self.limit


def read_quota(answers: list[list[bytes]]) -> Quota | None:
    """The tightest limit among the untagged answers to GETQUOTAROOT; None when there is none on storage."""
    found = []
    for pieces in answers:
        line = _QUOTA.match(pieces[0])
        storage = _STORAGE.search(line[1]) if line else None
        if storage is not None and int(storage[2]):
            found.append(Quota(int(storage[1]), int(storage[2])))
    return max(found, key=lambda quota: quota.percent, default=None)
