"""What the trust dialog says beside the facts of the certificate, and whether trusting is on offer."""

from dataclasses import dataclass

from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.security import (
    AddressMatch,
    Continuity,
    Integrity,
    PathState,
    Revocation,
    SignatureCheck,
    TrustSource,
    Verdict,
)
from tui_mail.trust.context import Pins, Seen
from tui_mail.trust.history import history_sentence


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything the dialog needs besides the certificate itself.

    Attributes:
        sentences: what trusting means, and whether this sender's earlier mail carried the same certificate.
        issuer_sentence: who vouches for the certificate, as it goes on after "Issued by".
        offer: trusting is possible and would change something.
        already: a pin stands for this address and certificate.
        previous_sha256: the certificate that this sender used before, empty when there is none.
    """

    address: str
    sentences: tuple[str, ...]
    issuer_sentence: str
    offer: bool
    already: bool
    previous_sha256: str


def explain(check: SignatureCheck, verdict: Verdict, *, pins: Pins, seen: Seen) -> Explanation | None:
    """Put the facts about a signer into words; None when the signer's certificate is not known."""
    signer = check.signer
    if signer is None:
        return None
    address = check.from_specs[0] if len(check.from_specs) == 1 else ""
    key = address_key(address)
    already = (key, signer.sha256) in pins
    sound = (
        check.integrity is Integrity.INTACT
        and check.path is PathState.VALID
        and check.address_match is AddressMatch.MATCH
        and check.revocation is not Revocation.REVOKED
        and not check.blocked
    )
    changes = check.trust_source is not TrustSource.ANCHOR or check.continuity is Continuity.CHANGED
    offer = sound and changes and not already
    previous = _previous(key, signer, seen)
    sentences = (
        _meaning(check, verdict, address, offer=offer, already=already),
        history_sentence(signer.sha256, check.continuity, seen.get(key, ()), check.signing_time),
        *((check.revocation_note,) if check.revocation_note else ()),
        *_advice(check),
    )
    return Explanation(address, sentences, issuer_sentence(check, signer), offer, already, previous or "")


def issuer_sentence(check: SignatureCheck, signer: CertificateInfo) -> str:
    """Who vouches for the certificate."""
    if check.trust_source is TrustSource.ANCHOR:
        return f"{signer.issuer}, below an authority that you trust"
    if signer.self_signed:
        return "its owner, without any authority: nobody else vouches for it, so compare the fingerprint"
    return f"{signer.issuer}, an authority that is not among those that you trust"


def _meaning(check: SignatureCheck, verdict: Verdict, address: str, *, offer: bool, already: bool) -> str:
    if check.blocked:
        return "You have blocked it. Unblock it in the certificate book (B) before you can trust it."
    if already:
        return "You can take that back at any time; this sender's mail is then shown as N again."
    if offer:
        return (
            f"Trusting means: mail from {address} signed with this certificate is shown as Y from now on, "
            "and encrypted mail can be sent to it."
        )
    if check.trust_source is TrustSource.ANCHOR and check.path is PathState.VALID:
        return "There is nothing to decide: the authority that issued it is trusted already."
    return verdict.reasons[0] if verdict.reasons else "Something about this signature is not in order."


def _advice(check: SignatureCheck) -> tuple[str, ...]:
    if check.continuity is not Continuity.CHANGED:
        return ()
    return (
        "People renew certificates, and frauds pretend to: ask by telephone or in person, and compare the six words "
        "or the fingerprint.",
    )


def _previous(key: str, signer: CertificateInfo, seen: Seen) -> str | None:
    others = [entry for entry in seen.get(key, ()) if entry.sha256 != signer.sha256]
    if not others:
        return None
    return max(others, key=lambda entry: entry.last_signing_time or entry.first_signing_time).sha256
