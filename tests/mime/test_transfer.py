"""Base64 by the fast way and by the careful way says the same, whatever the text looks like (RFC 2045 section 6.8)."""

import base64
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui_mail.mime import transfer
from tui_mail.mime.transfer import decode_base64

TEXT = st.lists(
    st.sampled_from(
        [b"QUJD", b"RA==", b"REU=", b"Q", b"=", b"==", b"\r\n", b"\n", b" ", b"-", b"_", b"!", b"\xe4", b"\0"]
    ),
    max_size=40,
).map(b"".join)


@settings(max_examples=600)
@given(TEXT, st.sampled_from([4, 7, 16, 1 << 18]))
@example(b"QUI=\r\n=", 1 << 18)
@example(b"QUI\r\n", 1 << 18)
@example(b"QU\nI=", 4)
def test_every_text_decodes_as_the_careful_way_decodes_it(text: bytes, piece_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "_PIECE_BYTES", piece_bytes)
        assert decode_base64(b"!" + text + b"!", 1, 1 + len(text)) == transfer._decode_odd_base64(text)


@given(st.binary(max_size=3_000), st.sampled_from([b"\r\n", b"\n"]), st.integers(1, 30))
def test_what_was_encoded_comes_back(data: bytes, newline: bytes, width: int) -> None:
    text = base64.b64encode(data)
    lines = newline.join(text[at : at + width * 4] for at in range(0, len(text), width * 4))
    assert decode_base64(lines) == data


def test_a_large_body_takes_linear_time_and_is_not_decoded_carefully(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 20_000
    text = base64.encodebytes(data)
    monkeypatch.setattr(transfer, "_decode_odd_base64", None)
    begin = time.process_time()
    assert decode_base64(text) == data
    assert time.process_time() - begin < 1
