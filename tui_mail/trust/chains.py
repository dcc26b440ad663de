"""Which certificates may stand above which: chains of names up to an anchor, under caps. Nothing is verified here.

Law: this is the only file besides `path` that knows the validation library, and it only reads with it, because names
must be compared as the library compares them (RFC 5280 section 7.1).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyhanko_certvalidator.registry import x509 as asn1_x509  # type: ignore[attr-defined]  # the library's own reader

MAX_DEPTH = 10
MAX_POOL = 200
MAX_STEPS = 500
_NEEDED = ("key_identifier", "authority_key_identifier", "ca", "max_path_length")


@dataclass(frozen=True, slots=True)
class Material:
    """The certificates and revocation data, all DER, that one question may use; `policies` see `TrustContext`."""

    pool: tuple[bytes, ...] = ()
    anchors: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    policies: tuple[str, ...] = ()


def unread(der: bytes) -> Any:
    """A certificate object from which nobody has read, of bytes that `load` accepted."""
    return asn1_x509.Certificate.load(der, strict=True)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def load(der: bytes) -> Any:
    """The library's certificate object, or None when the bytes are none; shared by all who only look. Untyped, as the
    library's reader is."""
    try:
        certificate = unread(der)
        # The library parses lazily: touch what chains and paths need, so that damage shows here.
        for name in _NEEDED:
            getattr(certificate, name)
        purposes = certificate.extended_key_usage_value
        if purposes is not None and not purposes.native:
            return None
        extensions = certificate["tbs_certificate"]["extensions"]
        names = [extension["extn_id"].dotted for extension in extensions] if extensions else []
        if len(set(names)) < len(names):  # RFC 5280 section 4.2: never the same extension twice
            return None
        if not certificate.issuer.hashable or certificate.not_valid_after < certificate.not_valid_before:
            return None
        if not certificate.subject.hashable and certificate.ca:
            return None
    except Exception:  # QUIRK: the reader raises whatever a malformed value trips over; foreign bytes never escape here
        return None
    return certificate


def unchanged(der: bytes) -> Any:
    """A certificate object whose signature can be verified: the shared one of `load`, or a fresh one.

    QUIRK: once a field like issuerUniqueID was read, the library writes it back differently, and the signature over the
    certificate no longer fits.
    """
    certificate = load(der)
    return certificate if certificate["tbs_certificate"].dump() in der else unread(der)


@lru_cache(maxsize=64)
def _by_subject(certificates: tuple[bytes, ...]) -> dict[str, list[tuple[bytes, Any]]]:
    index: dict[str, list[tuple[bytes, Any]]] = {}
    for der in certificates:
        certificate = load(der)
        if certificate is not None:
            index.setdefault(certificate.subject.hashable, []).append((der, certificate))
    return index


def _candidates(index: dict[str, list[tuple[bytes, Any]]], child: Any) -> Iterator[tuple[bytes, Any]]:
    """Certificates whose name and key identifier fit the issuer of `child`."""
    wanted = child.authority_key_identifier
    for der, certificate in index.get(child.issuer.hashable, ()):
        own = certificate.key_identifier
        if not (wanted and own and wanted != own):
            yield der, certificate


def paths(leaf: bytes, material: Material) -> Iterator[list[bytes]]:
    """Chains of DER certificates, leaf first, anchor last, shortest choices first, never more than the caps allow."""
    anchors = _by_subject(material.anchors)
    pool = _by_subject(material.pool[:MAX_POOL])
    steps = 0
    open_chains = [[leaf]]
    while open_chains and steps < MAX_STEPS:
        chain = open_chains.pop(0)
        steps += 1
        child = load(chain[-1])
        if child is None or _is_root(child):
            continue
        for der, certificate in _candidates(anchors, child):
            if der not in chain and (certificate.ca or certificate["tbs_certificate"]["version"].native == "v1"):
                yield [*chain, der]
        if len(chain) < MAX_DEPTH:
            open_chains += [[*chain, der] for der, _certificate in _candidates(pool, child) if der not in chain]


def _is_root(certificate: Any) -> bool:
    """Its own issuer: nothing stands above it. A certificate for a new key of the same name names the old key."""
    if certificate.subject.hashable != certificate.issuer.hashable:
        return False
    above = certificate.authority_key_identifier
    return above is None or above == certificate.key_identifier


def claimed_issuers(leaf: bytes, material: Material) -> tuple[str, ...]:
    """The issuers that the message itself brings along, for display: nothing here is proven."""
    index = _by_subject(material.pool[:MAX_POOL])
    chain = [leaf]
    while len(chain) < MAX_DEPTH:
        child = load(chain[-1])
        above = next((der for der, _ in _candidates(index, child) if der not in chain), None) if child else None
        if above is None:
            break
        chain.append(above)
    return tuple(hashlib.sha256(der).hexdigest() for der in chain[1:])
