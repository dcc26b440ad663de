import pytest

from tui_mail.net.quota import Quota, read_quota


@pytest.mark.parametrize(
    ("answers", "quota"),
    [
        ([b'QUOTA "" (STORAGE 10 512)'], Quota(10, 512)),  # RFC 9208 section 4.2.2
        ([b'QUOTAROOT INBOX "User quota"', b'QUOTA "User quota" (MESSAGE 3 10 STORAGE 99 100)'], Quota(99, 100)),
        ([b"QUOTA #user (storage 50 100)", b'QUOTA "a \\" (b" (STORAGE 90 100)'], Quota(90, 100)),
        ([b'QUOTA "" ()'], None),
        ([b'QUOTA "" (MESSAGE 3 10)'], None),
        ([b'QUOTA "" (STORAGE 3 0)'], None),
        ([b'QUOTA "" (STORAGE 99999999999999999999 1)'], None),
        ([b'QUOTA "(STORAGE 1 1'], None),
        ([], None),
    ],
)
def test_the_tightest_limit_on_storage_counts(answers: list[bytes], quota: Quota | None) -> None:
    assert read_quota([[b"* " + line + b"\r\n"] for line in answers]) == quota


def test_percent_is_rounded_down_and_may_be_over_a_hundred() -> None:
    assert Quota(899, 1000).percent == 89 and Quota(5, 4).percent == 125
