"""What servers say of a folder, and in which order."""

from tui_mail.model.message import Flag
from tui_mail.net.folder_status import read_select


def told(*lines: bytes) -> tuple[dict[int, Flag] | None, tuple[tuple[int, int], ...], int | None]:
    status = read_select([[line + b"\r\n"] for line in lines], True)
    return status.changed, status.vanished, status.highestmodseq


def test_what_vanished_just_now_is_gone_whatever_was_said_of_it_before() -> None:
    """Cyrus: the flag and the expunge of another program, told in one answer."""
    assert told(
        b"* VANISHED (EARLIER) 1",
        b"* 1 FETCH (FLAGS (\\Deleted) UID 1 MODSEQ (5))",
        b"* 2 FETCH (FLAGS (\\Seen) UID 4 MODSEQ (4))",
        b"* VANISHED 1:2",
    ) == ({4: Flag.SEEN}, ((1, 1), (1, 2)), 5)


def test_what_vanished_earlier_may_have_come_back_under_the_same_number() -> None:
    """A server that names a range of what is gone, with what is there in it (RFC 7162 section 3.2.10)."""
    assert told(b"* VANISHED (EARLIER) 1:9", b"* 1 FETCH (UID 4 FLAGS ())") == ({4: Flag.NONE}, ((1, 9),), None)


def test_the_count_of_changes_is_the_one_that_is_said_for_the_folder() -> None:
    assert told(b"* OK [HIGHESTMODSEQ 9] Highest", b"* 1 FETCH (UID 4 FLAGS () MODSEQ (12))")[2] == 9
