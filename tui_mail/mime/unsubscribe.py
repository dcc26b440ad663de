"""The header fields by which a mailing list can be left (RFC 2369 section 3.2, RFC 8058)."""

import re
from urllib.parse import urlsplit

from tui_mail.mime.headers import decode
from tui_mail.mime.links import MAX_TARGET
from tui_mail.model.clean import clean
from tui_mail.model.unsubscribe import Unsubscribe

MAX_URIS = 20
ONE_CLICK_BODY = b"List-Unsubscribe=One-Click"
"""What is posted (RFC 8058 section 3.2): nothing that the person or the program says of itself."""

_URI = re.compile(r"<([^<>]{1,4000})>")
_SPACES = re.compile(r"\s+")


def read_unsubscribe(field: bytes, post_field: bytes) -> Unsubscribe | None:
    """The ways out, None when there are none.

    Args:
        field: the value of List-Unsubscribe, empty when there is none. post_field: of List-Unsubscribe-Post.
    """
    uris = [_SPACES.sub("", clean(uri)) for uri in _URI.findall(decode(field))[:MAX_URIS]]
    uris = [uri for uri in uris if len(uri) <= MAX_TARGET]
    page = next((uri for uri in uris if _is_https(uri)), "")
    mailto = next((uri for uri in uris if uri.lower().startswith("mailto:") and "@" in uri), "")
    posts = decode(post_field).strip().lower() == ONE_CLICK_BODY.decode("ascii").lower()
    if not (page or mailto):
        return None
    return Unsubscribe(one_click=page if posts else "", mailto=mailto, page=page)


def _is_https(uri: str) -> bool:
    """RFC 8058 section 3.1: nothing but https will do."""
    try:
        place = urlsplit(uri)
        return place.scheme.lower() == "https" and bool(place.hostname) and place.username is None
    except ValueError:
        return False
