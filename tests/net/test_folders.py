"""Names and roles of folders, without a server."""

import pytest

from tui_mail.model.folder import FolderRole
from tui_mail.net.folders import decode_name, encode_name, read_list


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"INBOX", "INBOX"),
        (b"Tom &- Jerry", "Tom & Jerry"),
        (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        (b"Entw&APw-rfe", "Entwürfe"),
        (b"&2D3eAA-", "😀"),
    ],
)
def test_names_are_modified_utf7_both_ways_rfc_3501_section_5_1_3(raw: bytes, name: str) -> None:
    assert decode_name(raw) == name
    assert encode_name(name) == raw


@pytest.mark.parametrize("raw", [b"Entw\xfcrfe", "Entwürfe".encode(), b"&broken", b"&&&-", b"\xff\xfe"])
def test_a_malformed_name_is_read_somehow_and_its_bytes_are_kept(raw: bytes) -> None:
    (folder,) = read_list([[b'* LIST () "/" {%d}\r\n' % len(raw), raw, b"\r\n"]])
    assert folder.raw_name == raw
    assert folder.name


def test_special_use_attributes_decide_and_usual_names_fill_the_gaps_rfc_6154() -> None:
    folders = read_list(
        [
            [b'* LIST (\\HasNoChildren) "." inbox\r\n'],
            [b'* LIST (\\HasNoChildren \\Sent) "." "Out of the house"\r\n'],
            [b'* LIST () "." Sent\r\n'],
            [b'* LIST () "." INBOX.Papierkorb\r\n'],
            [b'* LIST () "." "INBOX.Deleted Items"\r\n'],
            [b'* LIST (\\Noselect) "." Drafts\r\n'],
            [b"* LIST () NIL 007\r\n"],
        ]
    )
    roles = {folder.name: folder.role for folder in folders}
    assert roles == {
        "INBOX": FolderRole.INBOX,
        "Out of the house": FolderRole.SENT,
        "Sent": FolderRole.NONE,
        "INBOX.Papierkorb": FolderRole.NONE,
        "INBOX.Deleted Items": FolderRole.TRASH,
        "Drafts": FolderRole.NONE,
        "007": FolderRole.NONE,
    }


def test_a_role_is_given_once() -> None:
    folders = read_list([[b'* LIST (\\Sent) "/" A\r\n'], [b'* LIST (\\Sent) "/" B\r\n']])
    assert [folder.role for folder in folders] == [FolderRole.SENT, FolderRole.NONE]


def test_a_name_with_line_ends_cannot_be_opened() -> None:
    (folder,) = read_list([[b'* LIST () "/" {12}\r\n', b"a\r\nb DELETE x", b"\r\n"]])
    assert not folder.selectable


def test_quoted_names_lose_their_quoting() -> None:
    (folder,) = read_list([[b'* LIST () "\\\\" "a\\"b\\\\c"\r\n']])
    assert (folder.name, folder.delimiter) == ('a"b\\c', "\\")
