"""Which of the certificates that were found for an address can be encrypted to, and why the others cannot.

The law: found is not trusted. A found certificate is used when an authority that is trusted here has issued it, when
DNSSEC vouches for the place, or when the settings say that neither is needed; and it is always called found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.day import day
from tui_mail.model.discovery import Place, Provenance
from tui_mail.model.errors import MalformedInput
from tui_mail.model.recipient import RecipientCheck, RecipientState
from tui_mail.model.security import PathState, Revocation
from tui_mail.trust.address_match import speaks_for
from tui_mail.trust.certificate import load_certificates, read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.trust.validity import check_validity

MAX_FOUND = 50


@dataclass(frozen=True, slots=True)
class Found:
    """One certificate and what became of it.

    Attributes:
        info: None when it cannot be read.
        anchored: issued under an authority that is trusted here.
        by_address: it names the very address, not only the domain.
        chain: SHA-256 from the certificate upward, as far as it is known.
        reason: a sentence why it is not used, empty when it can be.
    """

    der: bytes
    info: CertificateInfo | None
    anchored: bool = False
    by_address: bool = False
    chain: tuple[str, ...] = ()
    reason: str = ""

    @property
    def usable(self) -> bool:
        """It can be encrypted to."""
        return self.info is not None and not self.reason


def unpack(blobs: Iterable[bytes]) -> tuple[tuple[bytes, ...], tuple[bytes, ...], int]:
    """People's certificates, authorities' certificates, and how many pieces could not be read, from DER, PEM and
    PKCS #7 pieces as a server gave them."""
    people: dict[bytes, None] = {}
    authorities: dict[bytes, None] = {}
    unreadable = 0
    for blob in blobs:
        try:
            for der in load_certificates(blob):
                (authorities if read_certificate(der).is_ca else people)[der] = None
        except MalformedInput:
            unreadable += 1
    return tuple(people)[:MAX_FOUND], tuple(authorities)[:MAX_FOUND], unreadable


def judge_found(
    der: bytes,
    address: str,
    trust: TrustContext,
    now: datetime,
    *,
    extra: tuple[bytes, ...] = (),
    vouched: bool = False,
    accept_unproven: bool = False,
) -> Found:
    """Whether one certificate can be encrypted to for this address.

    Args:
        extra: authorities' certificates that came along; used to build paths, never believed.
        vouched: DNSSEC vouches for the place where it was found.
        accept_unproven: the settings ask for no proof.
    """
    key = address_key(address)
    try:
        info = read_certificate(der)
    except MalformedInput:
        return Found(der, None, reason="It cannot be read.")
    if not speaks_for(info, key, trust.direct):
        names = ", ".join(info.addresses or info.domains) or "nobody"
        return Found(der, info, reason=f"It belongs to {names}.")
    by_address = key in map(address_key, info.addresses)
    path = check_validity(der, trust, now=now, encrypt=True, extra=extra)
    anchored = path.anchored and path.state is PathState.VALID
    reason = ""
    if {(key, info.sha256), (key, "")} & trust.blocked:
        reason = "You have blocked it."
    elif path.state is not PathState.VALID:
        expired = now > info.not_after
        reason = f"It expired on {day(info.not_after)}." if expired else path.reason or "It could not be checked."
    elif trust.revocation == "require" and not info.self_signed and path.revocation is not Revocation.GOOD:
        reason = "Your settings ask whether it was revoked, and no answer is here yet."
    elif not (anchored or vouched or accept_unproven or (key, info.sha256) in trust.pins):
        reason = "Nobody whom you trust has issued it."
    return Found(der, info, anchored, by_address, path.chain, reason)


def choose_found(found: Iterable[Found]) -> Found | None:
    """The best usable one: for the very address before the domain's, with a trusted authority before without, then
    the newest."""
    usable = [one for one in found if one.usable and one.info is not None]
    return max(
        usable,
        key=lambda one: (one.by_address, one.anchored, one.info.not_before, one.info.sha256),  # type: ignore[union-attr]
        default=None,
    )


def found_check(address: str, chosen: Found, provenance: Provenance) -> RecipientCheck:
    """What the preflight says of a recipient whose certificate was found."""
    when = day(datetime.fromtimestamp(provenance.found_at, UTC))
    whose = "" if chosen.by_address else " It belongs to the whole domain, not to this person alone."
    proof = (
        "An authority that you trust has issued it."
        if chosen.anchored
        else "DNSSEC vouches for the place, nobody for the person."
        if provenance.vouched
        else "Nobody whom you trust has issued it: compare its fingerprint first."
    )
    sentence = (
        f"{address} can read encrypted mail: a certificate was found in {place_words(provenance)} on {when}. "
        f"{proof}{whose} Found is not trusted; a signed answer makes it certain."
    )
    return RecipientCheck(address, RecipientState.FOUND, True, sentence, chosen.info)


def place_words(provenance: Provenance) -> str:
    """ "DNS (anna.clinic.example)": the place as it stands in a sentence."""
    words = {Place.DNS: "DNS", Place.SMIMEA: "DNS", Place.LDAP: "LDAP", Place.DIRECTORY: "the directory"}
    name = words.get(provenance.place, str(provenance.place))
    return f"{name} ({provenance.where})" if provenance.where else name
