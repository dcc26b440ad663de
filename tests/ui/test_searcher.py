"""Searching beside the interface."""

import asyncio
import threading

import pytest

from tests.ui.clinic import KEY
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.store.views import ReadStore
from tui_mail.ui.searcher import Searcher


@pytest.fixture
def store(engine: EngineStandIn) -> ReadStore:
    return ReadStore(engine.path, KEY)


async def test_the_newest_of_many_wishes_is_answered_by_another_thread(
    store: ReadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()
    find = ReadStore.find

    def noted(self: ReadStore, query: str, folder_id: int | None = None) -> list[int]:
        threads.add(threading.current_thread())
        assert self is not store, "the interface's own connection is left in peace"
        return find(self, query, folder_id)

    monkeypatch.setattr(ReadStore, "find", noted)
    searcher = Searcher(store)
    answers = await asyncio.gather(*(searcher.find(query) for query in ("s", "so", "soup")))
    monkeypatch.undo()
    assert answers[:2] == [None, None] and answers[2] == store.twin().find("soup")
    assert threading.main_thread() not in threads


async def test_a_window_that_was_given_its_numbers_follows_when_it_is_given_newer_ones(store: ReadStore) -> None:
    window = store.search("soup", found=store.find("soup"))
    assert window.total == 1 and window.row(0).subject.startswith("This week")
    window.take(store.find("okafor"))
    assert window.refresh().reordered and window.total == 2
    window.take([])
    assert window.refresh() and window.total == 0
