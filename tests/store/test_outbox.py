import pytest

from tui_mail.model.address import Address
from tui_mail.model.errors import StoreError
from tui_mail.model.message import Draft, OutboxState
from tui_mail.store import outbox
from tui_mail.store.database import Database
from tui_mail.store.outbox import Attachment, Copy

DRAFT = Draft("work", to=(Address("b@x"),), cc=(Address("c@x"),), bcc=(Address("d@x"),), subject="hello", body="text")
COPIES = (Copy(("b@x", "c@x"), b"open"), Copy(("d@x",), b"hidden"), Copy((), b"open"))


@pytest.fixture
def number(db: Database) -> int:
    return outbox.queue_draft(db, DRAFT, [Attachment("a.txt", "text/plain", b"\0file")], message_id="<1@x>", created=5)


def test_a_draft_comes_back_with_its_files_and_its_message_id(db: Database, number: int) -> None:
    assert outbox.draft(db, number) == (DRAFT, (Attachment("a.txt", "text/plain", b"\0file"),), "<1@x>")


def test_an_entry_is_listed_until_it_is_filed(db: Database, number: int) -> None:
    (entry,) = outbox.entries(db)
    assert (entry.state, entry.recipients, entry.subject) == (OutboxState.QUEUED, ("b@x", "c@x", "d@x"), "hello")
    outbox.set_state(db, number, OutboxState.FILED)
    assert outbox.entries(db) == () and outbox.draft(db, number) is None
    filed = outbox.entry(db, number)
    assert filed is not None and (filed.state, filed.subject) == (OutboxState.FILED, "")


def test_filing_leaves_no_content_behind(db: Database, number: int) -> None:
    outbox.save_copies(db, number, COPIES)
    outbox.set_state(db, number, OutboxState.FILED)
    for table in ("outbox_attachment", "outbox_copy"):
        assert db.value(f"SELECT count(*) FROM {table}") == 0
    assert db.value("SELECT length(draft) FROM outbox") == 0


def test_final_bytes_make_the_entry_ready_and_replace_its_files(db: Database, number: int) -> None:
    outbox.save_copies(db, number, COPIES)
    assert [(copy.recipients, copy.raw, copy.state) for copy in outbox.copies(db, number)] == [
        (copy.recipients, copy.raw, OutboxState.READY) for copy in COPIES
    ]
    found = outbox.draft(db, number)
    assert found is not None and found[1] == ()
    assert outbox.entries(db)[0].state is OutboxState.READY


@pytest.mark.parametrize("state", [OutboxState.SENT, OutboxState.SUBMITTING, OutboxState.UNKNOWN])
def test_bytes_that_may_have_left_are_never_replaced(db: Database, number: int, state: OutboxState) -> None:
    outbox.save_copies(db, number, COPIES)
    outbox.set_copy_state(db, number, 1, state)
    with pytest.raises(StoreError, match="may have left"):
        outbox.save_copies(db, number, COPIES[:1])
    assert len(outbox.copies(db, number)) == 3


def test_a_copy_can_be_narrowed_to_those_who_lack_it(db: Database, number: int) -> None:
    outbox.save_copies(db, number, COPIES)
    outbox.set_copy_recipients(db, number, 0, ["c@x"])
    assert outbox.copies(db, number)[0].recipients == ("c@x",)


def test_attempts_problems_and_the_next_attempt_are_kept(db: Database, number: int) -> None:
    assert [outbox.count_attempt(db, number), outbox.count_attempt(db, number)] == [1, 2]
    outbox.set_state(db, number, OutboxState.READY, problem="The server is away.", retry_at=99)
    (entry,) = outbox.entries(db)
    assert (entry.attempts, entry.problem, outbox.retry_at(db, number)) == (2, "The server is away.", 99)


def test_a_discarded_entry_is_gone_with_everything(db: Database, number: int) -> None:
    outbox.discard(db, number)
    assert outbox.entry(db, number) is None and db.value("SELECT count(*) FROM outbox_attachment") == 0
