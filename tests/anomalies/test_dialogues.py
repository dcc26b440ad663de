"""Servers that cannot be installed here, as their documentation and other programs' issue trackers describe them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.anomalies.dialogue import Dialogue, letter
from tests.mailroom import Mailroom, mailroom
from tui_mail.engine.messages import Notice
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.errors import ConnectionLost, LoginRefused, NetworkProblem, ServerRefused
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag
from tui_mail.store import changes, folders


@contextmanager
def met(tmp_path: Path, name: str) -> Iterator[Mailroom]:
    """A receiver that meets this server."""
    with Dialogue(name) as dialogue:
        imap = Server("127.0.0.1", dialogue.port, Security.NONE, "anna")
        with mailroom(tmp_path, Account("anna", "Anna", "anna@clinic.test", imap, imap), "secret") as room:
            try:
                yield room
            except NetworkProblem:
                assert not dialogue.problem, dialogue.problem
                raise


def here(room: Mailroom, name: str = "INBOX") -> dict[int, tuple[bytes | None, int]]:
    return room.content(name)


def refusals(room: Mailroom) -> int:
    return sum(isinstance(event, Notice) and "refused to hand over" in event.sentence for event in room.events)


def test_exchange_hands_over_what_it_can_and_is_met_again_when_it_forgets_who_we_are(tmp_path: Path) -> None:
    with met(tmp_path, "exchange") as room:
        with pytest.raises((ServerRefused, ConnectionLost)):
            room.look()
        room.look()
        assert here(room) == {4: (letter("one"), Flag.SEEN), 6: (letter("three"), 0)}
        assert refusals(room) == 1
        assert room.folder("Sent Items").role is FolderRole.SENT and not room.folder("Public Folders").selectable


def test_gmail_shows_no_message_twice_and_its_limits_are_no_wrong_password(tmp_path: Path) -> None:
    with met(tmp_path, "gmail") as room:
        with pytest.raises(ServerRefused, match="cannot log anna in now") as refused:
            room.look()
        assert not isinstance(refused.value, LoginRefused)
        room.look()
        assert here(room) == {7: (letter("in-the-inbox"), Flag.FLAGGED)}
        assert here(room, "[Gmail]/All Mail") == {21: (letter("archived"), Flag.SEEN)}
        assert room.folder("[Gmail]/All Mail").role is FolderRole.ARCHIVE
        assert not any(room.folder(f"[Gmail]/{view}").selectable for view in ("Starred", "Important"))
        room.look()
        assert here(room, "[Gmail]/All Mail") == {} and len(here(room)) == 1


def test_courier_keeps_everything_below_inbox(tmp_path: Path) -> None:
    with met(tmp_path, "courier") as room:
        problems = room.look().problems
        assert here(room) == {1: (letter("one"), 0)}
        assert room.folder("INBOX.Entwürfe").role is FolderRole.DRAFTS
        assert room.folder("INBOX.Gesendet").role is FolderRole.SENT
        assert len(problems) == 1 and "Unable to open this mailbox" in problems[0]


def test_icloud_and_an_empty_answer_that_is_no_empty_message(tmp_path: Path) -> None:
    with met(tmp_path, "icloud") as room:
        room.look()
        assert here(room) == {1: (letter("one"), Flag.SEEN), 3: (letter("three"), 0)}
        assert refusals(room) == 1
        assert room.folder("Sent Messages").role is FolderRole.SENT


def test_protons_bridge_refuses_what_it_announces(tmp_path: Path) -> None:
    with met(tmp_path, "proton") as room:
        room.look()
        assert not room.folder("All Mail").selectable
        changes.delete(room.store.database, [room.by_subject()["one"]])
        assert room.look().problems == ()
        assert here(room) == {2: (letter("two"), 0)}
        assert changes.waiting_count(room.store.database, "anna") == 0


def test_domino_and_a_grammar_that_is_broken(tmp_path: Path) -> None:
    with met(tmp_path, "domino") as room:
        room.look()
        assert here(room) == {5: (letter("one"), Flag.SEEN), 6: (letter("two"), Flag.SEEN), 8: (letter("four"), 0)}
        assert room.folder("Drafts").role is FolderRole.DRAFTS
        names = {folder.name for folder in folders.folders(room.store.database, "anna")}
        assert names == {"INBOX", "Drafts", "Other Users\\Bert"}
