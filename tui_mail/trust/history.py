"""How long a sender has used a certificate, in words: what continuity means to somebody who reads mail."""

from datetime import datetime

from tui_mail.model.day import day
from tui_mail.model.security import Continuity
from tui_mail.trust.context import SeenCertificate

_DAYS_A_MONTH = 30.44


def history_sentence(sha256: str, kept: Continuity, seen: tuple[SeenCertificate, ...], moment: datetime | None) -> str:
    """One sentence about a signer's certificate.

    Args:
        seen: what valid signatures of the address carried.
        moment: when this certificate began to be used, where nothing of it was seen: the message's signing time.
    """
    own = next((entry for entry in seen if entry.sha256 == sha256), None)
    others = [entry for entry in seen if entry.sha256 != sha256]
    if kept is Continuity.CHANGED and others:
        before = max(others, key=lambda entry: entry.last_signing_time or entry.first_signing_time)
        return _changed(before, own.first_signing_time if own else moment)
    if own is None or own.messages <= 1:
        return (
            "This is the first mail of this sender with this certificate."
            if others
            else "This is the first signed mail of this sender here."
        )
    since = f"{own.first_signing_time:%B %Y}"
    if others and kept is Continuity.SAME:
        return f"The same certificate as {own.messages} mails since {since}; this sender has used others too."
    return f"The same certificate as the last {own.messages} mails, since {since}."


def _changed(before: SeenCertificate, moment: datetime | None) -> str:
    if moment is None:
        return "Another certificate than this sender's earlier mail carried."
    if before.not_after is None:
        return f"The certificate changed on {day(moment)}."
    if before.not_after <= moment:
        return f"The certificate changed on {day(moment)}; the old one had ended on {day(before.not_after)}."
    left = _time_left((before.not_after - moment).days)
    return f"The certificate changed on {day(moment)}; the old one had {left} left."


def _time_left(days: int) -> str:
    if days < 45:
        return "one day" if days == 1 else f"{days} days"
    months = round(days / _DAYS_A_MONTH)
    if months < 24:
        return f"{months} months"
    return f"{round(days / 365.25)} years"
