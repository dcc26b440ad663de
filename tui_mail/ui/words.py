"""What the reader says about a message's protection, in plain words. Pure: facts and a verdict in, sentences out."""

from __future__ import annotations

from typing import NamedTuple

from tui_mail.model.message import EncState, MessageView
from tui_mail.model.security import (
    AddressMatch,
    EncryptionCheck,
    Integrity,
    Letter,
    SignatureCheck,
    Summary,
    Verdict,
)


class Sentence(NamedTuple):
    """One sentence above the message. `tone` is a style name; `mark` the letter or Enc state whose shape leads it."""

    tone: str
    mark: str
    text: str
    kind: str = "sig"


def security_sentences(view: MessageView) -> tuple[Sentence, ...]:
    """Everything that stands fixed above the text: signature, encryption, locked key, ignored layers, warnings."""
    security = view.security
    found = [_signature(view)]
    if security.encryption is not None:
        found.append(_encryption(security.encryption, view.key_locked))
    if view.held is not None and not view.held.too_large:  # the text of one that is too large says so itself
        found.append(Sentence("accent", "", f"{view.held.sentence} Press H to get the whole message."))
    if security.errant_layers:
        found.append(Sentence("muted", "", _errant(security.errant_layers)))
    found += [Sentence("warning", "", warning) for warning in security.warnings]
    found += [Sentence("warning" if hint.warning else "muted", "", hint.text) for hint in view.hints]
    return tuple(found)


def bound_check(view: MessageView) -> SignatureCheck | None:
    """The signature that the summary speaks of: the first whose verdict is the summary's letter."""
    security = view.security
    for check, verdict in zip(security.signatures, security.verdicts, strict=False):
        if verdict.letter is security.verdict.letter:
            return check
    return security.signatures[0] if security.signatures else None


def signer_name(check: SignatureCheck | None) -> str:
    """Whom the certificate names: its addresses, else its subject."""
    if check is None or check.signer is None:
        return "an unknown signer"
    return ", ".join(check.signer.addresses) or check.signer.subject


def _signature(view: MessageView) -> Sentence:
    security = view.security
    letter = security.verdict.letter
    check = bound_check(view)
    who = signer_name(check)
    if letter is Letter.NONE:
        if security.summary is Summary.ENCRYPTED:
            return Sentence("muted", "", "Not signed: nothing proves who wrote this message.")
        return Sentence("muted", "", "Not signed.")
    reason = _reason(security.verdict, check)
    broken = "The signature is broken: do not rely on this message."
    if check is not None and check.integrity is Integrity.INTACT:  # the certificate is what is bad
        broken = "Do not rely on this signature."
    texts = {
        Letter.VALID: ("good", f"Signed by {who} – trusted."),
        Letter.NEW: ("accent", f"Signed by {who} – not trusted yet. Press t to decide."),
        Letter.CHANGED: ("warning", f"Signed by {who} with another certificate than before. Press t to compare."),
        Letter.EXPIRED: ("warning", f"Signed by {who} – the certificate has expired since."),
        Letter.UNKNOWN: ("muted", _with("The signature cannot be judged now.", reason)),
        Letter.MISMATCH: ("bad", _mismatch(check, who) or reason),
        Letter.BROKEN: ("bad", _with(broken, reason)),
    }
    tone, text = texts[letter]
    return Sentence(tone, letter.value, text)


def _reason(verdict: Verdict, check: SignatureCheck | None) -> str:
    """The decisive reason alone; what stands behind it is told by the panel of details."""
    reason = verdict.reasons[0] if verdict.reasons else ""
    for detail in (check.integrity_reason, check.path_reason) if check is not None else ():
        if detail and reason != detail:
            reason = reason.removesuffix(detail).rstrip()
    return reason


def _mismatch(check: SignatureCheck | None, who: str) -> str:
    """Who signed, where that is somebody else than the one sender; otherwise the reason says it better."""
    if check is None or check.address_match is not AddressMatch.MISMATCH or len(check.from_specs) != 1:
        return ""
    return f"Signed by {who}, not by the sender {check.from_specs[0]}."


def _encryption(check: EncryptionCheck, key_locked: bool) -> Sentence:
    if check.opened and check.authenticated:
        return Sentence("good", EncState.OPEN, f"Encrypted, only for its recipients ({check.cipher.upper()}).", "enc")
    if check.opened:
        text = f"Encrypted, but {check.cipher.upper()} does not protect against changes on the way."
        return Sentence("warning", EncState.OPEN_CBC, text, "enc")
    if check.locked or key_locked:
        return Sentence("accent", EncState.LOCKED, "Encrypted for you. Your keys are locked: press L to unlock.", "enc")
    return Sentence("bad", EncState.CLOSED, check.reason or "This message is encrypted for other people's keys.", "enc")


def _errant(layers: int) -> str:
    if layers == 1:
        return "A part of this message is signed or encrypted by itself; that says nothing about the whole."
    return f"{layers} parts of this message are signed or encrypted by themselves; that says nothing about the whole."


def _with(sentence: str, reason: str) -> str:
    return f"{sentence} {reason}" if reason else sentence
