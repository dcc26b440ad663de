"""The engine behind its socket: one a profile, for this user alone, answering in sentences."""

import asyncio
import os
import signal
import stat
from pathlib import Path

import pytest

from tests.engine.people import PASSPHRASE, profile
from tests.patience import PATIENCE_SECONDS
from tui_mail.engine.client import SocketClient, connect, stop_engine
from tui_mail.engine.door import lock_is_held, take_lock
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import (
    Connection,
    CreateProfile,
    Done,
    Hello,
    ListOutbox,
    Lock,
    LockChanged,
    NewCertificate,
    Outbox,
    SaveSettings,
    Unlock,
    Welcome,
)
from tui_mail.engine.wire import decode_answer, encode_command, encode_event, encode_reply
from tui_mail.model.account import Account, Security, Server, Settings
from tui_mail.model.errors import EngineGone, UsageError, VaultLocked, WrongPassphrase
from tui_mail.model.paths import ProfilePaths

NOWHERE = Server("localhost", 1, Security.NONE, "anna")
ANNA = Account("anna", "Anna", "anna@clinic.test", NOWHERE, NOWHERE, receive=False)
CREATE = CreateProfile(ANNA, "Anna", "secret-imap", "secret-smtp", NewCertificate("ecdsa-p256"), PASSPHRASE)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProfilePaths:
    return profile(tmp_path, "anna", monkeypatch)


