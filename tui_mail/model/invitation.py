"""Calendar invitations as the reader shows them and as they are answered (RFC 5545, RFC 5546)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tui_mail.model.address import Address


class Answer(StrEnum):
    """What a guest says; the values are those of PARTSTAT (RFC 5545 section 3.2.12)."""

    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"


class Guest(Struct, frozen=True):
    """One attendee. `status` is PARTSTAT in small letters, cleaned."""

    address: Address
    status: str = "needs-action"


class Invitation(Struct, frozen=True):
    """One event of a message. All text is cleaned.

    Attributes:
        method: "request", "cancel", "reply", "publish" … (RFC 5546 section 1.4), in small letters.
        sequence: the revision; more than 0 is an update.
        start, end: aware, with the offset that the sender wrote; midnight UTC for whole days, `end` exclusive. None
            where nothing readable was written.
        zone: the sender's name of the time zone, empty for UTC and whole days.
        floating: the time belongs to no zone: it is the same on every clock.
        repeats: how it recurs, in words; empty when it does not.
        count: events in the message; this is the first of them.
    """

    method: str
    uid: str
    summary: str
    sequence: int = 0
    where: str = ""
    start: datetime | None = None
    end: datetime | None = None
    all_day: bool = False
    floating: bool = False
    zone: str = ""
    organizer: Address | None = None
    guests: tuple[Guest, ...] = ()
    repeats: str = ""
    cancelled: bool = False
    one_of_series: bool = False
    count: int = 1

    @property
    def can_answer(self) -> bool:
        """It asks for an answer, and says of whom."""
        return self.method == "request" and not self.cancelled and self.organizer is not None and bool(self.uid)
