"""FETCH: a stream of messages from a folder, one in memory at a time (RFC 3501 section 6.4.5)."""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic

from tui_mail.mime.place_holder import place_holder, too_large
from tui_mail.model.message import Flag, HeldBack
from tui_mail.net.fetched import (
    FetchedMessage,
    is_fetch,
    read_flag_answer,
    read_message,
    read_sections,
    read_size_answer,
    uid_of,
)
from tui_mail.net.large import Keeper, Spool
from tui_mail.net.problems import backoff_seconds
from tui_mail.net.structure import Structure, read_structure
from tui_mail.net.uids import uid_set
from tui_mail.net.wire import Answers, Wire

MAX_MESSAGE_BYTES = 256 * 1024 * 1024
FIRST_BATCH_MESSAGES = 40
"""A screenful: it shall be there before the rest is asked for."""
MAX_BATCH_MESSAGES = 320
BATCH_BYTES = 2_000_000
BATCHES_AHEAD = 2
"""Commands sent before their answers are read: the server works on the next batch while we store this one."""
MOST_BATCHES_AHEAD = 6
QUICK_BATCH_SECONDS = 0.25
"""A link that brings a batch in less takes more of them at once: on a long way two are there before the next command
has arrived. On a slow one whatever is asked next would have to wait for all of them."""

CONTENT_ITEMS = b"(UID FLAGS INTERNALDATE BODY.PEEK[])"
_HEADER_ITEMS = b"UID FLAGS INTERNALDATE BODY.PEEK[HEADER]<0.65536>"
MAX_TEXT_BYTES = 262_144
"""So much of the text of a message comes with its place holder."""


def fetch_flags(wire: Wire, range_: bytes, modifier: bytes = b"") -> dict[int, Flag]:
    """UID → flags of all messages in a range; with a ``(CHANGEDSINCE n)`` modifier only of the changed ones."""
    found: dict[int, Flag] = {}
    for pieces in wire.answers(b"UID FETCH %s (UID FLAGS)%s" % (range_, b" " + modifier if modifier else b"")):
        answer = read_flag_answer(pieces[0])
        if answer is not None:
            found[answer[0]] = answer[1]
    return found


def fetch_messages(
    wire: Wire,
    uids: Sequence[int],
    too_large: dict[int, int],
    refused: set[int],
    max_bytes: int = MAX_MESSAGE_BYTES,
    spool: Spool | None = None,
) -> Iterator[FetchedMessage]:
    """All messages of `uids` that still exist, batch after batch in the order of the batches.

    Args:
        too_large: takes the UID and size of every message above `max_bytes`; such a message is not delivered.
        refused: takes the UID of every message that the server has and cannot hand over. QUIRK: one broken message
            makes some servers refuse the whole command (Yahoo, Exchange); the others are then asked for one by one.
            QUIRK: others answer with an empty message (iCloud); one that has a size is not taken for empty.
        spool: where large ones are kept while they come. QUIRK: a server that says the UID behind the content
            (Exchange) is asked for one message at a time once the line was lost in a large one.
    """
    keeper = Keeper(wire, spool) if spool is not None else None
    singly = spool is not None and spool.names_last()
    empty: list[FetchedMessage] = []
    sent: list[tuple[Answers, Sequence[int]]] = []
    alone: list[int] = []
    asked = done = received = 0
    size = 1 if singly else FIRST_BATCH_MESSAGES
    ahead = BATCHES_AHEAD
    while asked < len(uids) or sent or alone:
        while len(sent) < ahead and (asked < len(uids) or alone):
            if asked < len(uids):
                batch: Sequence[int] = uids[asked : asked + size]
                asked += len(batch)
            else:
                batch = [alone.pop(0)]
            command = b"UID FETCH %s " % uid_set(batch) + CONTENT_ITEMS
            sent.append((wire.answers(command), batch))
        answers, batch = sent.pop(0)
        began = monotonic()
        came: set[int] = set()
        if keeper is not None:
            keeper.alone = batch[0] if len(batch) == 1 else None
        try:
            while (pieces := answers.next(max_bytes, keeper)) is not None:
                message = read_message(pieces, too_large)
                if message is not None:
                    done, received = done + 1, received + len(message.raw)
                    if keeper is not None and keeper.kept is not None:
                        received += keeper.kept.size_bytes
                        message = message._replace(whole=keeper.take(message.uid))
                    came.add(message.uid)
                    if message.raw:
                        yield message
                    else:
                        empty.append(message)
                elif is_fetch(pieces[0]):
                    wire.news = True  # flags that changed meanwhile
                    if keeper is not None:
                        keeper.kept = None
        except wire.abort:
            raise
        except wire.error as error:
            if backoff_seconds(error):
                raise  # to ask for each alone would be more of what it complains about
            if len(batch) == 1:
                refused.update(batch)
            else:
                alone += [uid for uid in batch if uid not in came and uid not in too_large]
        ahead = MOST_BATCHES_AHEAD if monotonic() - began < QUICK_BATCH_SECONDS else BATCHES_AHEAD
        # Many small messages in one command, few large ones: about as many bytes each time.
        fitting = BATCH_BYTES * done // max(1, received)
        if done and not singly:
            size = max(1, min(size * 2, MAX_BATCH_MESSAGES, fitting))
    if empty:
        refused |= _with_a_size(wire, [message.uid for message in empty])
        yield from (message for message in empty if message.uid not in refused)


