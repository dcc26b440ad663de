"""The engine's stand-in in a thread, on the socket where the real program looks for its engine."""

import asyncio
import contextlib
import threading
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.ui.clinic import KEY, fill
from tests.ui.engine_stand_in import EngineStandIn, on_socket
from tui_mail.model.paths import ProfilePaths
from tui_mail.store.store import Store


@contextlib.contextmanager
def serving(home: Path, socket_folder: Path, change=None, *, state: str = "open", store: Path | None = None):  # type: ignore[no-untyped-def]
    """Environment for the program, while an engine for its default profile answers.

    `change(store, engine)` may alter the mail first; `store` is a database that stands already.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUI_MAIL_HOME", str(home))
        patch.setenv("XDG_RUNTIME_DIR", str(socket_folder))
        paths = ProfilePaths()
    paths.folder.mkdir(parents=True, exist_ok=True)
    ready, stop = threading.Event(), threading.Event()

    def run() -> None:
        async def main() -> None:
            place = store or paths.store
            opened, views = (Store(place, KEY), {}) if store else fill(place)
            engine = EngineStandIn(opened, place, views, state=state)
            if change is not None:
                change(opened, engine)
            async with on_socket(engine, paths.socket):
                ready.set()
                while not stop.is_set():
                    await asyncio.sleep(0.02)
            opened.close()

        asyncio.run(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE_SECONDS)
    try:
        yield {"TUI_MAIL_HOME": str(home), "XDG_RUNTIME_DIR": str(socket_folder)}
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
