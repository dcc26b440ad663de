import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.folder import Folder, FolderRole
from tui_mail.sync.plan import (
    FolderPlan,
    FolderState,
    Look,
    MessagePlan,
    ServerFolder,
    merge_flags,
    needs_all_uids,
    plan_folder,
    plan_folders,
    plan_look,
)

FLAGS = st.integers(0, 63)
UIDS = st.dictionaries(st.integers(1, 40), FLAGS)
PENDING = st.dictionaries(st.integers(1, 40), st.tuples(FLAGS, FLAGS).map(lambda pair: (pair[0] & ~pair[1], pair[1])))


def apply(local: dict[int, int], server: dict[int, int], pending: dict[int, tuple[int, int]], plan: MessagePlan):
    """The store after the plan was carried out."""
    after = {uid: flags for uid, flags in local.items() if uid not in plan.vanished}
    for uid in plan.fetch:
        after[uid] = merge_flags(server[uid], *pending.get(uid, (0, 0)))
    for uid, flags in plan.flags.items():
        after[uid] = merge_flags(flags, *pending.get(uid, (0, 0)))
    return after


@given(UIDS, UIDS, PENDING)
def test_after_a_complete_plan_the_store_shows_the_server_with_pending_changes_on_top(local, server, pending) -> None:
    plan = plan_folder(local, server, complete=True, pending=pending)
    after = apply(local, server, pending, plan)
    assert after == {uid: merge_flags(flags, *pending.get(uid, (0, 0))) for uid, flags in server.items()}
    assert plan_folder(after, server, complete=True, pending=pending) == MessagePlan()


@given(UIDS, UIDS, PENDING)
def test_a_partial_answer_removes_nothing(local, server, pending) -> None:
    plan = plan_folder(local, server, complete=False, pending=pending)
    assert plan.vanished == ()
    assert set(apply(local, server, pending, plan)) == set(local) | set(server)


@given(UIDS, UIDS)
def test_new_mail_comes_newest_first_and_only_once(local, server) -> None:
    plan = plan_folder(local, server, complete=True)
    assert list(plan.fetch) == sorted(set(server) - set(local), reverse=True)


@given(UIDS)
def test_what_is_in_step_needs_nothing(state) -> None:
    assert plan_folder(state, state, complete=True) == MessagePlan()


@given(FLAGS, FLAGS, FLAGS)
def test_a_local_change_wins_until_the_server_knows_it(server, add, remove) -> None:
    add &= ~remove
    shown = merge_flags(server, add, remove)
    assert shown & add == add and shown & remove == 0
    assert plan_folder({1: shown}, {1: server}, complete=True, pending={1: (add, remove)}).flags == {}


def test_the_other_bits_follow_the_server_under_a_local_change() -> None:
    assert plan_folder({1: 1}, {1: 4}, complete=True, pending={1: (1, 0)}).flags == {1: 4}


def test_numbers_that_are_no_uids_are_passed_over() -> None:
    """RFC 9051 section 9: a UID is a non-zero 32-bit number."""
    assert plan_folder({}, {0: 0, -3: 0, 1 << 32: 0, 7: 0}, complete=True).fetch == (7,)


def state(uidvalidity=5, uidnext=10, messages=9, highestmodseq=100) -> FolderState:
    return FolderState(uidvalidity, uidnext, messages, highestmodseq)


def test_a_folder_in_step_is_left_alone() -> None:
    assert plan_look(state(), state()) is Look.NOTHING


def test_another_uidvalidity_forgets_the_content() -> None:
    """RFC 9051 section 2.3.1.1."""
    assert plan_look(state(), state(uidvalidity=6)) is Look.RESET


def test_a_folder_never_seen_is_read_whole() -> None:
    assert plan_look(FolderState(), state()) is Look.EVERYTHING


def test_without_condstore_everything_is_compared() -> None:
    assert plan_look(state(highestmodseq=0), state(highestmodseq=0)) is Look.EVERYTHING
    assert plan_look(state(), state(highestmodseq=0)) is Look.EVERYTHING


def test_with_condstore_only_changes_are_read() -> None:
    """RFC 7162 section 3.1."""
    assert plan_look(state(), state(highestmodseq=101)) is Look.CHANGES
    assert plan_look(state(), state(uidnext=11, messages=10, highestmodseq=101)) is Look.CHANGES
    assert plan_look(state(), state(messages=8, highestmodseq=101)) is Look.CHANGES


