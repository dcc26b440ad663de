"""What is true of a message's protection: facts first, verdicts derived from them.

The law: a `Verdict` comes out of ``trust.decide`` and nowhere else, and only from the facts named here.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tui_mail.model.certificate import CertificateInfo


class Letter(StrEnum):
    """The Sig column. Members stand in the order in which the worse one wins (one summary: RFC 9787 section 3)."""

    BROKEN = "X"
    UNKNOWN = "?"
    MISMATCH = "M"
    EXPIRED = "E"
    CHANGED = "C"
    NEW = "N"
    VALID = "Y"
    NONE = ""


class Integrity(StrEnum):
    """What the arithmetic on the bytes says of one signature."""

    INTACT = "intact"
    ALTERED = "altered"  # the message digest differs: content changed after signing
    BAD_SIGNATURE = "bad signature"
    MALFORMED = "malformed"  # structure breaks RFC 5652 (missing or doubled attributes, truncated, …)
    REFUSED = "refused"  # algorithm or key too weak for the signing time
    UNSUPPORTED = "unsupported"  # named but not computed here
    NO_CERTIFICATE = "no certificate"  # the signer's certificate is not in the message and not known
    ABSENT = "absent"  # the bytes are not here yet


class PathState(StrEnum):
    """Whether the signer's certificate is good for mail at the time of judgement (RFC 5280 section 6, RFC 8550)."""

    VALID = "valid"
    EXPIRED = "expired"  # was valid when signed, has expired since
    INVALID = "invalid"
    UNDETERMINED = "undetermined"  # deadline, unsupported algorithm in the chain
    NOT_CHECKED = "not checked"


class Revocation(StrEnum):
    """Three honest states and one for a question never asked."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    NOT_CHECKED = "not checked"


class AddressMatch(StrEnum):
    """Whether the certificate may speak for the From address (RFC 8550 section 3)."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NO_ADDRESS = "no address"  # the certificate names none
    AMBIGUOUS = "ambiguous"  # no From, several From, or a From that hides an address in its name


class TrustSource(StrEnum):
    """Why a signer is trusted."""

    NONE = ""
    ANCHOR = "anchor"
    PIN = "pin"


class Continuity(StrEnum):
    """Whether this certificate is the one that the sender's mail has carried before."""

    FIRST = "first"
    SAME = "same"
    CHANGED = "changed"


class SignatureCheck(Struct, frozen=True):
    """All facts about one signature on the whole message. `trust_source` and `continuity` may be replaced later
    without touching mail bytes; everything else was computed from them.

    Attributes:
        signer: the signing certificate, None when it is not known.
        algorithm: "rsa-pss+sha256", "ecdsa+sha384", "ed25519" … as the command line prints it.
        chain: SHA-256 of the certificates from the signer up to the anchor or as far as they are known.
        integrity_reason, path_reason: sentences, empty when there is nothing to say.
        revocation_required: the policy demands an answer; without one the letter is "?".
        blocked: the person never wants this certificate trusted for this address.
        holds_until: the moment at which time alone changes `path` (a certificate ends); None when nothing will.
        revocation_note: how and when that was found out, or why it could not be; empty when nobody asked.
    """

    integrity: Integrity
    integrity_reason: str = ""
    signer: CertificateInfo | None = None
    algorithm: str = ""
    signing_time: datetime | None = None
    path: PathState = PathState.NOT_CHECKED
    path_reason: str = ""
    chain: tuple[str, ...] = ()
    revocation: Revocation = Revocation.NOT_CHECKED
    revocation_required: bool = False
    revocation_note: str = ""
    address_match: AddressMatch = AddressMatch.MISMATCH
    from_specs: tuple[str, ...] = ()
    trust_source: TrustSource = TrustSource.NONE
    continuity: Continuity = Continuity.FIRST
    holds_until: datetime | None = None
    blocked: bool = False

    @property
    def lacks_answer(self) -> bool:
        """The policy demands to know whether the certificate was revoked, and nobody has said."""
        return self.revocation_required and self.revocation in (Revocation.UNKNOWN, Revocation.NOT_CHECKED)


class Verdict(Struct, frozen=True):
    """A letter and the sentences that lead to it, the decisive one first."""

    letter: Letter
    reasons: tuple[str, ...] = ()


class RecipientId(Struct, frozen=True):
    """One recipient of an encrypted message, as far as it can be named without a key.

    Attributes:
        type: "ktri", "kari", "kemri", "kekri" or "pwri" (RFC 5652 section 6.2, RFC 9629).
        algorithm: "rsa-oaep+sha256", "rsa-v15", "ecdh+sha256" …
        id: "issuer/serial" text or "ski:hex".
    """

    type: str
    algorithm: str
    id: str


class EncryptionCheck(Struct, frozen=True):
    """What is known of a message's encryption layer.

    Attributes:
        cipher: "aes-256-gcm", "aes-256-cbc" …
        authenticated: the cipher is an AEAD and its tag was verified.
        key_sha256: certificate whose key opened it.
        locked: a key of ours is named but the vault is locked.
        reason: a sentence why it is not open, None when it is.
    """

    cipher: str
    authenticated: bool
    opened: bool
    key_sha256: str | None = None
    recipients: tuple[RecipientId, ...] = ()
    locked: bool = False
    reason: str | None = None


class Summary(StrEnum):
    """One summary a message (RFC 9787 section 3.1)."""

    NONE = "none"
    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    SIGNED_ENCRYPTED = "signed+encrypted"


class Headers(Struct, frozen=True):
    """The header fields to show, after header protection (RFC 9788). Decoded foreign text, not cleaned.

    Attributes:
        protected: names of fields that came from inside the payload, lower case.
        confidential: names of those that the outside does not show in clear.
        outer: the outside values of fields that differ, name to value.
        from_: the From to show; RFC 9788 section 4.4 may force the outer one.
    """

    from_: str = ""
    to: str = ""
    cc: str = ""
    subject: str = ""
    date: str = ""
    reply_to: str = ""
    message_id: str = ""
    protected: tuple[str, ...] = ()
    confidential: tuple[str, ...] = ()
    outer: dict[str, str] = {}

    @property
    def uncovered(self) -> tuple[str, ...]:
        """The shown fields that stand only outside: anybody on the way could have written them (RFC 9788 section 1)."""
        shown = (("to", self.to), ("cc", self.cc), ("subject", self.subject), ("date", self.date))
        return tuple(name for name, value in shown if value and name not in self.protected)


class MessageSecurity(Struct, frozen=True):
    """The evidence that is stored beside a judged message: every fact, and the one summary verdict.

    Attributes:
        layers: "signed", "encrypted", "compressed", outermost first, the cryptographic envelope only (RFC 9787, 4.1).
        errant_layers: how many cryptographic layers stand below a plain MIME node and were ignored.
        verdicts: one for each entry of `signatures`.
    """

    summary: Summary
    verdict: Verdict
    signatures: tuple[SignatureCheck, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    encryption: EncryptionCheck | None = None
    layers: tuple[str, ...] = ()
    errant_layers: int = 0
    headers: Headers = Headers()
    warnings: tuple[str, ...] = ()
