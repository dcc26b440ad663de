"""The answer of the preflight: can this person be written to in encrypted form, now?"""

from enum import StrEnum

from msgspec import Struct

from tui_mail.model.certificate import CertificateInfo


class RecipientState(StrEnum):
    """One state a recipient; `RecipientCheck.encryptable` says whether it allows encryption."""

    READY = "ready"  # certificate known, valid, trusted
    EXPIRES_SOON = "expires soon"
    FOUND = "found"  # found in a directory or in DNS: can be encrypted to, is not trusted
    UNTRUSTED = "untrusted"  # known and valid, not trusted yet: can be encrypted to, and will be trusted on sending
    CHANGED = "changed"  # several certificates were seen, and none that is valid now is trusted
    EXPIRED = "expired"
    INVALID = "invalid"
    MISSING = "missing"


class RecipientCheck(Struct, frozen=True):
    """What the preflight found for one recipient.

    Attributes:
        encryptable: encryption to this recipient may go ahead.
        sentence: for people, ends with what to do next when something is missing.
        trusts_on_send: sending will add this recipient to the trusted list (the setting is on and all is in order).
    """

    address: str
    state: RecipientState
    encryptable: bool
    sentence: str
    certificate: CertificateInfo | None = None
    trusts_on_send: bool = False
