import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui_mail.model.security import Letter, MessageSecurity, Summary, Verdict
from tui_mail.store import changes, judgements, messages
from tui_mail.store.database import Database
from tui_mail.store.judgements import Judgement
from tui_mail.store.messages import NewMessage
from tui_mail.store.search import parse_query
from tui_mail.store.window import SearchWindow

PLAIN = MessageSecurity(Summary.NONE, Verdict(Letter.NONE))
MAIL = [
    # uid, date, sender, key, recipients, subject, text
    (1, 100, "Anna Muster", "anna@clinic.example", "bert@lab.example", "Befund Knie", "Das Röntgenbild zeigt nichts."),
    (2, 300, "Bert", "bert@lab.example", "anna@clinic.example", "Re: Befund Knie", "Danke, ein x-ray genügt."),
    (3, 200, "News", "news@shop.example", "anna@clinic.example", "50% off", 'say "hello" AND (NEAR) * ^ body: OR'),
]


@pytest.fixture
def ids(db: Database, inbox: int) -> dict[int, int]:
    """Message number to UID."""
    found = {}
    for uid, date, sender, key, recipients, subject, text in MAIL:
        number = messages.save_message(db, inbox, NewMessage(uid, b"x", date=date))
        judgements.save_judgement(
            db,
            number,
            Judgement(PLAIN, sender=sender, sender_key=key, recipients=recipients, subject=subject, search_text=text),
        )
        found[number] = uid
    return found


def hits(db: Database, query: str, folder_id: int | None = None) -> list[int]:
    window = SearchWindow(db, parse_query(query), folder_id)
    rows = [window.row(index) for index in range(window.total)]
    return [db.value("SELECT uid FROM message WHERE id = ?", (row.id,)) for row in rows if row is not None]


@pytest.mark.parametrize(
    ("query", "uids"),
    [
        ("befund", [2, 1]),
        ("bef", [2, 1]),
        ("BEFUND kn", [2, 1]),
        ("bef knie", []),  # only the last word may be a beginning
        ("rontgenbild", [1]),  # accents do not matter
        ("anna", [2, 3, 1]),
        ("from:anna", [1]),
        ("from:anna@clinic.example", [1]),
        ("sender:muster", [1]),
        ("to:anna subject:off", [3]),
        ("subject:befund danke", [2]),
        ("x-ray", [2]),
        ('"befund knie"', [2, 1]),
        ('"knie befund"', []),
        ("50%", [3]),
        ("http:nichts", []),  # no field of ours: two words
        ("", []),
        ("  \t ", []),
        ('"', []),
        ("*", []),
    ],
)
def test_search_finds(db: Database, ids: dict[int, int], query: str, uids: list[int]) -> None:
    assert hits(db, query) == uids


@given(
    st.text(max_size=40)
    | st.from_regex(r"""[a-z"*:^()+\-{} ]{0,30}(AND|OR|NOT|NEAR)[a-z"*:^() ]{0,9}""", fullmatch=True)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_nothing_that_a_person_types_is_a_syntax_error(db: Database, text: str) -> None:
    SearchWindow(db, parse_query(text.encode("utf-8", "replace").decode()))


def test_what_was_deleted_or_judged_anew_is_not_found_by_its_old_words(db: Database, ids: dict[int, int]) -> None:
    first, second, third = ids
    judgements.save_judgement(db, first, Judgement(PLAIN, subject="something else"))
    messages.remove(db, [second])
    changes.delete(db, [third])
    assert hits(db, "befund") == [] and hits(db, "hello") == [] and hits(db, "something") == [1]


def test_a_search_stays_in_its_folder(db: Database, inbox: int, archive: int, ids: dict[int, int]) -> None:
    changes.move(db, [next(iter(ids))], archive)
    assert hits(db, "befund", inbox) == [2] and hits(db, "befund", archive) == [1] and hits(db, "befund") == [2, 1]


def test_a_search_without_end_says_that_there_is_more(
    db: Database, ids: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SearchWindow, "MAX_HITS", 2)
    window = SearchWindow(db, parse_query("anna"))
    assert (window.total, window.complete) == (2, False)
    assert SearchWindow(db, parse_query("from:anna")).complete


@pytest.mark.parametrize(
    ("query", "uids"),
    [
        ("is:unread", [2, 3, 1]),
        ("is:read", []),
        ("is:read befund", []),
        ("is:unread befund", [2, 1]),
        ("befund is:unread", [2, 1]),
        ("bef is:unread", [2, 1]),  # the last word may be a beginning, also when a filter stands behind it
        ("sort:oldest", [1, 3, 2]),
        ("sort:from", [1, 2, 3]),
        ("sort:-subject", [2, 1, 3]),
        ("sort:enc sort:unread", [2, 3, 1]),
        ("sort:subject", [3, 1, 2]),
        ("anna sort:oldest", [1, 3, 2]),
        ("is:encrypted", []),
        ("has:attachment", []),
        ("sig:N", []),
        ("sig:Q", []),  # no letter: two words that nothing holds
        ("before:1970-01-01", []),
        ("after:1969-12-30 before:1970-01-03", [2, 3, 1]),
        ("after:soon", []),
    ],
)
def test_filters_and_orders_go_with_words_and_without(
    db: Database, ids: dict[int, int], query: str, uids: list[int]
) -> None:
    assert hits(db, query) == uids


def test_words_are_looked_for_everywhere_and_filters_in_the_open_folder() -> None:
    assert parse_query("is:unread").stays and parse_query("sort:from").stays and parse_query("befund in:here").stays
    assert not parse_query("befund").stays and not parse_query("befund is:unread").stays


def test_mail_that_comes_one_by_one_leaves_the_index_in_few_pieces(db: Database, inbox: int) -> None:
    """A question looks into each; without putting them together there would be one for each message."""
    for uid in range(1, 301):
        number = messages.save_message(db, inbox, NewMessage(uid, b"x", date=uid))
        judgements.save_judgement(db, number, Judgement(PLAIN, search_text=f"befund {uid}"))
    assert db.value("SELECT count(DISTINCT segid) FROM search_idx") < 64
    assert len(hits(db, "befund")) == 300
    assert hits(db, "body:77") == [77]
