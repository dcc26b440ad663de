"""Threads in the store: however messages come and go, they are what the whole set gives."""

import json
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tui_mail.model.folder import FolderRole
from tui_mail.store import accounts, changes, folders, messages, threads
from tui_mail.store.database import AMONG, Database
from tui_mail.store.messages import NewMessage
from tui_mail.store.schema import _THREADS_UNCHECKED
from tui_mail.store.store import Store
from tui_mail.sync.threads import Tree, build_trees

KEY = bytes(range(32))
SUBJECTS = ("", "Plan", "Re: Plan", "Fwd: Other", "Other")
IDS = tuple(f"<{letter}@x>" for letter in "abcdefgh")


def join_by_subject(trees: Iterable[Tree]) -> dict[int, int]:
    """What the store must come to: the thread of each tree, by its root: the tree's own root, or the
    subject for orphans and for the oldest tree that they answer to."""
    known = list(trees)
    fresh: dict[int, Tree] = {}
    orphaned = {tree.subject for tree in known if tree.orphan}
    for tree in known:
        if not tree.orphan and tree.subject in orphaned:
            oldest = fresh.get(tree.subject)
            if oldest is None or (tree.date, tree.root) < (oldest.date, oldest.root):
                fresh[tree.subject] = tree
    anchors = {tree.root for tree in fresh.values()}
    return {tree.root: tree.subject if tree.orphan or tree.root in anchors else tree.root for tree in known}


MAIL = st.tuples(
    st.sampled_from(("", *IDS)),
    st.lists(st.sampled_from(IDS), max_size=3, unique=True).map(tuple),
    st.sampled_from(SUBJECTS),
    st.integers(1, 4),
)
SCRIPT = st.lists(
    st.one_of(
        st.lists(MAIL, min_size=1, max_size=4).map(lambda mails: ("come", mails)),
        st.lists(MAIL, min_size=1, max_size=4).map(lambda mails: ("come together", mails)),
        st.lists(st.integers(0, 30), min_size=1, max_size=3).map(lambda which: ("go", which)),
        st.tuples(st.integers(0, 30), MAIL).map(lambda change: ("opened", change)),
        st.tuples(st.integers(0, 30), st.integers(0, 1)).map(lambda change: ("moved", change)),
        st.integers(0, 30).map(lambda which: ("seen", which)),
    ),
    max_size=12,
)


def expected(db: Database) -> dict[int, int]:
    """Message to thread, computed from scratch out of what the store knows of every message."""
    trees = build_trees([mail for mail, _root in threads._load(db, _all_families(db))])
    joined = join_by_subject(trees)
    return {number: joined[tree.root] for tree in trees for number in tree.members}


def _all_families(db: Database) -> list[int]:
    return [family for (family,) in db.all("SELECT DISTINCT family FROM tree")]


def assert_consistent(db: Database) -> None:
    found = dict(db.all("SELECT id, thread FROM message"))
    assert found == expected(db)
    assert db.value("SELECT count(*) FROM threading") == len(found)
    assert {root for (root,) in db.all("SELECT root FROM tree")} == {
        root for (root,) in db.all("SELECT DISTINCT root FROM threading")
    }
    named = {one for mail, _root in threads._load(db, _all_families(db)) for one in (mail.own, *mail.references)}
    family_of = dict(db.all("SELECT id, family FROM mention"))
    assert named <= family_of.keys()
    for mail, root in threads._load(db, _all_families(db)):
        family = db.value("SELECT family FROM tree WHERE root = ?", (root,))
        assert {family_of[one] for one in (mail.own, *mail.references)} == {family}
    counted = db.all(
        "SELECT folder, thread, max(date), (SELECT id FROM message AS top WHERE top.folder = message.folder"
        " AND top.thread = message.thread ORDER BY date DESC, id DESC LIMIT 1), count(*), sum(flags & 1 = 0)"
        " FROM message WHERE folder IS NOT NULL GROUP BY folder, thread ORDER BY folder, thread"
    )
    kept = db.all("SELECT folder, thread, date, newest, total, unread FROM conversation ORDER BY folder, thread")
    assert kept == counted
    for folder, conversations in db.all("SELECT id, conversations FROM folder"):
        assert conversations == sum(row[0] == folder for row in kept)


