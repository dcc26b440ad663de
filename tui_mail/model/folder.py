"""Folders as the interface lists them."""

from enum import StrEnum

from msgspec import Struct


class FolderRole(StrEnum):
    """What a folder is for (RFC 6154 special use). SNOOZED is only here: no server has it."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    SENT = "sent"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"
    ALL = "all"
    SNOOZED = "snoozed"
    NONE = ""


class Folder(Struct, frozen=True):
    """One mailbox of an account. `name` is the decoded server name (foreign text), `id` the store's number."""

    id: int
    account: str
    name: str
    role: FolderRole = FolderRole.NONE
    delimiter: str = "/"
    selectable: bool = True
    total: int = 0
    unread: int = 0
