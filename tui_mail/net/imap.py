"""One conversation with an IMAP server (RFC 3501, RFC 9051).

The law: a session belongs to one thread, every error that leaves it is one of `model.errors`, and after a
`ConnectionLost` or `CannotConnect` it is of no further use.
"""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from imapclient.exceptions import IMAPClientError, LoginError

from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CannotConnect, ConnectionLost, LimitExceeded, LoginRefused, ServerRefused
from tui_mail.model.message import Flag
from tui_mail.net.fetch import FetchedMessage, fetch_flags, fetch_messages, flag_names, uid_set
from tui_mail.net.folders import RemoteFolder, encode_name, read_list
from tui_mail.net.problems import answer_of, explained, said
from tui_mail.net.tls import CONNECT_SECONDS, open_connection, tls_context
from tui_mail.net.wire import Client, quoted

IDLE_RENEWAL_SECONDS = 25 * 60.0
"""RFC 2177: a server may end a connection after 30 minutes of silence."""
POLL_SECONDS = 0.5
CHECK_SECONDS = 60.0
"""How often a server without IDLE is asked."""
UIDS_A_COMMAND = 500
MAX_UIDS = 20_000_000

_COPYUID = re.compile(rb"\[COPYUID \d+ ([\d:,]+) ([\d:,]+)\]", re.IGNORECASE)
_APPENDUID = re.compile(rb"\[APPENDUID \d+ (\d+)\]", re.IGNORECASE)
_NEWS = re.compile(rb"\* (?:\d+ (?:EXISTS|EXPUNGE|FETCH)|VANISHED)\b", re.IGNORECASE)
_EXISTS = re.compile(rb"\* (\d+) EXISTS", re.IGNORECASE)
_NUMBER_CODE = re.compile(rb"\* OK \[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d+)\]", re.IGNORECASE)
_ESEARCH_ALL = re.compile(rb"\bALL ([\d:,]+)", re.IGNORECASE)
_TEMPORARY = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[CONTACTADMIN]")


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """What SELECT or STATUS says of a folder. `uidnext` is 0 and `highestmodseq` None when the server does not say."""

    uidvalidity: int
    uidnext: int
    exists: int
    highestmodseq: int | None = None
    read_only: bool = False


