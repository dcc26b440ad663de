"""The two streams of COMPRESS=DEFLATE (RFC 4978). What the server says is unpacked in pieces of bounded size."""

import zlib

MAX_PIECE_BYTES = 1 << 20
"""At most so much is unpacked at once: a few kilobytes could stand for gigabytes."""


class Deflate:
    """Both directions of one connection. Raises zlib.error for bytes that are no deflate stream."""

    def __init__(self) -> None:
        self._packing = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        self.holds_more = False
        """The last piece was cut at its limit: `unpack` has more without new bytes."""

    def pack(self, data: bytes) -> bytes:
        """What to send for `data`, complete: the server can read all of it."""
        return self._packing.compress(data) + self._packing.flush(zlib.Z_SYNC_FLUSH)

    def unpack(self, data: bytes) -> bytes:
        """The next piece; call it with ``b""`` while `holds_more`."""
        piece = self._unpacking.decompress(self._unpacking.unconsumed_tail + data, MAX_PIECE_BYTES)
        self.holds_more = bool(self._unpacking.unconsumed_tail) or len(piece) == MAX_PIECE_BYTES
        return piece
