"""The whole story of one message's protection: every layer, every signature, every reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tui_mail.model.message import MessageView
from tui_mail.model.security import AddressMatch, EncryptionCheck, SignatureCheck, Verdict
from tui_mail.ui.safe import clean
from tui_mail.ui.screens.story import StoryScreen
from tui_mail.ui.screens.trust import certificate_lines
from tui_mail.ui.themes.glyphs import SIG_MEANING, SIG_TONE
from tui_mail.ui.wrap import Line

_MEANING = {"": "not signed as a whole", **dict(SIG_MEANING)}
_LABEL = 13


def security_screen(view: MessageView, now: datetime | None = None) -> StoryScreen:
    """The panel for one message."""
    return StoryScreen("Protection of this message", story(view, now or datetime.now(UTC)))


def story(view: MessageView, now: datetime) -> Iterator[Line]:
    """All lines of it."""
    security = view.security
    letter = security.verdict.letter.value
    layers = " in ".join(reversed(security.layers)) or "none"
    yield (("Summary".ljust(_LABEL), "muted"), (security.summary.value, "bright"))
    yield (("Verdict".ljust(_LABEL), "muted"), (f"{letter or 'no letter'}: {_MEANING[letter]}", SIG_TONE[letter]))
    for reason in security.verdict.reasons:
        yield (("".ljust(_LABEL), "muted"), (clean(reason), "text"))
    yield (("Layers".ljust(_LABEL), "muted"), (layers, "text"))
    if security.errant_layers:
        text = f"{security.errant_layers} below other parts, ignored (RFC 9787)"
        yield (("Errant".ljust(_LABEL), "muted"), (text, "warning"))
    for index, check in enumerate(security.signatures):
        verdict = security.verdicts[index] if index < len(security.verdicts) else Verdict(security.verdict.letter)
        yield ()
        yield ((f"Signature {index + 1}" if len(security.signatures) > 1 else "Signature", "heading"),)
        yield from _signature(check, verdict, now, view.history)
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


def _signature(check: SignatureCheck, verdict: Verdict, now: datetime, history: str) -> Iterator[Line]:
    letter = verdict.letter.value
    yield _fact("Verdict", f"{letter}: {_MEANING[letter]}", SIG_TONE[letter])
    for reason in verdict.reasons:
        yield _fact("", reason)
    yield _fact("Content", check.integrity.value + (f": {check.integrity_reason}" if check.integrity_reason else ""))
    yield _fact("Certificate", check.path.value + (f": {check.path_reason}" if check.path_reason else ""))
    yield _fact(
        "Revocation", check.revocation.value + (" (an answer is required)" if check.revocation_required else "")
    )
    if check.revocation_note:
        yield _fact("", check.revocation_note)
    yield _fact("Address", f"{check.address_match.value}: {', '.join(check.from_specs) or 'no From'}")
    trusted = {"anchor": "issued under a root that you trust", "pin": "by your own decision"}
    yield _fact("Trusted", "no, you have blocked it" if check.blocked else trusted.get(check.trust_source.value, "no"))
    said = history if check.address_match is AddressMatch.MATCH else ""
    yield _fact("Continuity", said or check.continuity.value)
    yield _fact("Algorithm", check.algorithm or "unknown")
    if check.signing_time is not None:
        yield _fact("Signed at", f"{check.signing_time:%d %b %Y, %H:%M:%S} UTC, says the signer")
    if check.signer is not None:
        yield ()
        yield from certificate_lines(check.signer, now)
        yield _fact("Serial", check.signer.serial)


def _encryption(check: EncryptionCheck) -> Iterator[Line]:
    yield _fact("Cipher", check.cipher)
    yield _fact("Changes", "would be noticed" if check.authenticated else "this cipher would not notice them")
    opened = "yes" if check.opened else "no, the keys are locked" if check.locked else "no"
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
