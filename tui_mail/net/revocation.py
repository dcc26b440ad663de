"""Asking about certificates: revocation lists, OCSP responders, and issuers' certificates, over `net.https`.

Who may be asked about whom is decided in ``engine.jobs.revocation``; what an answer is worth, in ``trust``.
"""

from tui_mail.net.https import fetch

LIST_LIMIT_BYTES = 10_000_000
ANSWER_LIMIT_BYTES = 100_000
LIST_SECONDS = 60.0
ANSWER_SECONDS = 15.0


def fetch_list(url: str, *, allow_private: bool) -> bytes:
    """A revocation list (RFC 5280 section 4.2.1.13). Raises as `fetch`."""
    return fetch(
        url,
        limit_bytes=LIST_LIMIT_BYTES,
        timeout_seconds=LIST_SECONDS,
        allow_private=allow_private,
        accept="application/pkix-crl, */*",
    ).body


def ask_responder(url: str, question: bytes, *, allow_private: bool) -> bytes:
    """The answer to an OCSP request, both DER (RFC 6960 appendix A). Raises as `fetch`."""
    return fetch(
        url,
        limit_bytes=ANSWER_LIMIT_BYTES,
        timeout_seconds=ANSWER_SECONDS,
        allow_private=allow_private,
        body=question,
        content_type="application/ocsp-request",
        accept="application/ocsp-response",
    ).body


def fetch_issuer(url: str, *, allow_private: bool) -> bytes:
    """A file of issuers' certificates, DER or PKCS #7 (RFC 5280 section 4.2.2.1). Raises as `fetch`."""
    return fetch(url, limit_bytes=ANSWER_LIMIT_BYTES, timeout_seconds=ANSWER_SECONDS, allow_private=allow_private).body
