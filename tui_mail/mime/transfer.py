"""Content-Transfer-Encoding (RFC 2045 section 6). Never raises: what cannot be decoded comes back as it is."""

import binascii
import zlib
from io import BytesIO

import pybase64

MAX_INFLATED_BYTES = 50_000_000
MAX_INFLATION = 20
"""Times its size, so that a message of many small compressed parts stays a message of bounded size."""

_PIECE_BYTES = 1 << 18
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """The decoded bytes. Unknown encodings are treated as identity."""
    if encoding == "base64":
        return decode_base64(data)
    if encoding == "quoted-printable":
        return decode_quoted_printable(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue"):
        return _decode_uu(data)
    if encoding in ("gzip64", "x-gzip64"):
        return _decode_gzip64(data)
    return data


def decode_base64(data: bytes, start: int = 0, end: int | None = None) -> bytes:
    """RFC 2045 section 6.8: characters outside the alphabet are ignored.

    QUIRK: "=" ends the data; gateways concatenate encoded pieces, so every piece is decoded.

    Args:
        start, end: decode this part of `data` alone, without copying it.
    """
    end = len(data) if end is None else end
    padding = data.find(b"=", start, end)
    if padding < 0 or not data[padding:end].strip(b"=\r\n \t"):
        try:
            return _decode_pieces(memoryview(data)[start:end])
        except binascii.Error:
            pass
    return _decode_odd_base64(data[start:end])


def _decode_pieces(text: memoryview) -> bytes:
    """Base64 with line ends and one padding at most, some lines at a time. Raises binascii.Error for other forms."""
    if len(text) <= _PIECE_BYTES:
        return pybase64.b64decode(text)
    decoded = BytesIO()
    at = 0
    while at < len(text):
        piece = bytes(text[at : at + _PIECE_BYTES])
        if at + len(piece) < len(text):
            # Whole lines: each holds a multiple of four characters, or the decoder refuses the piece.
            piece = piece[: piece.rfind(b"\n") + 1] or piece
        decoded.write(pybase64.b64decode(piece))
        at += len(piece)
    return decoded.getvalue()


def _decode_odd_base64(data: bytes) -> bytes:
    cleaned = data.translate(None, _NOT_BASE64)
    body = cleaned.rstrip(b"=")
    pieces = body.split(b"=") if b"=" in body else [body]
    return b"".join(_decode_piece(piece) for piece in pieces)


def _decode_piece(piece: bytes) -> bytes:
    spare = len(piece) % 4
    if spare == 1:
        piece = piece[:-1]  # six bits alone make no byte
        spare = 0
    return binascii.a2b_base64(piece + b"=" * (-spare % 4))


def decode_quoted_printable(data: bytes) -> bytes:
    """RFC 2045 section 6.7, with its rule that white space at the end of a line is transport padding."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n") if b" " in data or b"\t" in data else None
    if lines is not None:
        newline = b"\r\n" if b"\r\n" in data else b"\n"
        data = newline.join([line.rstrip(b" \t") for line in lines])
    return binascii.a2b_qp(data)


def _decode_uu(data: bytes) -> bytes:
    """The lines between "begin" and "end"; without them the data as it is."""
    lines = iter(data.splitlines())
    for line in lines:
        if line.startswith(b"begin "):
            break
    else:
        return data
    decoded = []
    for line in lines:
        if line.strip() in (b"end", b"`", b""):
            break
        length = (line[0] - 32) & 63
        try:
            decoded.append(binascii.a2b_uu(line[: 1 + (length + 2) // 3 * 4]))
        except binascii.Error:
            break
    return b"".join(decoded)


def _decode_gzip64(data: bytes) -> bytes:
    """QUIRK: not registered; a few gateways send it. Bounded, because compressed data can swell a thousandfold."""
    compressed = decode_base64(data)
    limit = min(MAX_INFLATED_BYTES, len(compressed) * MAX_INFLATION)
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(compressed, max(limit, 1))
    except zlib.error:
        return data
