"""The engine's process: lock, socket, and many clients at once. What commands mean is in ``engine.engine``."""

import asyncio
import resource
import signal
import socket
import sys
from collections.abc import Callable

import msgspec

from tui_mail.engine.door import open_socket, same_user, take_lock
from tui_mail.engine.engine import Engine
from tui_mail.engine.logbook import describe, log, open_log
from tui_mail.engine.messages import PROTOCOL_VERSION, Command, Event, Failure, Hello, Reply, Stop
from tui_mail.engine.wire import (
    MAX_FRAME_BYTES,
    decode_command,
    encode_event,
    encode_reply,
    failure,
)
from tui_mail.model.errors import NewerEngine, TuiMailError, UsageError
from tui_mail.model.paths import ProfilePaths

SWITCH_SECONDS = 0.0001
"""After so long a thread lets another one run. Many of ours come back from the store or the line every moment; with
Python's own 5 ms they would wait for each other longer than they work."""

MAX_QUEUED_BYTES = 16 * 1024 * 1024
"""A client that does not read its events is dropped when this much waits for it."""


def run(paths: ProfilePaths) -> None:
    """Serve the profile until someone says Stop or a signal comes. Raises EngineGone when another engine does so."""
    lock = take_lock(paths)
    # A core file would hold the private keys and the passwords, readable by whoever finds it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        open_log(paths.log)
        asyncio.run(_serve(paths))
    finally:
        lock.close()


async def _serve(paths: ProfilePaths) -> None:
    engine = Engine(paths)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    listener = open_socket(paths.socket)
    connections: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 asyncio runs every connection as a task
        connections.add(task)
        try:
            await Connection(engine, reader, writer, stop.set).serve()
        finally:
            connections.discard(task)
            if not connections and engine.state == "new":
                stop.set()  # nobody made a profile: there is nothing to keep

    server = await asyncio.start_unix_server(accepted, sock=listener, limit=MAX_FRAME_BYTES)
    log.info("engine started for profile %s", paths.name)
    try:
        await stop.wait()
    finally:
        paths.socket.unlink(missing_ok=True)
        server.close()
        for task in tuple(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await engine.close()
        log.info("engine stopped")


class Connection:
    """One client of the engine."""

    def __init__(
        self, engine: Engine, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._reader = reader
        self._writer = writer
        self._stop = stop
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Answer until the client leaves."""
        peer: socket.socket = self._writer.get_extra_info("socket")
        if not same_user(peer):
            log.warning("a process of another user was turned away")
            self._writer.close()
            return
        unsubscribe: Callable[[], None] | None = None
        try:
            while line := await self._reader.readline():
                frame = decode_command(line)
                if isinstance(frame.command, Hello) and unsubscribe is None:
                    if frame.command.version != PROTOCOL_VERSION:
                        self._send(encode_reply(frame.id, _other_version(frame.command.version)))
                        continue
                    unsubscribe = self._engine.events.subscribe(self._event)
                elif unsubscribe is None and not isinstance(frame.command, Stop):
                    break  # whoever does not say hello speaks another language
                task = asyncio.create_task(self._answer(frame.id, frame.command))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            log.warning("a client was dropped: %s", type(error).__name__)
        finally:
            if unsubscribe is not None:
                unsubscribe()
            self._writer.close()

    async def _answer(self, number: int, command: Command) -> None:
        if isinstance(command, Stop):
            self._send(encode_reply(number, await self._engine.answer(command)))
            self._stop()
            return
        self._send(encode_reply(number, await guarded(self._engine, command)))

    def _event(self, event: Event) -> None:
        self._send(encode_event(event))

    def _send(self, line: bytes) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_QUEUED_BYTES and len(line) < MAX_QUEUED_BYTES:
            log.warning("a client that does not read was dropped")
            transport.abort()
            return
        self._writer.write(line)


async def guarded(engine: Engine, command: Command) -> Reply:
    """The reply to a command, a `Failure` for every error."""
    try:
        return await engine.answer(command)
    except TuiMailError as error:
        return failure(error)
    except Exception as error:
        log.error("%s failed: %s", type(command).__name__, describe(error))
        return Failure(f"Something went wrong inside tui-mail ({type(error).__name__}); the engine's log says where.")


def _other_version(theirs: int) -> Failure:
    if theirs < PROTOCOL_VERSION:
        return Failure(
            "The engine that runs is of a newer version of tui-mail: start this program anew.", NewerEngine.__name__
        )
    # These words are those of version 1 too: by the class the client knows that it may replace this engine.
    return Failure(
        "The engine that runs is of another version of tui-mail; stop it with `tui-mail engine stop` and try again.",
        UsageError.__name__,
    )
