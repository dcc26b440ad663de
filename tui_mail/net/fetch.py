"""FETCH: a stream of messages from a folder, one in memory at a time (RFC 3501 sections 6.4.5 and 7.4.2)."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from time import monotonic
from typing import NamedTuple

from tui_mail.mime.place_holder import place_holder, too_large
from tui_mail.model.message import Flag, HeldBack
from tui_mail.net.large import HEAD_BYTES, SHOWN_BYTES, Keeper, Rest, Spool, Whole
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

MAX_PARTS = 4096
"""In so many a server may hand over the rest of a message."""

CONTENT_ITEMS = b"(UID FLAGS INTERNALDATE BODY.PEEK[])"
_HEADER_ITEMS = b"UID FLAGS INTERNALDATE BODY.PEEK[HEADER]<0.65536>"
MAX_TEXT_BYTES = 262_144
"""So much of the text of a message comes with its place holder."""

_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_INTERNAL_DATE = re.compile(rb'\bINTERNALDATE "([ \d]\d-\w{3}-\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})"', re.IGNORECASE)
_USUAL = re.compile(
    rb"\* \d+ FETCH \(UID (\d+) FLAGS \(([^()\[{\"]*)\) (INTERNALDATE \"[ \w:+-]+\") BODY\[\] \{\d+\}\r\n\Z",
    re.IGNORECASE,
)
"""The answer to `CONTENT_ITEMS` as most servers give it, so that it need not be taken apart."""
_BODY = re.compile(rb"\bBODY\[(?:HEADER)?\](?:<0>)? (?:\{\d+\}\r?\n|(NIL\b)|\"((?:[^\"\\]|\\.)*)\")", re.IGNORECASE)
_SECTION = re.compile(
    rb"\bBODY\[([\d.]+(?:\.MIME)?)\](?:<0>)? (?:\{\d+\}\r?\n|NIL\b|\"((?:[^\"\\]|\\.)*)\")", re.IGNORECASE
)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_MONTHS = {name: i for i, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}

_FLAG_NAMES = {
    b"\\seen": Flag.SEEN,
    b"\\answered": Flag.ANSWERED,
    b"\\flagged": Flag.FLAGGED,
    b"\\deleted": Flag.DELETED,
    b"\\draft": Flag.DRAFT,
    b"$forwarded": Flag.FORWARDED,
    b"$mdnsent": Flag.RECEIPT_SENT,
}
_WIRE_NAMES = {
    Flag.SEEN: "\\Seen",
    Flag.ANSWERED: "\\Answered",
    Flag.FLAGGED: "\\Flagged",
    Flag.DELETED: "\\Deleted",
    Flag.DRAFT: "\\Draft",
    Flag.FORWARDED: "$Forwarded",
    Flag.RECEIPT_SENT: "$MDNSent",
}


class FetchedMessage(NamedTuple):
    """One message as the server has it: `raw` untouched, `internal_date` in UTC (None when the server's is no date).
    With `held` the bytes are a place holder, and that is what waits on the server; with `whole` they are the beginning
    of what lies in the spool."""

    uid: int
    flags: Flag
    internal_date: datetime | None
    raw: bytes
    held: HeldBack | None = None
    whole: Whole | None = None


@lru_cache(maxsize=512)
def read_flags(names: bytes) -> Flag:
    """``\\Seen $Forwarded …`` as `Flag`; other keywords are not ours and stay on the server."""
    flags = Flag.NONE
    for name in names.split():
        flags |= _FLAG_NAMES.get(name.lower(), Flag.NONE)
    return flags


def flag_names(flags: int) -> list[str]:
    """The names of `flags` on the wire."""
    return [name for flag, name in _WIRE_NAMES.items() if flags & flag]


def read_flag_answer(line: bytes) -> tuple[int, Flag] | None:
    """UID and flags of a FETCH answer without content; None for any other line."""
    if not _FETCH.match(line) or (flags := _FLAGS.search(line)) is None:
        return None
    # A keyword could be called UID: look for the number outside of the flags.
    uid = _UID.search(line, flags.end()) or _UID.search(line[: flags.start()])
    return (int(uid[1]), read_flags(flags[1])) if uid else None


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
                        message = _kept(message, keeper)
                    came.add(message.uid)
                    if message.raw:
                        yield message
                    else:
                        empty.append(message)
                elif _FETCH.match(pieces[0]):
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


def _kept(message: FetchedMessage, keeper: Keeper) -> FetchedMessage:
    return message._replace(whole=keeper.take(message.uid))


def fetch_rest(wire: Wire, uid: int, spool: Spool) -> tuple[FetchedMessage | None, bool]:
    """What is missing of a message of which a part is in the spool. None when it is gone, or when it must come from its
    beginning, which the second value says: it is another message than before, or the server hands over wholes alone."""
    for _ in range(MAX_PARTS):
        if (begun := spool.begun().get(uid)) is None:
            break
        keeper = Keeper(wire, spool)
        keeper.alone = uid
        head = min(HEAD_BYTES, begun.received_bytes)
        message, origin = None, b""
        rest = Rest(wire, spool, begun)
        try:
            answers = wire.answers(b"UID FETCH %d (UID FLAGS INTERNALDATE BODY.PEEK[]<0.%d>)" % (uid, head))
            while (pieces := answers.next(MAX_MESSAGE_BYTES, keeper)) is not None:
                found = read_message(pieces, {})
                if found is not None and found.uid == uid:
                    message, origin = found, b"".join(pieces[::2])
            if message is None:
                return None, False
            if message.raw and b"BODY[]<0>" not in origin.upper():
                # QUIRK: a server that does not know parts hands over the whole.
                whole = keeper.take(uid)
                if whole is None:
                    spool.forget(begun.number)
                return message._replace(whole=whole), False
            if message.raw == spool.part(begun.number, 0, head):
                answers = wire.answers(b"UID FETCH %d (UID BODY.PEEK[]<%d.%d>)" % (uid, rest.start, rest.count))
                while answers.next(MAX_MESSAGE_BYTES, rest) is not None:
                    pass
        except wire.abort:
            raise
        except wire.error as error:
            if backoff_seconds(error):
                raise
            return None, True  # what is here is void when the whole begins to come
        now = spool.begun().get(uid)
        if now is not None and rest.fits and now.received_bytes == now.size_bytes and message is not None:
            shown = spool.part(now.number, 0, SHOWN_BYTES)
            return message._replace(raw=shown, whole=Whole(now.number, now.size_bytes)), False
        if not rest.fits or now is None or now.received_bytes <= begun.received_bytes:
            spool.forget(begun.number)
            return None, True
    return None, True


def _with_a_size(wire: Wire, uids: Sequence[int]) -> set[int]:
    return {uid for uid, size_bytes in _sizes(wire, uids).items() if size_bytes}


def _sizes(wire: Wire, uids: Sequence[int]) -> dict[int, int]:
    found = {}
    for pieces in wire.answers(b"UID FETCH %s (UID RFC822.SIZE)" % uid_set(uids)):
        uid, size = _UID.search(pieces[0]), _SIZE.search(pieces[0])
        if uid and size:
            found[int(uid[1])] = int(size[1])
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
            uid, structure = _UID.search(pieces[0]) or _UID.search(pieces[-1]), read_structure(pieces)
            if uid and structure and int(uid[1]) in large:
                found[int(uid[1])] = (large[int(uid[1])], structure)
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
                sections = _read_sections(pieces)
                text = sections.get(section or b"", b"")
                fields = message.raw if structure.is_single else sections.get((section or b"") + b".MIME", b"")
                raw = place_holder(message.raw, fields if text else b"", text)
                found = message._replace(raw=raw, held=HeldBack(size_bytes, structure.files))
    except wire.abort:
        raise
    except wire.error:
        return None
    return found


def _read_sections(pieces: list[bytes]) -> dict[bytes, bytes]:
    """The parts in a FETCH answer, by section."""
    found: dict[bytes, bytes] = {}
    for index, line in enumerate(pieces[::2]):
        for part in _SECTION.finditer(line):
            literal = part[2] is None and 2 * index + 1 < len(pieces)
            content = pieces[2 * index + 1] if literal else re.sub(rb"\\(.)", rb"\1", part[2] or b"")
            found[part[1].upper()] = content
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
                    message = _kept(message, keeper)
                yield message  # whether an empty one is empty is asked when the rest is
    except wire.abort:
        raise
    except wire.error:
        return


def read_message(pieces: list[bytes], too_large: dict[int, int]) -> FetchedMessage | None:
    """The message in a FETCH answer; None when it says something else, or of a message that was too large to be taken,
    which is noted then."""
    if len(pieces) == 3 and pieces[1] and pieces[2] == b")\r\n" and (usual := _USUAL.match(pieces[0])) is not None:
        return FetchedMessage(int(usual[1]), read_flags(usual[2]), read_internal_date(usual[3]), pieces[1])
    if not _FETCH.match(pieces[0]):
        return None
    raw: bytes | None = None
    attributes: list[bytes] = []
    for index in range(0, len(pieces), 2):
        line = pieces[index]
        body = _BODY.search(line)
        if body is None:
            attributes.append(line)
            continue
        attributes += (line[: body.start()], line[body.end() :])
        if body[1] is not None or body[2] is not None:
            raw = re.sub(rb"\\(.)", rb"\1", body[2] or b"")
        elif index + 1 < len(pieces):
            raw = pieces[index + 1]
    text = b" ".join(attributes)
    flags = _FLAGS.search(text)
    rest = text[: flags.start()] + text[flags.end() :] if flags else text
    uid = _UID.search(rest)
    if uid is None or raw is None:
        return None  # flags that changed meanwhile: the next synchronisation will ask for them
    announced = re.search(rb"\{(\d+)\}\r?\n\Z", pieces[0])
    if announced and not raw and int(announced[1]):
        too_large[int(uid[1])] = int(announced[1])
        return None
    return FetchedMessage(int(uid[1]), read_flags(flags[1]) if flags else Flag.NONE, read_internal_date(rest), raw)


def read_internal_date(text: bytes) -> datetime | None:
    """The INTERNALDATE in a FETCH answer, in UTC."""
    found = _INTERNAL_DATE.search(text)
    if found is None:
        return None
    day, hour, minute, second, zone = found.groups()
    hours, minutes = int(hour), int(minute)
    midnight = _midnight(day, zone)
    if midnight is None or hours > 23 or minutes > 59:
        return None
    try:
        return (midnight + timedelta(0, hours * 3600 + minutes * 60 + min(int(second), 59))).astimezone(UTC)
    except OverflowError:
        return None


@lru_cache(maxsize=512)
def _midnight(day: bytes, zone: bytes) -> datetime | None:
    """When ``17-Jul-1996`` began where ``-0700`` holds; None when there is no such day or zone."""
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    try:
        where = timezone(-offset if zone.startswith(b"-") else offset)
        return datetime(int(day[7:]), _MONTHS[day[3:6].lower()], int(day[:2]), tzinfo=where)
    except (ValueError, KeyError):
        return None
