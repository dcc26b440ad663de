"""Servers that cannot be installed here, as their documentation and other programs' issue trackers describe them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.anomalies.dialogue import Dialogue, letter
from tests.mailroom import Mailroom, mailroom
from tui_mail.engine.messages import Notice
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.errors import ConnectionLost, LoginRefused, NetworkProblem, ServerBusy, ServerRefused
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag
from tui_mail.store import changes, folders, messages, place_holders


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


def test_yahoo_whose_count_of_changes_says_nothing(tmp_path: Path) -> None:
    with met(tmp_path, "yahoo") as room:
        room.look()
        assert here(room) == {11: (letter("one"), Flag.SEEN), 13: (letter("three"), Flag.FORWARDED)}
        assert refusals(room) == 1
        assert room.folder("Sent").role is FolderRole.SENT and room.folder().role is FolderRole.INBOX
        assert room.look().flag_changes == 1
        assert here(room)[13] == (letter("three"), Flag.SEEN | Flag.FORWARDED)


def test_zimbra_that_cannot_list_takes_nothing_away(tmp_path: Path) -> None:
    with met(tmp_path, "zimbra") as room:
        problems = room.look().problems
        assert len(problems) == 2 and all("SELECT failed" in problem for problem in problems)
        with pytest.raises(ServerRefused, match="LIST failed"):
            room.look()
        assert here(room) == {259: (letter("one"), 0)}
        assert {folder.name for folder in folders.folders(room.store.database, "anna")} == {
            "INBOX",
            "Chats",
            "Contacts",
        }


def test_hmailserver_is_never_asked_for_what_lies_behind_the_end(tmp_path: Path) -> None:
    with met(tmp_path, "hmailserver") as room:
        room.session.settings = replace(room.session.settings, large_messages_mb=1)
        room.look()
        (row,) = room.rows()
        held = place_holders.held_back(room.store.database, row.id)
        assert held is not None and held.size_bytes == 2_000_000
        assert b"Hello." in (messages.raw(room.store.database, row.id) or b"")


def test_groupwise_has_login_alone_and_talks_in_between(tmp_path: Path) -> None:
    with met(tmp_path, "groupwise") as room:
        problems = room.look().problems
        assert len(problems) == 1 and "Unexpected error" in problems[0]
        assert here(room) == {7: (letter("one"), Flag.SEEN), 8: (letter("two"), 0)}
        assert room.folder("Sent Items").role is FolderRole.SENT and not room.folder("Cabinet").selectable


def test_davmail_that_keeps_us_patient_with_spaces_takes_nothing_away(tmp_path: Path) -> None:
    with met(tmp_path, "davmail") as room:
        room.look()
        assert here(room) == {7: (letter("one"), 0), 8: (letter("two"), 0)}
        result = room.look()
        assert (result.expunged, len(here(room))) == (0, 2)


def test_exchange_that_has_enough_is_left_alone_as_long_as_it_asks(tmp_path: Path) -> None:
    with met(tmp_path, "exchange-throttled") as room:
        with pytest.raises(ServerBusy, match="tried again in 5 minutes") as busy:
            room.look()
        assert busy.value.retry_seconds == pytest.approx(299.961)
        assert refusals(room) == 0


def test_fastmail_whose_folders_changed_names_hears_of_a_change_in_the_right_one(tmp_path: Path) -> None:
    with met(tmp_path, "fastmail") as room:
        room.look()
        plan = room.by_subject("Plans")["plan"]
        changes.change_flags(room.store.database, [plan], add=Flag.FLAGGED)
        result = room.look()
        assert result.new_messages == result.expunged == 0
        assert room.by_subject("Old") == {"plan": plan} and list(room.by_subject("Plans")) == ["note"]
        assert changes.waiting_count(room.store.database, "anna") == 1
        with pytest.raises(ServerRefused):
            room.look()
        assert changes.waiting_count(room.store.database, "anna") == 0
