"""Ranges of UIDs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.errors import LimitExceeded
from tui_mail.net import uids
from tui_mail.net.uids import MAX_UID, UidRanges, expand, read_ranges, uid_set

UIDS = st.sets(st.integers(1, 60) | st.integers(MAX_UID - 60, MAX_UID), max_size=40)


@given(UIDS)
def test_ranges_hold_exactly_the_uids(numbers: set[int]) -> None:
    ranges = UidRanges((number, number) for number in numbers)
    assert list(ranges) == sorted(numbers)
    assert len(ranges) == len(numbers)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)).map(lambda pair: tuple(sorted(pair))), max_size=8))
def test_ranges_that_overlap_count_once(pairs: list[tuple[int, int]]) -> None:
    expected = sorted({number for low, high in pairs for number in range(low, high + 1)})
    assert list(UidRanges(pairs)) == expected
    assert len(UidRanges(pairs)) == len(expected)


@given(UIDS, st.integers(1, 9))
def test_windows_come_newest_first_and_leave_no_gap(numbers: set[int], size: int) -> None:
    """What lies between two windows would never be found to have vanished."""
    windows = list(UidRanges((number, number) for number in numbers).windows(size))
    expected_top = MAX_UID
    for low, top, found in windows:
        assert top == expected_top
        assert len(found) <= size
        assert all(low <= uid <= top for uid in found)
        expected_top = low - 1
    assert expected_top == 0
    assert [uid for _, _, found in windows for uid in found] == sorted(numbers, reverse=True)


@given(st.sets(st.integers(1, MAX_UID), min_size=1, max_size=30))
def test_a_set_is_read_as_it_is_written(numbers: set[int]) -> None:
    assert expand(uid_set(sorted(numbers))) == sorted(numbers)


@pytest.mark.parametrize("text", [b"", b"0", b"x", b"4294967296:99999999999", b"-3", b":", b"1:"])
def test_numbers_that_are_no_uids_are_passed_over(text: bytes) -> None:
    assert all(1 <= low <= high <= MAX_UID for low, high in read_ranges(text))


def test_a_server_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uids, "MAX_UIDS", 1000)
    with pytest.raises(LimitExceeded):
        expand(b"1:4294967295")
    with pytest.raises(LimitExceeded):
        read_ranges(b",".join(b"%d" % (2 * number) for number in range(1, 2000)))
    assert len(UidRanges(read_ranges(b"1:4294967295"))) == MAX_UID  # ranges cost nothing, whatever they promise
