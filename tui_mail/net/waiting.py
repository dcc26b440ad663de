"""Waiting for news: IDLE (RFC 2177), with NOTIFY for the other folders (RFC 5465), NOOP where a server has neither."""

import re
import threading
import time

from tui_mail.net.wire import Client

IDLE_RENEWAL_SECONDS = 25 * 60.0
"""RFC 2177: a server may end a connection after 30 minutes of silence."""
POLL_SECONDS = 0.5
CHECK_SECONDS = 60.0
"""How often a server without IDLE is asked."""

_NEWS = re.compile(rb"\* (?:\d+ (?:EXISTS|EXPUNGE|FETCH)|VANISHED|STATUS)\b", re.IGNORECASE)
_NOTIFY = (
    b"NOTIFY SET (SELECTED-DELAYED (MessageNew (UID FLAGS) MessageExpunge FlagChange))"
    b" (PERSONAL (MessageNew MessageExpunge FlagChange))"
)


def watch_all_folders(client: Client) -> bool:
    """Ask to be told of other folders too; whether the server agreed."""
    answers = client.wire.answers(_NOTIFY)
    try:
        for _ in answers:
            pass
    except client.wire.error as refused:
        if isinstance(refused, client.wire.abort):
            raise
        return False  # NO [NOTIFICATIONOVERFLOW] or [BADEVENT]: the answer to such a refusal is to ask now and then
    return True


def wait_for_news(client: Client, timeout: float, stop: threading.Event) -> bool:
    """Wait for news in the open folder. True when something changed, False after `timeout` seconds or when `stop` is
    set."""
    deadline = time.monotonic() + timeout
    if not client.has_capability("IDLE"):
        return _check_now_and_then(client, deadline, stop)
    while not stop.is_set() and (left := deadline - time.monotonic()) > 0:
        if _idle_once(client, min(left, IDLE_RENEWAL_SECONDS), stop):
            return True
    return False


def _idle_once(client: Client, seconds: float, stop: threading.Event) -> bool:
    wire = client.wire
    end = time.monotonic() + seconds
    wake: tuple[int, ...] = (stop.fileno(),) if hasattr(stop, "fileno") else ()
    answers = wire.answers(b"IDLE")
    news = wire.news
    line = wire.readline()
    while not line.startswith(b"+"):  # what happened since the last command may come before
        answers.ended_by(line)
        news = news or bool(_NEWS.match(line))
        line = wire.readline()
    while not news and not stop.is_set() and (left := end - time.monotonic()) > 0:
        if wire.wait_readable(left if wake else min(left, POLL_SECONDS), *wake):
            line = wire.readline()
            answers.ended_by(line)
            news = bool(_NEWS.match(line))
    wire.send(b"DONE\r\n")
    for pieces in answers:
        news = news or bool(_NEWS.match(pieces[0]))
    return news


def _check_now_and_then(client: Client, deadline: float, stop: threading.Event) -> bool:
    while not stop.is_set() and (left := deadline - time.monotonic()) > 0:
        if client.wire.news or any(_NEWS.match(pieces[0]) for pieces in client.wire.answers(b"NOOP")):
            return True
        stop.wait(min(left, CHECK_SECONDS))
    return False