def test_a_server_that_went_back_in_time_is_read_whole() -> None:
    assert plan_look(state(), state(highestmodseq=99)) is Look.EVERYTHING
    assert plan_look(state(), state(uidnext=9, highestmodseq=101)) is Look.EVERYTHING


def test_an_interrupted_fetch_is_noticed() -> None:
    assert plan_look(state(messages=4), state()) is Look.EVERYTHING


STATES = st.builds(FolderState, st.integers(0, 2), st.integers(0, 4), st.integers(0, 4), st.integers(0, 3))


@given(STATES, STATES)
def test_nothing_is_asked_only_when_both_sides_say_the_same(local, server) -> None:
    if plan_look(local, server) is Look.NOTHING:
        assert local == server and server.highestmodseq


def test_numbers_that_do_not_add_up_ask_for_all_uids() -> None:
    assert needs_all_uids(known=10, new=2, messages=11)
    assert not needs_all_uids(known=10, new=2, messages=12)


def test_folders_are_added_changed_and_removed() -> None:
    local = [
        Folder(1, "work", "INBOX", FolderRole.INBOX), Folder(2, "work", "Old"), Folder(3, "work", "Sent")
    ]  # fmt: skip
    server = [ServerFolder("INBOX", FolderRole.INBOX), ServerFolder("Sent", FolderRole.SENT), ServerFolder("New")]
    assert plan_folders(local, server) == FolderPlan(save=(server[1], server[2]), delete=(2,))


def _work(**folders: int) -> list[Folder]:
    return [Folder(0, "work", "INBOX", FolderRole.INBOX), *(Folder(n, "work", name) for name, n in folders.items())]


def _listed(**ids: str) -> list[ServerFolder]:
    return [ServerFolder("INBOX", FolderRole.INBOX), *(ServerFolder(name, mailbox_id=one) for name, one in ids.items())]


@pytest.mark.parametrize(
    ("local", "ids", "server", "rename", "delete", "new"),
    [
        pytest.param({"A": 1}, {1: "x"}, {"B": "x"}, {1: "B"}, (), (), id="renamed"),
        pytest.param({"A": 1, "B": 2}, {1: "x", 2: "y"}, {"B": "x", "A": "y"}, {1: "B", 2: "A"}, (), (), id="swapped"),
        pytest.param({"A": 1}, {1: "x"}, {"B": "x", "A": "z"}, {1: "B"}, (), ("A",), id="renamed and made anew"),
        pytest.param(
            {"A": 1, "B": 2}, {1: "x", 2: "y"}, {"B": "x"}, {1: "B"}, (2,), (), id="took a deleted one's name"
        ),
        pytest.param({"A": 1, "B": 2}, {1: "x"}, {"B": "x"}, {}, (1,), (), id="the name may be that of another"),
        pytest.param({"A": 1, "B": 2}, {1: "x", 2: "x"}, {"C": "x"}, {}, (1, 2), ("C",), id="an id of two here"),
        pytest.param({"A": 1}, {1: "x"}, {"B": "x", "C": "x"}, {}, (1,), ("B", "C"), id="an id of two there"),
        pytest.param({"A": 1}, {}, {"B": "x"}, {}, (1,), ("B",), id="never told"),
        pytest.param({"A": 1}, {1: "x"}, {"B": ""}, {}, (1,), ("B",), id="not told any more"),
        pytest.param({"A": 1}, {1: "x"}, {"A": "x"}, {}, (), (), id="the same"),
    ],
)
def test_a_folder_with_the_same_id_under_another_name_was_renamed(local, ids, server, rename, delete, new) -> None:
    """RFC 8474 section 4.3."""
    plan = plan_folders(_work(**local), _listed(**server), ids)
    assert (plan.rename, plan.delete, tuple(folder.name for folder in plan.save)) == (rename, delete, new)


def test_an_answer_without_inbox_renames_no_folder() -> None:
    assert plan_folders([Folder(1, "work", "A")], [ServerFolder("B", mailbox_id="x")], {1: "x"}).rename == {}


def test_an_answer_without_inbox_removes_no_folder() -> None:
    """RFC 9051 section 5.1: INBOX always exists."""
    assert plan_folders([Folder(1, "work", "INBOX"), Folder(2, "work", "A")], []) == FolderPlan()


def test_inbox_may_be_written_in_any_case() -> None:
    assert plan_folders([Folder(2, "work", "A")], [ServerFolder("Inbox")]).delete == (2,)
