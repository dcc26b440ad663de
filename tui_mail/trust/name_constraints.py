"""Name constraints (RFC 5280 section 4.2.1.10) for every address that a certificate may speak for here.

The law: an address counts only if all authorities above allow it, wherever in the certificate it stands. The path
validation looks at rfc822Name, and at emailAddress only where no alternative name is; an authority that is confined
to one domain could otherwise certify any address beside an allowed one.
"""

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from tui_mail.model.address import address_key
from tui_mail.model.errors import MalformedInput
from tui_mail.trust.certificate import REFUSALS, parse_x509, read_certificate


def forbidden_address(chain: list[bytes]) -> str:
    """The first address of the leaf that an authority of the chain (DER, leaf first) does not allow; "" for none."""
    try:
        addresses = read_certificate(chain[0]).addresses
    except MalformedInput:
        return ""
    for der in chain[1:]:
        permitted, excluded = _constraints(der)
        for address in addresses:
            if (permitted or excluded) and not _well_formed(address):
                return address
            key = address_key(address)
            if any(_covers(one, key) for one in excluded):
                return address
            if permitted and not any(_covers(one, key) for one in permitted):
                return address
    return ""


def _well_formed(address: str) -> bool:
    """Whether it is clear where the domain of an address begins (RFC 5321 section 4.1.2); else no constraint holds."""
    local, _, domain = address.rpartition("@")
    return bool(local and domain) and ("@" not in local or (local[0] == local[-1] == '"' and len(local) > 2))


def _constraints(der: bytes) -> tuple[list[str], list[str]]:
    """The permitted and excluded subtrees for mail addresses. What cannot be read, the path validation refuses."""
    try:
        extension = parse_x509(der).extensions.get_extension_for_oid(ExtensionOID.NAME_CONSTRAINTS).value
    except (x509.ExtensionNotFound, MalformedInput, *REFUSALS):
        return [], []
    if not isinstance(extension, x509.NameConstraints):
        return [], []
    return _mail(extension.permitted_subtrees), _mail(extension.excluded_subtrees)


def _mail(names: list[x509.GeneralName] | None) -> list[str]:
    return [name.value for name in names or () if isinstance(name, x509.RFC822Name)]


def _covers(constraint: str, key: str) -> bool:
    """A mailbox, a host, or with a leading period all hosts below it; RFC 9598 section 6 for SmtpUTF8Mailbox too."""
    if "@" in constraint:
        return address_key(constraint) == key
    host = key.rpartition("@")[2]
    wanted = address_key(f"x@{constraint}").rpartition("@")[2]
    return host.endswith(wanted) if wanted.startswith(".") else host == wanted
