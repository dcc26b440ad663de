"""While mail streams in it is listed first; the top of the list gets its letters all the same."""

import threading
from pathlib import Path

import pytest

from tests.anomalies.tiny_server import TinyServer
from tests.mailroom import mailroom
from tui_mail.engine.jobs import sync_folder
from tui_mail.engine.jobs.judge import FIRST_BATCH, SCREENFUL, STORED_TOGETHER, Judge
from tui_mail.engine.messages import Event, Progress, StoreChanged
from tui_mail.engine.opener import AHEAD_BYTES
from tui_mail.model.account import Account, Security, Server
from tui_mail.store import folders, messages
from tui_mail.store.judgements import unjudged_count
from tui_mail.store.messages import NewMessage


def letter(number: int) -> bytes:
    return b"From: b@x.test\r\nSubject: %d\r\nMessage-ID: <%d@x.test>\r\n\r\nText.\r\n" % (number, number)


def test_the_judge_lets_mail_pass_that_streams_in_and_finishes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_folder, "MAX_BATCH_SECONDS", 60.0)  # on any machine
    many = sync_folder.MAX_BATCH_MESSAGES * 2 + 100
    with TinyServer({number: letter(number) for number in range(1, many + 1)}) as server:
        imap = Server("localhost", server.port, Security.NONE, "anna")
        with mailroom(tmp_path, Account("anna", "Anna", "anna@clinic.test", imap, imap), "any") as room:
            judge = Judge(room.session)
            left: list[int] = []
            woken: list[bool] = []
            publish = room.session.publish

            def judge_now() -> None:
                woken.append(bool(room.session.hurried))
                while judge.turn() == 0.0 and unjudged_count(room.store.database):
                    pass

            def look_aside(event: Event) -> None:
                publish(event)
                if isinstance(event, Progress) and event.task.startswith("sync:") and room.session.hurried:
                    while judge.turn() == 0.0:
                        pass
                    left.append(unjudged_count(room.store.database))

            room.session.wake_judge = judge_now
            monkeypatch.setattr(room.session, "publish", look_aside)
            room.look()
            assert True not in woken
            assert left and max(left) >= sync_folder.MAX_BATCH_MESSAGES - 2 * SCREENFUL
            assert not room.session.hurried
            assert unjudged_count(room.store.database) == 0  # woken once more when the folder was complete
            assert len(room.rows()) == many
            newest = [row.sig is not None for row in room.rows()[:SCREENFUL]]
            assert all(newest)


def test_a_turn_ends_when_somebody_waits_for_the_trust_mutex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_mail.engine.jobs.judge.TURN_SECONDS", float("inf"))
    size = 20_000
    ahead = AHEAD_BYTES // size + 1
    many = FIRST_BATCH + STORED_TOGETHER + 2 * ahead
    imap = Server("localhost", 1, Security.NONE, "anna")
    with mailroom(tmp_path, Account("anna", "Anna", "anna@clinic.test", imap, imap), "any") as room:
        db, mutex = room.store.database, room.session.trust_mutex
        inbox = folders.save_folder(db, "anna", "INBOX")
        body = b"word " * (size // 5)
        messages.save_messages(db, inbox, [NewMessage(uid, letter(uid) + body) for uid in range(1, many + 1)])
        judge = Judge(room.session)
        assert judge.turn() == 0.0  # the top of the list
        let_in: list[int] = []

        def somebody() -> None:
            with mutex:
                let_in.append(unjudged_count(room.store.database))

        person = threading.Thread(target=somebody)

        def look_aside(event: Event) -> None:
            if isinstance(event, StoreChanged) and not let_in and not person.ident:
                person.start()
                while not mutex.wanted:
                    pass

        monkeypatch.setattr(room.session, "publish", look_aside)
        assert judge.turn() == 0.0
        person.join()
        assert len(let_in) == 1 and let_in[0] >= many - FIRST_BATCH - STORED_TOGETHER - ahead > 0
        while judge.turn() == 0.0:
            pass
        assert unjudged_count(db) == 0
