"""Opening a message: raw bytes to what is true of it and what can be read of it.

The law: every message gets a verdict and a readable rest; only bugs raise. The verdict comes from arithmetic on the
bytes and from ``trust.decide``, never from what the message says of itself.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tui_mail.cms.capabilities import Capability
from tui_mail.mime.headers import parse_date
from tui_mail.mime.tree import Part, parse
from tui_mail.model.keys import DecryptionKey
from tui_mail.model.security import (
    AddressMatch,
    EncryptionCheck,
    Integrity,
    Letter,
    MessageSecurity,
    SignatureCheck,
    Summary,
    Verdict,
)
from tui_mail.smime.header_protection import HeaderSource, from_differs, read_headers, shown_headers
from tui_mail.smime.layers import count_errant, is_tnef
from tui_mail.smime.peel import ENCRYPTED, SIGNED, LayerSignature, Peeled, peel
from tui_mail.trust.context import TrustContext
from tui_mail.trust.decide import decide, summarise

MAX_CLOCK_DIFFERENCE = timedelta(hours=1)

_ENDORSED = (Letter.VALID,)


class SignerCapabilities(Struct, frozen=True):
    """What an intact signature announced: how to encrypt for its signer (RFC 8551 section 2.5.2)."""

    certificate: bytes
    signing_time: datetime | None
    capabilities: tuple[Capability, ...]
    encryption_certificate: bytes | None


class Opened(Struct, frozen=True):
    """A message with everything that could be opened.

    Attributes:
        root: the message as it came.
        payload: the part to render; `source.body` for a wrapped message.
        source: where the header fields come from.
        encrypted: the payload was inside an encrypted layer that is open.
        certificates: DER of all certificates that came with an intact signature.
        signer_certificates: DER, for each entry of `security.signatures`.
        locked: unlocking the keys would show more.
        problem: a sentence when the content stays closed, empty otherwise.
    """

    root: Part
    payload: Part
    source: HeaderSource
    security: MessageSecurity
    encrypted: bool = False
    certificates: tuple[bytes, ...] = ()
    signer_certificates: tuple[bytes | None, ...] = ()
    capabilities: tuple[SignerCapabilities, ...] = ()
    locked: bool = False
    problem: str = ""

    @property
    def headers(self) -> HeaderSource:
        """The header fields to use for everything: display, threads, answers."""
        return self.source


def open_message(
    raw: bytes,
    *,
    trust: TrustContext,
    now: datetime,
    keys: Sequence[DecryptionKey] = (),
    passwords: Sequence[str] = (),
) -> Opened:
    """Open, decrypt and judge one message.

    Args:
        raw: RFC 5322 bytes as received.
        trust: anchors, pins, revocation material and policy, certificates seen before.
        now: aware; the time of judgement.
        keys: our private keys, expired ones too.
        passwords: for messages with password recipients.
    """
    root = parse(raw)
    peeled = peel(root, keys=keys, passwords=passwords, known_certificates=trust.intermediates, now=now)
    source = read_headers(root, peeled.payload, peeled.layers)
    signatures = _counting_signatures(peeled)
    opened = peeled.encryption is not None and peeled.encryption.opened
    checks = _judge(signatures, source, trust, now)
    if len(root.folded("from")) > 1:
        # Another program on the way, or beside us, may show the other one (RFC 5322 section 3.6 allows one).
        checks = tuple(map(_in_two_ways, checks))
    verdicts = tuple(map(decide, checks))
    verdict = summarise(checks, verdicts)
    outer_from = False
    if from_differs(source, root) and verdict.letter not in _ENDORSED:
        # RFC 9788 section 4.4: nobody vouches for the inner From, so the outer one is shown and judged.
        outer_from = True
        # A signer who is the outer author and wrote another one inside has said two things about who writes.
        checks = tuple(map(_in_two_ways, _judge(signatures, HeaderSource(root, root), trust, now)))
        verdicts = tuple(map(decide, checks))
        verdict = summarise(checks, verdicts)
        peeled.warnings.append(
            "The From inside this message differs from the one outside and no valid signature vouches for it: "
            "the outer one is shown. Somebody may be pretending to be the sender."
        )
    intact = [one for one in signatures if one.result.integrity is Integrity.INTACT]
    errant = count_errant(peeled.payload)
    protected = opened or (bool(intact) and verdict.letter is not Letter.BROKEN)
    security = MessageSecurity(
        summary=_summary(checks, peeled.encryption),
        verdict=verdict if checks else Verdict(Letter.NONE, _why_unsigned(peeled, errant)),
        signatures=checks,
        verdicts=verdicts,
        encryption=peeled.encryption,
        layers=tuple(peeled.layers),
        errant_layers=errant,
        headers=shown_headers(source, root, outer_from=outer_from, protected=protected),
        warnings=tuple(dict.fromkeys((*peeled.warnings, *_warnings(peeled, source, checks, root)))),
    )
    return Opened(
        root=root,
        payload=source.body,
        source=source,
        security=security,
        encrypted=opened,
        certificates=tuple(dict.fromkeys(der for one in intact for der in one.certificates)),
        signer_certificates=tuple(one.result.certificate for one in signatures),
        capabilities=_capabilities(intact),
        locked=peeled.encryption is not None and peeled.encryption.locked,
        problem=peeled.problem,
    )


def _in_two_ways(check: SignatureCheck) -> SignatureCheck:
    matches = check.address_match is AddressMatch.MATCH
    return replace(check, address_match=AddressMatch.AMBIGUOUS) if matches else check


def _counting_signatures(peeled: Peeled) -> list[LayerSignature]:
    """Signatures over what is read. One around an encrypted layer says nothing of the author of the plaintext
    (RFC 9787 section 5.2: sign inside, encrypt outside)."""
    if not peeled.signatures:
        return []
    last = max((i for i, layer in enumerate(peeled.layers) if layer == ENCRYPTED), default=-1)
    inside = [one for one in peeled.signatures if one.layer > last]
    if len(inside) < len(peeled.signatures):
        peeled.warnings.append(
            "A signature around the encrypted content is left out: it does not say who wrote what is inside."
        )
    return inside


def _judge(
    signatures: list[LayerSignature], source: HeaderSource, trust: TrustContext, now: datetime
) -> tuple[SignatureCheck, ...]:
    if not signatures:
        return ()
    from tui_mail.trust.judge import judge_signer  # a third of the start of a process that opens mail

    authors = source.addresses("from")
    specs, names = tuple(author.spec for author in authors), tuple(author.name for author in authors)
    senders = tuple(address.spec for address in source.addresses("sender"))
    return tuple(
        judge_signer(
            integrity=one.result.integrity,
            reason=one.result.reason,
            algorithm=one.result.algorithm,
            certificate=one.result.certificate,
            from_specs=specs,
            from_names=names,
            sender_specs=senders,
            signing_time=one.result.signing_time,
            extra=one.certificates,
            trust=trust,
            now=now,
        )
        for one in signatures
    )


def _summary(checks: tuple[SignatureCheck, ...], encryption: EncryptionCheck | None) -> Summary:
    if encryption is None:
        return Summary.SIGNED if checks else Summary.NONE
    return Summary.SIGNED_ENCRYPTED if checks else Summary.ENCRYPTED


def _why_unsigned(peeled: Peeled, errant: int) -> tuple[str, ...]:
    if errant and SIGNED not in peeled.layers:
        return ("A part of this message is signed or encrypted, but not the whole message: that counts for nothing.",)
    return ()


def _capabilities(intact: list[LayerSignature]) -> tuple[SignerCapabilities, ...]:
    return tuple(
        SignerCapabilities(
            one.result.certificate,
            one.result.signing_time,
            one.result.capabilities,
            one.result.encryption_certificate,
        )
        for one in intact
        if one.result.certificate is not None
    )


def _warnings(peeled: Peeled, source: HeaderSource, checks: tuple[SignatureCheck, ...], root: Part) -> list[str]:
    found: list[str] = []
    encryption = peeled.encryption
    if (
        encryption is not None
        and (encryption.opened and not encryption.authenticated)
        and not any(check.integrity is Integrity.INTACT for check in checks)
    ):
        found.append("The cipher of this message does not protect its content against changes.")
    if any(map(is_tnef, peeled.payload.walk())):
        found.append(
            "Outlook wrapped a part of this message in a form of its own (winmail.dat), which cannot be read here. "
            "Ask the sender to write as plain text or HTML."
        )
    times = [check.signing_time for check in checks if check.signing_time is not None]
    date = parse_date(source.get("date")) if times else None
    if date is not None and any(abs(date - time) > MAX_CLOCK_DIFFERENCE for time in times):
        found.append("The Date of this message is not the time at which it was signed.")
    flags = root.all_flags()
    if peeled.payload.raw is not root.raw:
        flags = tuple(dict.fromkeys((*flags, *peeled.payload.all_flags())))
    if not flags:
        return found
    harmless = _HARMLESS if peeled.layers else _SLOPPY
    odd = [flag for flag in flags if flag not in harmless]
    if odd:
        found.append(f"Other programs may read the structure of this message differently: {'; '.join(odd)}.")
    return found


_HARMLESS = ("multipart without end", "an encoded inner message")
_SLOPPY = (
    *_HARMLESS,
    "multipart without boundary",
    "content-type is malformed",
    "a header line is not a field",
    "two content-disposition fields",
)
"""Worth no word where nothing is protected: real mailers write these, and nobody reads another text by them."""
