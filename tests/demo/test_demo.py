"""The whole demo without its interface: an engine of its own, real conversations, and nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tui_mail.demo.clinic import BEA, DORA
from tui_mail.demo.stage import Stage
from tui_mail.demo.story import HINTS, Scene
from tui_mail.engine.messages import (
    Done,
    Event,
    MessageOpened,
    Notice,
    OpenMessage,
    Preflight,
    PreflightResult,
    Queued,
    SendMessage,
    TrustFacts,
    TrustQuestion,
    TrustSender,
)
from tui_mail.model.address import Address
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, Protection, Row
from tui_mail.model.recipient import RecipientState
from tui_mail.store.views import ReadStore


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One clinic for the tests that play in it: filling it is most of their time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TUI_MAIL_HOME", "XDG_RUNTIME_DIR"):
            patch.setenv(name, "")  # so that what the stage sets is undone after the tests
        stage = Stage(answer_seconds=0.05)
        try:
            stage.set_up(lambda _sentence: None)
            yield stage
        finally:
            stage.take_down()
            assert not stage.folder.exists()


async def until(found: Callable[[], Row | None]) -> Row:
    """Wait for a row of the list."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        row = found()
        if row is not None and row.sig is not None:
            return row
        await asyncio.sleep(0.05)
    raise AssertionError("this mail never came")


def inbox(store: ReadStore) -> list[Row]:
    [folder] = [folder for folder in store.folders() if folder.role is FolderRole.INBOX]
    window = store.window(folder.id)
    return [window.row(index) for index in range(window.total)]


def mail_of(store: ReadStore, person: Address, subject: str) -> Callable[[], Row | None]:
    name = person.name
    return lambda: next((row for row in inbox(store) if row.sender == name and row.subject == subject), None)


async def test_the_whole_story_can_be_played(stage: Stage) -> None:
    client = await stage.connect()
    hints: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice) and event.level == "guide":
            hints.append(event.sentence)

    client.listen(listen)
    key = client.welcome.store_key
    assert key is not None
    store = ReadStore(Path(client.welcome.store_path), bytes.fromhex(key))
    assert {row.sig for row in inbox(store)} == {"", "Y", "N", "C", "E", "?", "M", "X"}
    assert {row.enc for row in inbox(store)} == {"", "open", "open-cbc", "closed"}

    hello = await until(mail_of(store, DORA, "Referral of Mrs. Aster, and my certificate"))
    assert hello.sig == "N"
    await client.ask(OpenMessage(hello.id), MessageOpened)
    assert hints[-1] == HINTS[Scene.TRUST]
    facts = await client.ask(TrustQuestion(hello.id), TrustFacts)
    assert facts.offer
    assert facts.address == DORA.spec
    await client.ask(TrustSender(facts.address, facts.certificate.sha256), Done)
    assert hints[-1] == HINTS[Scene.ANSWER]
    assert (await until(mail_of(store, DORA, hello.subject))).sig == "Y"

    protection = Protection(sign=True, encrypt=True)
    check = await client.ask(Preflight(stage.account.id, (DORA.spec,), protection), PreflightResult)
    assert check.ready
    assert check.recipients[0].state is RecipientState.READY
    draft = Draft(stage.account.id, (DORA,), subject="Findings", body="Dear Dora,\nsee you.", protection=protection)
    await client.ask(SendMessage(draft), Queued)
    assert hints[-1] == HINTS[Scene.WAIT_ENCRYPTED]
    answer = await until(mail_of(store, DORA, "Re: Findings"))
    assert (answer.sig, answer.enc) == ("Y", "open")
    assert HINTS[Scene.READ_ENCRYPTED] in hints
    view = (await client.ask(OpenMessage(answer.id), MessageOpened)).view
    assert "this answer is encrypted for you alone" in "".join(run.text for line in view.lines for run in line)
    assert hints[-1] == HINTS[Scene.FREE]
    store.close()
    await client.close()


async def test_a_signed_mail_gets_a_signed_answer_and_an_unknown_address_a_refusal(stage: Stage) -> None:
    client = await stage.connect()
    key = client.welcome.store_key
    assert key is not None
    store = ReadStore(Path(client.welcome.store_path), bytes.fromhex(key))
    await client.ask(SendMessage(Draft(stage.account.id, (BEA,), subject="Room", body="Is it free?")), Queued)
    answer = await until(mail_of(store, BEA, "Re: Room"))
    assert (answer.sig, answer.enc) == ("Y", "")
    nobody = Draft(
        stage.account.id, (Address("x@nowhere.test"),), subject="s", body="b", protection=Protection(encrypt=True)
    )
    with pytest.raises(TuiMailError):
        await client.ask(SendMessage(nobody), Queued)
    store.close()
    await client.close()


def headless() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-m", "tui_mail", "demo", "--headless"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_it_ends(number: signal.Signals) -> None:
    demo = headless()
    assert demo.stdout is not None
    home = Path(demo.stdout.readline().strip().partition("=")[2])
    try:
        assert (home / "default" / "settings.toml").exists()
    finally:
        demo.send_signal(number)
        demo.wait(PATIENCE_SECONDS)
    demo.stdout.close()
    end = time.monotonic() + PATIENCE_SECONDS
    while (home.exists() or str(home) in processes()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not home.exists()
    assert str(home) not in processes()


def processes() -> str:
    """The command lines of all programs that run now."""
    return subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
