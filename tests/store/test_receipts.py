from tui_mail.store import receipts
from tui_mail.store.database import Database


def test_a_receipt_is_owed_once_even_after_it_left(db: Database) -> None:
    assert receipts.owe(db, "work", "<1@x>", "ben@x", "processed", 10)
    assert not receipts.owe(db, "work", "<1@x>", "ben@x", "processed", 20)
    owed = receipts.next_owed(db)
    assert owed is not None and (owed.message_id, owed.sender, owed.queued_at) == ("<1@x>", "ben@x", 10)
    receipts.done(db, owed.id, 30)
    assert receipts.next_owed(db) is None and receipts.last_done(db) == 30
    assert not receipts.owe(db, "work", "<1@x>", "ben@x", "processed", 40)


def test_the_oldest_leaves_first_and_one_that_cannot_leave_takes_nobodys_turn(db: Database) -> None:
    for kind in ("processed", "dispatched"):
        receipts.owe(db, "work", "<1@x>", "ben@x", kind, 10)
    first = receipts.next_owed(db)
    assert first is not None and first.kind == "processed"
    receipts.done(db, first.id, 30, "no certificate")
    second = receipts.next_owed(db)
    assert second is not None and second.kind == "dispatched"
    assert receipts.last_done(db) == 0
