"""The interface's line to the engine: what the engine says is acted on in the order in which it said it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from tests.ui.conftest import screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.test_mail_screen import mail_of
from tui_mail.engine.client import SocketClient
from tui_mail.engine.messages import PROTOCOL_VERSION, Event, Hello, LockChanged, Unlock, Welcome
from tui_mail.engine.wire import decode_command, encode_event, encode_reply
from tui_mail.model.account import Settings
from tui_mail.ui.app import MailApp
from tui_mail.ui.link import Link
from tui_mail.ui.screens.unlock import UnlockScreen

LOCKED = Welcome(PROTOCOL_VERSION, "test", "locked", "mail.db", None, Settings())
OPEN = replace(LOCKED, state="open", store_key="00" * 32)


@asynccontextmanager
async def one_breath(socket: Path, *said: tuple[Welcome, Event]) -> AsyncIterator[None]:
    """An engine that answers each command with a welcome and an event in one packet."""
    left = list(said)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            welcome, event = left.pop(0)
            writer.write(encode_reply(decode_command(line).id, welcome) + encode_event(event))
        writer.close()

    server = await asyncio.start_unix_server(serve, str(socket))
    try:
        yield
    finally:
        server.close()


async def greeted(socket: Path) -> SocketClient:
    client = SocketClient(*await asyncio.open_unix_connection(str(socket)))
    await client.ask(Hello(), Welcome)
    return client


async def test_what_follows_a_welcome_is_heard_after_it(tmp_path: Path) -> None:
    """Else a door that was opened meanwhile is asked for its key, and keys that were locked meanwhile look open."""
    heard: list[object] = []
    said = ((LOCKED, LockChanged(False)), (OPEN, LockChanged(True)))
    async with one_breath(tmp_path / "s", *said):
        link = Link(partial(greeted, tmp_path / "s"), lambda welcome: heard.append(welcome.state), heard.append)
        link.listen(heard.append)
        link.look()
        serving = asyncio.create_task(link.serve())
        while len(heard) < 2:
            await asyncio.sleep(0)
        await link.ask(Unlock("word"), Welcome)
        while len(heard) < 4:
            await asyncio.sleep(0)
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await link.close()
    assert heard == ["locked", LockChanged(False), "open", LockChanged(True)]


async def test_an_engine_that_comes_back_locked_is_shown_so_when_its_door_is_left(engine: EngineStandIn) -> None:
    async def connect() -> EngineStandIn:
        return engine

    async with MailApp(connect).run_test(size=(130, 36)) as pilot:
        await settled(pilot)
        assert "keys locked" not in screen_text(pilot)
        pilot.app._welcome(replace(engine.welcome, state="locked", store_key=None))
        await settled(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
        await pilot.press("escape")
        await settled(pilot)
        assert pilot.app.screen is mail_of(pilot) and "keys locked" in screen_text(pilot)
        await pilot.press("t")
        await settled(pilot)
        assert isinstance(pilot.app.screen, UnlockScreen)
