import pytest
from msgspec.structs import replace

from tui_mail.model.address import Address
from tui_mail.model.message import Draft, DraftAttachment, Protection
from tui_mail.store import drafts
from tui_mail.store.database import Database
from tui_mail.store.outbox import Attachment

DRAFT = Draft("work", to=(Address("b@x"),), subject="Half", body="a", protection=Protection(encrypt=True))
MORE = Draft("work", to=(Address("b@x"),), subject="Half", body="a b")


def save(db: Database, draft: Draft = DRAFT, number: int = 0, at: int = 100, closed: bool = False) -> int:
    return drafts.save_draft(db, draft, message_id=f"<{at}@x>", changed=at, number=number, closed=closed)


def test_what_was_typed_comes_back_and_is_listed_newest_first(db: Database) -> None:
    first, second = save(db), save(db, MORE, at=200)
    save(db, MORE, number=first, at=300)
    assert drafts.draft(db, first) == MORE
    assert [(entry.id, entry.changed, entry.encrypt) for entry in drafts.entries(db)] == [
        (first, 300, False),
        (second, 200, False),
    ]


def test_the_server_is_told_after_a_while_and_not_at_every_key(db: Database) -> None:
    number = save(db, at=100)
    save(db, MORE, number=number, at=120)
    assert drafts.waiting(db, "work", 129) == ()
    (due,) = drafts.waiting(db, "work", 130)  # the first change counts, or who never rests would never be saved
    drafts.uploaded(db, number, due.revision, 7)
    assert drafts.waiting(db, "work", 999) == () and drafts.next_due(db) == ()
    save(db, DRAFT, number=number, at=500)
    assert drafts.next_due(db) == (("work", 530),)
    save(db, DRAFT, number=number, at=510, closed=True)
    assert drafts.next_due(db) == (("work", 510),)


def test_what_was_typed_while_it_was_uploaded_is_uploaded_again(db: Database) -> None:
    number = save(db)
    (due,) = drafts.waiting(db, "work", 999)
    save(db, MORE, number=number, at=200)
    drafts.uploaded(db, number, due.revision, 7)
    assert [one.revision for one in drafts.waiting(db, "work", 999)] == [2]


def test_saving_the_same_again_changes_nothing(db: Database) -> None:
    number = save(db)
    assert save(db, number=number, at=900) == number
    assert drafts.entries(db)[0].changed == 100


def test_a_removed_draft_leaves_no_content_but_its_mark_until_the_server_knows(db: Database) -> None:
    number, _ = drafts.save_with_files(db, DRAFT, [Attachment("a", "b/c", b"x")], message_id="<1@x>", changed=1)
    assert drafts.remove(db, number, 50) == "work"
    assert drafts.draft(db, number) is None and drafts.entries(db) == ()
    assert db.value("SELECT length(content) FROM draft") == 0 and db.value("SELECT count(*) FROM draft_attachment") == 0
    (gone,) = drafts.waiting(db, "work", 50)
    assert gone.gone and gone.message_id == "<1@x>"
    drafts.forget(db, number)
    assert drafts.waiting(db, "work", 50) == ()
    assert drafts.remove(db, number, 60) is None


def test_a_draft_that_was_sent_meanwhile_is_saved_as_a_new_one_and_never_lost(db: Database) -> None:
    number = save(db)
    drafts.remove(db, number, 5)
    again = save(db, MORE, number=number)
    assert again != number and drafts.draft(db, again) == MORE


def test_a_draft_that_goes_to_another_account_leaves_the_old_one_and_keeps_its_files(db: Database) -> None:
    number, whole = drafts.save_with_files(
        db, DRAFT, [Attachment("a.txt", "text/plain", b"A")], message_id="<1@x>", changed=1
    )
    drafts.uploaded(db, number, 1, 7)
    moved = save(db, replace(whole, account="home"), number=number, at=50)
    assert moved != number and drafts.draft(db, number) is None
    kept = drafts.draft(db, moved)
    assert kept is not None and kept.attachments[0].stored is not None
    assert drafts.file(db, kept.attachments[0].stored) == Attachment("a.txt", "text/plain", b"A")
    assert [(one.id, one.gone) for one in drafts.waiting(db, "work", 999)] == [(number, True)]
    assert [(one.id, one.gone) for one in drafts.waiting(db, "home", 999)] == [(moved, False)]


def test_files_lie_in_the_store_until_the_draft_no_longer_names_them(db: Database) -> None:
    files = [Attachment("a.txt", "text/plain", b"one"), Attachment("b.txt", "text/plain", b"two")]
    number, whole = drafts.save_with_files(db, DRAFT, files, message_id="<1@x>", changed=1)
    assert [(file.name, file.size_bytes) for file in whole.attachments] == [("a.txt", 3), ("b.txt", 3)]
    kept = whole.attachments[1]
    assert kept.stored is not None and drafts.file(db, kept.stored) == files[1]
    outside = DraftAttachment("/tmp/c.txt", "c.txt")
    save(db, Draft("work", to=(), attachments=(kept, outside)), number=number)
    assert whole.attachments[0].stored is not None and drafts.file(db, whole.attachments[0].stored) is None
    assert drafts.file(db, kept.stored) == files[1]


@pytest.mark.parametrize(("uid", "typed", "ours"), [(7, False, True), (8, False, False), (8, True, True)])
def test_a_copy_that_another_program_changed_is_no_longer_ours(db: Database, uid: int, typed: bool, ours: bool) -> None:
    number = save(db)
    drafts.uploaded(db, number, 1, 7)
    if typed:
        save(db, MORE, number=number, at=300)
    assert drafts.number_of(db, "<100@x>", uid) == (number if ours else None)
