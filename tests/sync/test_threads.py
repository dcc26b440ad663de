"""RFC 5256: base subjects, and threads as a function of the set of messages."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers import MailServers
from tests.vectors import vectors
from tui_mail.mime.envelope import read_envelope
from tui_mail.sync.threads import Mail, base_subject, build_trees, families

USER = "dora@office.test"


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("Hello", "hello", False),
        ("Re: Hello", "hello", True),
        ("RE: re:  Fwd: Hello ", "hello", True),
        ("Re[2]: Hello", "hello", True),
        ("AW: Wg: Grüße", "grüsse", True),
        ("[list] Re: Hello", "hello", True),
        ("[list] Hello", "hello", False),
        ("[only]", "[only]", False),
        ("Hello (fwd)", "hello", True),
        ("Hello (fwd) (FWD) ", "hello", True),
        ("[Fwd: Re: Hello]", "hello", True),
        ("a\r\n  b\t c", "a b c", False),
        ("Re:", "", True),
        ("", "", False),
        ("Regarding: x", "regarding: x", False),
        ("Re: [a][b] [c] x", "x", True),
        ("Re:\tRe :\n  Rent \u2003 due", "rent due", True),
        ("Rent (fwd) (FWD)", "rent", True),
        ("Rent (of May)", "rent (of may)", False),
        ("[list] [fwd: Re: Rent (fwd)]", "rent", True),
        ("12:30 in the hall", "12:30 in the hall", False),
        ("[list]", "[list]", False),
    ],
)
def test_the_base_subject_rfc_5256_section_2_1(subject: str, base: str, is_reply: bool) -> None:
    assert base_subject(subject) == (base, is_reply)


@given(st.text(st.sampled_from("re: fwd[]()ab "), max_size=40))
def test_a_base_subject_is_its_own_base(subject: str) -> None:
    base, _ = base_subject(subject)
    assert base_subject(base)[0] == base


def test_a_long_hostile_subject_costs_little() -> None:
    for hostile in ("[" * 100_000, "re: " * 100_000, "[a]" * 100_000, "(fwd)" * 100_000, " " * 100_000):
        base_subject(hostile)


def trees(*mails: Mail) -> set[frozenset[int]]:
    return {frozenset(tree.members) for tree in build_trees(mails)}


def test_an_answer_hangs_on_what_it_names_even_when_that_is_not_here() -> None:
    assert trees(Mail(1, 10), Mail(2, 20, (10,)), Mail(3, 30, (10, 20)), Mail(4, 40)) == {
        frozenset({1, 2, 3}),
        frozenset({4}),
    }
    assert trees(Mail(2, 20, (10,)), Mail(3, 30, (10,))) == {frozenset({2, 3})}


def test_no_link_makes_a_loop_step_1_a() -> None:
    assert len(build_trees([Mail(1, 10, (20,)), Mail(2, 20, (10,)), Mail(3, 30, (10, 20, 10))])) == 1
    assert trees(Mail(1, 10, (10,))) == {frozenset({1})}


def test_what_a_message_says_of_its_own_parent_counts_more_than_what_others_say_step_1_b() -> None:
    claims = [Mail(1, 10), Mail(2, 20), Mail(3, 30, (10, 20), date=1), Mail(4, 21, (20,), date=2)]
    assert trees(*claims) == {frozenset({1, 2, 3, 4})}
    own_word = [Mail(1, 10, date=1), Mail(3, 30, (10, 20), date=2), Mail(2, 20, date=3), Mail(4, 21, (20,), date=4)]
    assert trees(*own_word) == {frozenset({1}), frozenset({2, 3, 4})}


def test_copies_of_a_message_are_one() -> None:
    assert trees(Mail(1, 10), Mail(2, 10), Mail(3, 30, (10,)), Mail(4, 30, (10,))) == {frozenset({1, 2, 3, 4})}


MAILS = st.builds(
    Mail,
    number=st.just(0),
    own=st.integers(1, 12),
    references=st.lists(st.integers(1, 14), max_size=4, unique=True).map(tuple),
    date=st.integers(0, 5),
    subject=st.integers(0, 3),
    is_reply=st.booleans(),
)


@given(st.lists(MAILS, max_size=12), st.randoms())
def test_any_order_gives_the_same_trees(drawn: list[Mail], chance: random.Random) -> None:
    mails = [Mail(number, *_rest(mail)) for number, mail in enumerate(drawn)]
    shuffled = list(mails)
    chance.shuffle(shuffled)
    as_sets = [{(tree.root, frozenset(tree.members), tree.subject, tree.orphan) for tree in build_trees(one)}
               for one in (mails, shuffled)]  # fmt: skip
    assert as_sets[0] == as_sets[1]


@given(st.lists(MAILS, max_size=12))
def test_families_can_be_threaded_alone(drawn: list[Mail]) -> None:
    mails = [Mail(number, *_rest(mail)) for number, mail in enumerate(drawn)]
    alone = {tree for family in families(mails) for tree in build_trees(family)}
    assert alone == set(build_trees(mails))


def _rest(mail: Mail) -> tuple[int, tuple[int, ...], int, int, bool]:
    return mail.own, mail.references, mail.date, mail.subject, mail.is_reply


@pytest.mark.parametrize("name", ["thread", "thread3", "thread4", "thread5", "thread6", "thread7"])
def test_dovecot_sees_the_same_threads_in_imaptests_mailboxes(name: str, imap_servers: MailServers) -> None:
    """THREAD=REFERENCES of a server that has its own implementation; without what it joins by subject alone."""
    found = vectors("imap", "imaptest", "tests", f"{name}.mbox").read_bytes()
    raws = [part.partition(b"\n")[2].replace(b"\n", b"\r\n") for part in re.split(rb"(?m)^From ", found)[1:]]
    imap_servers.empty(USER)
    mails = []
    for number, raw in enumerate(raws, 1):
        imap_servers.append(USER, "INBOX", raw)
        envelope = read_envelope(raw)
        own = hash(envelope.message_id) if envelope.message_id else -number
        base, is_reply = base_subject(envelope.subject)
        date = envelope.date or 0
        mails.append(
            Mail(number, own, tuple(map(hash, envelope.references)), date, hash(base) if base else 0, is_reply)
        )
    with imap_servers.imap(USER) as connection:
        answer = connection.thread("REFERENCES", "UTF-8", "ALL")[1][0]
    theirs = {frozenset(map(int, re.findall(rb"\d+", one))) for one in _top_level(answer)}
    by_subject: dict[int, set[int]] = {}
    for tree in build_trees(mails):
        by_subject.setdefault(tree.subject or tree.root, set()).update(tree.members)
    assert {frozenset(numbers) for numbers in by_subject.values()} == theirs


def _top_level(answer: bytes) -> list[bytes]:
    depth, start, found = 0, 0, []
    for position, byte in enumerate(answer):
        if byte == ord("("):
            start = position if depth == 0 else start
            depth += 1
        elif byte == ord(")"):
            depth -= 1
            if depth == 0:
                found.append(answer[start : position + 1])
    return found
