"""How everyone speaks to the engine: connect (which starts it on demand), ask, listen to events.

Importing this module costs little: no cryptography, no parser, no network library comes with it.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol, TypeVar

import msgspec

from tui_mail.engine.door import lock_is_held
from tui_mail.engine.messages import Command, Event, Failure, Hello, Reply, Stop, Welcome
from tui_mail.engine.wire import MAX_FRAME_BYTES, decode_answer, encode_command, raised
from tui_mail.model.errors import EngineGone, NewerEngine, UsageError
from tui_mail.model.paths import ProfilePaths

START_SECONDS = 60.0
"""How long a started engine that lives may take until it answers; a slow disk or a busy machine needs a while."""
MAX_UNHEARD = 100
"""Events that wait for the first listener; a program without one hears none."""

R = TypeVar("R", bound=Reply)
EventListener = Callable[[Event], None]


class EngineClient(Protocol):
    """What the interface and the command line see of an engine, wherever it runs."""

    welcome: Welcome

    async def ask(self, command: Command, kind: type[R]) -> R:
        """Send a command and wait for its reply. A `Failure` is raised as the error it stands for; EngineGone when
        the engine ends before it answers."""
        ...

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Call `listener` in the event loop for every event; the result ends that."""
        ...

    async def close(self) -> None:
        """Leave; the engine goes on."""
        ...


class SocketClient:
    """An `EngineClient` over the Unix socket.

    A `Welcome` tells the listeners how it stands with each server at its place among the events: whoever waits for the
    reply wakes later, and would take an old word for the newest.

    Attributes:
        welcome: the last `Welcome` that came (Hello, Unlock and CreateProfile bring one).
        on_gone: called once when the engine closes the connection.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.welcome: Welcome
        self.on_gone: Callable[[], None] | None = None
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._listeners: list[EventListener] = []
        self._unheard: deque[Event] = deque(maxlen=MAX_UNHEARD)
        self._number = 0
        self._gone = False
        self._task = asyncio.create_task(self._read())

    async def ask(self, command: Command, kind: type[R]) -> R:
        """Send a command and wait for its reply; see `EngineClient.ask`."""
        if self._gone:
            raise _gone()
        self._number += 1
        number = self._number
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(encode_command(number, command))
            await self._writer.drain()
            reply = await future
        except ConnectionError:
            raise _gone() from None
        finally:
            self._waiting.pop(number, None)
        return self._checked(reply, kind)

    def _checked(self, reply: Reply, kind: type[R]) -> R:
        if isinstance(reply, Failure):
            raise raised(reply)
        if isinstance(reply, Welcome):
            self.welcome = reply
        if not isinstance(reply, kind):
            raise EngineGone("The engine gave an answer of another kind; stop it with `tui-mail engine stop`.")
        return reply

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Call `listener` in the event loop for every event; the result ends that. The first one hears what came
        before it."""
        self._listeners.append(listener)
        unheard = tuple(self._unheard)
        self._unheard.clear()
        for event in unheard:
            listener(event)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def gone(self) -> None:
        """Wait until the engine closes the connection."""
        await asyncio.wait([self._task])

    async def close(self) -> None:
        """Leave; the engine goes on."""
        self.on_gone = None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _tell(self, event: Event) -> None:
        if not self._listeners:
            self._unheard.append(event)
        for listener in tuple(self._listeners):
            listener(event)

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                frame = decode_answer(line)
                if frame.event is not None:
                    self._tell(frame.event)
                elif frame.id is not None and frame.reply is not None:
                    if isinstance(frame.reply, Welcome):
                        for connection in frame.reply.connections:
                            self._tell(connection)
                    future = self._waiting.get(frame.id)
                    if future is not None and not future.done():
                        future.set_result(frame.reply)
                        await asyncio.sleep(0)  # whoever asked acts on the reply before what follows is heard
        except (OSError, ValueError, msgspec.DecodeError):
            pass  # the same as a closed connection: whoever waits is told below
        finally:
            self._gone = True
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(_gone())
            if self.on_gone is not None:
                self.on_gone()


def _gone() -> EngineGone:
    return EngineGone("The engine stopped before it answered; try again, it will be started anew.")


async def connect(paths: ProfilePaths, *, start: bool = True) -> SocketClient:
    """A greeted connection to the profile's engine. With `start` it is started when none answers, and when it is of an
    older version replaced by one of ours, which asks for the passphrase again.

    Raises EngineGone when there is none (or it does not come up), NewerEngine when it is of a newer version, UsageError
    when it is of an older one and may not be replaced.
    """
    try:
        client = await _greeted(paths)
    except NewerEngine:
        raise
    except UsageError:
        if not start or not await stop_engine(paths):
            raise
        client = None
    if client is not None:
        return client
    if not start:
        raise EngineGone(f"No engine runs for the profile {paths.name}; start it with `tui-mail engine start`.")
    return await _start_and_reach(paths)


async def stop_engine(paths: ProfilePaths) -> bool:
    """End the profile's engine, of whatever version, and wait until it is gone. False when there was none."""
    client = await _reach(paths)
    if client is None:
        return False
    try:
        await client.ask(Stop(), Reply)
        await client.gone()
    except EngineGone:
        pass
    finally:
        await client.close()
    deadline = time.monotonic() + START_SECONDS
    while lock_is_held(paths) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return True


async def _reach(paths: ProfilePaths) -> SocketClient | None:
    try:
        owner = paths.socket.parent.lstat().st_uid
        if owner != os.getuid():
            raise UsageError(f"The folder {paths.socket.parent} belongs to another user; set XDG_RUNTIME_DIR.")
        reader, writer = await asyncio.open_unix_connection(str(paths.socket), limit=MAX_FRAME_BYTES)
    except OSError:
        return None
    return SocketClient(reader, writer)


async def _greeted(paths: ProfilePaths) -> SocketClient | None:
    """A greeted connection, None when no engine answers; one that is just ending does not count."""
    client = await _reach(paths)
    if client is None:
        return None
    try:
        await client.ask(Hello(), Welcome)
    except EngineGone:
        await client.close()
        return None
    except BaseException:
        await client.close()
        raise
    return client


async def _start_and_reach(paths: ProfilePaths) -> SocketClient:
    import tempfile  # only who starts an engine pays for it

    deadline = time.monotonic() + START_SECONDS
    with tempfile.TemporaryFile() as complaint:
        process = _spawn(paths, complaint)
        while time.monotonic() < deadline:
            client = await _greeted(paths)
            if client is not None:
                return client
            code = process.poll()
            if code == 0 and not lock_is_held(paths):
                process = _spawn(paths, complaint)  # it gave way to another engine, which has ended since
            elif code not in (None, 0):
                break
            await asyncio.sleep(0.02)
        complaint.seek(0)
        words = complaint.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    if words.startswith("tui-mail: "):
        raise EngineGone(f"The engine did not start. {words.removeprefix('tui-mail: ')}")
    raise EngineGone(f"The engine did not start; the log {paths.log} says why.")


def _spawn(paths: ProfilePaths, complaint: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start an engine that outlives this process and its terminal; why it could not goes to `complaint`."""
    environment = {**os.environ, "TUI_MAIL_HOME": str(paths.folder.parent)}
    return subprocess.Popen(
        [sys.executable, "-m", "tui_mail", "engine", "run", "--profile", paths.name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaint,
        start_new_session=True,
        cwd=Path.home() if Path.home().is_dir() else "/",
        env=environment,
    )