def test_what_names_a_message_of_a_family_that_another_one_took_in_belongs_to_it(db: Database, inbox: int) -> None:
    letters = (("a", ""), ("b", ""), ("e", "b"), ("c", "a b"), ("d", "e"))
    for uid, (own, references) in enumerate(letters, start=1):
        named = tuple(f"<{one}@x>" for one in references.split())
        messages.save_message(db, inbox, NewMessage(uid, b"x", date=uid, message_id=f"<{own}@x>", references=named))
        assert_consistent(db)
    assert len({thread for (thread,) in db.all("SELECT thread FROM message")}) == 1


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SCRIPT)
def test_whatever_comes_and_goes_the_threads_are_those_of_the_whole_set(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, Any]]
) -> None:
    store = Store(tmp_path_factory.mktemp("threads") / "mail.db", KEY, create=True)
    db = store.database
    db.run("PRAGMA synchronous = OFF")
    accounts.save_account(db, "work", "a@x")
    places = [folders.save_folder(db, "work", name, FolderRole.NONE) for name in ("A", "B")]
    present: list[int] = []
    uid = 0
    for verb, what in script:
        if verb.startswith("come"):
            new = []
            for own, references, subject, date in what:
                uid += 1
                new.append(NewMessage(uid, b"x", 0, date, subject=subject, message_id=own, references=references))
            saved = messages.save_messages(db, places[0], new, threaded=verb == "come")
            if verb == "come together":
                own, references, subject, _date = what[-1]
                threads.set_headers(db, saved[0], own, references, subject)  # opened before it was threaded
                threads.thread_waiting(db, 100)
            present += saved
        elif present and verb == "go":
            gone = {present[which % len(present)] for which in what}
            messages.remove(db, gone)
            present = [number for number in present if number not in gone]
        elif present and verb == "opened":
            which, (own, references, subject, _date) = what
            threads.set_headers(db, present[which % len(present)], own, references, subject)
        elif present and verb == "moved":
            changes.move(db, [present[what[0] % len(present)]], places[what[1]])
        elif present and verb == "seen":
            changes.change_flags(db, [present[what % len(present)]], add=1)
        assert_consistent(db)
    store.close()


def save(db: Database, folder: int, *mails: tuple[str, tuple[str, ...], str], first: int = 1) -> tuple[int, ...]:
    new = [
        NewMessage(first + place, b"x", 0, first + place, subject=subject, message_id=own, references=references)
        for place, (own, references, subject) in enumerate(mails)
    ]
    return messages.save_messages(db, folder, new)


def same(db: Database, *numbers: int) -> bool:
    return len({threads.thread_of(db, number) for number in numbers}) == 1


def test_a_parent_that_comes_late_joins_what_waited_for_it(db: Database, inbox: int) -> None:
    one, two = save(db, inbox, ("<b@x>", ("<a@x>",), "Re: P"), ("<c@x>", ("<b@x>",), "Re: P"))
    (three,) = save(db, inbox, ("<a@x>", (), "P"), first=9)
    assert same(db, one, two, three)


def test_an_answer_in_sent_and_a_copy_in_the_archive_belong_to_the_conversation(
    db: Database, inbox: int, archive: int
) -> None:
    (question,) = save(db, inbox, ("<q@x>", (), "Q"))
    copy, answer = save(db, archive, ("<q@x>", (), "Q"), ("<r@x>", ("<q@x>",), "Re: Q"), first=2)
    assert same(db, question, copy, answer)
    assert threads.conversation(db, answer) == (question, copy, answer)


def test_two_accounts_share_no_threads(db: Database, inbox: int) -> None:
    accounts.save_account(db, "home", "b@y")
    other = folders.save_folder(db, "home", "INBOX", FolderRole.INBOX)
    (here,), (there,) = save(db, inbox, ("<q@x>", (), "Q")), save(db, other, ("<q@x>", (), "Q"))
    assert not same(db, here, there)


def test_two_people_who_write_the_same_subject_are_two_conversations_and_an_orphan_joins_the_older(
    db: Database, inbox: int
) -> None:
    one, two = save(db, inbox, ("<a@x>", (), "Appointment"), ("<b@x>", (), "Appointment"))
    assert not same(db, one, two)
    (answer,) = save(db, inbox, ("<c@x>", (), "Re: Appointment"), first=9)
    assert same(db, one, answer) and not same(db, one, two)
    messages.remove(db, [answer])
    assert not same(db, one, two)


def test_protected_fields_count_and_the_outer_ones_do_not(db: Database, inbox: int) -> None:
    """RFC 9788 section 4: header fields that are protected inside are the ones to use."""
    one, lured, two = save(db, inbox, ("<a@x>", (), "A"), ("<b@x>", ("<a@x>",), "[...]"), ("<c@x>", (), "C"))
    assert same(db, one, lured)
    assert threads.set_headers(db, lured, "<b@x>", ("<c@x>",), "Re: C")
    assert same(db, two, lured) and not same(db, one, lured)
    assert not threads.set_headers(db, lured, "<b@x>", ("<c@x>",), "Re: C")


