"""Trust bundles: many authorities' certificates in one PKCS #7 file, plain (.p7b) or signed (.p7m), as the Direct
community publishes them (Direct Trust Bundle Distribution guide; RFC 8551 section 3.2.2 for certs-only).

The signed form is a SignedData whose content is the plain form.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from tui_mail.cms import der
from tui_mail.cms.content import DATA, SIGNED_DATA
from tui_mail.cms.signed import build_signed_data, check_signer, parse_signed_data
from tui_mail.model.errors import CertificateProblem, LimitExceeded, MalformedInput
from tui_mail.model.keys import SigningKey
from tui_mail.model.security import Integrity
from tui_mail.trust.certificate import load_certificates, read_certificate

MAX_BUNDLE_BYTES = 5_000_000
MAX_ANCHORS = 500


class Bundle(Struct, frozen=True):
    """The authorities' certificates of a bundle, and the certificate of whoever signed it, all DER.

    `signer` is None for a plain bundle; whether the signer is the right one is for the caller to say.
    """

    anchors: tuple[bytes, ...]
    signer: bytes | None = None


def open_bundle(data: bytes, *, now: datetime) -> Bundle:
    """Read a bundle in PEM, DER, or signed form.

    Raises MalformedInput when it is none or its signature is not good, CertificateProblem when it holds a certificate
    that is no authority's.
    """
    if len(data) > MAX_BUNDLE_BYTES:
        raise LimitExceeded(f"The bundle is longer than {MAX_BUNDLE_BYTES} bytes.")
    content, signer = _checked(data, now)
    anchors = load_certificates(content)
    if len(anchors) > MAX_ANCHORS:
        raise LimitExceeded(f"The bundle holds more than {MAX_ANCHORS} certificates.")
    for anchor in anchors:
        info = read_certificate(anchor)
        if not info.is_ca:
            raise CertificateProblem(f"The bundle holds {info.subject}, which is not an authority's certificate.")
    return Bundle(anchors, signer)


def _checked(data: bytes, now: datetime) -> tuple[bytes, bytes | None]:
    """The plain form, and who signed it."""
    try:
        signed = parse_signed_data(data)
    except MalformedInput:
        return data, None  # PEM, one certificate, or rubbish: reading the certificates tells
    if not signed.signers:
        return data, None
    if signed.content is None or len(signed.signers) != 1:
        raise MalformedInput("A signed bundle has one signature and its content inside; this file has not.")
    result = check_signer(signed, signed.signers[0], None, now=now)
    if result.integrity is not Integrity.INTACT or result.certificate is None:
        raise MalformedInput("The signature of the bundle is wrong or cannot be checked; the bundle is not used.")
    return signed.content, result.certificate


def make_bundle(anchors: Sequence[bytes], *, now: datetime, sign: SigningKey | None = None) -> bytes:
    """A bundle of these authorities' certificates (DER), plain, or signed by a key. Raises CertificateProblem."""
    for anchor in anchors:
        info = read_certificate(anchor)
        if not info.is_ca:
            raise CertificateProblem(
                f"{info.subject} is not an authority's certificate, so it cannot go into a bundle."
            )
    body = der.sequence(
        der.integer(1),
        der.set_of(()),
        der.sequence(der.oid(DATA)),
        der.set_of(dict.fromkeys(anchors), tag=0xA0),
        der.set_of(()),
    )
    plain = der.sequence(der.oid(SIGNED_DATA), der.tlv(0xA0, body))
    if sign is None:
        return plain
    return build_signed_data(plain, sign, detached=False, signing_time=now, capabilities=())
