"""Signed messages: read, check, make. The face of `signed_data`, `verify` and `signing`."""

from tui_mail.cms.signed_data import SignedData, Signer, parse_signed_data
from tui_mail.cms.signing import build_signed_data, digest_name_for, micalg
from tui_mail.cms.verify import SignerResult, check_signer

__all__ = [
    "SignedData",
    "Signer",
    "SignerResult",
    "build_signed_data",
    "check_signer",
    "digest_name_for",
    "micalg",
    "parse_signed_data",
]
