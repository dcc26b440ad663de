"""Threads, kept as messages come, go and are opened; what is one conversation is ``sync.threads``'s to say.

The law: after every function here the threads are those that the whole set of messages gives, however it came about.
Messages hang together in families (they have or name an id in common); a family is computed anew when it changes.
"""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound.

import hashlib
import json
import struct
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from tui_mail.store.database import AMONG, Database
from tui_mail.store.notes import note, set_note
from tui_mail.sync.threads import MAX_REFERENCES, Mail, base_subject, build_trees, families

MAX_FAMILY = 2_000
"""A family with more messages is not computed anew: what comes joins its oldest tree, what goes changes nothing."""
MAX_CONVERSATION = 2_000
UNCHECKED = "threads unchecked"
"""The note of the highest message at which `look_through` has to look; a migration writes it."""

_HASH_SIZE_BYTES = 8


class _Kept(NamedTuple):
    """A tree as the store has it."""

    family: int
    subject: int
    orphan: int
    date: int
    thread: int


def thread_messages(db: Database, message_ids: Sequence[int]) -> None:
    """Put new messages into threads."""
    if not message_ids:
        return
    with db.together():
        rows = db.all(
            "SELECT message.id, account, message_id, reference_ids, subject, message.date FROM message"
            f" JOIN detail ON detail.message = message.id JOIN folder ON folder.id = home WHERE message.id {AMONG}",
            (json.dumps(list(message_ids)),),
        )
        new = [_mail(number, account, own, references.split(), subject, date)
               for number, account, own, references, subject, date in rows]  # fmt: skip
        _add(db, new)


def thread_waiting(db: Database, limit: int) -> int:
    """Put messages into threads that are in none yet, and thread anew where some have gone; how many were done."""
    settle(db)
    waiting = [
        number
        for (number,) in db.all(
            "SELECT id FROM message WHERE thread IS NULL AND EXISTS (SELECT 1 FROM detail WHERE message = message.id)"
            " ORDER BY id DESC LIMIT ?",
            (limit,),
        )
    ]
    thread_messages(db, waiting)
    return len(waiting)


def look_through(db: Database, limit: int) -> tuple[int, bool]:
    """Thread anew what an older version put into threads: it left families apart that name an id in common. How many
    messages were looked at, 0 when all were; and whether the lists look different now."""
    noted = note(db, UNCHECKED)
    if noted is None:
        return 0, False
    shown = "SELECT sum(revision) FROM folder"
    with db.transaction():
        rows = db.all(
            "SELECT message, family FROM threading JOIN tree ON tree.root = threading.root WHERE message <= ?"
            " ORDER BY message DESC LIMIT ?",
            (int(noted), limit),
        )
        before = db.value(shown)
        _rebuild(db, sorted(_with_relatives(db, {family for _, family in rows})), (), shrunk=True, anew=True)
        if rows:
            set_note(db, UNCHECKED, b"%d" % (rows[-1][0] - 1))
        else:
            db.run("DELETE FROM note WHERE name = ?", (UNCHECKED,))
        return len(rows), before != db.value(shown)


def _with_relatives(db: Database, apart: set[int]) -> set[int]:
    """These families and all that have an id in common with them, but for those that are too large."""
    touched = apart - _big(db, apart)
    while touched:
        named = {one for mail, _ in _load(db, touched) for one in (mail.own, *mail.references)}
        more = set(_families_of(db, named).values()) - touched
        more -= _big(db, more)
        if not more:
            break
        touched |= more
    return touched


def _families_of(db: Database, ids: Collection[int]) -> dict[int, int]:
    return dict(db.all(f"SELECT id, family FROM mention WHERE id {AMONG}", (json.dumps(list(ids)),)))


def set_headers(db: Database, message_id: int, own: str, references: Sequence[str], subject: str) -> bool:
    """Thread a message by header fields that were protected inside it (RFC 9788: they count, and the outer ones do
    not); whether that changed anything."""
    with db.transaction():
        if thread_of(db, message_id) is None:
            thread_messages(db, [message_id])  # it came a moment ago
        known = db.one(
            "SELECT account, message.date, threading.root, own, threading.reference_ids, threading.subject, is_reply"
            " FROM message JOIN threading ON threading.message = message.id JOIN folder ON folder.id = home"
            " WHERE message.id = ?",
            (message_id,),
        )
        if known is None:
            return False
        account, date, _root, *before = known
        mail = _mail(message_id, account, own, references, subject, date)
        if before == [mail.own, _packed(mail.references), mail.subject, int(mail.is_reply)]:
            return False
        db.run("DELETE FROM threading WHERE message = ?", (message_id,))
        settle(db)
        _add(db, [mail])
    return True


def settle(db: Database) -> None:
    """Thread anew where messages have gone."""
    with db.transaction():
        gone = [root for (root,) in db.all("SELECT root FROM stale_tree")]
        if not gone:
            return
        touched = [
            family for (family,) in db.all(f"SELECT DISTINCT family FROM tree WHERE root {AMONG}", (json.dumps(gone),))
        ]
        db.run("DELETE FROM stale_tree")
        _rebuild(db, sorted(set(touched) - _big(db, touched)), (), shrunk=True)


