"""Commands that wait for the outbox: nothing is missed between a question and its answer, and no engine is waited for
that has gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tui_mail.cli import send, sync
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import Outbox, OutboxChanged
from tui_mail.engine.wire import encode_event, encode_reply
from tui_mail.model.errors import EngineGone
from tui_mail.model.message import OutboxEntry, OutboxState

READY, SENT = (
    OutboxEntry(1, "anna", state, ("bert@clinic.test",), "Hello", 0) for state in (OutboxState.READY, OutboxState.SENT)
)


@asynccontextmanager
async def saying(tmp_path: Path, *answers: bytes) -> AsyncIterator[SocketClient]:
    """A client of an engine that says this to each question, and then ends."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readline()
            writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(talk, tmp_path / "socket")
    client = SocketClient(*await asyncio.open_unix_connection(tmp_path / "socket"))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield client
    finally:
        await client.close()
        server.close()


async def test_what_leaves_while_sync_reads_the_outbox_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "OUTBOX_SECONDS", 10 * PATIENCE_SECONDS)
    told = encode_reply(1, Outbox((READY,))) + encode_event(OutboxChanged(SENT))
    rest = [encode_reply(number, Outbox((SENT,))) for number in (2, 3)]
    async with saying(tmp_path, told, *rest) as client:
        assert await sync._outbox(client) == []


@pytest.mark.parametrize("command", ["sync", "send"])
async def test_an_engine_that_ends_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(sync, "OUTBOX_SECONDS", 10 * PATIENCE_SECONDS)
    async with saying(tmp_path, encode_reply(1, Outbox((READY,)))) as client:
        with pytest.raises(EngineGone):
            if command == "sync":
                await sync._outbox(client)
            else:
                await send._outcome(client, 1, send.listening(client))
