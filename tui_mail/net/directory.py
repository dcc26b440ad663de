"""A directory of certificates behind HTTPS, as an administrator names it: a URL with the address in it."""

import string
from urllib.parse import quote

from tui_mail.model.errors import ServerRefused, UsageError
from tui_mail.net.https import fetch

MAX_DIRECTORY_BYTES = 500_000
_NOTHING = (404, 410)
_FIELDS = ("address", "local", "domain")


def directory_url(template: str, address: str) -> str:
    """The URL for an address; ``{address}``, ``{local}`` and ``{domain}`` are filled in, percent-encoded.

    Raises UsageError for a template that is not https or says something else in braces.
    """
    local, _, domain = address.rpartition("@")
    values = {"address": address, "local": local, "domain": domain}
    try:
        fields = [name for _text, name, _format, _conversion in string.Formatter().parse(template) if name is not None]
    except ValueError:
        fields = [""]
    if not template.startswith("https://") or not fields or any(name not in _FIELDS for name in fields):
        raise UsageError("The setting directory is written like https://certs.example.org/{address}.")
    return template.format(**{name: quote(value, safe="") for name, value in values.items()})


def fetch_certificates(
    template: str, address: str, *, timeout_seconds: float, allow_private: bool = False, ca_file: str = ""
) -> bytes:
    """What the directory holds for an address: PEM, DER or PKCS #7 as it is; empty when it has nothing.

    Raises UsageError, LimitExceeded or NetworkProblem.
    """
    try:
        found = fetch(
            directory_url(template, address),
            limit_bytes=MAX_DIRECTORY_BYTES,
            timeout_seconds=timeout_seconds,
            allow_private=allow_private,
            accept="application/pkix-cert, application/pkcs7-mime, application/x-pem-file, */*;q=0.5",
            ca_file=ca_file,
        )
    except ServerRefused as refused:
        if refused.code in _NOTHING:
            return b""
        raise
    return found.body
