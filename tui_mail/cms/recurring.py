"""Signatures by people who have signed before: one person's program writes the same object each time, apart from the
message digest, the signing time, the signature value, and the content if it is inside. What was read and checked of
all the other octets holds for the next object that has the same ones.

The law: a short answer is only ever INTACT, and only where the long way would say so: every octet but those three
values is the same, lengths included, so the object is read the same; and the three values are checked anew each time,
by the same functions. A content inside may have any length: the octets before it must then be the very ones that DER
writes around so many. Everything else gets no answer here and goes the long way.
"""

import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from msgspec import Struct

from tui_mail.cms import attributes as attr
from tui_mail.cms import ber, der
from tui_mail.cms.algorithms import digest
from tui_mail.cms.certificates import read_facts
from tui_mail.cms.enclosing import Head, read_head
from tui_mail.cms.schemes import Scheme, checker, read_scheme, refusal
from tui_mail.cms.signed_data import SignedData, Signer
from tui_mail.cms.verify import SignerResult
from tui_mail.model.errors import MalformedInput, UnsupportedAlgorithm
from tui_mail.model.security import Integrity

MAX_OBJECT_BYTES = 12_000
MAX_SIZES = 64
MAX_OF_ONE_SIZE = 32
"""The longest object without its content, how many sizes of objects, and how many of each size are remembered."""
MAX_ENCLOSING_BYTES = 1_000_000
"""The longest object with its content: of larger ones no copies are made."""

_MIN_SIGNATURE_BYTES = 32
_LATEST = datetime.max.replace(tzinfo=UTC)


class _Form(Struct, frozen=True):
    """An object that was found intact, without its three values. Offsets count from the end of its content, if it has
    one, else from its beginning.

    Attributes:
        fixed: of the octets before the content, see `Head`; None without one.
        same: the octets between the values, with their offsets.
        covered_head: identifier and length of the signed attributes as SET OF (RFC 5652 section 5.4).
        covered: where their content stands.
        check: whether a signature by this key over something is good.
        ages: this kind of signature is refused from some time on.
    """

    fixed: tuple[bytes, bytes] | None
    same: tuple[tuple[int, bytes], ...]
    message_digest: slice
    signing_time: slice
    signing_time_tag: int
    signature: slice
    covered_head: bytes
    covered: slice
    scheme: Scheme
    key: PublicKeyTypes
    check: Callable[[bytes, bytes], bool]
    ages: bool
    result: SignerResult
    certificates: tuple[bytes, ...]


class Recurring(Struct, frozen=True):
    """An intact signature, the certificates that came with it, and the content if that was inside."""

    result: SignerResult
    certificates: tuple[bytes, ...]
    content: bytes = b""
    content_type: str = ""


_known: dict[tuple[bool, int], tuple[_Form, ...]] = {}
"""By whether there is a content inside, and the size of the object without it."""


def check_recurring(data: bytes, content: Sequence[bytes | memoryview], *, now: datetime) -> Recurring | None:
    """The detached signature `data` over `content` if it is intact and by somebody who has signed before, else None.

    Args:
        content: the canonical bytes, in pieces.
        now: the moment of judgement.
    """
    form = _find(data, None)
    result = None if form is None else _check(form, data, content, now)
    return None if form is None or result is None else Recurring(result, form.certificates)


def check_enclosing(data: bytes, *, now: datetime) -> Recurring | None:
    """The signature `data` with its content inside, under the same conditions."""
    head = read_head(data)
    if head is None or len(data) > MAX_ENCLOSING_BYTES:
        return None
    content, rest = data[head.start : head.end], data[head.end :]
    form = _find(rest, head)
    result = None if form is None else _check(form, rest, [content], now)
    return None if form is None or result is None else Recurring(result, form.certificates, content, head.content_type)


def _check(form: _Form, data: bytes, content: Sequence[bytes | memoryview], now: datetime) -> SignerResult | None:
    scheme = form.scheme
    if not hmac.compare_digest(digest(scheme.digest, content), data[form.message_digest]):
        return None
    try:
        made = attr.read_time_octets(form.signing_time_tag, data[form.signing_time])
        if form.ages and refusal(scheme, form.key, min(made, now)):
            return None
        if not form.check(data[form.signature], form.covered_head + data[form.covered]):
            return None
    except (MalformedInput, UnsupportedAlgorithm):
        return None
    known = form.result
    return SignerResult(
        Integrity.INTACT, "", known.certificate, known.algorithm, made, known.capabilities, known.encryption_certificate
    )


