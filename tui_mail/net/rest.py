"""The rest of a large message, of which a part is here since the line was lost (see `large`)."""

from tui_mail.net.fetch import MAX_MESSAGE_BYTES
from tui_mail.net.fetched import FetchedMessage, read_message
from tui_mail.net.large import HEAD_BYTES, SHOWN_BYTES, Keeper, Rest, Spool, Whole
from tui_mail.net.problems import backoff_seconds
from tui_mail.net.wire import Wire

MAX_PARTS = 4096
"""In so many a server may hand over the rest of a message."""


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