def _with_a_size(wire: Wire, uids: Sequence[int]) -> set[int]:
    return {uid for uid, size_bytes in _sizes(wire, uids).items() if size_bytes}


def _sizes(wire: Wire, uids: Sequence[int]) -> dict[int, int]:
    found = {}
    for pieces in wire.answers(b"UID FETCH %s (UID RFC822.SIZE)" % uid_set(uids)):
        answer = read_size_answer(pieces[0])
        if answer is not None:
            found[answer[0]] = answer[1]
    return found


def fetch_place_holder(wire: Wire, uid: int, size_bytes: int) -> FetchedMessage | None:
    """What is listed for a message that is too large, so that it is seen and not asked for again each time; None when
    it is gone by now."""
    found: FetchedMessage | None = None
    for pieces in wire.answers(b"UID FETCH %d (%s)" % (uid, _HEADER_ITEMS)):
        message = read_message(pieces, {})
        if message is not None and message.uid == uid:
            held = HeldBack(size_bytes, too_large=True)
            found = message._replace(raw=too_large(message.raw, size_bytes), held=held)
    return found


def find_large(wire: Wire, uids: Sequence[int], is_large: Callable[[int], bool]) -> dict[int, tuple[int, Structure]]:
    """Size and structure of the messages that are large, going by their size in bytes, and of which a part may wait on
    the server; the rule is that of `read_structure`."""
    found: dict[int, tuple[int, Structure]] = {}
    try:
        large = {uid: size_bytes for uid, size_bytes in _sizes(wire, uids).items() if is_large(size_bytes)}
        answers = wire.answers(b"UID FETCH %s (UID BODYSTRUCTURE)" % uid_set(sorted(large))) if large else ()
        for pieces in answers:
            uid, structure = uid_of(pieces), read_structure(pieces)
            if uid in large and structure:
                found[uid] = (large[uid], structure)
    except wire.abort:
        raise
    except wire.error:
        pass  # QUIRK: one message that a server cannot take apart spoils the answer; what was not told comes whole
    return found


def fetch_held_back(wire: Wire, uid: int, size_bytes: int, structure: Structure) -> FetchedMessage | None:
    """Header fields and text of a message whose files stay on the server until they are wanted; None when it is gone
    by now, or when the server hands over wholes alone."""
    section = structure.text
    wanted = b"" if section is None else b" BODY.PEEK[%s]<0.%d>" % (section, MAX_TEXT_BYTES)
    if section is not None and not structure.is_single:
        wanted += b" BODY.PEEK[%s.MIME]<0.65536>" % section
    found: FetchedMessage | None = None
    try:
        for pieces in wire.answers(b"UID FETCH %d (%s%s)" % (uid, _HEADER_ITEMS, wanted)):
            message = read_message(pieces, {})
            if message is not None and message.uid == uid:
                sections = read_sections(pieces)
                text = sections.get(section or b"", b"")
                fields = message.raw if structure.is_single else sections.get((section or b"") + b".MIME", b"")
                raw = place_holder(message.raw, fields if text else b"", text)
                found = message._replace(raw=raw, held=HeldBack(size_bytes, structure.files))
    except wire.abort:
        raise
    except wire.error:
        return None
    return found


def read_newest(
    wire: Wire,
    answers: Answers,
    too_large: dict[int, int],
    max_bytes: int = MAX_MESSAGE_BYTES,
    spool: Spool | None = None,
) -> Iterator[FetchedMessage]:
    """The messages of a FETCH by sequence numbers that were a guess: one that was wrong brings fewer or none. Raises
    imaplib's abort alone."""
    keeper = Keeper(wire, spool) if spool is not None else None
    try:
        while (pieces := answers.next(max_bytes, keeper)) is not None:
            if (message := read_message(pieces, too_large)) is not None and message.raw:
                if keeper is not None and keeper.kept is not None:
                    message = message._replace(whole=keeper.take(message.uid))
                yield message  # whether an empty one is empty is asked when the rest is
    except wire.abort:
        raise
    except wire.error:
        return
