"""Folder names and roles as a server lists them (RFC 3501 sections 5.1.3 and 7.2.2, RFC 6154)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from imapclient import imap_utf7

from tui_mail.model.folder import FolderRole


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """One folder as the server lists it.

    Attributes:
        name: decoded (foreign text), the name by which `ImapSession` knows the folder.
        raw_name: the bytes on the wire.
    """

    name: str
    raw_name: bytes
    role: FolderRole = FolderRole.NONE
    delimiter: str = "/"
    selectable: bool = True


_SPECIAL_USE = {
    b"\\drafts": FolderRole.DRAFTS,
    b"\\sent": FolderRole.SENT,
    b"\\archive": FolderRole.ARCHIVE,
    b"\\junk": FolderRole.JUNK,
    b"\\trash": FolderRole.TRASH,
    b"\\all": FolderRole.ALL,
}
_LIST = re.compile(
    rb'\* LIST \(([^)]*)\) (NIL|"(?:[^"\\]|\\.)+") ("(?:[^"\\]|\\.)*"|\{\d+\}|[^\r\n]+?)[ \r\n]*\Z', re.IGNORECASE
)
_UNSELECTABLE = {b"\\noselect", b"\\nonexistent"}
_VIEWS = {b"\\flagged", b"\\important"}
"""RFC 6154 and 8457: what these show lies in other folders, and would be here twice."""

# Names that servers and programs give these folders when no attribute says what they are for, the most usual first.
_USUAL_NAMES = {
    FolderRole.SENT: (
        "sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte", "gesendete elemente",
        "envoyés", "éléments envoyés", "enviados", "inviata", "posta inviata", "verzonden items", "skickat",
    ),
    FolderRole.DRAFTS: ("drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "utkast"),
    FolderRole.TRASH: (
        "trash", "deleted items", "deleted messages", "bin", "papierkorb", "gelöschte objekte", "gelöschte elemente",
        "corbeille", "papelera", "cestino", "prullenbak", "papperskorgen",
    ),
    FolderRole.JUNK: ("junk", "spam", "junk e-mail", "junk mail", "bulk mail", "unerwünscht", "indésirables"),
    FolderRole.ARCHIVE: ("archive", "archives", "archiv", "archivo", "archivio", "archief"),
}  # fmt: skip


def decode_name(raw_name: bytes) -> str:
    """Modified UTF-7 to text. Bytes that are not modified UTF-7 are read as UTF-8, and the unreadable ones replaced.

    QUIRK: RFC 3501 allows only modified UTF-7; some servers send what a user typed in 8 bits.
    """
    try:
        if raw_name.isascii():
            return imap_utf7.decode(raw_name)
    except (UnicodeError, ValueError):
        pass
    return raw_name.decode("utf-8", "replace")


def encode_name(name: str) -> bytes:
    """Text to modified UTF-7."""
    return imap_utf7.encode(name)


def read_list(answers: Iterable[list[bytes]]) -> tuple[RemoteFolder, ...]:
    """Folders with their roles from the untagged answers to LIST, each as its pieces (see `wire.Answers`)."""
    found: dict[str, RemoteFolder] = {}
    for pieces in answers:
        line = _LIST.match(pieces[0])
        if line is None:
            continue
        attributes, delimiter, raw_name = line[1].split(), _unquote(line[2]), _unquote(line[3])
        if len(pieces) > 1:
            raw_name = pieces[1]
        known = {attribute.lower() for attribute in attributes}
        name = decode_name(raw_name)
        role = next((role for attribute, role in _SPECIAL_USE.items() if attribute in known), FolderRole.NONE)
        if name.upper() == "INBOX":
            name, role = "INBOX", FolderRole.INBOX
        selectable = not known & (_UNSELECTABLE | _VIEWS) and not any(byte in raw_name for byte in b"\r\n\0")
        found[name] = RemoteFolder(name, raw_name, role, delimiter.decode("ascii", "replace"), selectable)
    return _with_usual_roles(_with_single_roles(found.values()))


def without_doubles(folders: tuple[RemoteFolder, ...], *, labels: bool) -> tuple[RemoteFolder, ...]:
    """The folder of all mail (RFC 6154) shows what lies in the others: it is not opened.

    Args:
        labels: Gmail, whose folders are labels: there it is where mail without any label lies, the archive.
    """
    everything = next((folder for folder in folders if folder.role is FolderRole.ALL), None)
    if everything is None:
        return folders
    if not labels:
        return tuple(replace(folder, selectable=False) if folder is everything else folder for folder in folders)
    usual = {FolderRole.ALL: FolderRole.ARCHIVE, FolderRole.ARCHIVE: FolderRole.NONE}
    return tuple(replace(folder, role=usual.get(folder.role, folder.role)) for folder in folders)


def _unquote(text: bytes) -> bytes:
    if text.startswith(b'"'):
        return re.sub(rb"\\(.)", rb"\1", text[1:-1])
    return b"" if text.upper() == b"NIL" else text


def _with_single_roles(folders: Iterable[RemoteFolder]) -> list[RemoteFolder]:
    taken = set()
    result = []
    for folder in folders:
        if folder.role in taken:
            folder = replace(folder, role=FolderRole.NONE)
        elif folder.role is not FolderRole.NONE:
            taken.add(folder.role)
        result.append(folder)
    return result


def _with_usual_roles(folders: list[RemoteFolder]) -> tuple[RemoteFolder, ...]:
    taken = {folder.role for folder in folders}
    for role, names in _USUAL_NAMES.items():
        if role in taken:
            continue
        best = min(
            (
                (names.index(plain), index)
                for index, folder in enumerate(folders)
                if folder.selectable and folder.role is FolderRole.NONE and (plain := _plain_name(folder)) in names
            ),
            default=None,
        )
        if best is not None:
            folders[best[1]] = replace(folders[best[1]], role=role)
    return tuple(folders)


def _plain_name(folder: RemoteFolder) -> str:
    # Some servers keep every folder below INBOX.
    name = folder.name
    prefix = "INBOX" + folder.delimiter
    if folder.delimiter and name.upper().startswith(prefix):
        name = name[len(prefix) :]
    return name.casefold()