def _find(data: bytes, head: Head | None) -> _Form | None:
    for form in _known.get((head is not None, len(data)), ()):
        if head is not None and head.fixed != form.fixed:
            continue
        for at, octets in form.same:
            if not data.startswith(octets, at):
                break
        else:
            return form
    return None


def remember(data: bytes, signed: SignedData, result: SignerResult) -> None:
    """Keep the form of a signature that the long way found intact, if its object is a plain one: one signer who names
    a time and whose certificate is in the object, values in one piece."""
    if result.integrity is not Integrity.INTACT or len(signed.signers) != 1:
        return
    head = None
    if signed.content is not None:
        head = read_head(data)
        if head is None or data[head.start : head.end] != signed.content or head.content_type != signed.content_type:
            return
        data = data[head.end :]
    form = _form(data, head, signed, signed.signers[0], result) if len(data) <= MAX_OBJECT_BYTES else None
    if form is None:
        return
    size = (head is not None, len(data))
    others = _known.pop(size, ())[: MAX_OF_ONE_SIZE - 1]
    if len(_known) >= MAX_SIZES:
        _known.pop(next(iter(_known)), None)
    _known[size] = (form, *others)


def _form(data: bytes, before: Head | None, signed: SignedData, signer: Signer, result: SignerResult) -> _Form | None:
    attributes, covered = signer.signed_attributes, signer.signed_set
    if attributes is None or covered is None or result.certificate is None:
        return None
    fitting = [one for one in dict.fromkeys(signed.certificates) if _names(signer, one)]
    if fitting != [result.certificate]:
        return None
    message_digest = attr.single(attributes, attr.MESSAGE_DIGEST)
    signing_time = attr.single(attributes, attr.SIGNING_TIME)
    if message_digest is None or message_digest.tag != ber.OCTET_STRING or signing_time is None:
        return None
    # Octets that stand in one place only stand in the place from which they were read.
    if len(signer.signature) < _MIN_SIGNATURE_BYTES or data.count(signer.signature) != 1:
        return None
    at = data.index(signer.signature)
    signature = slice(at, at + len(signer.signature))
    scheme = read_scheme(signer.signature_algorithm, signer.digest_algorithm)
    key = read_facts(result.certificate).public_key
    head = der.header(ber.SET, covered.body_end - covered.body_start)
    sent = [attribute.raw for attribute in ber.children(covered)]
    if sent != sorted(sent):
        return None  # perhaps signed in another order than it was sent: see `Signer.covered_bytes`
    # Of an object with a content the signers were read from a copy: they stand at its end.
    shift = len(data) - covered.document_size
    body = _place(covered, shift)
    values = [_place(message_digest, shift), _place(signing_time, shift), signature]
    elements = (message_digest, signing_time, covered)
    if [data[place] for place in (*values[:2], body)] != [bytes(element.body) for element in elements]:
        return None
    return _Form(
        fixed=None if before is None else before.fixed,
        same=_between(data, values),
        message_digest=values[0],
        signing_time=values[1],
        signing_time_tag=signing_time.tag,
        signature=signature,
        covered_head=head,
        covered=body,
        scheme=scheme,
        key=key,
        check=checker(scheme, key),
        ages=refusal(scheme, key, _LATEST) != "",
        result=result,
        certificates=signed.certificates,
    )


def _names(signer: Signer, certificate: bytes) -> bool:
    try:
        return signer.certificate_id.matches(read_facts(certificate))
    except MalformedInput:
        return False


def _place(element: ber.Element, shift: int) -> slice:
    return slice(element.body_start + shift, element.body_end + shift)


def _between(data: bytes, values: list[slice]) -> tuple[tuple[int, bytes], ...]:
    """The octets of `data` outside of these places."""
    ordered = sorted(values, key=lambda place: place.start)
    starts = [0, *(place.stop for place in ordered)]
    ends = [*(place.start for place in ordered), len(data)]
    return tuple((start, data[start:end]) for start, end in zip(starts, ends, strict=True))
