"""The answer of ``tui-mail check``, for programs (one JSON object) and for people."""

from datetime import UTC, datetime

from tui_mail.model.clean import clean, clean_lines
from tui_mail.model.security import (
    AddressMatch,
    EncryptionCheck,
    Integrity,
    Letter,
    SignatureCheck,
    TrustSource,
    Verdict,
)
from tui_mail.smime.open import Opened
from tui_mail.smime.view import attachments, body

Json = dict[str, object]

MEANINGS = {
    Letter.VALID: "signed by the sender, whom you trust",
    Letter.NEW: "signed by the sender, who is not trusted yet",
    Letter.CHANGED: "signed with another certificate than before",
    Letter.EXPIRED: "signed; the certificate has expired since",
    Letter.UNKNOWN: "the signature cannot be judged now",
    Letter.MISMATCH: "signed by somebody else than the sender",
    Letter.BROKEN: "the signature is broken",
    Letter.NONE: "not signed",
}


def report(opened: Opened, file: str, *, with_body: bool) -> Json:
    """Everything that is true of one message."""
    security = opened.security
    headers = security.headers
    found: Json = {
        "file": file,
        "summary": security.summary.value,
        "sig": security.verdict.letter.value,
        "reasons": [clean(reason) for reason in security.verdict.reasons],
        "signatures": [_signature(*pair) for pair in zip(security.signatures, security.verdicts, strict=True)],
        "encryption": None if security.encryption is None else _encryption(security.encryption),
        "layers": list(security.layers),
        "errant_layers": security.errant_layers,
        "headers": {
            "from": clean(headers.from_),
            "to": clean(headers.to),
            "cc": clean(headers.cc),
            "subject": clean(headers.subject),
            "date": clean(headers.date),
            "protected": list(headers.protected),
            "confidential": list(headers.confidential),
            "outer": {name: clean(value) for name, value in headers.outer.items()},
        },
    }
    if with_body:
        found["text"] = body(opened)[1]
    found["attachments"] = [
        {"name": one.name, "type": one.type, "size": one.size_bytes, "sha256": one.sha256}
        for one in attachments(opened)
    ]
    found["warnings"] = [clean(warning) for warning in security.warnings]
    return found


def _signature(check: SignatureCheck, verdict: Verdict) -> Json:
    source = TrustSource.NONE if check.lacks_answer else check.trust_source
    return {
        "sig": verdict.letter.value,
        "intact": check.integrity is Integrity.INTACT,
        "from_matches": check.address_match is AddressMatch.MATCH,
        "trusted": source is not TrustSource.NONE,
        "trust_source": source.value or None,
        "revocation": check.revocation.value,
        "revocation_note": check.revocation_note,
        "algorithm": check.algorithm,
        "signing_time": None if check.signing_time is None else _utc(check.signing_time),
        "signer": _signer(check),
        "reasons": [clean(reason) for reason in verdict.reasons],
    }


def _signer(check: SignatureCheck) -> Json | None:
    signer = check.signer
    if signer is None:
        return None
    return {
        "addresses": [clean(address) for address in signer.addresses],
        "subject": clean(signer.subject),
        "issuer": clean(signer.issuer),
        "serial": signer.serial,
        "sha256": signer.sha256,
        "not_before": _utc(signer.not_before),
        "not_after": _utc(signer.not_after),
    }


def _encryption(check: EncryptionCheck) -> Json:
    return {
        "cipher": check.cipher,
        "authenticated": check.authenticated,
        "opened": check.opened,
        "key": check.key_sha256,
        "recipients": [{"type": one.type, "algorithm": one.algorithm, "id": clean(one.id)} for one in check.recipients],
        "reason": None if check.reason is None else clean(check.reason),
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text_report(opened: Opened, file: str, *, with_body: bool) -> str:
    """The same for people; nothing in it can move a cursor."""
    security = opened.security
    letter = security.verdict.letter
    lines = [
        f"{clean(file)}",
        f"  From     {clean(security.headers.from_)}",
        f"  Subject  {clean(security.headers.subject)}",
        f"  Sig      {letter.value or '-'}  {MEANINGS[letter]}",
        *(f"           {clean(reason)}" for reason in security.verdict.reasons),
        *(line for check in security.signatures for line in _signer_lines(check)),
        f"  Enc      {_encryption_line(security.encryption)}",
    ]
    if security.signatures and security.headers.uncovered:
        lines.append(f"  Unsigned {', '.join(security.headers.uncovered)} (the signature covers the content only)")
    if security.headers.confidential:
        lines.append(f"  Hidden   {', '.join(security.headers.confidential)} (not readable from outside)")
    if security.errant_layers:
        lines.append(f"  Ignored  {security.errant_layers} signed or encrypted part(s) that are not the whole message")
    lines.extend(f"  Note     {clean(warning)}" for warning in security.warnings)
    lines.extend(f"  File     {one.name}  {one.type}  {one.size_bytes} bytes" for one in attachments(opened))
    if with_body:
        lines += ["", clean_lines(body(opened)[1]), ""]
    return "\n".join(lines)


def _signer_lines(check: SignatureCheck) -> list[str]:
    if check.signer is None:
        return []
    names = ", ".join(check.signer.addresses) or check.signer.subject
    when = f", {_utc(check.signing_time)}" if check.signing_time else ""
    return [
        f"  Signer   {clean(names)}  ({check.algorithm}{when})",
        f"           issued by {clean(check.signer.issuer)}",
        *([f"           {clean(check.revocation_note)}"] if check.revocation_note else []),
    ]


def _encryption_line(check: EncryptionCheck | None) -> str:
    if check is None:
        return "-  not encrypted"
    if not check.opened:
        return f"closed  {clean(check.reason or '')}"
    strength = "protected against changes" if check.authenticated else "not protected against changes by itself"
    return f"opened  {check.cipher}, {strength}"
