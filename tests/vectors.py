"""Where the third-party test data lies: `TUI_MAIL_VECTORS`, else ``shared/vectors`` beside the project.

Tests that need it ask `vectors(...)`; without the folder they are skipped with that reason, unless
`TUI_MAIL_REQUIRE_VECTORS=1` turns the skip into a failure.
"""

import os
from pathlib import Path

import pytest

_PROJECT = Path(__file__).resolve().parent.parent


def vectors_folder() -> Path | None:
    """The folder, or None when this machine has none."""
    named = os.environ.get("TUI_MAIL_VECTORS")
    folder = Path(named) if named else _PROJECT.parent / "shared" / "vectors"
    return folder if folder.is_dir() else None


def vectors(*parts: str) -> Path:
    """A file or folder of the test data. Skips (or fails, when required) where the data is absent."""
    folder = vectors_folder()
    if folder is None:
        if os.environ.get("TUI_MAIL_REQUIRE_VECTORS") == "1":
            pytest.fail("the test vectors are required and not here: set TUI_MAIL_VECTORS")
        pytest.skip("third-party test vectors are not on this machine (TUI_MAIL_VECTORS names their folder)")
    return folder.joinpath(*parts)
