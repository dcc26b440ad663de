"""Header fields of many messages are read beside the receiving: the same there as here, whatever becomes of it."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.story.desk import wait_until
from tui_mail.engine import child
from tui_mail.engine.lister import Lister
from tui_mail.mime.envelope import read_envelope

PLAIN = b"From: Bob <bob@clinic.test>\r\nTo: anna@clinic.test, c@clinic.test\r\nSubject: Rent %d\r\n\r\nDear Anna\r\n"
ODD = (
    b"",
    b"no header at all",
    b"Subject: =?utf-8?q?=ED=A0=80?= \xff\xfe\r\nFrom: \xed\xa0\x80@x\r\nDate: never\r\n\r\n",
    b"From: a@x.test\nDate: Mon, 1 Jun 2026 10:00:00 +0200\nReferences: <a@x> <b@x>\n\nbody\n\nbody",
    b"From: " + b"x" * 2_000_000,
)


@pytest.fixture
def lister() -> Iterator[Lister]:
    with Lister() as made:
        yield made


def started(lister: Lister) -> None:
    lister.start()
    process = lister._child
    assert process is not None
    wait_until(lambda: process.speaks, "the process has started")


def mails(count: int, first: int = 0) -> list[bytes]:
    return [PLAIN % number for number in range(first, first + count)]


def test_what_comes_out_there_is_what_comes_out_here(lister: Lister) -> None:
    raws = [*mails(300), *ODD]
    here = [read_envelope(raw) for raw in raws]
    assert list(lister.ask(raws)()) == here  # not started
    started(lister)
    assert list(lister.ask(raws)()) == here
    assert here[1].subject == "Rent 1"
    assert here[1].recipients == "anna@clinic.test, c@clinic.test"


def test_many_batches_are_asked_for_before_the_first_answer_is_taken(lister: Lister) -> None:
    started(lister)
    asked = [lister.ask(mails(50, 50 * number)) for number in range(20)]
    subjects = [envelope.subject for answer in asked for envelope in answer()]
    assert subjects == [f"Rent {number}" for number in range(1000)]


def test_a_process_that_dies_loses_no_answer(lister: Lister) -> None:
    started(lister)
    first = lister.ask(mails(2))
    assert [envelope.subject for envelope in first()] == ["Rent 0", "Rent 1"]
    assert lister._child is not None
    os.kill(lister._child.pid, signal.SIGSTOP)  # both batches are on their way when it dies
    asked = [lister.ask(mails(2, 10)), lister.ask(mails(2, 20))]
    os.kill(lister._child.pid, signal.SIGKILL)
    asked.append(lister.ask(mails(1, 30)))
    subjects = [envelope.subject for answer in asked for envelope in answer()]
    assert subjects == ["Rent 10", "Rent 11", "Rent 20", "Rent 21", "Rent 30"]


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(
    lister: Lister, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(lister)
    assert lister._child is not None
    asked = [lister.ask(mails(2, 10)), lister.ask(mails(2, 20))]
    monkeypatch.setattr(lister._child, "kill", lambda: None)  # it says everything before it ends
    receive = lister._child.receive
    calls = 0

    def late(seconds: float) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise TimeoutError
        return receive(seconds)

    monkeypatch.setattr(lister._child, "receive", late)
    subjects = [envelope.subject for answer in asked for envelope in answer()]
    assert subjects == ["Rent 10", "Rent 11", "Rent 20", "Rent 21"]


def test_where_no_process_can_be_started_the_engine_reads_itself(
    lister: Lister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "PYTHON", "/nowhere/python")
    lister.start()
    assert [envelope.subject for envelope in lister.ask(mails(1))()] == ["Rent 0"]
