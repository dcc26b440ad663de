"""Paths as people type them. The law: nothing that is typed is an error here; what cannot be looked at is not there."""

import os
from pathlib import Path


def typed_path(text: str) -> Path:
    """The path; ``~`` and ``~anna`` stand for a home folder where there is such a person."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 pathlib's own raises for somebody who does not exist


def is_file(path: Path) -> bool:
    """Whether there is a file that may be looked at."""
    return os.path.isfile(path)  # noqa: PTH113 pathlib's own raises where looking is not allowed


def is_folder(path: Path) -> bool:
    """Whether there is a folder that may be looked at."""
    return os.path.isdir(path)  # noqa: PTH112