def thread_of(db: Database, message_id: int) -> int | None:
    """The thread of a message; None while it is in none."""
    found: int | None = db.value("SELECT thread FROM message WHERE id = ?", (message_id,))
    return found


def conversation(db: Database, message_id: int) -> tuple[int, ...]:
    """The messages of a message's conversation in all folders of its account, oldest first; those deleted here are
    left out. The message alone while it is in no thread."""
    thread = thread_of(db, message_id)
    if thread is None:
        return (message_id,)
    rows = db.all(
        "SELECT message.id FROM folder CROSS JOIN message ON message.folder = folder.id AND message.thread = ?1"
        " WHERE folder.account = (SELECT account FROM folder JOIN message ON message.home = folder.id"
        " WHERE message.id = ?2) ORDER BY message.date, message.id LIMIT ?3",
        (thread, message_id, MAX_CONVERSATION),
    )
    return tuple(number for (number,) in rows)


def _mail(number: int, account: str, own: str, references: Sequence[str], subject: str, date: int) -> Mail:
    base, is_reply = base_subject(subject)
    chain = dict.fromkeys(_number("id", account, one) for one in references[-MAX_REFERENCES:])
    own_id = _number("id", account, own) if own else _number("none", account, str(number))
    chain.pop(own_id, None)
    return Mail(
        number=number,
        own=own_id,
        references=tuple(chain),
        date=date,
        subject=_number("subject", account, base) if base else 0,
        is_reply=is_reply,
    )


@lru_cache(maxsize=4096)
def _number(*words: str) -> int:
    """A positive 63-bit number for a text. Whoever finds two texts with one number can join two threads, which naming
    an id in References does as well."""
    digest = hashlib.blake2b("\0".join(words).encode("utf-8", "replace"), digest_size=_HASH_SIZE_BYTES).digest()
    return int.from_bytes(digest) >> 1 or 1


def _add(db: Database, new: Sequence[Mail]) -> None:
    ids = {one for mail in new for one in (mail.own, *mail.references)}
    known = _families_of(db, ids)
    big = _big(db, set(known.values()))
    ordinary = []
    for mail in new:
        named = [known[one] for one in (mail.own, *mail.references) if one in known]
        if (full := next((family for family in named if family in big), None)) is not None:
            _join_big(db, full, mail)
        else:
            ordinary.append(mail)
    _rebuild(db, sorted(set(known.values()) - big), ordinary, shrunk=False)


def _big(db: Database, some: Collection[int]) -> set[int]:
    """Which of these families are too large to be computed anew."""
    if not some:
        return set()
    rows = db.all(
        "SELECT family FROM tree JOIN threading ON threading.root = tree.root"
        f" WHERE family {AMONG} GROUP BY family HAVING count(*) >= ?",
        (json.dumps(list(some)), MAX_FAMILY),
    )
    return {family for (family,) in rows}


def _join_big(db: Database, family: int, mail: Mail) -> None:
    root, thread = db.one("SELECT root, thread FROM tree WHERE family = ? ORDER BY date, root LIMIT 1", (family,)) or (
        mail.own,
        mail.own,
    )
    _save_members(db, [mail], {mail.number: root})
    db.run("INSERT OR IGNORE INTO mention(id, family) VALUES (?, ?)", (mail.own, family))
    db.run("UPDATE message SET thread = ? WHERE id = ?", (thread, mail.number))


def _rebuild(db: Database, touched: Sequence[int], new: Sequence[Mail], *, shrunk: bool, anew: bool = False) -> None:
    """Compute these families with these new messages, and write what is different. With `shrunk` messages have gone,
    so that families may fall apart and ids be forgotten. With `anew` nothing that is there is taken for right."""
    old = _load(db, touched)
    before = {mail.number: root for mail, root in old}
    old_trees = _trees(db, touched)
    if shrunk:
        db.run(f"DELETE FROM mention WHERE family {AMONG}", (json.dumps(list(touched)),))
    mentions: list[tuple[int, int]] = []
    trees: dict[int, _Kept] = {}
    moved: list[tuple[int, int]] = []
    for family in families([*(mail for mail, _root in old), *new]):
        built = build_trees(family)
        name = built[0].root
        for tree in built:
            known = old_trees.get(tree.root)
            thread = known.thread if known else tree.root
            trees[tree.root] = _Kept(name, tree.subject, tree.orphan, tree.date, thread)
            moved += [(tree.root, number) for number in tree.members if anew or before.get(number) != tree.root]
        # Its ids are noted already, but those of the new mails, when it is one family as before and took no other in.
        stood = {old_trees[before[mail.number]].family for mail in family if mail.number in before}
        same = not shrunk and stood == {name}
        told = [mail for mail in family if mail.number not in before] if same else family
        mentions += [(one, name) for one in {one for mail in told for one in (mail.own, *mail.references)}]
    lost = [root for root in old_trees if root not in trees]
    changed = {root: kept for root, kept in trees.items() if anew or old_trees.get(root) != kept}
    subjects = {kept.subject for kept in changed.values()}
    subjects |= {old_trees[root].subject for root in (*changed, *lost) if root in old_trees}
    db.for_each(
        "INSERT INTO mention(id, family) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true"
        " ON CONFLICT(id) DO UPDATE SET family = excluded.family WHERE family <> excluded.family",
        mentions,
    )
    db.run(f"DELETE FROM tree WHERE root {AMONG}", (json.dumps(lost),))
    db.for_each(
        "INSERT INTO tree(root, family, subject, orphan, date, thread) SELECT value ->> 0, value ->> 1, value ->> 2,"
        " value ->> 3, value ->> 4, value ->> 5 FROM json_each(?) WHERE true ON CONFLICT(root)"
        " DO UPDATE SET family = excluded.family, subject = excluded.subject, orphan = excluded.orphan,"
        " date = excluded.date",
        [(root, *kept) for root, kept in changed.items()],
    )
    roots = {number: root for root, number in moved}
    _save_members(db, new, roots)
    db.for_each(
        "UPDATE threading SET root = value ->> 0 FROM json_each(?) WHERE threading.message = value ->> 1",
        [one for one in moved if one[1] in before],
    )
    threads = _join_subjects(db, subjects - {0}, trees, changed.keys())
    db.for_each(
        "UPDATE message SET thread = value ->> 0 FROM json_each(?) WHERE message.id = value ->> 1"
        " AND message.thread IS NOT value ->> 0",
        [(threads[root], number) for root, number in moved],
    )