class ImapSession:
    """A logged-in connection. Folder names are the decoded names of `folders`."""

    def __init__(self, client: Client, server: Server, timeout: float):
        self._client = client
        self._server = server
        self._timeout = timeout
        self._raw_names: dict[str, bytes] = {}
        self.too_large: dict[int, int] = {}
        """UID and size of messages that `fetch_raw` left on the server because of their size."""

    @classmethod
    def connect(cls, server: Server, password: str, timeout: float = CONNECT_SECONDS) -> "ImapSession":
        """Connect, protect and log in."""
        session = cls.greet(server, timeout)
        try:
            session.login(password)
        except BaseException:
            session.close()
            raise
        return session

    @classmethod
    def greet(cls, server: Server, timeout: float = CONNECT_SECONDS) -> "ImapSession":
        """Connect and protect, without logging in."""
        context = tls_context(server.ca_file) if server.security is Security.STARTTLS else None
        sock = open_connection(server, timeout)
        try:
            with explained(server, timeout):
                client = Client(sock, server, timeout)
                if context is not None:
                    if not client.has_capability("STARTTLS"):
                        raise CannotConnect(
                            f"{server.host} offers no STARTTLS on port {server.port}. Choose TLS, usually port 993."
                        )
                    client.starttls(context)
        except BaseException:
            sock.close()
            raise
        return cls(client, server, timeout)

    def login(self, password: str) -> None:
        """Log in as the server's user."""
        server = self._server
        with explained(server, self._timeout, "log in", connected=True):
            try:
                if self._client.has_capability("AUTH=PLAIN"):
                    self._client.plain_login(server.user, password)
                elif self._client.has_capability("LOGINDISABLED"):
                    raise CannotConnect(f"{server.host} offers no way to log in that this program knows.")
                else:
                    self._client.login(server.user, password)
            except (LoginError, UnicodeError) as error:
                if isinstance(error.__context__, self._client.AbortError):
                    raise error.__context__ from None
                answer = answer_of(error)
                if any(code in answer.upper() for code in _TEMPORARY):
                    raise ServerRefused(
                        f"{server.host} cannot log {server.user} in now. It will be tried again.{said(answer)}", answer
                    ) from None
                raise LoginRefused(
                    f"{server.host} refused the login of {server.user}. Check the user name and the password."
                    f"{said(answer)}"
                ) from None

    # ---- folders

    def folders(self) -> tuple[RemoteFolder, ...]:
        """All folders with their roles."""
        with self._talk("list its folders"):
            extended = self._client.has_capability("SPECIAL-USE") and self._client.has_capability("LIST-EXTENDED")
            command = b'LIST "" "*"' + (b" RETURN (SPECIAL-USE)" if extended else b"")
            folders = read_list(self._client.wire.answers(command))
        self._raw_names = {folder.name: folder.raw_name for folder in folders}
        return folders

    def select(self, name: str, read_only: bool = False) -> FolderStatus:
        """Open a folder; everything below works on it."""
        command = b"%s %s" % (b"EXAMINE" if read_only else b"SELECT", quoted(self._raw_name(name)))
        if self.has_condstore:
            command += b" (CONDSTORE)"  # RFC 7162 section 3.1.8: else the server may keep HIGHESTMODSEQ to itself
        exists, codes = 0, {}
        with self._talk(f"open the folder {name}"):
            answers = self._client.wire.answers(command)
            for pieces in answers:
                if (count := _EXISTS.match(pieces[0])) is not None:
                    exists = int(count[1])
                elif (code := _NUMBER_CODE.match(pieces[0])) is not None:
                    codes[code[1].upper()] = int(code[2])
            self._client.wire.state = "SELECTED"
        return FolderStatus(
            uidvalidity=codes.get(b"UIDVALIDITY", 0),
            uidnext=codes.get(b"UIDNEXT", 0),
            exists=exists,
            highestmodseq=codes.get(b"HIGHESTMODSEQ"),
            read_only=b"[READ-ONLY]" in answers.status.upper(),
        )

    def status(self, name: str) -> FolderStatus:
        """The same facts of a folder that stays closed: a cheap look whether anything changed."""
        items = ["UIDVALIDITY", "UIDNEXT", "MESSAGES"]
        with self._talk(f"look into the folder {name}"):
            if self.has_condstore:
                items.append("HIGHESTMODSEQ")
            answer = self._client.folder_status(self._raw_name(name), items)
        return FolderStatus(
            uidvalidity=answer.get(b"UIDVALIDITY", 0),
            uidnext=answer.get(b"UIDNEXT", 0),
            exists=answer.get(b"MESSAGES", 0),
            highestmodseq=answer.get(b"HIGHESTMODSEQ"),
        )

    def create_folder(self, name: str) -> None:
        """Make a folder and subscribe to it."""
        with self._talk(f"make the folder {name}"):
            self._client.create_folder(self._raw_name(name))
            self._client.subscribe_folder(self._raw_name(name))

    @property
    def has_condstore(self) -> bool:
        """The server counts changes (RFC 7162): `changed_since` works."""
        return bool(self._client.has_capability("CONDSTORE") or self._client.has_capability("QRESYNC"))

    # ---- reading the open folder

    def uids(self) -> list[int]:
        """All UIDs, ascending."""
        return self._search(b"ALL")

    def uids_and_flags(self, range_: str = "1:*", changed_since: int | None = None) -> dict[int, Flag]:
        """UID → flags in ascending order.

        Args:
            range_: a UID set such as "1:*" or "7,12:40".
            changed_since: only messages whose flags changed or that came after this HIGHESTMODSEQ.
        """
        modifier = b"" if changed_since is None or not self.has_condstore else b"(CHANGEDSINCE %d)" % changed_since
        with self._talk("list the messages"):
            return fetch_flags(self._client.wire, range_.encode("ascii"), modifier)

    def fetch_raw(self, uids: Sequence[int]) -> Iterator[FetchedMessage]:
        """The messages as they are, one at a time: UIDs that no longer exist are left out.

        The order is that of the server within a hundred messages, and that of `uids` between the hundreds. Leaving the
        iterator early closes the session, since the rest is on its way already.
        """
        finished = False
        try:
            with self._talk("hand over messages"):
                yield from fetch_messages(self._client.wire, list(uids), self.too_large)
            finished = True
        finally:
            if not finished:
                self.close()

    def find_message_id(self, message_id: str) -> list[int]:
        """UIDs of the messages in the open folder with this Message-ID."""
        if not message_id.isascii() or not message_id.isprintable():
            return []
        return self._search(b"HEADER Message-ID " + quoted(message_id.encode("ascii")))

    def _search(self, criteria: bytes) -> list[int]:
        with self._talk("search"):
            wire = self._client.wire
            if self._client.has_capability("ESEARCH"):
                # RFC 4731: ranges instead of every number, a hundred thousand UIDs in a few bytes
                found: list[int] = []
                for pieces in wire.answers(b"UID SEARCH RETURN (ALL) " + criteria):
                    if pieces[0][:9].upper() == b"* ESEARCH" and (ranges := _ESEARCH_ALL.search(pieces[0])):
                        found += _expand(ranges[1])
                return sorted(found)
            found = []
            for pieces in wire.answers(b"UID SEARCH " + criteria):
                if pieces[0][:8].upper() == b"* SEARCH":
                    found += [int(uid) for uid in pieces[0][8:].split() if uid.isdigit()]
            return sorted(found)

    # ---- changing the open folder

    def store_flags(self, uids: Sequence[int], add: int = 0, remove: int = 0) -> None:
        """Set and clear `Flag` bits; UIDs that no longer exist are passed over."""
        with self._talk("change flags"):
            for batch in _batches(uids):
                if add:
                    self._client.add_flags(batch, flag_names(add), silent=True)
                if remove:
                    self._client.remove_flags(batch, flag_names(remove), silent=True)

    def move(self, uids: Sequence[int], folder: str) -> dict[int, int]:
        """Move to another folder. The new UIDs by the old ones, empty when the server does not tell (RFC 4315).

        Without MOVE (RFC 6851) messages are copied first and removed only when all copies are there.
        """
        new_uids: dict[int, int] = {}
        with self._talk(f"move messages to the folder {folder}"):
            for batch in _batches(uids):
                if self._client.has_capability("MOVE"):
                    new_uids |= self._copy_or_move(b"MOVE", batch, folder)
                else:
                    new_uids |= self._copy_or_move(b"COPY", batch, folder)
                    self._expunge(batch)
        return new_uids

    def copy(self, uids: Sequence[int], folder: str) -> dict[int, int]:
        """Copy to another folder; the answer is that of `move`."""
        new_uids: dict[int, int] = {}
        with self._talk(f"copy messages to the folder {folder}"):
            for batch in _batches(uids):
                new_uids |= self._copy_or_move(b"COPY", batch, folder)
        return new_uids

    def expunge(self, uids: Sequence[int]) -> None:
        """Delete these messages for good, and no others."""
        with self._talk("delete messages"):
            for batch in _batches(uids):
                self._expunge(batch)

    def append(
        self, folder: str, raw: bytes, flags: int = Flag.SEEN, internal_date: datetime | None = None
    ) -> int | None:
        """Put a message into a folder. Its UID, or None when the server does not tell (RFC 4315)."""
        with self._talk(f"take a message into the folder {folder}"):
            answer = self._client.append(self._raw_name(folder), raw, flag_names(flags), internal_date)
        uid = _APPENDUID.search(answer if isinstance(answer, bytes) else b"")
        return int(uid[1]) if uid else None

    def _copy_or_move(self, verb: bytes, uids: Sequence[int], folder: str) -> dict[int, int]:
        # MOVE answers with an untagged OK [COPYUID], COPY with a tagged one.
        answers = self._client.wire.answers(b"UID %s %s %s" % (verb, uid_set(uids), quoted(self._raw_name(folder))))
        lines = [pieces[0] for pieces in answers]
        for line in (*lines, answers.status):
            if (found := _COPYUID.search(line)) is not None:
                return dict(zip(_expand(found[1]), _expand(found[2]), strict=False))
        return {}

    def _expunge(self, uids: Sequence[int]) -> None:
        client = self._client
        client.add_flags(uids, ["\\Deleted"], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uids)
            return
        # Plain EXPUNGE removes everything marked as deleted, also what another program marked and its user may still
        # want back. When there is more than ours, the mark is all that can be done safely.
        if set(self._search(b"DELETED")) <= set(uids):
            client.expunge()

    # ---- waiting

    def idle(self, timeout: float, stop: threading.Event) -> bool:
        """Wait for news in the open folder. True when something changed, False after `timeout` seconds or when `stop`
        is set: at once with a `net.wake.WakeEvent`, within half a second with a plain event."""
        deadline = time.monotonic() + timeout
        if not self._client.has_capability("IDLE"):
            return self._check_now_and_then(deadline, stop)
        while not stop.is_set() and (left := deadline - time.monotonic()) > 0:
            if self._idle_once(min(left, IDLE_RENEWAL_SECONDS), stop):
                return True
        return False

    def _idle_once(self, seconds: float, stop: threading.Event) -> bool:
        wire = self._client.wire
        end = time.monotonic() + seconds
        wake: tuple[int, ...] = (stop.fileno(),) if hasattr(stop, "fileno") else ()
        news = False
        with self._talk("wait for news"):
            answers = wire.answers(b"IDLE")
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

    def _check_now_and_then(self, deadline: float, stop: threading.Event) -> bool:
        while not stop.is_set() and (left := deadline - time.monotonic()) > 0:
            with self._talk("say what is new"):
                if any(_NEWS.match(pieces[0]) for pieces in self._client.wire.answers(b"NOOP")):
                    return True
            stop.wait(min(left, CHECK_SECONDS))
        return False

    # ---- the end

    def close(self) -> None:
        """Say goodbye if that is possible and close. Never raises; may be called again."""
        try:
            self._client.wire.sock.settimeout(1.0)
            self._client.wire.send(b"bye LOGOUT\r\n")
        except (OSError, ValueError):
            pass
        try:
            self._client.shutdown()
        except (OSError, ValueError, IMAPClientError):
            pass

    @contextmanager
    def _talk(self, doing: str) -> Iterator[None]:
        try:
            with explained(self._server, self._timeout, doing, connected=True):
                yield
        except ConnectionLost:
            self._client.shutdown()
            raise

    def _raw_name(self, name: str) -> bytes:
        known = self._raw_names.get(name)
        return known if known is not None else encode_name(name)


def _batches(uids: Sequence[int]) -> Iterator[list[int]]:
    ordered = sorted(set(uids))
    for start in range(0, len(ordered), UIDS_A_COMMAND):
        yield ordered[start : start + UIDS_A_COMMAND]


def _expand(ranges: bytes) -> list[int]:
    numbers: list[int] = []
    for part in ranges.split(b","):
        first, _, last = part.partition(b":")
        low, high = sorted((int(first), int(last or first)))
        if len(numbers) + high - low > MAX_UIDS:
            raise LimitExceeded(f"The server listed more than {MAX_UIDS} messages in one folder.")
        numbers += range(low, high + 1)
    return numbers
