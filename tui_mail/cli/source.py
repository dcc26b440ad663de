"""A message as it came, piece by piece: it may be larger than what one wants to hold."""

from collections.abc import AsyncIterator

from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import RawSource, Source

PIECE_BYTES = 4_000_000


async def source_pieces(client: SocketClient, number: int) -> AsyncIterator[bytes]:
    """Its bytes. Raises UsageError before the first of them when it cannot be had."""
    done, size = 0, 1
    while done < size:
        source = await client.ask(RawSource(number, done, PIECE_BYTES), Source)
        yield source.raw
        done, size = done + len(source.raw), source.size_bytes if source.raw else done