def test_a_family_that_is_too_large_stays_one_and_costs_no_more(
    db: Database, inbox: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MAX_FAMILY", 5)
    numbers = save(db, inbox, *((f"<{n}@x>", ("<issue@x>",), f"Build {n}") for n in range(20)))
    more = save(db, inbox, ("<z@x>", ("<issue@x>",), "Build"), first=50)
    assert same(db, *numbers, *more)
    messages.remove(db, numbers[:3])
    assert same(db, *numbers[3:], *more)


def test_a_store_from_before_threads_gets_them_in_pieces(db: Database, inbox: int, path: Path) -> None:
    numbers = save(db, inbox, ("<a@x>", (), "A"), ("<b@x>", ("<a@x>",), "Re: A"), ("<c@x>", (), "C"))
    db.run("UPDATE message SET thread = NULL")
    for table in ("threading", "tree", "mention", "stale_tree"):
        db.run(f"DELETE FROM {table}")
    assert [threads.thread_waiting(db, 2) for _ in range(3)] == [2, 1, 0]
    assert_consistent(db)
    assert same(db, *numbers[:2])


def test_what_an_older_version_left_apart_is_put_together_in_pieces(db: Database, inbox: int) -> None:
    """Its families took others in without their ids: whoever named one of those began a conversation of his own."""
    letters = [("a", ""), ("b", ""), ("e", "b"), ("c", "a b"), ("d", "e"), ("z", "")]
    mails = [
        NewMessage(
            uid, b"x", date=uid, message_id=f"<{own}@x>", references=tuple(f"<{one}@x>" for one in named.split())
        )
        for uid, (own, named) in enumerate(letters, 1)
    ]
    numbers = [messages.save_message(db, inbox, mail) for mail in mails[:4]]
    (family,) = {family for (family,) in db.all("SELECT family FROM tree")}
    lost = [threads._number("id", "work", f"<{one}@x>") for one in "be"]
    db.run(f"UPDATE mention SET family = ? WHERE id {AMONG}", (family ^ 1, json.dumps(lost)))
    numbers += [messages.save_message(db, inbox, mail) for mail in mails[4:]]
    assert not same(db, numbers[0], numbers[4])
    db.run(_THREADS_UNCHECKED)
    assert int(db.value("SELECT value FROM note WHERE name = ?", (threads.UNCHECKED,))) == numbers[-1]
    assert [threads.look_through(db, 4) for _ in range(3)] == [(4, True), (2, False), (0, False)]
    assert_consistent(db)
    assert same(db, *numbers[:5]) and not same(db, numbers[0], numbers[5])
    assert threads.look_through(db, 4) == (0, False)


def test_a_new_store_has_nothing_to_look_through(db: Database, inbox: int) -> None:
    save(db, inbox, ("<a@x>", (), ""))
    assert threads.look_through(db, 10) == (0, False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MAIL, min_size=3, max_size=12), st.lists(st.integers(0, 7), max_size=6), st.lists(MAIL, max_size=6))
@example([("", (), "", 1), ("", (), "", 1), ("<e@x>", (), "Re: Plan", 1)], [4], [("<e@x>", (), "", 1)])
@example([("", (), "", 1), ("", (), "", 1), ("<e@x>", (), "Re: Plan", 1)], [4], [("<e@x>", (), "", 2)])
def test_whatever_was_wrong_with_who_names_whom_is_right_after_a_look_through(first, spoiled, then) -> None:
    with tempfile.TemporaryDirectory() as place, closing(Store(Path(place) / "mail.db", KEY, create=True)) as store:
        db = store.database
        accounts.save_account(db, "work", "anna@clinic.example")
        inbox = folders.save_folder(db, "work", "INBOX", FolderRole.INBOX)
        mails = [
            NewMessage(n, b"x", date=d, message_id=o, references=r, subject=s)
            for n, (o, r, s, d) in enumerate((*first, *then), 1)
        ]
        messages.save_messages(db, inbox, mails[: len(first)])
        other = "SELECT family FROM mention WHERE family <> ?1 ORDER BY id LIMIT 1"
        for which in spoiled:
            one = threads._number("id", "work", IDS[which])
            db.run(f"UPDATE mention SET family = coalesce(({other}), 1) WHERE id = ?1", (one,))
        for mail in mails[len(first) :]:
            messages.save_message(db, inbox, mail)
        db.run("INSERT INTO note(name, value) VALUES (?, ?)", (threads.UNCHECKED, b"%d" % len(mails)))
        while threads.look_through(db, 3)[0]:
            pass
        assert_consistent(db)
