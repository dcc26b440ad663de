"""What tests of the whole program at one desk share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import MailServers
from tests.story.desk import Desk, desk, letter, make_template


@pytest.fixture(scope="module")
def template(_servers: MailServers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    _servers.start()
    if _servers.no_postfix:
        pytest.skip(_servers.no_postfix)
    letters = [letter("first letter"), letter("second letter")]
    with desk() as short:
        made = make_template(_servers, letters, short.folder)
        return made.rename(tmp_path_factory.mktemp("failures") / "profiles")


@pytest.fixture
def empty(mail_servers: MailServers) -> Iterator[Desk]:
    """Nothing there yet."""
    with desk() as made:
        yield made


@pytest.fixture
def anna(mail_servers: MailServers, template: Path) -> Iterator[Desk]:
    """A profile with two letters."""
    with desk(template) as made:
        yield made
