"""Facts in, letter out: the only place where a `Verdict` is made. When several facts speak, the worse letter wins."""

from collections.abc import Sequence

from tui_mail.model.security import (
    AddressMatch,
    Continuity,
    Integrity,
    Letter,
    PathState,
    Revocation,
    SignatureCheck,
    TrustSource,
    Verdict,
)

PRECEDENCE = tuple(Letter)
"""X ? M E C N Y and blank: the first that holds is shown."""

_SAID_WHOLE = frozenset({Integrity.ALTERED, Integrity.BAD_SIGNATURE, Integrity.NO_CERTIFICATE})
"""Their sentences leave nothing to add."""

_RANK = {letter: rank for rank, letter in enumerate(PRECEDENCE)}

_INTEGRITY: dict[Integrity, tuple[Letter, str]] = {
    Integrity.ALTERED: (Letter.BROKEN, "The message was changed after it was signed."),
    Integrity.BAD_SIGNATURE: (Letter.BROKEN, "The signature is wrong: it was not made with this certificate's key."),
    Integrity.MALFORMED: (Letter.BROKEN, "The signature is damaged and proves nothing."),
    Integrity.REFUSED: (Letter.BROKEN, "The signature was made with a method that is no longer safe."),
    Integrity.UNSUPPORTED: (Letter.UNKNOWN, "The signature uses a method that this program cannot check."),
    Integrity.NO_CERTIFICATE: (Letter.UNKNOWN, "The signer's certificate is not in the message and not known here."),
    Integrity.ABSENT: (Letter.UNKNOWN, "The message is not here completely, so its signature cannot be checked yet."),
}
_PATH: dict[PathState, tuple[Letter, str]] = {
    PathState.INVALID: (Letter.BROKEN, "The signer's certificate is not valid."),
    PathState.UNDETERMINED: (Letter.UNKNOWN, "The signer's certificate could not be checked."),
    PathState.NOT_CHECKED: (Letter.UNKNOWN, "The signer's certificate has not been checked."),
    PathState.EXPIRED: (Letter.EXPIRED, "The certificate was valid when the message was signed and has expired since."),
}
_INVITATION = "You have not decided yet whether you trust this sender's certificate. Press t to see it and decide."
_UNTRUSTED = "This certificate is not among those that you trust."


def decide(check: SignatureCheck) -> Verdict:
    """The letter of one signature and the sentences that lead to it, the decisive one first."""
    findings = _findings(check)
    if not findings:
        return Verdict(Letter.VALID, (_trusted(check), *_notes(check)))
    findings.sort(key=lambda finding: _RANK[finding[0]])
    return Verdict(findings[0][0], (*(sentence for _letter, sentence in findings), *_notes(check)))


def _findings(check: SignatureCheck) -> list[tuple[Letter, str]]:
    """Everything that keeps this signature from a plain yes."""
    findings: list[tuple[Letter, str]] = []
    integrity = check.integrity
    if integrity is not Integrity.INTACT:
        letter, sentence = _INTEGRITY[integrity]
        findings.append((letter, _with(sentence, "" if integrity in _SAID_WHOLE else check.integrity_reason)))
    revoked = check.revocation is Revocation.REVOKED
    if revoked:
        sentence = "The signer's certificate was revoked: its issuer says that it must not be used any more."
        findings.append((Letter.BROKEN, _with(sentence, check.path_reason)))
    path = check.path
    if path is not PathState.VALID and not (revoked and path is PathState.INVALID):
        letter, sentence = _PATH[path]
        # Nobody asked for the certificate of a signature that fails by itself: only a real finding is worth a sentence.
        if path is not PathState.NOT_CHECKED or integrity is Integrity.INTACT:
            findings.append((letter, _with(sentence, check.path_reason)))
    if check.lacks_answer:
        sentence = "Your settings ask whether the certificate was revoked, and no answer is here yet."
        findings.append((Letter.UNKNOWN, sentence))
    if check.signer is not None or integrity is Integrity.INTACT:
        findings += _who(check)
    if check.trust_source is TrustSource.NONE and integrity is Integrity.INTACT:
        # The invitation to trust stands only where trusting would help.
        helps = all(letter is Letter.CHANGED for letter, _sentence in findings)
        findings.append((Letter.NEW, _INVITATION if helps else _UNTRUSTED))
    return findings


def _who(check: SignatureCheck) -> list[tuple[Letter, str]]:
    findings: list[tuple[Letter, str]] = []
    if check.address_match is not AddressMatch.MATCH:
        findings.append((Letter.MISMATCH, _mismatch(check)))
    if check.blocked:
        findings.append((Letter.BROKEN, "You have blocked this certificate, so its signature counts for nothing."))
    if check.continuity is Continuity.CHANGED:
        sentence = (
            "This is a different certificate than this sender's earlier mail carried. "
            "Compare the fingerprint with the sender before you trust it."
        )
        findings.append((Letter.CHANGED, sentence))
    return findings


def _mismatch(check: SignatureCheck) -> str:
    match = check.address_match
    author = check.from_specs[0] if len(check.from_specs) == 1 else ""
    if match is AddressMatch.NO_ADDRESS:
        return "The certificate names no address, so it cannot say who sent this message."
    if match is AddressMatch.AMBIGUOUS:
        if len(check.from_specs) != 1:
            count = "no sender" if not check.from_specs else "more than one sender"
            return f"The message names {count}, so no certificate can speak for it."
        if "@" not in author:
            return "The message names no address of its sender, so no certificate can speak for it."
        return f"The message says in two ways who sent it, and they differ; the address is {author}."
    named = check.signer.addresses if check.signer is not None else ()
    owner = next((address for address in named if address.strip()), "somebody else")
    return f"The message says that it comes from {author}, but it was signed by {owner}."


def _trusted(check: SignatureCheck) -> str:
    if check.trust_source is TrustSource.PIN:
        return "Signed by the sender with the certificate that you trust."
    return "Signed by the sender with a certificate that a trusted authority issued."


def _notes(check: SignatureCheck) -> tuple[str, ...]:
    """What is worth saying and changes nothing."""
    if check.path is PathState.VALID and check.path_reason:
        return (check.path_reason,)
    return ()


def _with(sentence: str, reason: str) -> str:
    return f"{sentence} {reason}" if reason else sentence


def summarise(checks: Sequence[SignatureCheck], verdicts: Sequence[Verdict] | None = None) -> Verdict:
    """One verdict for a message (RFC 9787 section 3.1).

    Args:
        verdicts: what `decide` said of each check, where that is known already.

    Among the signatures bound to the From address the best one speaks; when none is bound, the worst. They are never
    mixed: one signature's good arithmetic does not help another's good address.
    """
    if not checks:
        return Verdict(Letter.NONE)
    if verdicts is None:
        verdicts = tuple(map(decide, checks))
    pairs = zip(checks, verdicts, strict=True)
    bound = [verdict for check, verdict in pairs if check.address_match is AddressMatch.MATCH]
    if bound:
        return max(bound, key=lambda verdict: _RANK[verdict.letter])
    return min(verdicts, key=lambda verdict: _RANK[verdict.letter])
