"""An engine for the interface's tests: the real words over a real store and socket; no server, no cryptography."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.ui.clinic import KEY, SETTINGS, certificate, judge
from tui_mail.engine.client import EventListener
from tui_mail.engine.messages import (
    AnswerInvitation,
    AttachmentPreview,
    ChangeFlags,
    Command,
    DeleteMessages,
    Done,
    Event,
    Failure,
    FetchWhole,
    Hello,
    LeaveList,
    ListLeft,
    Lock,
    LockChanged,
    MessageOpened,
    MessageText,
    MoveMessages,
    OpenMessage,
    Picture,
    PreviewAttachment,
    Queued,
    RawSource,
    Reply,
    SaveAttachment,
    SaveAttachments,
    Saved,
    SavedAll,
    SaveMessage,
    SaveSettings,
    SendReceipt,
    ShowPicture,
    Source,
    StoreChanged,
    SyncNow,
    Text,
    TrustFacts,
    TrustQuestion,
    TrustSender,
    Unlock,
    Welcome,
)
from tui_mail.engine.wire import decode_command, encode_event, encode_reply, raised
from tui_mail.model.message import EncState, Flag, MessageView, Run
from tui_mail.model.security import Letter, Verdict
from tui_mail.store.store import Store


class EngineStandIn:
    """Answers like the engine. Also an `EngineClient` for tests in one process."""

    PASSPHRASE = "correct horse"

    def __init__(self, store: Store, path: Path, views: dict[int, MessageView], *, state: str = "open") -> None:
        self.store, self.path, self.views, self.state = store, path, views, state
        self.commands: list[Command] = []
        self.facts: TrustFacts | None = None
        self.answers: dict[type[Command], Reply | Callable[[Any], Reply]] = {}
        self.on_gone: Callable[[], None] | None = None
        self.welcome = self._welcome()
        self._listeners: list[EventListener] = []

    def _welcome(self) -> Welcome:
        key = KEY.hex() if self.state == "open" else None
        return Welcome(1, "test", self.state, str(self.path), key, SETTINGS)

    # ---- as a client

    async def ask(self, command: Command, kind: type) -> Reply:
        reply = self.answer(command)
        if isinstance(reply, Failure):
            raise raised(reply)
        if isinstance(reply, Welcome):
            self.welcome = reply
        assert isinstance(reply, kind)
        return reply

    def listen(self, listener: EventListener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def close(self) -> None:
        self.on_gone = None

    def publish(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    # ---- as an engine

    def answer(self, command: Command) -> Reply:
        self.commands.append(command)
        match command:
            case Hello():
                return self._welcome()
            case Unlock(passphrase):
                if passphrase != self.PASSPHRASE:
                    return Failure("That is not the passphrase.", "WrongPassphrase")
                self.state = "open"
                return self._welcome()
            case OpenMessage(number, mark_seen):
                if number not in self.views:
                    return Failure("This message is gone.")
                if mark_seen:
                    self._flags((number,), Flag.SEEN, 0)
                return MessageOpened(self.views[number])
            case ChangeFlags(numbers, add, remove):
                self._flags(numbers, add, remove)
            case DeleteMessages(numbers) | MoveMessages(numbers, _):
                trash = 3
                for number in numbers:
                    self.store.database.run("UPDATE message SET folder = ? WHERE id = ?", (trash, number))
                self.publish(StoreChanged())
            case TrustQuestion(number):
                return self.facts or self._facts(self.views[number])
            case TrustSender(address, _):
                return Done(self._trust(address))
            case SaveAttachment(_, _, path) | SaveMessage(_, path):
                return Saved(path)
            case AnswerInvitation():
                return Queued(1)
            case MessageText(number):
                return Text(f"the text of {number}: grün\n")
            case ShowPicture(number, index):
                pixels = bytes(range(12)) * 4
                return Picture(self.views[number].attachments[index], 400, 800, 2, 8, pixels)
            case FetchWhole(number):
                was_held = self.views[number].held is not None
                self.views[number] = replace(self.views[number], held=None)
                return Done(int(was_held))
            case SendReceipt():
                return Queued(1)
            case LeaveList():
                return ListLeft("list.example")
            case SaveAttachments(_, path):
                return SavedAll((f"{path}/one", f"{path}/two"))
            case PreviewAttachment(number, index):
                info = self.views[number].attachments[index]
                if info.type != "text/plain":
                    return Failure(f"{info.name} cannot be shown as text.")
                return AttachmentPreview(info, ((Run("what the file says \x1b[31m"),),), "The first bytes.")
            case RawSource(number):
                raw = b"Subject: \x1b[31mraw\r\n\r\nbody of %d\r\n" % number
                return Source(raw, len(raw))
            case Lock():
                self.publish(LockChanged(True))
            case SaveSettings() | SyncNow():
                pass
            case _:
                known = self.answers.get(type(command), Failure("The stand-in does not know this."))
                return known if isinstance(known, Reply) else known(command)
        return Done(1)

    def _flags(self, numbers: tuple[int, ...], add: int, remove: int) -> None:
        for number in numbers:
            self.store.database.run(
                "UPDATE message SET flags = (flags | ?) & ~? WHERE id = ?", (int(add), int(remove), number)
            )
        self.publish(StoreChanged())

    def _facts(self, view: MessageView) -> TrustFacts:
        return TrustFacts(
            view.sender.spec,
            certificate(view.sender.spec, f"CN={view.sender.name},O=City Laboratory"),
            "City Mail CA, which is not among your trusted roots",
            view.security.verdict,
            (
                "Trusting means: from now on, mail that this certificate signs for this address is marked Y.",
                "This is the first signed mail of this sender here.",
            ),
            offer=view.security.verdict.letter in (Letter.NEW, Letter.CHANGED),
        )

    def _trust(self, address: str) -> int:
        count = 0
        for number, view in self.views.items():
            if view.sender.spec == address and view.security.verdict.letter is Letter.NEW:
                verdict = Verdict(Letter.VALID)
                security = replace(view.security, verdict=verdict, verdicts=(verdict,))
                self.views[number] = replace(view, security=security)
                judge(
                    self.store, number, security, EncState.NONE, view.sender.name, address, view.subject, "now trusted"
                )
                count += 1
        self.publish(StoreChanged())
        return count


@contextlib.asynccontextmanager
async def on_socket(engine: EngineStandIn, socket: Path):  # type: ignore[no-untyped-def]
    """Serve a stand-in on a Unix socket, for the real program on a pty."""
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stop = engine.listen(lambda event: writer.write(encode_event(event)))
        try:
            while line := await reader.readline():
                frame = decode_command(line)
                writer.write(encode_reply(frame.id, engine.answer(frame.command)))
                await writer.drain()
        except ConnectionError:
            pass  # a program that is ended by its test says no goodbye
        finally:
            stop()
            writer.close()

    server = await asyncio.start_unix_server(serve, str(socket))
    try:
        yield
    finally:
        server.close()
