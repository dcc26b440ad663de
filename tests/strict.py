"""With `TUI_MAIL_REQUIRE_VECTORS=1` a skipped test is a failed one: nothing may be missing on that machine."""

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn every skip into a failure that repeats its reason."""
    report = yield
    if report.skipped and os.environ.get("TUI_MAIL_REQUIRE_VECTORS") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report
