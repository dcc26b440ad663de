"""A fresh encrypted store for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_mail.model.folder import FolderRole
from tui_mail.store import accounts, folders
from tui_mail.store.database import Database
from tui_mail.store.store import Store

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mail.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path, KEY, create=True)
    accounts.save_account(store.database, "work", "anna@clinic.example")
    yield store
    store.close()


@pytest.fixture
def db(store: Store) -> Database:
    return store.database


@pytest.fixture
def inbox(db: Database) -> int:
    return folders.save_folder(db, "work", "INBOX", FolderRole.INBOX)


@pytest.fixture
def archive(db: Database) -> int:
    return folders.save_folder(db, "work", "Archive", FolderRole.ARCHIVE)
