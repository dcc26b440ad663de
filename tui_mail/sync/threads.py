"""Which messages are one conversation: the REFERENCES algorithm of RFC 5256, as a function of the whole set.

The laws: the outcome depends on the set of messages and on nothing else, neither on the order in which they came nor on
the folders they lie in; and a link that would make a loop is not made.

Two rules are ours. Copies of one message (the same Message-ID, in Inbox and in Sent) are one. And of RFC 5256 section
3, step 5, which joins everything with the same base subject, only the half that helps is kept: an answer that names
nothing that is here joins the oldest message with its subject. Two people who both write "Appointment" are two
conversations.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

MAX_SUBJECT = 1_000
MAX_REFERENCES = 200
MAX_DEPTH = 10_000

_TRAILER = re.compile(r"(?:\(fwd\)|\s)+\Z", re.IGNORECASE)
_BLOB = r"\[[^\[\]]*\]\s*"
_LEADER = re.compile(rf"(?:{_BLOB})*(?:re|aw|antw|sv|vs|fwd?|wg)\s*(?:{_BLOB})?:\s*", re.IGNORECASE)
_LEADING_BLOB = re.compile(_BLOB)
_FORWARD = re.compile(r"\[fwd:(.*)\]\Z", re.IGNORECASE | re.DOTALL)


class Mail(Struct, frozen=True):
    """What threads need of one message.

    Attributes:
        number: the store's.
        own: a number for its Message-ID, the same for the same id; for a message without one a number of its own.
        references: the numbers of the ids that it names, oldest first, its parent last.
        date: seconds since 1970 UTC.
        subject: a number for its base subject, 0 when that is empty.
        is_reply: the subject says that it answers or forwards something.
    """

    number: int
    own: int
    references: tuple[int, ...] = ()
    date: int = 0
    subject: int = 0
    is_reply: bool = False


class Tree(Struct, frozen=True):
    """Messages that hang together by references.

    Attributes:
        root: the id at the top; the message itself may not be here.
        members: store numbers.
        subject, date: those of the topmost message that is here.
        orphan: it answers something that is not here.
    """

    root: int
    members: tuple[int, ...]
    subject: int
    date: int
    orphan: bool


def base_subject(subject: str) -> tuple[str, bool]:
    """RFC 5256 section 2.1: the subject without what answering and forwarding add, in a form to compare; and whether
    something of that was there. Prefixes in some other languages than English count too."""
    return _base_subject(subject[:MAX_SUBJECT])


@lru_cache(maxsize=1024)
def _base_subject(subject: str) -> tuple[str, bool]:
    text = " ".join(subject.split())
    is_reply = False
    while ":" in text or text.startswith("[") or text.endswith(")"):
        before = text
        # Here nothing ends with a space, and what cannot match is not tried: nearly every subject is as it should be.
        if text.endswith(")"):
            shorter = _TRAILER.sub("", text)
            is_reply |= shorter.casefold() != text.casefold()
            text = shorter
        while True:
            if ":" in text and (leader := _LEADER.match(text)) is not None:
                text, is_reply = text[leader.end() :], True
            elif text.startswith("[") and (blob := _LEADING_BLOB.match(text)) is not None and len(text) > blob.end():
                text = text[blob.end() :]
            else:
                break
        if text.startswith("[") and (forward := _FORWARD.match(text)) is not None:
            text, is_reply = forward[1].strip(), True
        if text == before:
            break
    return text.casefold(), is_reply


def families(mails: Iterable[Mail]) -> list[list[Mail]]:
    """Split into groups that have no id in common: each can be threaded by itself."""
    above: dict[int, int] = {}

    def top(one: int) -> int:
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    known = list(mails)
    for mail in known:
        for other in (mail.own, *mail.references):
            above.setdefault(other, other)
            above[top(other)] = top(mail.own)
    found: dict[int, list[Mail]] = defaultdict(list)
    for mail in known:
        found[top(mail.own)].append(mail)
    return list(found.values())


def build_trees(mails: Sequence[Mail]) -> tuple[Tree, ...]:
    """RFC 5256 section 3, REFERENCES, steps 1 to 4, for one family or for everything."""
    if len(mails) == 1 and mails[0].own not in mails[0].references:
        (alone,) = mails
        return (_tree(alone.references[0] if alone.references else alone.own, mails),)
    ordered = sorted(mails, key=lambda mail: (mail.date, mail.own, mail.references, mail.subject, mail.is_reply))
    parents = _parents(ordered)
    roots: dict[int, int] = {}
    trees: dict[int, list[Mail]] = defaultdict(list)
    for mail in ordered:
        trees[_root(mail.own, parents, roots)].append(mail)
    return tuple(_tree(root, members) for root, members in sorted(trees.items()))


def _parents(ordered: Sequence[Mail]) -> dict[int, int]:
    parents: dict[int, int] = {}
    seen: set[int] = set()
    for mail in ordered:
        chain = mail.references
        for above, below in pairwise(chain):
            if below not in parents and not _is_above(below, above, parents):
                parents[below] = above
        if mail.own in seen:
            continue  # a copy: the first one has said who its parent is
        seen.add(mail.own)
        # Step 1.B: what the message says of itself counts more than what others said of it.
        parents.pop(mail.own, None)
        if chain and not _is_above(mail.own, chain[-1], parents):
            parents[mail.own] = chain[-1]
    return parents


def _is_above(one: int, other: int, parents: dict[int, int]) -> bool:
    """Whether `one` is `other` or above it: then a link from `other` down to `one` would make a loop."""
    for _ in range(MAX_DEPTH):
        if one == other:
            return True
        if other not in parents:
            return False
        other = parents[other]
    return True  # deeper than anything real: no more links


def _root(one: int, parents: dict[int, int], roots: dict[int, int]) -> int:
    path = []
    while one in parents and one not in roots:
        path.append(one)
        one = parents[one]
    root = roots.get(one, one)
    for passed in path:
        roots[passed] = root
    return root


def _tree(root: int, members: Sequence[Mail]) -> Tree:
    """`members` by date."""
    top = next((mail for mail in members if mail.own == root), None)
    first = top or members[0]
    return Tree(
        root=root,
        members=tuple(mail.number for mail in members),
        subject=first.subject,
        date=first.date,
        orphan=bool(first.subject) and (top is None or first.is_reply),
    )
