"""How a list says that it can be left."""

import pytest

from tui_mail.mime.unsubscribe import read_unsubscribe
from tui_mail.model.unsubscribe import Unsubscribe

POST = b"List-Unsubscribe=One-Click"


def test_the_example_of_the_standard_is_one_click() -> None:
    """RFC 8058 section 8.1."""
    found = read_unsubscribe(b"<https://example.com/unsubscribe/opaquepart>", POST)
    url = "https://example.com/unsubscribe/opaquepart"
    assert found == Unsubscribe(one_click=url, page=url)


def test_both_ways_are_told_and_folded_uris_are_joined() -> None:
    """RFC 2369 section 2; RFC 8058 section 8.2."""
    found = read_unsubscribe(
        b"<mailto:listrequest@example.com?subject=unsub>,\r\n <https://example.com/\r\n u.html?o=1>", POST
    )
    assert found is not None and found.one_click == "https://example.com/u.html?o=1"
    assert found.mailto == "mailto:listrequest@example.com?subject=unsub"


@pytest.mark.parametrize("post", [b"", b"List-Unsubscribe=Two-Click", b"x"])
def test_without_the_post_field_it_is_only_a_page(post: bytes) -> None:
    """RFC 8058 section 3.1: both fields or no POST."""
    found = read_unsubscribe(b"<https://example.com/u>", post)
    assert found is not None and not found.one_click and found.page


@pytest.mark.parametrize(
    "field",
    [b"", b"https://example.com/u", b"<http://example.com/u>", b"<javascript:x>", b"<https://user:pw@example.com/>",
     b"<https://>", b"<mailto:nobody>", b"<https://[broken/>", b"<" + b"x" * 9_000 + b">"],
)  # fmt: skip
def test_anything_else_is_no_way_out(field: bytes) -> None:
    assert read_unsubscribe(field, POST) is None
