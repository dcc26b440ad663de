"""How a mailing list says that one can leave it (RFC 2369, RFC 8058)."""

from msgspec import Struct


class Unsubscribe(Struct, frozen=True):
    """The ways out that a message offers; each is a cleaned URI, empty where it does not.

    Attributes:
        one_click: an https address that takes a POST without any further page (RFC 8058 section 3.1).
        mailto: a mail to write.
        page: a page for a browser.
    """

    one_click: str = ""
    mailto: str = ""
    page: str = ""
