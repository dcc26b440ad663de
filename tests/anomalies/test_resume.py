"""A large message whose line is lost in the middle goes on from there: on real servers behind a line that cuts, and
with a server that knows parts of messages badly or not at all."""

import re
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests import cyrus
from tests.anomalies.tiny_server import TinyServer
from tests.engine.test_place_holders import film
from tests.mailroom import Mailroom, mailroom
from tests.proxy import Fault, Proxy
from tests.servers import MailServers
from tests.sync_servers import KINDS, SyncServer, running
from tui_mail.engine.jobs.fetch_whole import fetch_whole
from tui_mail.engine.jobs.judge import judge_messages
from tui_mail.engine.jobs.open_message import open_message
from tui_mail.engine.messages import FetchWhole, OpenMessage, Progress
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.errors import ConnectionLost, NetworkProblem, ServerBusy
from tui_mail.store import accounts, arrivals, messages, place_holders

MB = 1_000_000
SLACK = 100_000
"""Greeting, login, folders, what is asked for twice on purpose, and what was in the air."""


def large(size: int, subject: str = "Large") -> bytes:
    """A message of about so many bytes, no two lines of which are alike."""
    head = f"From: Bob <bob@elsewhere.test>\r\nSubject: {subject}\r\nMessage-ID: <{subject}@elsewhere.test>\r\n\r\n"
    lines = (f"This is line {number} of many, and none is like it.\r\n" for number in range(size // 50))
    return (head + "".join(lines)).encode()


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest, _servers: MailServers) -> Iterator[SyncServer]:
    if request.param == "cyrus" and (reason := cyrus.why_not()):
        pytest.skip(reason)
    _servers.start()
    with running(request.param, _servers) as server:
        yield server


only_dovecot = pytest.mark.parametrize("server", ["dovecot"], indirect=True)


@contextmanager
def behind(proxy: Proxy, server: SyncServer, tmp_path: Path) -> Iterator[Mailroom]:
    with mailroom(tmp_path, server.account, server.password) as room:
        lead(room, proxy.port)
        yield room


def lead(room: Mailroom, port: int) -> None:
    account = replace(room.account, imap=replace(room.account.imap, port=port))
    room.account = account
    room.session.settings = replace(room.session.settings, accounts=(account,))


def whole(room: Mailroom) -> list[bytes | None]:
    return [messages.raw(room.store.database, row.id) for row in room.rows()]


def on_its_way(room: Mailroom) -> int:
    return int(room.store.database.value("SELECT coalesce(sum(received), 0) FROM arrival"))


@pytest.mark.parametrize("cut", [300_000, 5 * MB, 9 * MB - 1])
def test_what_came_before_the_cut_is_not_asked_for_again(server: SyncServer, tmp_path: Path, cut: int) -> None:
    server.empty()
    raw = large(9 * MB)
    server.append(large(2_000, "Small"))
    server.append(raw)
    with (
        Proxy(server.account.imap.port, Fault(cut_to_client_after=cut)) as proxy,
        behind(proxy, server, tmp_path) as room,
    ):
        with pytest.raises(NetworkProblem):
            room.look()
        assert cut - SLACK < on_its_way(room) <= cut
        bars = [event for event in room.events if isinstance(event, Progress) and event.task.startswith("large:")]
        assert bars[-1].done == bars[-1].total  # none is left standing
        proxy.fault = Fault()
        before = proxy.passed_to_clients
        room.look()
        assert proxy.passed_to_clients - before < len(raw) - cut + SLACK
        assert sorted(whole(room), key=lambda one: len(one or b"")) == [large(2_000, "Small"), raw]
        assert on_its_way(room) == 0 and room.look().new_messages == 0
        details = messages.details(room.store.database, room.by_subject()["Large"])
        assert details is not None and details.size_bytes == len(raw)


@only_dovecot
def test_a_line_that_never_lasts_brings_it_all_the_same(server: SyncServer, tmp_path: Path) -> None:
    server.empty()
    raw = large(6 * MB)
    server.append(raw)
    with (
        Proxy(server.account.imap.port, Fault(cut_to_client_after=MB)) as proxy,
        behind(proxy, server, tmp_path) as room,
    ):
        room.look_again_and_again(9)
        assert whole(room) == [raw]


@only_dovecot
def test_small_mail_comes_before_the_rest_of_a_large_one(server: SyncServer, tmp_path: Path) -> None:
    server.empty()
    server.append(large(6 * MB))
    with (
        Proxy(server.account.imap.port, Fault(cut_to_client_after=MB)) as proxy,
        behind(proxy, server, tmp_path) as room,
    ):
        room.look_again_and_again(1)
        server.append(large(2_000, "News"))
        room.look_again_and_again(1)
        assert list(room.by_subject()) == ["News"]


@only_dovecot
@pytest.mark.parametrize("ending", ["expunged", "made anew", "account removed"])
def test_nothing_stays_of_a_message_that_will_not_come(server: SyncServer, tmp_path: Path, ending: str) -> None:
    server.empty()
    with server.imap(None) as other:
        other.create("Plans")
    server.append(large(4 * MB), "Plans")
    with (
        Proxy(server.account.imap.port, Fault(cut_to_client_after=MB)) as proxy,
        behind(proxy, server, tmp_path) as room,
    ):
        room.look_again_and_again(1)
        assert on_its_way(room) > 500_000
        proxy.fault = Fault()
        with server.imap("Plans") as other:
            if ending == "expunged":
                other.store("1", "+FLAGS.SILENT", "\\Deleted")
                other.expunge()
            else:
                other.unselect()
                other.delete("Plans")
                other.create("Plans")
        if ending == "account removed":
            accounts.delete_account(room.store.database, room.account.id)
        else:
            room.look()
        assert on_its_way(room) == 0
        assert room.store.database.value("SELECT count(*) FROM arrival_piece") == 0


@only_dovecot
def test_a_whole_that_was_asked_for_goes_on_too(server: SyncServer, tmp_path: Path) -> None:
    server.empty()
    raw = film().replace(b"--edge--", b"A" * 3_000_000 + b"\r\n--edge--")
    server.append(raw)
    with Proxy(server.account.imap.port) as proxy, behind(proxy, server, tmp_path) as room:
        room.session.settings = replace(room.session.settings, large_messages_mb=1)
        room.look()
        number = room.by_subject()["Film"]
        proxy.fault = Fault(cut_to_client_after=2 * MB)
        with pytest.raises(ConnectionLost):
            fetch_whole(room.session, FetchWhole(number))
        room.look_again_and_again(1)
        assert place_holders.held_back(room.store.database, number) is not None
        assert on_its_way(room) > 2 * MB - SLACK
        proxy.fault = Fault()
        before = proxy.passed_to_clients
        fetch_whole(room.session, FetchWhole(number))
        assert proxy.passed_to_clients - before < len(raw) - 2 * MB + SLACK
        assert messages.raw(room.store.database, number) == raw
        details = messages.details(room.store.database, number)
        assert details is not None and details.size_bytes == len(raw)


@only_dovecot
def test_a_large_message_is_never_in_memory_as_a_whole(server: SyncServer, tmp_path: Path) -> None:
    server.empty()
    raw = large(32 * MB)
    server.append(raw)
    with mailroom(tmp_path, server.account, server.password) as room:
        room.connect()
        tracemalloc.start()
        try:
            room.look()
            number = room.by_subject()["Large"]
            judge_messages(room.session, (number,))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 16 * MB
        assert messages.raw(room.store.database, number) == raw
        row = messages.row(room.store.database, number)
        assert row is not None and row.sig == "" and row.preview.startswith("This is line 0")
        shown = open_message(room.session, OpenMessage(number, mark_seen=False))
        assert shown.view.quote_text.startswith("This is line 0")


def test_what_is_kept_in_part_is_bounded(tmp_path: Path) -> None:
    account = Account(
        "anna", "Anna", "anna@clinic.test", Server("h", 1, Security.NONE, "a"), Server("h", 1, Security.NONE, "a")
    )
    with mailroom(tmp_path, account, "") as room:
        db = room.store.database
        db.run("INSERT INTO folder(account, name) VALUES ('anna', 'INBOX')")
        half = arrivals.MAX_KEPT_BYTES // 2
        first, *others = [arrivals.begin(db, 1, uid, half) for uid in (1, 2, 3)]
        assert [arrival.number for arrival in arrivals.begun(db, 1).values()] == others
        again = arrivals.begin(db, 1, 3, half)
        assert {arrival.number for arrival in arrivals.begun(db, 1).values()} == {others[0], again}
        assert first not in others


# ---- a server that knows parts badly


class Piecewise(TinyServer):
    """Hands over parts as `part` says: asked for `count` bytes of `raw` from `start`, what stands behind ``BODY[]``.
    The first connection that is handed a whole ends after `cut_at` bytes of that answer."""

    def __init__(
        self, raw: bytes, part: Callable[[bytes, int, int], bytes], cut_at: int = 500_000, uid_last: bool = False
    ) -> None:
        self.asked: list[bytes] = []
        self.refusal = b""
        """What it answers to a question for a part, instead of handing it over."""
        self._part = part
        self._cut_at = cut_at
        self._uid_last = uid_last
        super().__init__({7: raw, 9: large(2_000, "Small")})

    def _answer(self, command: bytes) -> bytes:
        if b"BODY" in command:
            self.asked.append(command)
        found = re.search(rb"BODY\.PEEK\[\]<(\d+)\.(\d+)>", command)
        if found is None:
            return super()._answer(command)
        given = self._part(self.messages[7], int(found[1]), int(found[2]))
        return b"* 1 FETCH (UID 7 FLAGS () BODY[]%s)\r\n" % given if given else b""

    def _fetched(self, place: int, uid: int, body: bool) -> bytes:
        answer = super()._fetched(place, uid, body)
        if body and self._uid_last:
            answer = answer.replace(b"UID %d " % uid, b"", 1)[:-3] + b" UID %d)\r\n" % uid
        return answer

    def _say(self, client: socket.socket, answer: bytes) -> None:
        if self.refusal and self.asked and b"BODY.PEEK[]<" in self.asked[-1]:
            tag = answer[: answer.rindex(b" OK done")].rpartition(b"\n")[2]
            answer = tag + b" " + self.refusal + b"\r\n"
        if self._cut_at and len(answer) > MB:
            client.sendall(answer[: self._cut_at])
            self._cut_at = 0
            raise OSError
        client.sendall(answer)


def literal(content: bytes, origin: int | None = None) -> bytes:
    return (b"" if origin is None else b"<%d>" % origin) + b" {%d}\r\n%s" % (len(content), content)


def rightly(raw: bytes, start: int, count: int) -> bytes:
    return literal(raw[start : start + count], start)


def at_most_half_a_megabyte(raw: bytes, start: int, count: int) -> bytes:
    return literal(raw[start : start + min(count, 500_000)], start)


def as_a_whole(raw: bytes, start: int, count: int) -> bytes:
    return literal(raw)


def with_nil(raw: bytes, start: int, count: int) -> bytes:
    return rightly(raw, start, count) if not start else b"<%d> NIL" % start


def with_nil_always(raw: bytes, start: int, count: int) -> bytes:
    return b" NIL"


def with_an_empty_string(raw: bytes, start: int, count: int) -> bytes:
    return rightly(raw, start, count) if not start else b'<%d> ""' % start


def without_an_answer(raw: bytes, start: int, count: int) -> bytes:
    return rightly(raw, start, count) if not start else b""


def from_elsewhere(raw: bytes, start: int, count: int) -> bytes:
    return literal(raw[start + 11 : start + 11 + count], start)


def from_another_origin(raw: bytes, start: int, count: int) -> bytes:
    return literal(raw[: len(raw) - start], 0)


def with_other_boundaries(raw: bytes, start: int, count: int) -> bytes:
    return literal(raw.replace(b"Bob", b"Rob")[start : start + count], start)


def with_more_at_the_end(raw: bytes, start: int, count: int) -> bytes:
    return literal((raw + b"And more.\r\n")[start : start + count], start)


def without_its_end(raw: bytes, start: int, count: int) -> bytes:
    return literal(raw[:600_000][start : start + count], start)


PARTS = [
    rightly, at_most_half_a_megabyte, as_a_whole, with_nil, with_nil_always, with_an_empty_string, without_an_answer,
    from_elsewhere, from_another_origin, with_other_boundaries, with_more_at_the_end, without_its_end,
]  # fmt: skip


@contextmanager
def in_pieces(
    tmp_path: Path, raw: bytes, part: Callable[[bytes, int, int], bytes] = rightly, *, uid_last: bool = False
) -> Iterator[tuple[Piecewise, Mailroom]]:
    """Such a server, and a receiver that looks at it."""
    with Piecewise(raw, part, uid_last=uid_last) as tiny:
        imap = Server("127.0.0.1", tiny.port, Security.NONE, "anna")
        with mailroom(tmp_path, Account("anna", "Anna", "anna@clinic.test", imap, imap), "secret") as room:
            yield tiny, room


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
@pytest.mark.parametrize("uid_last", [False, True], ids=["uid first", "uid last"])
def test_however_a_server_hands_over_parts_the_message_is_the_one_it_has(
    tmp_path: Path, part: Callable[[bytes, int, int], bytes], uid_last: bool
) -> None:
    raw = large(2 * MB)
    with in_pieces(tmp_path, raw, part, uid_last=uid_last) as (tiny, room):
        with pytest.raises(NetworkProblem):
            room.look()
        assert on_its_way(room) > 400_000
        room.look()
        assert {row.subject: messages.raw(room.store.database, row.id) for row in room.rows()} == {
            "Large": raw,
            "Small": large(2_000, "Small"),
        }
        assert on_its_way(room) == 0
        if part in (rightly, at_most_half_a_megabyte) and not uid_last:
            assert not any(
                command.startswith(b"UID FETCH 7 (UID FLAGS INTERNALDATE BODY.PEEK[])") for command in tiny.asked
            )


def test_a_server_that_says_the_uid_last_goes_on_at_the_second_cut(tmp_path: Path) -> None:
    raw = large(2 * MB)
    with in_pieces(tmp_path, raw, uid_last=True) as (tiny, room):
        room.look_again_and_again(1)
        tiny._cut_at = 600_000
        room.look_again_and_again(1)
        assert arrivals.begun(room.store.database, room.folder().id)[7].received_bytes > 400_000
        room.look()
        assert messages.raw(room.store.database, room.by_subject()["Large"]) == raw
        assert any(b"BODY.PEEK[]<" in command for command in tiny.asked)


def test_a_server_that_wants_to_be_left_alone_costs_nothing_of_what_is_here(tmp_path: Path) -> None:
    raw = large(2 * MB)
    with in_pieces(tmp_path, raw) as (tiny, room):
        room.look_again_and_again(1)
        kept = on_its_way(room)
        tiny.refusal = b"BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds"
        with pytest.raises(ServerBusy):
            room.look()
        assert on_its_way(room) == kept > 400_000
        tiny.refusal = b""
        tiny.asked.clear()
        room.look()
        assert messages.raw(room.store.database, room.by_subject()["Large"]) == raw
        assert all(b"BODY.PEEK[]<" in command for command in tiny.asked)


def test_a_server_that_refuses_parts_gives_the_whole(tmp_path: Path) -> None:
    raw = large(2 * MB)
    with in_pieces(tmp_path, raw) as (tiny, room):
        room.look_again_and_again(1)
        tiny.refusal = b"NO what is that"
        room.look()
        assert messages.raw(room.store.database, room.by_subject()["Large"]) == raw
        assert on_its_way(room) == 0
