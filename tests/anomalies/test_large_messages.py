"""Every IMAP command with which a large message comes without its files fails before, during and after its answer, is
refused, and stalls. Whatever failed: the message is here, and its whole is what the server has."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.anomalies.command_proxy import CommandProxy, Moment
from tests.engine.test_place_holders import film
from tests.mailroom import Mailroom, mailroom
from tests.servers import MailServers
from tests.sync_servers import SyncServer, running
from tui_mail.engine.jobs.fetch_whole import fetch_whole
from tui_mail.engine.messages import FetchWhole
from tui_mail.model.errors import NetworkProblem, UsageError
from tui_mail.store import messages, place_holders

SMALL = [b"From: b@x.test\r\nSubject: %d\r\nMessage-ID: <%d@x.test>\r\n\r\nText.\r\n" % (one, one) for one in (1, 2)]
FIRST = 5
LOOK = ("UID FETCH", "UID FETCH", "UID FETCH", "UID FETCH")
"""Sizes, structures, what is small, what is large, and the place of the first of them in the dialogue: as the first
test holds it to be true."""


@pytest.fixture(scope="module")
def dovecot(_servers: MailServers) -> Iterator[SyncServer]:
    _servers.start()
    with running("dovecot", _servers) as server:
        yield server


def scene(server: SyncServer, room: Mailroom, proxy: CommandProxy) -> None:
    """Three messages on the server, and a way to it that will be spoiled."""
    server.empty()
    for raw in (film(), *SMALL):
        server.append(raw)
    through = replace(room.account, imap=replace(room.account.imap, port=proxy.port))
    room.account = through
    room.session.settings = replace(room.session.settings, accounts=(through,), large_messages_mb=1)
    room._timeout = 1.0


def test_the_dialogue_is_the_one_that_is_spoiled_below(dovecot: SyncServer, tmp_path: Path) -> None:
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        CommandProxy(dovecot.account.imap.port) as proxy,
    ):
        scene(dovecot, room, proxy)
        room.look()
        said = [command for command in proxy.commands if command != "CAPABILITY"]
        assert tuple(said[FIRST : FIRST + len(LOOK)]) == LOOK and "UID FETCH" not in said[:FIRST]
        fetch_whole(room.session, FetchWhole(room.by_subject()["Film"]))
        assert messages.raw(room.store.database, room.by_subject()["Film"]) == film()


@pytest.mark.parametrize("moment", list(Moment), ids=lambda moment: moment.name.lower())
@pytest.mark.parametrize("number", range(FIRST, FIRST + len(LOOK)))
def test_whatever_fails_the_message_is_here_once_and_its_whole_can_be_had(
    dovecot: SyncServer, tmp_path: Path, number: int, moment: Moment
) -> None:
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        CommandProxy(dovecot.account.imap.port, number, moment) as proxy,
    ):
        scene(dovecot, room, proxy)
        room.look_again_and_again(4)
        assert proxy.spoiled
        assert sorted(row.subject for row in room.rows()) == ["1", "2", "Film"]
        number = room.by_subject()["Film"]
        fetch_whole(room.session, FetchWhole(number))
        assert messages.raw(room.store.database, number) == film()
        assert place_holders.held_back(room.store.database, number) is None


@pytest.mark.parametrize("moment", list(Moment), ids=lambda moment: moment.name.lower())
def test_a_whole_that_fails_leaves_the_place_holder_and_comes_the_next_time(
    dovecot: SyncServer, tmp_path: Path, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        mailroom(tmp_path, dovecot.account, dovecot.password) as room,
        CommandProxy(dovecot.account.imap.port) as proxy,
    ):
        scene(dovecot, room, proxy)
        room.look()
        number = room.by_subject()["Film"]
        db = room.store.database
        before = messages.raw(db, number)
        with CommandProxy(dovecot.account.imap.port, 3, moment) as spoiling:
            way = replace(room.account, imap=replace(room.account.imap, port=spoiling.port))
            whole_settings = room.session.settings
            room.session.settings = replace(whole_settings, accounts=(way,))
            monkeypatch.setattr("tui_mail.net.imap.ImapSession.connect.__func__.__defaults__", (1.0,))
            with pytest.raises((NetworkProblem, UsageError)):
                fetch_whole(room.session, FetchWhole(number))
            assert messages.raw(db, number) == before
            assert place_holders.held_back(db, number) is not None
            assert spoiling.spoiled == "UID FETCH"
        room.session.settings = whole_settings
        fetch_whole(room.session, FetchWhole(number))
        assert messages.raw(db, number) == film()
