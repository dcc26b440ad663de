"""Fixtures that several rooms share."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import dovecot
from tests.servers import MailServers, running_servers

# How long an example takes says nothing on a busy machine. Where a failure stops a release, each run tries the same.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("TUI_MAIL_REQUIRE_VECTORS") == "1",
)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def _servers() -> Iterator[MailServers]:
    reason = dovecot.why_not()
    if reason:
        pytest.skip(reason)
    with running_servers() as servers:
        yield servers


@pytest.fixture
def imap_servers(_servers: MailServers) -> MailServers:
    """Dovecot, for tests that send nothing; starts it again if the test before stopped it."""
    _servers.start()
    return _servers


@pytest.fixture
def mail_servers(imap_servers: MailServers) -> MailServers:
    """Dovecot and Postfix. Skips, with the reason, where Postfix cannot run."""
    if imap_servers.no_postfix:
        pytest.skip(imap_servers.no_postfix)
    return imap_servers
