"""One step up: did this authority sign that certificate?"""

from cryptography.exceptions import InvalidSignature

from tui_mail.model.errors import MalformedInput
from tui_mail.trust.certificate import REFUSALS, parse_x509, read_certificate


def issued_by(child: bytes, issuer: bytes) -> bool:
    """Whether `issuer` is an authority that signed `child`, by name and signature. Both are DER."""
    try:
        above = parse_x509(issuer)
        parse_x509(child).verify_directly_issued_by(above)
        return read_certificate(issuer).is_ca
    except (MalformedInput, InvalidSignature, *REFUSALS):
        return False
