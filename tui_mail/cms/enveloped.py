"""Encrypted messages: read, decrypt, make. The face of `envelope`, `recipients` and `sealing`."""

from tui_mail.cms.envelope import (
    Enveloped,
    decrypt,
    decrypt_with_password,
    decrypt_with_shared_key,
    parse_enveloped,
)
from tui_mail.cms.recipients import Recipient
from tui_mail.cms.sealing import RecipientPlan, build_enveloped, default_plan

__all__ = [
    "Enveloped",
    "Recipient",
    "RecipientPlan",
    "build_enveloped",
    "decrypt",
    "decrypt_with_password",
    "decrypt_with_shared_key",
    "default_plan",
    "parse_enveloped",
]