async def test_the_client_starts_the_engine_and_many_clients_hear_its_events(paths: ProfilePaths) -> None:
    first, second = await asyncio.gather(connect(paths), connect(paths))
    try:
        assert first.welcome.state == "new"
        assert stat.S_IMODE(paths.socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(paths.socket.parent.stat().st_mode) == 0o700
        heard: list[object] = []
        second.listen(heard.append)
        assert (await first.ask(CREATE, Welcome)).state == "open"
        await first.ask(Lock(), Done)
        assert (await second.ask(Hello(), Welcome)).state == "locked"
        assert LockChanged(True) in heard
    finally:
        await first.close()
        await second.close()
        assert await stop_engine(paths)
    assert not lock_is_held(paths)
    assert not paths.socket.exists()


async def test_a_terminal_that_waits_for_the_passphrase_hears_that_another_typed_it(paths: ProfilePaths) -> None:
    """What it hears comes when the mailbox can be shown, not before."""
    maker = await connect(paths)
    await maker.ask(CREATE, Welcome)
    await maker.close()
    assert await stop_engine(paths)
    first, second = await connect(paths), await connect(paths)
    try:
        assert second.welcome.state == "locked"
        told = asyncio.Event()
        asked: list[asyncio.Task[Welcome]] = []

        async def look() -> Welcome:
            welcome = await second.ask(Hello(), Welcome)
            if welcome.state == "open":
                told.set()
            return welcome

        second.listen(
            lambda event: asked.append(asyncio.ensure_future(look())) if event == LockChanged(False) else None
        )
        await first.ask(Unlock(PASSPHRASE), Welcome)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await told.wait()
        assert [await task for task in asked][-1].store_key is not None
    finally:
        await first.close()
        await second.close()
        assert await stop_engine(paths)


async def test_what_a_welcome_says_of_the_servers_is_never_heard_behind_newer_news(tmp_path: Path) -> None:
    connecting, online = Connection("anna", "connecting"), Connection("anna", "online")

    async def says_both_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        welcome = Welcome(1, "default", "open", "", None, Settings(), (connecting,))
        for number in (1, 2):
            await reader.readline()
            writer.write(encode_reply(number, welcome) + encode_event(online))

    server = await asyncio.start_unix_server(says_both_at_once, tmp_path / "socket")
    client = SocketClient(*await asyncio.open_unix_connection(tmp_path / "socket"))
    heard: list[object] = []
    try:
        await client.ask(Hello(), Welcome)
        await asyncio.sleep(0.01)  # whoever has just connected listens a moment later
        client.listen(heard.append)
        assert heard == [connecting, online]
        await client.ask(Hello(), Welcome)
        await asyncio.sleep(0.01)
        assert heard == [connecting, online] * 2
    finally:
        await client.close()
        server.close()


async def test_an_engine_without_a_profile_ends_with_its_last_client(paths: ProfilePaths) -> None:
    first, second = await connect(paths), await connect(paths)
    await first.close()
    assert (await second.ask(Hello(), Welcome)).state == "new"
    await second.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while lock_is_held(paths):
            await asyncio.sleep(0.02)
    assert not paths.socket.exists()


async def test_an_engine_that_is_killed_is_replaced_by_the_next_connection(paths: ProfilePaths) -> None:
    client = await connect(paths)
    await client.ask(CREATE, Welcome)
    os.kill(int(paths.lock.read_text()), signal.SIGKILL)
    with pytest.raises(EngineGone):
        while True:
            await client.ask(ListOutbox(), Outbox)
    await client.close()
    again = await connect(paths)
    try:
        assert again.welcome.state == "locked"
        assert again.welcome.store_key is None
        assert (await again.ask(Unlock(PASSPHRASE), Welcome)).state == "open"
    finally:
        await again.close()
        await stop_engine(paths)


async def test_a_second_engine_of_the_same_profile_exits_politely(paths: ProfilePaths) -> None:
    lock = take_lock(paths)
    try:
        process = await asyncio.create_subprocess_exec(
            os.sys.executable, "-m", "tui_mail", "engine", "run", "--profile", "anna", stderr=asyncio.subprocess.PIPE
        )
        _out, complaint = await process.communicate()
    finally:
        lock.close()
    assert process.returncode == 0
    assert b"already serves" in complaint
    assert b"Traceback" not in complaint


async def test_whoever_does_not_say_hello_or_talks_nonsense_is_dropped_and_the_others_stay(paths: ProfilePaths) -> None:
    client = await connect(paths)
    try:
        for line in (b"nonsense\n", encode_command(1, ListOutbox()), b'{"id": 1, "command": {"type": "Rm"}}\n'):
            reader, writer = await asyncio.open_unix_connection(str(paths.socket))
            writer.write(line)
            assert await reader.read() == b""
            writer.close()
        reader, writer = await asyncio.open_unix_connection(str(paths.socket))
        writer.write(encode_command(5, Hello(version=99)))
        answer = decode_answer(await reader.readline())
        assert answer.id == 5
        assert "another version" in answer.reply.sentence
        writer.close()
        assert (await client.ask(Hello(), Welcome)).state == "new"
    finally:
        await client.close()
        await stop_engine(paths)


async def test_without_start_a_missing_engine_is_said_in_a_sentence(paths: ProfilePaths) -> None:
    with pytest.raises(EngineGone, match="tui-mail engine start"):
        await connect(paths, start=False)


async def test_a_new_profile_answers_only_what_makes_one(paths: ProfilePaths) -> None:
    client = await InProcessEngine.start(paths)
    try:
        assert client.welcome.state == "new"
        with pytest.raises(UsageError, match="tui-mail setup"):
            await client.ask(ListOutbox(), Outbox)
        with pytest.raises(UsageError):
            await client.ask(Unlock("x"), Welcome)
    finally:
        await client.close()


async def test_a_locked_engine_shows_nothing_until_the_right_passphrase_comes(paths: ProfilePaths) -> None:
    client = await InProcessEngine.start(paths)
    try:
        await client.ask(CREATE, Welcome)
        assert client.welcome.store_key is not None
        await client.ask(Lock(), Done)
        with pytest.raises(VaultLocked):
            await client.ask(ListOutbox(), Outbox)
        assert (await client.ask(Hello(), Welcome)).store_key is None
        with pytest.raises(WrongPassphrase):
            await client.ask(Unlock("wrong"), Welcome)
        assert (await client.ask(Unlock(PASSPHRASE), Welcome)).state == "open"
        assert (await client.ask(ListOutbox(), Outbox)).entries == ()
    finally:
        await client.close()


async def test_the_keys_lock_after_the_idle_time(paths: ProfilePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_mail.engine.engine.IDLE_CHECK_SECONDS", 0.02)
    client = await InProcessEngine.start(paths)
    try:
        await client.ask(CREATE, Welcome)
        locked = asyncio.Event()
        client.listen(lambda event: locked.set() if event == LockChanged(True) else None)
        settings = client.welcome.settings
        await client.ask(SaveSettings(_locking_at_once(settings)), Done)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await locked.wait()
        assert (await client.ask(Hello(), Welcome)).state == "locked"
    finally:
        await client.close()


def _locking_at_once(settings: object) -> object:
    import msgspec

    return msgspec.structs.replace(settings, lock_after_seconds=1)


async def test_no_secret_is_in_the_log_or_in_the_settings(paths: ProfilePaths) -> None:
    client = await connect(paths)
    try:
        await client.ask(CREATE, Welcome)
        with pytest.raises(WrongPassphrase):
            await client.ask(Unlock("a wrong secret"), Welcome)
    finally:
        await client.close()
        await stop_engine(paths)
    for place in (paths.log, paths.settings):
        text = place.read_text()
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        for secret in ("secret-imap", "secret-smtp", PASSPHRASE, "a wrong secret"):
            assert secret not in text


async def test_what_is_too_much_for_a_client_that_does_not_read_does_not_stop_the_engine(paths: ProfilePaths) -> None:
    silent = await connect(paths)
    busy: SocketClient = await connect(paths)
    try:
        silent._task.cancel()
        for _ in range(50):
            await busy.ask(Hello(), Welcome)
    finally:
        await busy.close()
        silent._writer.close()
        await stop_engine(paths)