def _load(db: Database, touched: Collection[int]) -> list[tuple[Mail, int]]:
    if not touched:
        return []
    rows = db.all(
        "SELECT message, own, threading.reference_ids, message.date, threading.subject, is_reply, threading.root"
        " FROM tree JOIN threading ON threading.root = tree.root JOIN message ON message.id = threading.message"
        f" WHERE family {AMONG}",
        (json.dumps(list(touched)),),
    )
    return [
        (Mail(number, own, _unpacked(references), date, subject, bool(is_reply)), root)
        for number, own, references, date, subject, is_reply, root in rows
    ]


def _trees(db: Database, touched: Collection[int]) -> dict[int, _Kept]:
    if not touched:
        return {}
    rows = db.all(
        f"SELECT root, family, subject, orphan, date, thread FROM tree WHERE family {AMONG}",
        (json.dumps(list(touched)),),
    )
    return {row[0]: _Kept(*row[1:]) for row in rows}


def _save_members(db: Database, new: Iterable[Mail], roots: dict[int, int]) -> None:
    db.for_each(
        "INSERT OR REPLACE INTO threading(message, root, own, reference_ids, subject, is_reply) SELECT value ->> 0,"
        " value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5 FROM json_each(?)",
        [
            (
                mail.number,
                roots[mail.number],
                mail.own,
                _packed(mail.references).hex(),
                mail.subject,
                int(mail.is_reply),
            )
            for mail in new
        ],
    )


def _join_subjects(
    db: Database, subjects: Collection[int], trees: dict[int, _Kept], changed: Collection[int]
) -> dict[int, int]:
    """The thread of each of these trees, and of the others that these subjects concern: an answer to something that is
    not here, and the oldest tree that is none, have the subject's; all others have their own. Messages of trees that
    change theirs change with them. Never all trees that share a subject are looked at."""
    wanted = {root: kept.thread for root, kept in trees.items()}
    wanted |= {root: trees[root].subject if trees[root].orphan else root for root in changed}
    now = {root: kept.thread for root, kept in trees.items()}
    among = json.dumps(list(subjects))
    if subjects:
        joined = f"SELECT root, orphan, thread FROM tree WHERE thread = subject AND thread {AMONG}"
        for root, orphan, thread in db.all(joined, (among,)):
            now[root] = thread
            wanted[root] = thread if orphan else root
        orphaned = f"SELECT DISTINCT subject FROM tree WHERE subject {AMONG} AND subject <> 0 AND orphan = 1"
        for (subject,) in db.all(orphaned, (among,)):
            anchor = db.one(
                "SELECT root, thread FROM tree WHERE subject = ? AND subject <> 0 AND orphan = 0"
                " ORDER BY date, root LIMIT 1",
                (subject,),
            )
            if anchor is not None:
                now[anchor[0]], wanted[anchor[0]] = anchor[1], subject
    different = [(thread, root) for root, thread in wanted.items() if now[root] != thread]
    db.for_each("UPDATE tree SET thread = value ->> 0 FROM json_each(?) WHERE tree.root = value ->> 1", different)
    db.for_each(
        "WITH new AS MATERIALIZED (SELECT message AS id, value ->> 0 AS thread FROM json_each(?)"
        " CROSS JOIN threading ON threading.root = value ->> 1)"
        " UPDATE message SET thread = new.thread FROM new WHERE message.id = new.id"
        " AND message.thread IS NOT new.thread",
        different,
    )
    return wanted


def _packed(references: Sequence[int]) -> bytes:
    return struct.pack(f">{len(references)}Q", *references)


def _unpacked(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(packed) // _HASH_SIZE_BYTES}Q", packed)
