"""May this certificate speak for the From address? (RFC 8550 section 3, RFC 9598, RFC 9788 section 4.4)"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from tui_mail.model.address import address_key
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.security import AddressMatch

_BETWEEN_WORDS = re.compile(r"[\s<>()\[\],;:\"']+")
_SPACED_AT = re.compile(r" ?[(\[{] ?at ?[)\]}] ?|[ \"']@[ \"']?|@[ \"']", re.IGNORECASE)


@lru_cache(maxsize=4096)
def match_address(
    certificate_addresses: tuple[str, ...],
    from_specs: tuple[str, ...],
    from_names: tuple[str, ...] = (),
    sender_specs: tuple[str, ...] = (),
    domains: tuple[str, ...] = (),
) -> AddressMatch:
    """Compare the addresses of a certificate with the author of a message, domains as A-labels and without case.

    `domains` are those for which a certificate without addresses may speak; none outside Direct secure messaging.

    AMBIGUOUS is whatever does not name exactly one author in plain sight: no From or several, a display name that
    shows another address, a Sender who is somebody else.
    """
    authors = {address_key(spec) for spec in from_specs if "@" in spec}
    if len(from_specs) != 1 or len(authors) != 1:
        return AddressMatch.AMBIGUOUS
    author = next(iter(authors))
    if any(hidden_address(name, author) for name in from_names):
        return AddressMatch.AMBIGUOUS
    if not certificate_addresses and not domains:
        return AddressMatch.NO_ADDRESS
    if author not in _keys(certificate_addresses) and (certificate_addresses or not in_domain(author, domains)):
        return AddressMatch.MISMATCH
    if any(address_key(spec) != author for spec in sender_specs):
        return AddressMatch.AMBIGUOUS
    return AddressMatch.MATCH


def speaks_for(info: CertificateInfo, key: str, direct: bool) -> bool:
    """Whether a certificate belongs to this address key. In Direct secure messaging one that names no address at all
    belongs to every address of the domains that it names (Applicability Statement, section 4.1)."""
    if key in _keys(info.addresses):
        return True
    return direct and not info.addresses and in_domain(key, info.domains)


def in_domain(key: str, domains: tuple[str, ...]) -> bool:
    """Whether the domain of an address key is exactly one of these; a wildcard is no domain of mail."""
    domain = key.rpartition("@")[2]
    return bool(domain) and any(address_key(f"x@{name}").rpartition("@")[2] == domain for name in domains)


def hidden_address(name: str, author: str) -> str:
    """An address in a display name that is not the author's own; empty when there is none.

    Full-width and other look-alike forms of "@" count, because people read them as one, and what a terminal does not
    show is passed over. Where blanks stand around the "@" ("Anna @ clinic.example") only the domain is compared: that
    is how some people write for whom they work.
    """
    shown = " ".join("".join(map(_visible, unicodedata.normalize("NFKC", name))).split())
    for found in _addresses_in(shown):
        if address_key(found) != author:
            return found
    domain = author.rpartition("@")[2]
    for found in _addresses_in(_SPACED_AT.sub("@", shown)):
        named = address_key(found).rpartition("@")[2]
        if "." in named and named != domain:
            return found
    return ""


def _addresses_in(text: str) -> Iterator[str]:
    """Words with an "@" in them, in linear time whatever the text is."""
    for word in _BETWEEN_WORDS.split(text):
        for local, domain in pairwise(word.split("@")):
            if local and domain:
                yield f"{local}@{domain}"


def _visible(character: str) -> str:
    """What is seen of a character: nothing of a control or format character, a blank of everything that moves on."""
    if character.isspace():
        return " " if character in "\t\n\r" or unicodedata.category(character) == "Zs" else ""
    return "" if unicodedata.category(character) in ("Cc", "Cf") else character


@lru_cache(maxsize=4096)
def _keys(addresses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(address_key(address) for address in addresses)
