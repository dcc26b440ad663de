"""Finding certificates of people one has not written with: where to look, what came of it, where one was found."""

from enum import StrEnum

from msgspec import Struct


class Place(StrEnum):
    """Where certificates are looked for, in the order in which that is done."""

    BOOK = "certificate book"
    MAIL = "signed mail"
    LDAP = "LDAP"
    DNS = "DNS"
    SMIMEA = "DNSSEC"
    DIRECTORY = "directory"


class Ended(StrEnum):
    """How looking in one place ended."""

    FOUND = "found"
    NOTHING = "nothing"
    UNUSABLE = "unusable"  # certificates were there, and none that can be used
    FAILED = "failed"  # the place did not answer, or not properly
    SKIPPED = "skipped"  # not looked there


class FindStep(Struct, frozen=True):
    """One place that was looked into. `where` names the server or record, `sentence` is for people; both may hold
    foreign text."""

    place: Place
    where: str
    ended: Ended
    sentence: str
    milliseconds: int = 0


class Provenance(Struct, frozen=True):
    """Where and when (seconds since 1970 UTC) a certificate was found for an address. `vouched`: DNSSEC vouches for
    the place."""

    address: str
    sha256: str
    place: Place
    where: str
    found_at: int
    vouched: bool = False


class Discovery(Struct, frozen=True):
    """The section [discovery] of settings.toml.

    Attributes:
        when: "asked" (only when a person asks), "writing" (also by itself while an encrypted mail is written) or
            "never". Looking tells those servers, and whoever reads along, that somebody here wants to write to that
            address.
        resolver: DNS resolver as "ADDRESS" or "ADDRESS:PORT"; empty for the system's.
        resolver_trusted: the way to the resolver is safe, so its word about DNSSEC counts.
        ldap: servers, like "ldaps://ldap.example.org/dc=example,dc=org".
        ldap_by_dns: ask the LDAP server that the recipient's domain names in DNS.
        dns: look for CERT records. smimea: look for SMIMEA records.
        directory: URL of an HTTPS directory, like "https://certs.example.org/{address}".
        ca_file: PEM roots for ldaps and the directory, instead of the system's.
        accept_unproven: use a found certificate although nobody whom you trust has issued it.
    """

    when: str = "asked"
    resolver: str = ""
    resolver_trusted: bool = False
    ldap: tuple[str, ...] = ()
    ldap_by_dns: bool = True
    dns: bool = True
    smimea: bool = True
    directory: str = ""
    ca_file: str = ""
    accept_unproven: bool = False
