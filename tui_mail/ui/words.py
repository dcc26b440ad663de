"""What the reader says about a message's protection, in plain words. Pure: facts and a verdict in, sentences out."""

from __future__ import annotations

from typing import NamedTuple

from tui_mail.model.message import EncState, MessageView
from tui_mail.model.security import EncryptionCheck, Letter, SignatureCheck, Summary


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
    if security.errant_layers:
        found.append(Sentence("muted", "", _errant(security.errant_layers)))
    found += [Sentence("warning", "", warning) for warning in security.warnings]
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
    reason = security.verdict.reasons[0] if security.verdict.reasons else ""
    if letter is Letter.NONE:
        if security.summary is Summary.ENCRYPTED:
            return Sentence("muted", "", "Not signed: nothing proves who wrote this message.")
        return Sentence("muted", "", "Not signed.")
    texts = {
        Letter.VALID: ("good", f"Signed by {who} – trusted."),
        Letter.NEW: ("accent", f"Signed by {who} – not trusted yet. Press t to decide."),
        Letter.CHANGED: ("warning", f"Signed by {who} with another certificate than before. Press t to compare."),
        Letter.EXPIRED: ("warning", f"Signed by {who} – the certificate has expired since."),
        Letter.UNKNOWN: ("muted", _with(f"The signature of {who} cannot be judged now.", reason)),
        Letter.MISMATCH: ("bad", _with(f"Signed by {who}, which is not the sender of this message.", reason)),
        Letter.BROKEN: ("bad", _with("The signature is broken: do not rely on this message.", reason)),
    }
    tone, text = texts[letter]
    return Sentence(tone, letter.value, text)


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
