"""When the network is there again nobody waits for the end of a long pause; on real servers."""

import pytest

from tests.engine.people import Person
from tests.engine.test_send import draft, entries, until_state
from tests.servers import MailServers
from tui_mail.engine.messages import Connection, Done, Queued, SendMessage, SyncNow
from tui_mail.model.message import OutboxState


def connection(anna: Person) -> str:
    states = [event.state for event in anna.events if isinstance(event, Connection)]
    return states[-1] if states else ""


async def wait_in_the_outbox(anna: Person, mail_servers: MailServers) -> None:
    """A message is sent while the server is down, and waits; then the server is there again."""
    mail_servers.stop()
    try:
        await anna.client.ask(SendMessage(draft("Waits")), Queued)
        await anna.until(lambda: connection(anna) == "offline")
        await until_state(anna, OutboxState.READY)
    finally:
        mail_servers.start()


@pytest.mark.parametrize("asked", [False, True], ids=["the server is there again", "a person looks for mail"])
async def test_what_waits_in_the_outbox_leaves_when_the_server_is_there_again(
    anna: Person, mail_servers: MailServers, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    crew = anna.client._engine._crew
    (receiver,) = crew._receivers.values()
    patience = {crew._sender._backoff: 600.0, receiver._backoff: 600.0 if asked else 0.05}
    for backoff, seconds in patience.items():
        monkeypatch.setattr(backoff, "_first", seconds)
        monkeypatch.setattr(backoff, "_longest", seconds)
    await wait_in_the_outbox(anna, mail_servers)
    if asked:
        await anna.client.ask(SyncNow(), Done)
    await until_state(anna, OutboxState.FILED)


async def test_mail_is_received_and_sent_at_once_when_the_network_comes_back(
    anna: Person, mail_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew = anna.client._engine._crew
    (receiver,) = crew._receivers.values()
    for backoff in (receiver._backoff, crew._sender._backoff):
        monkeypatch.setattr(backoff, "_first", 600.0)
        monkeypatch.setattr(backoff, "_longest", 600.0)
    await wait_in_the_outbox(anna, mail_servers)
    assert len(await entries(anna)) == 1 and connection(anna) == "offline"
    crew._network._changed()
    await until_state(anna, OutboxState.FILED)
    assert connection(anna) == "online"
