"""The offset tree as a property: it covers the bytes, and on clean mail it agrees with the standard library."""

import email
import email.policy
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.mime.tree import Part, parse

LINE = st.text(alphabet=st.characters(codec="ascii", min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
BODY = st.lists(LINE.filter(lambda line: not line.startswith("-")), max_size=5).map("\r\n".join)
NOISE = st.lists(
    st.sampled_from([
        b"--b", b"--b--", b"--c", b"\r\n", b"\n", b"\r", b"Content-Type: multipart/mixed; boundary=b", b"A: b",
        b"Content-Type: multipart/mixed; boundary=c", b"Content-Type: message/rfc822", b" ", b"text",
    ]),
    max_size=40,
).map(b"".join)  # fmt: skip


def leaf(body: str) -> str:
    return f"Content-Type: text/plain\r\nX-Number: {len(body)}\r\n\r\n{body}"


def multipart(parts: list[str], number: int) -> str:
    """A multipart whose boundary is unlike those inside it."""
    boundary = f"=_{number}_{abs(hash(tuple(parts))):x}"
    middle = "".join(f"\r\n--{boundary}\r\n{part}" for part in parts)
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\npreamble{middle}\r\n--{boundary}--\r\n'


MAIL = st.recursive(
    BODY.map(leaf), lambda inner: st.builds(multipart, st.lists(inner, min_size=1, max_size=3), st.integers(0, 9)),
    max_leaves=8,
)  # fmt: skip


def leaves(root: Part) -> list[tuple[str, bytes]]:
    return [(part.type, part.body) for part in root.walk() if not part.children]


@settings(max_examples=150)
@given(MAIL)
def test_clean_mail_is_cut_as_the_standard_library_cuts_it(text: str) -> None:
    raw = b"From: a@b.test\r\n" + text.encode()
    theirs = email.message_from_bytes(raw, policy=email.policy.SMTP)
    expected = [
        (part.get_content_type(), part.get_payload(decode=True) or b"")
        for part in theirs.walk()
        if not part.is_multipart()
    ]
    mine = parse(raw)
    assert leaves(mine) == expected
    assert mine.all_flags() == ()


@settings(max_examples=300)
@given(NOISE)
def test_any_mail_is_cut_into_spans_that_lie_in_each_other_and_follow_each_other(raw: bytes) -> None:
    for part in parse(raw).walk():
        assert 0 <= part.start <= part.header_end <= part.end <= len(part.raw)
        assert part.source == part.raw[part.start : part.header_end] + part.body
        within = [child for child in part.children if child.raw is part.raw]
        for child in within:
            assert part.header_end <= child.start and child.end <= part.end
        for before, after in pairwise(within):
            assert before.end <= after.start
        for field in part.fields:
            assert part.start <= field.start < field.end <= part.header_end


@settings(max_examples=150)
@given(MAIL)
def test_the_spans_of_clean_mail_cover_every_byte_but_the_delimiters(text: str) -> None:
    raw = text.encode()
    covered = bytearray(len(raw))
    for part in parse(raw).walk():
        if part.type.startswith("multipart/"):
            covered[part.start : part.header_end] = b"\1" * (part.header_end - part.start)
        else:
            covered[part.start : part.end] = b"\1" * (part.end - part.start)
    rest = bytes(byte for byte, seen in zip(raw, covered, strict=True) if not seen)
    for line in rest.split(b"\r\n"):
        assert line == b"" or line.removeprefix(b"preamble") == b"" or line.startswith((b"--=_", b"preamble--=_"))
