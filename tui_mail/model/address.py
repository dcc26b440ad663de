"""Mail addresses and the one form in which they are compared."""

from msgspec import Struct


class Address(Struct, frozen=True):
    """A mailbox of RFC 5322 section 3.4. Both fields are decoded foreign text, not cleaned for a terminal."""

    spec: str
    name: str = ""

    @property
    def key(self) -> str:
        """The comparison form of the addr-spec, see `address_key`."""
        return address_key(self.spec)

    def __str__(self) -> str:
        return f"{self.name} <{self.spec}>" if self.name else self.spec


def address_key(spec: str) -> str:
    """The form in which two addr-specs are compared: domain as lower-case A-label, local part lower-cased.

    RFC 8550 section 3 compares the domain without case; the local part without case is our choice because no
    provider distinguishes (SHOULD). Text that is not an address is lower-cased as it stands.
    """
    spec = spec.strip()
    local, at, domain = spec.rpartition("@")
    if not at:
        return spec.casefold()
    domain = domain.rstrip(".").lower()
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            pass
    return f"{local.casefold()}@{domain}"
