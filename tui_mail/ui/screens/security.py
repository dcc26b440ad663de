"""The whole story of one message's protection: every layer, every signature, every reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tui_mail.model.certificate import fingerprint_groups
from tui_mail.model.day import day
from tui_mail.model.message import MessageView
from tui_mail.model.security import (
    AddressMatch,
    Continuity,
    EncryptionCheck,
    Integrity,
    PathState,
    Revocation,
    SignatureCheck,
    Summary,
    TrustSource,
    Verdict,
)
from tui_mail.ui.safe import clean
from tui_mail.ui.screens.story import StoryScreen
from tui_mail.ui.screens.trust import certificate_lines
from tui_mail.ui.themes.glyphs import SIG_MEANING, SIG_TONE
from tui_mail.ui.wrap import Line

_MEANING = {"": "not signed as a whole", **dict(SIG_MEANING)}
_LABEL = 13
_SUMMARY = {
    Summary.NONE: "neither signed nor encrypted",
    Summary.SIGNED: "signed",
    Summary.ENCRYPTED: "encrypted",
    Summary.SIGNED_ENCRYPTED: "signed and encrypted",
}
_INTEGRITY = {
    Integrity.INTACT: "unchanged since it was signed",
    Integrity.ALTERED: "changed after it was signed",
    Integrity.BAD_SIGNATURE: "the signature does not belong to it",
    Integrity.MALFORMED: "the signature is damaged",
    Integrity.REFUSED: "signed in a way that is too weak to count",
    Integrity.UNSUPPORTED: "signed in a way that cannot be computed here",
    Integrity.NO_CERTIFICATE: "the signer's certificate is not here",
    Integrity.ABSENT: "not here yet",
}
_PATH = {
    PathState.VALID: "in order, and made for mail",
    PathState.EXPIRED: "was in order when it signed, has expired since",
    PathState.INVALID: "not in order",
    PathState.UNDETERMINED: "could not be checked to the end",
    PathState.NOT_CHECKED: "not looked at",
}
_REVOCATION = {
    Revocation.GOOD: "not revoked",
    Revocation.REVOKED: "taken back by its authority",
    Revocation.UNKNOWN: "nobody could say",
    Revocation.NOT_CHECKED: "not checked",
}
_ADDRESS = {
    AddressMatch.MATCH: "the certificate belongs to the sender",
    AddressMatch.MISMATCH: "the certificate does not belong to the sender",
    AddressMatch.NO_ADDRESS: "the certificate names no address, so not the sender's",
    AddressMatch.AMBIGUOUS: "the message does not name exactly one sender",
}
_TRUST = {
    TrustSource.NONE: "not yet",
    TrustSource.ANCHOR: "yes, an authority that you trust has issued the certificate",
    TrustSource.PIN: "yes, by your own decision",
}
_HISTORY = {
    Continuity.FIRST: "no signed mail of this sender came before",
    Continuity.SAME: "the same certificate as in this sender's last mails",
    Continuity.CHANGED: "another certificate than in this sender's last mails",
}


def security_screen(view: MessageView, now: datetime | None = None) -> StoryScreen:
    """The panel for one message."""
    return StoryScreen("Protection of this message", story(view, now or datetime.now(UTC)))


def story(view: MessageView, now: datetime) -> Iterator[Line]:
    """All lines of it."""
    security = view.security
    letter = security.verdict.letter.value
    yield _fact("Summary", _SUMMARY[security.summary], "bright")
    yield from _verdict(security.verdict, letter)
    if len(security.layers) > 1:
        yield _fact("Wrapped", " inside ".join(reversed(security.layers)))
    if security.errant_layers:
        text = f"{security.errant_layers} more below a part of the text; worth nothing for the whole (RFC 9787)"
        yield _fact("Left out", text, "warning")
    many = len(security.signatures) > 1
    for index, check in enumerate(security.signatures):
        yield ()
        yield ((f"Signature {index + 1}" if many else "Signature", "heading"),)
        if many and index < len(security.verdicts):
            yield from _verdict(security.verdicts[index], security.verdicts[index].letter.value)
        yield from _signature(check, now, view.history)
    if security.encryption is not None:
        yield ()
        yield (("Encryption", "heading"),)
        yield from _encryption(security.encryption)
    yield from _headers(view)
    if security.warnings:
        yield ()
        yield (("Warnings", "heading"),)
        for warning in security.warnings:
            yield ((clean(warning), "warning"),)


def _verdict(verdict: Verdict, letter: str) -> Iterator[Line]:
    yield _fact("Verdict", f"{letter}: {_MEANING[letter]}" if letter else _MEANING[letter], SIG_TONE[letter])
    for reason in verdict.reasons:
        yield _fact("", reason)


def _signature(check: SignatureCheck, now: datetime, history: str) -> Iterator[Line]:
    yield _fact("Content", _because(_INTEGRITY[check.integrity], check.integrity_reason))
    senders = ", ".join(check.from_specs)
    yield _fact("Sender", _ADDRESS[check.address_match] + (f", {senders}" if senders else ""))
    yield _fact("Certificate", _because(_PATH[check.path], check.path_reason))
    required = "; your settings demand an answer" if check.revocation_required else ""
    yield _fact("Revoked", _REVOCATION[check.revocation] + required)
    if check.revocation_note:
        yield _fact("", check.revocation_note)
    yield _fact("Trusted", "no, you have blocked it" if check.blocked else _TRUST[check.trust_source])
    said = history if check.address_match is AddressMatch.MATCH else ""
    yield _fact("Before", said or _HISTORY[check.continuity])
    if check.signing_time is not None:
        yield _fact("Signed at", f"{day(check.signing_time)}, {check.signing_time:%H:%M:%S} UTC, as the signer says")
    yield _fact("Algorithm", check.algorithm or "unknown")
    if check.signer is not None:
        yield ()
        yield (("The signer's certificate", "heading"),)
        yield from certificate_lines(check.signer, now)
        yield _fact("Serial", check.signer.serial)
    for place, sha256 in enumerate(check.chain[1:]):
        yield _fact("" if place else "Chain", f"under {' '.join(fingerprint_groups(sha256).split(' ')[:4])} …")


def _because(sentence: str, reason: str) -> str:
    return f"{sentence}: {reason}" if reason else sentence


def _encryption(check: EncryptionCheck) -> Iterator[Line]:
    yield _fact("Cipher", check.cipher)
    yield _fact(
        "Changes", "on the way would have been noticed" if check.authenticated else "on the way would not be noticed"
    )
    opened = "yes" if check.opened else "no, your keys are locked" if check.locked else "no"
    yield _fact("Opened", opened)
    if check.reason:
        yield _fact("", check.reason)
    if check.key_sha256:
        yield _fact("With key", check.key_sha256[:16] + " …")
    for recipient in check.recipients:
        yield _fact("Recipient", f"{recipient.type}, {recipient.algorithm}, {recipient.id}")


def _headers(view: MessageView) -> Iterator[Line]:
    headers = view.security.headers
    uncovered = headers.uncovered if view.security.signatures else ()
    if not (headers.protected or headers.confidential or headers.outer or uncovered):
        return
    yield ()
    yield (("Header fields", "heading"),)
    if headers.protected:
        yield _fact("Protected", ", ".join(headers.protected))
    if uncovered:
        yield _fact("Not signed", f"{', '.join(uncovered)}: the signature covers the content only")
    if headers.confidential:
        yield _fact("Hidden", ", ".join(headers.confidential))
    for name, value in headers.outer.items():
        yield _fact("Outside", f"{name}: {value}")


def _fact(label: str, value: str, style: str = "text") -> Line:
    return ((label.ljust(_LABEL), "muted"), (clean(value), style))
