"""One receiver a mailbox and machine, whatever profiles name it and however an engine ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.people import Person, creation, profile
from tests.servers import MailServers
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.lease import Lease
from tui_mail.engine.messages import Connection, Welcome
from tui_mail.model.account import Server

ANNA = "anna@clinic.test"
MAILBOX = Server("mail.clinic.test", 993, user="anna")


async def test_a_second_profile_of_the_mailbox_waits_and_takes_over_when_the_first_ends(
    imap_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap_servers.empty(ANNA)
    first = await InProcessEngine.start(profile(tmp_path, "first", monkeypatch))
    second = await InProcessEngine.start(profile(tmp_path, "second", monkeypatch))
    try:
        await Person.made(first, imap_servers, ANNA)
        waiting = Person(second)
        await second.ask(creation(imap_servers, ANNA), Welcome)
        (problem,) = (await waiting.sync()).problems
        assert problem.startswith(f"Another profile of yours receives the mail of {ANNA}")
        assert Connection("anna", "offline", problem) in waiting.events
        await first.close()
        assert not (await waiting.sync()).problems
    finally:
        await first.close()
        await second.close()


def test_a_lease_ends_with_its_process_and_is_another_one_for_another_mailbox(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tui_mail.engine.lease import Lease; from tests.engine.test_lease"
        " import MAILBOX; its = Lease(Path(sys.argv[1]), MAILBOX); print(its.take(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"True\n"
        mine = Lease(tmp_path, MAILBOX)
        assert not mine.take()
        assert Lease(tmp_path, Server("mail.clinic.test", 993, user="bob")).take()
        other.kill()
        other.wait()
        assert mine.take() and mine.take()
        mine.release()
        mine.release()
        assert Lease(tmp_path, Server("MAIL.clinic.test", 993, user="anna")).take()
