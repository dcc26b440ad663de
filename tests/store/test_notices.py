from tui_mail.model.address import Address
from tui_mail.model.delivery import DeliveryKind, DeliveryNotice
from tui_mail.model.message import Draft, OutboxState
from tui_mail.store import notices, outbox
from tui_mail.store.database import Database

SENT = "<m1@clinic.example>"
READ = DeliveryNotice(SENT, DeliveryKind.DISPLAYED, "ben@example.org", 100, "Gelesen")


def send(db: Database) -> None:
    number = outbox.queue_draft(db, Draft("work", to=(Address("ben@example.org"),)), (), message_id=SENT, created=5)
    outbox.set_state(db, number, OutboxState.FILED)


def test_a_notice_stays_with_the_sent_message_after_it_is_filed(db: Database) -> None:
    send(db)
    assert notices.save_notice(db, READ)
    assert notices.notices(db, SENT) == (READ,)


def test_nothing_is_kept_about_a_message_that_was_never_sent(db: Database) -> None:
    assert not notices.save_notice(db, READ)
    assert notices.notices(db, SENT) == ()


def test_the_first_of_a_kind_counts_but_a_confirmed_one_replaces_it(db: Database) -> None:
    send(db)
    notices.save_notice(db, READ)
    assert not notices.save_notice(db, DeliveryNotice(SENT, DeliveryKind.DISPLAYED, "ben@example.org", 200))
    confirmed = DeliveryNotice(SENT, DeliveryKind.DISPLAYED, "ben@example.org", 300, "signed", confirmed=True)
    assert notices.save_notice(db, confirmed)
    assert not notices.save_notice(db, READ)
    assert notices.notices(db, SENT) == (confirmed,)


def test_notices_come_oldest_first_and_have_an_end(db: Database) -> None:
    send(db)
    for number in range(notices.MAX_NOTICES + 5):
        notices.save_notice(db, DeliveryNotice(SENT, DeliveryKind.FAILED, f"{number}@x", 2000 - number, "x" * 9000))
    found = notices.notices(db, SENT)
    assert len(found) == notices.MAX_NOTICES
    assert [one.when for one in found] == sorted(one.when for one in found)
    assert max(len(one.text) for one in found) == notices.MAX_TEXT


def test_foreign_text_that_no_database_takes_is_kept_readable(db: Database) -> None:
    send(db)
    assert notices.save_notice(db, DeliveryNotice(SENT, DeliveryKind.FAILED, "\ud800@x", 1, "a\0b\udcff"))
    assert len(notices.notices(db, SENT)) == 1
