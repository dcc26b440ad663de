"""What the first paint needs, in under 3 ms: imports nothing but apsw, reads one folder and its newest rows."""

import apsw

_FOLDER = "SELECT id, name, unread, total FROM folder ORDER BY role <> 'inbox', account, name LIMIT 1"
_ROWS = (
    "SELECT id, date, flags, sig, enc, attachments, sender, subject, preview FROM message WHERE folder = ?"
    " ORDER BY date DESC, id DESC LIMIT ?"
)

FirstRow = tuple[int, int, int, str | None, str, int, str, str, str]


def first_rows(path: str, key_hex: str, limit: int) -> tuple[str, int, int, list[FirstRow]] | None:
    """(folder name, unread, total, newest rows) of the first inbox; rows are columns in the order of ``model.Row``.

    None when there is nothing to show, whatever the reason: the program that follows finds out and says why.
    Texts are foreign and not cleaned.
    """
    try:
        connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error:
        return None
    try:
        if key_hex:
            bytes.fromhex(key_hex)
            connection.execute("PRAGMA cipher = 'aegis'").fetchall()
            connection.execute(f"PRAGMA key = 'raw:{key_hex}'").fetchall()
        folder = connection.execute(_FOLDER).fetchone()
        if folder is None:
            return None
        rows = connection.execute(_ROWS, (folder[0], limit)).fetchall()
    except (apsw.Error, ValueError):
        return None
    finally:
        connection.close()
    return str(folder[1]), int(folder[2]), int(folder[3]), rows  # type: ignore[return-value]
