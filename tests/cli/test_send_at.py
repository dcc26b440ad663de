import time

import pytest

from tui_mail.cli.send import moment_of
from tui_mail.model.errors import UsageError


def test_a_time_is_an_instant_or_seconds_from_now() -> None:
    assert moment_of("2030-01-31T08:00:00Z") == moment_of("2030-01-31T10:00:00+02:00") == 1_896_076_800
    assert moment_of("2030-01-31T08:00:00") == 1_896_076_800
    assert abs(moment_of("+3600") - time.time() - 3600) < 2


@pytest.mark.parametrize("text", ["tomorrow", "+", "+x", "+99999999999999", ""])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(UsageError):
        moment_of(text)
