"""One conversation with an IMAP server (RFC 3501, RFC 9051).

The law: a session belongs to one thread, every error that leaves it is one of `model.errors`, and after a
`ConnectionLost` or `CannotConnect` it is of no further use.
"""

import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from imapclient.exceptions import IMAPClientError, LoginError

from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CannotConnect, ConnectionLost, LimitExceeded, LoginRefused, ServerRefused
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Flag
from tui_mail.model.sign_in import AccessToken
from tui_mail.net.bearer import bearer_login
from tui_mail.net.fetch import (
    CONTENT_ITEMS,
    MAX_MESSAGE_BYTES,
    fetch_flags,
    fetch_held_back,
    fetch_messages,
    fetch_place_holder,
    find_large,
    read_newest,
)
from tui_mail.net.fetched import FetchedMessage, flag_names
from tui_mail.net.folder_status import STATUS_ITEMS, FolderStatus, read_select, read_status
from tui_mail.net.folders import RemoteFolder, encode_name, read_list, without_doubles
from tui_mail.net.large import Spool
from tui_mail.net.problems import answer_of, backoff_seconds, explained, login_refused, said
from tui_mail.net.quota import Quota, read_quota
from tui_mail.net.rest import fetch_rest
from tui_mail.net.tls import CONNECT_SECONDS, is_loopback, open_connection, tls_context
from tui_mail.net.uids import MAX_UIDS, UidRanges, expand, read_ranges, uid_set
from tui_mail.net.waiting import wait_for_news, watch_all_folders
from tui_mail.net.wire import Answers, Client, quoted

UIDS_A_COMMAND = 500
STATUS_A_TIME = 50
MAX_LOOKS = 3
"""A folder that changes while it tells of changes is asked again so often, and then opened anew."""

_COPYUID = re.compile(rb"\[COPYUID \d+ ([\d:,]+) ([\d:,]+)\]", re.IGNORECASE)
_APPENDUID = re.compile(rb"\[APPENDUID \d+ (\d+)\]", re.IGNORECASE)
_ENABLED_QRESYNC = re.compile(rb"\* ENABLED .*\bQRESYNC\b", re.IGNORECASE)
_CAPABILITY = re.compile(rb"\* CAPABILITY ([^\r\n]+)", re.IGNORECASE)
_CAPABILITY_CODE = re.compile(rb"OK \[CAPABILITY ([^\]\r\n]+)\]", re.IGNORECASE)
_ESEARCH_ALL = re.compile(rb"\bALL ([\d:,]+)", re.IGNORECASE)
# QUIRK: RFC 5530 has codes for it; Gmail says it in words, or with codes of its own.
_TEMPORARY = (
    "[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[CONTACTADMIN]", "[OVERQUOTA]", "[THROTTLED]",
    "TOO MANY SIMULTANEOUS CONNECTIONS",
)  # fmt: skip


class NewFolder(NamedTuple):
    """What `ImapSession.open_new` brought. `newest` is on its way: read it to its end before anything else is asked;
    leaving it early closes the session."""

    status: FolderStatus
    newest: Iterator[FetchedMessage]


class ImapSession:
    """A logged-in connection. Folder names are the decoded names of `folders`."""

    max_message_bytes = MAX_MESSAGE_BYTES

    def __init__(self, client: Client, server: Server, timeout: float):
        self._client = client
        self._server = server
        self._timeout = timeout
        self._raw_names: dict[str, bytes] = {}
        self.too_large: dict[int, int] = {}
        """UID and size of messages of the open folder that stay on the server because of their size."""
        self.refused: set[int] = set()
        """UIDs of messages of the open folder that the server could not hand over to `fetch_raw`."""
        self.selected = ""
        """The folder that is open. STATUS may tell of it what it was when it was opened (RFC 9051 section 6.3.11)."""
        self.all_mail = ""
        """On Gmail the folder in which every message lies, whatever other folders it lies in; known after `folders`."""
        self._has_qresync = False
        self._changes_seen = -1
        self._known: FolderStatus | None = None

    @classmethod
    def connect(cls, server: Server, password: str, timeout: float = CONNECT_SECONDS) -> "ImapSession":
        """Connect, protect and log in."""
        session = cls.greet(server, timeout)
        try:
            session.login(password)
            session.extend()
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
        """Log in as the server's user, with a password or an `AccessToken`."""
        server = self._server
        with explained(server, self._timeout, "log in", connected=True):
            try:
                if isinstance(password, AccessToken):
                    self._login_with(password)
                elif self._client.has_capability("AUTH=PLAIN") and self._client.has_capability("SASL-IR"):
                    self._plain_login_at_once(password)
                elif self._client.has_capability("AUTH=PLAIN"):
                    self._client.plain_login(server.user, password)
                elif self._client.has_capability("LOGINDISABLED"):
                    raise CannotConnect(f"{server.host} offers no way to log in that this program knows.")
                else:
                    self._client.login(server.user, password)
            except (LoginError, UnicodeError) as error:
                if backoff_seconds(error):
                    raise
                if isinstance(error.__context__, self._client.AbortError):
                    raise error.__context__ from None
                answer = answer_of(error)
                if any(code in answer.upper() for code in _TEMPORARY):
                    raise ServerRefused(
                        f"{server.host} cannot log {server.user} in now. It will be tried again.{said(answer)}", answer
                    ) from None
                raise LoginRefused(f"{login_refused(server, password)}{said(answer)}") from None

    def _plain_login_at_once(self, password: str) -> None:
        """AUTHENTICATE with the initial response (RFC 4959): one round trip instead of two."""
        secret = b64encode(b"\0%s\0%s" % (self._server.user.encode(), password.encode()))
        self._authenticate(b"AUTHENTICATE PLAIN " + secret, [])

    def _login_with(self, token: AccessToken) -> None:
        offered = {name for name in ("OAUTHBEARER", "XOAUTH2") if self._client.has_capability(f"AUTH={name}")}
        mechanism, first, after_refusal = bearer_login(self._server, token, offered)
        command = f"AUTHENTICATE {mechanism}".encode()
        if self._client.has_capability("SASL-IR"):
            self._authenticate(command + b" " + first, [after_refusal])
        else:
            self._authenticate(command, [first, after_refusal])

    def _authenticate(self, command: bytes, said: list[bytes]) -> None:
        """What is `said` answers the server's questions, one after the other. What its last answer tells of its
        capabilities saves a round trip (RFC 9051 section 7.1)."""
        client = self._client
        answers = client.wire.answers(command)
        capabilities: bytes | None = None
        try:
            for pieces in answers:
                if pieces[0].startswith(b"+"):
                    client.wire.send((said.pop(0) if said else b"*") + b"\r\n")
                elif (told := _CAPABILITY.match(pieces[0])) is not None:
                    capabilities = told[1]
        except client.wire.abort:
            raise
        except client.wire.error as refused:
            raise LoginError(*refused.args) from None
        client.wire.state = "AUTH"
        if (told := _CAPABILITY_CODE.match(answers.status)) is not None:
            capabilities = told[1]
        client.know_capabilities(capabilities)

    def extend(self) -> None:
        """After the login: switch on what the server has and what serves here."""
        client, wire = self._client, self._client.wire
        with self._talk("begin"):
            if client.has_capability("QRESYNC") and client.has_capability("ENABLE"):
                # The answer is only wanted when a folder is opened that was open before; until then nothing waits.
                wire.read_later(wire.answers(b"ENABLE QRESYNC"), self._enabled)
            pack = client.has_capability("COMPRESS=DEFLATE") and not is_loopback(wire.sock)  # no line to spare
            packed = wire.answers(b"COMPRESS DEFLATE") if pack else None
            if packed is not None:
                try:
                    for _ in packed:
                        pass
                    wire.unpack_from_here()
                except wire.abort:
                    raise
                except wire.error:
                    pass  # NO [COMPRESSIONACTIVE]: TLS or a tunnel packs already

    def _enabled(self, answers: list[list[bytes]] | None) -> None:
        self._has_qresync = any(_ENABLED_QRESYNC.match(pieces[0]) for pieces in answers or ())

    @property
    def has_qresync(self) -> bool:
        """The server tells at SELECT what changed and what vanished since (RFC 7162)."""
        if self._client.wire.has_waiting:
            with self._talk("begin"):
                self._client.wire.settle()
        return self._has_qresync

    # ---- folders

    def folders(self) -> tuple[RemoteFolder, ...]:
        """All folders with their roles."""
        with self._talk("list its folders"):
            extended = self._client.has_capability("SPECIAL-USE") and self._client.has_capability("LIST-EXTENDED")
            command = b'LIST "" "*"' + (b" RETURN (SPECIAL-USE)" if extended else b"")
            return self._named(read_list(self._client.wire.answers(command)))

    def folders_with_status(self) -> tuple[tuple[RemoteFolder, ...], dict[str, FolderStatus]]:
        """All folders, and the state of those that the server tells it of: one round trip with LIST-STATUS (RFC 5819),
        about two with STATUS commands that are sent together."""
        client, news = self._client, self._client.wire.news
        items = STATUS_ITEMS + (b" HIGHESTMODSEQ" if self.has_condstore else b"")
        if client.has_capability("LIST-STATUS"):
            special = b"SPECIAL-USE " if client.has_capability("SPECIAL-USE") else b""
            with self._talk("list its folders"):
                answers = list(client.wire.answers(b'LIST "" "*" RETURN (%sSTATUS (%s))' % (special, items)))
            folders = self._named(read_list(answers))
        else:
            folders, answers = self.folders(), []
            wanted = [folder for folder in folders if folder.selectable]
            for start in range(0, len(wanted), STATUS_A_TIME):
                answers += self._ask_status(wanted[start : start + STATUS_A_TIME], items)
        by_raw_name = {folder.raw_name: folder.name for folder in folders}
        found: dict[str, FolderStatus] = {}
        for pieces in answers:
            status = read_status(pieces)
            if status is not None and status[0] in by_raw_name:
                found[by_raw_name[status[0]]] = status[1]
        client.wire.news = news
        return folders, found

    def _ask_status(self, folders: Sequence[RemoteFolder], items: bytes) -> list[list[bytes]]:
        wire = self._client.wire
        with self._talk("look into its folders"):
            sent = [wire.answers(b"STATUS %s (%s)" % (quoted(folder.raw_name), items)) for folder in folders]
            found: list[list[bytes]] = []
            for answers in sent:
                try:
                    found += answers
                except wire.abort:
                    raise
                except wire.error:
                    continue  # a folder that was removed meanwhile, or whose state is nobody's business
        return found

    def _named(self, folders: tuple[RemoteFolder, ...]) -> tuple[RemoteFolder, ...]:
        self._raw_names = {folder.name: folder.raw_name for folder in folders}
        labels = bool(self._client.has_capability("X-GM-EXT-1"))
        self.all_mail = next((folder.name for folder in folders if labels and folder.role is FolderRole.ALL), "")
        return without_doubles(folders, labels=labels)

    def select(self, name: str, read_only: bool = False, since: tuple[int, int] | None = None) -> FolderStatus:
        """Open a folder; everything below works on it.

        Args:
            since: UIDVALIDITY and HIGHESTMODSEQ as last seen. With QRESYNC the result then tells what changed.
        """
        command = b"%s %s" % (b"EXAMINE" if read_only else b"SELECT", quoted(self._raw_name(name)))
        resync = since is not None and min(since) > 0 and self.has_qresync
        if resync and since is not None:
            command += b" (QRESYNC (%d %d))" % since
        elif self.has_condstore:
            command += b" (CONDSTORE)"  # RFC 7162 section 3.1.8: else the server may keep HIGHESTMODSEQ to itself
        with self._talk(f"open the folder {name}"):
            answers = self._client.wire.answers(command)
            return self._opened(name, answers, resync)

    def open_new(self, name: str, newest: tuple[int, int], spool: Spool | None = None) -> NewFolder:
        """Open a folder of which nothing is here and fetch its newest messages, in one round trip.

        Args:
            newest: first and last message sequence number to fetch, as STATUS let them be guessed. When messages went
                since, fewer come; when all of them went, none.
            spool: as for `fetch_raw`.
        """
        wire = self._client.wire
        condstore = b" (CONDSTORE)" if self.has_condstore else b""
        with self._talk(f"open the folder {name}"):
            # Only these two: a server may answer commands that are sent together in any order (RFC 9051 section 5.5),
            # and Dovecot ends a SEARCH after the FETCH behind it; SELECT alone is always done first.
            selected = wire.answers(b"SELECT %s%s" % (quoted(self._raw_name(name)), condstore))
            fetched = wire.answers(b"FETCH %d:%d " % newest + CONTENT_ITEMS)
            try:
                status = self._opened(name, selected, False)
            except wire.abort:
                raise
            except wire.error:
                for _ in read_newest(wire, fetched, {}):
                    pass  # refused as well; its answer comes before that of the next command
                raise
            return NewFolder(status, self._newest(fetched, spool))

    def _newest(self, fetched: Answers, spool: Spool | None) -> Iterator[FetchedMessage]:
        finished = False
        try:
            with self._talk("hand over messages"):
                yield from read_newest(self._client.wire, fetched, self.too_large, self.max_message_bytes, spool)
            finished = True
        finally:
            if not finished:
                self.close()

    def _opened(self, name: str, answers: Answers, resync: bool) -> FolderStatus:
        wire = self._client.wire
        if name != self.selected:  # UIDs mean nothing in another folder
            self.too_large.clear()
            self.refused.clear()
        self.selected = ""  # RFC 9051 section 6.3.2: a SELECT that fails closes what was open
        self._known = None
        wire.highestmodseq = 0
        self._changes_seen = -1
        status = read_select(answers, resync)
        if not self.has_condstore:
            # QUIRK: Yahoo counts changes and tells of none: its number says nothing that can be asked for.
            status = replace(status, highestmodseq=None)
        wire.state = "SELECTED"
        wire.news = False
        self.selected = name
        self._known = replace(status, read_only=b"[READ-ONLY]" in answers.status.upper())
        return self._known

    def changes(self, since: tuple[int, int]) -> FolderStatus | None:
        """What `select` would tell of the open folder, without opening it once more, which costs a server with a large
        one ten times as much. None where this server, or what is known of the folder, does not allow it.

        Args:
            since: UIDVALIDITY and HIGHESTMODSEQ as last seen.
        """
        known, wire = self._known, self._client.wire
        if known is None or since[0] != known.uidvalidity or min(since) <= 0 or not self.has_qresync:
            return None
        with self._talk("tell of changes"):
            for _ in range(MAX_LOOKS):
                answers = wire.answers(b"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE %d VANISHED)" % since[1])
                try:
                    found = read_select(answers, True)
                except wire.abort:
                    raise
                except wire.error:
                    break
                wire.news = False
                if not found.exists:  # else messages came that were not there yet when the question was
                    return self._updated(known, found)
        self._known = None
        return None

    def _updated(self, known: FolderStatus, found: FolderStatus) -> FolderStatus:
        """STATUS is not asked: it may say more of an open folder than this conversation has been told."""
        wire = self._client.wire
        counts = (known.highestmodseq or 0, found.highestmodseq or 0, wire.highestmodseq)
        self._known = replace(
            known,
            uidnext=max(known.uidnext, max(found.changed or (0,)) + 1),
            exists=wire.exists,
            highestmodseq=max(counts) or None,
        )
        return replace(self._known, changed=found.changed, vanished=found.vanished)

    def status(self, name: str) -> FolderStatus:
        """The same facts of a folder that stays closed: a cheap look whether anything changed."""
        items = STATUS_ITEMS + (b" HIGHESTMODSEQ" if self.has_condstore else b"")
        with self._talk(f"look into the folder {name}"):
            answers = self._client.wire.answers(b"STATUS %s (%s)" % (quoted(self._raw_name(name)), items))
            found = [status for pieces in answers if (status := read_status(pieces)) is not None]
        return found[-1][1] if found else FolderStatus(0, 0, 0)

    def mailbox_id(self, name: str) -> str:
        """What the server calls the folder whatever its name is (RFC 8474); empty when it does not say. Opens it."""
        if not self._client.has_capability("OBJECTID"):
            return ""
        try:
            return self.select(name, read_only=True).mailbox_id
        except ServerRefused:
            return ""

    def quota(self) -> Quota | None:
        """How full the account is; None when the server has no limit or does not tell (RFC 9208 section 4.2.2)."""
        if not self._client.has_capability("QUOTA"):
            return None
        with self._talk("say how full the mailbox is"):
            return read_quota(list(self._client.wire.answers(b"GETQUOTAROOT INBOX")))

    def create_folder(self, name: str) -> None:
        """Make a folder and subscribe to it."""
        with self._talk(f"make the folder {name}"):
            self._client.create_folder(self._raw_name(name))
            self._client.subscribe_folder(self._raw_name(name))

    def rename_folder(self, name: str, new: str) -> None:
        """Give it another name, and those in it (RFC 9051 section 6.3.6); the subscription goes along."""
        raw, raw_new = self._raw_name(name), self._raw_name(new)
        with self._talk(f"rename the folder {name}"):
            self._client.rename_folder(raw, raw_new)
            self._client.subscribe_folder(raw_new)
            self._client.unsubscribe_folder(raw)

    def delete_folder(self, name: str) -> None:
        """Remove it with everything in it (RFC 9051 section 6.3.5)."""
        with self._talk(f"delete the folder {name}"):
            self._client.unsubscribe_folder(self._raw_name(name))
            self._client.delete_folder(self._raw_name(name))

    @property
    def has_condstore(self) -> bool:
        """The server counts changes (RFC 7162): `changed_since` works."""
        return bool(self._client.has_capability("CONDSTORE") or self._client.has_capability("QRESYNC"))

    @property
    def bytes_received(self) -> int:
        """What came over the line so far, packed or not, without what TLS adds."""
        return self._client.wire.received_bytes

    @property
    def has_move(self) -> bool:
        """The server moves in one step (RFC 6851): cut in the middle, a message is here or there and never in both."""
        return bool(self._client.has_capability("MOVE"))

    @property
    def news(self) -> bool:
        """Something in the open folder changed since it was opened."""
        return self._client.wire.news

    def all_seen(self) -> None:
        """Everything that the server told of the open folder so far is taken over, unless there was news meanwhile."""
        if not self.news:
            self._changes_seen = self._client.wire.changes_told

    def is_quiet(self) -> bool:
        """Nothing happened in the open folder since `all_seen`: one short question, however large the folder is. To
        open it once more would cost some servers as much as the first time."""
        with self._talk("tell of changes"):
            for _ in self._client.wire.answers(b"NOOP"):
                pass
        return self._changes_seen == self._client.wire.changes_told

    # ---- reading the open folder

    def uids(self) -> list[int]:
        """All UIDs, ascending."""
        return list(self.uid_ranges())

    def uid_ranges(self) -> UidRanges:
        """All UIDs. Raises LimitExceeded."""
        return self._search(b"ALL")

    def archived(self) -> UidRanges:
        """The messages in `all_mail` that lie in no other folder."""
        return self._search(b'X-GM-RAW "has:nouserlabels -in:inbox -in:sent -in:drafts"')

    def uids_and_flags(self, range_: str = "1:*", changed_since: int | None = None) -> dict[int, Flag]:
        """UID → flags in ascending order.

        Args:
            range_: a UID set such as "1:*" or "7,12:40".
            changed_since: only messages whose flags changed or that came after this HIGHESTMODSEQ.
        """
        modifier = b"" if changed_since is None or not self.has_condstore else b"(CHANGEDSINCE %d)" % changed_since
        with self._talk("list the messages"):
            return fetch_flags(self._client.wire, range_.encode("ascii"), modifier)

    def fetch_raw(
        self, uids: Sequence[int], is_large: Callable[[int], bool] | None = None, spool: Spool | None = None
    ) -> Iterator[FetchedMessage]:
        """The messages as they are, one at a time: UIDs that no longer exist are left out, and one that is too large
        comes as a place holder.

        The order is that of the server within a hundred messages, and that of `uids` between the hundreds. Leaving the
        iterator early closes the session, since the rest is on its way already.

        Args:
            is_large: whether a message of so many bytes, if it is neither signed nor encrypted, shall come without its
                files, as a place holder too. These come last: what is small is soon there.
            spool: where large ones are kept while they come. What lies there of them is not asked for again.
        """
        finished = False
        try:
            with self._talk("hand over messages"):
                wire = self._client.wire
                wanted = [uid for uid in uids if uid not in self.too_large]
                large = find_large(wire, wanted, is_large) if is_large is not None and wanted else {}
                wanted = [uid for uid in wanted if uid not in large]
                begun = [uid for uid in wanted if uid in spool.begun()] if spool is not None else []
                wanted = [uid for uid in wanted if uid not in begun]
                yield from self._fetch_messages(wanted, spool)
                for uid in begun:
                    yield from self._fetch_rest(uid, spool)
                for uid, (size_bytes, structure) in large.items():
                    if size_bytes > self.max_message_bytes:
                        self.too_large[uid] = size_bytes
                    elif (listed := fetch_held_back(wire, uid, size_bytes, structure)) is not None:
                        yield listed
                    else:
                        yield from self._fetch_messages([uid], spool)
                for uid in self.too_large.keys() & set(uids):
                    if (listed := fetch_place_holder(wire, uid, self.too_large[uid])) is not None:
                        yield listed
            finished = True
        finally:
            if not finished:
                self.close()

    def _fetch_messages(self, uids: Sequence[int], spool: Spool | None) -> Iterator[FetchedMessage]:
        wire = self._client.wire
        return fetch_messages(wire, uids, self.too_large, self.refused, self.max_message_bytes, spool)

    def _fetch_rest(self, uid: int, spool: Spool | None) -> Iterator[FetchedMessage]:
        message, anew = fetch_rest(self._client.wire, uid, spool) if spool is not None else (None, True)
        if message is not None:
            yield message
        elif anew:
            yield from self._fetch_messages([uid], spool)

    def find_message_id(self, message_id: str) -> list[int]:
        """UIDs of the messages in the open folder with this Message-ID."""
        if not message_id.isascii() or not message_id.isprintable():
            return []
        return list(self._search(b"HEADER Message-ID " + quoted(message_id.encode("ascii"))))

    def _search(self, criteria: bytes) -> UidRanges:
        # RFC 4731: ranges instead of every number, a hundred thousand UIDs in a few bytes
        extended = self._client.has_capability("ESEARCH")
        pairs: list[tuple[int, int]] = []
        with self._talk("search"):
            for pieces in self._client.wire.answers(b"UID SEARCH %s%s" % (b"RETURN (ALL) " * extended, criteria)):
                line = pieces[0]
                if extended and line[:9].upper() == b"* ESEARCH" and (ranges := _ESEARCH_ALL.search(line)):
                    pairs += read_ranges(ranges[1])
                elif line[:8].upper() == b"* SEARCH":
                    pairs += read_ranges(line[8:].partition(b"(")[0].strip())
        found = UidRanges(pairs)
        if len(found) > MAX_UIDS:
            raise LimitExceeded(f"The server listed more than {MAX_UIDS} messages in one folder.")
        return found

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
                return dict(zip(expand(found[1]), expand(found[2]), strict=False))
        return {}

    def _expunge(self, uids: Sequence[int]) -> None:
        client = self._client
        client.add_flags(uids, ["\\Deleted"], silent=True)
        if client.has_capability("UIDPLUS"):
            try:
                client.uid_expunge(uids)
                return
            except client.wire.abort:
                raise
            except client.wire.error:
                pass  # QUIRK: announced and refused (Proton's bridge); then as where it is not announced
        # Plain EXPUNGE removes everything marked as deleted, also what another program marked and its user may still
        # want back. When there is more than ours, the mark is all that can be done safely.
        if set(self._search(b"DELETED")) <= set(uids):
            client.expunge()

    # ---- waiting

    def idle(self, timeout: float, stop: threading.Event) -> bool:
        """Wait for news in the open folder, and after `watch_all_folders` in any. True when something changed, also
        since the folder was opened; False after `timeout` seconds or when `stop` is set: at once with a
        `net.wake.WakeEvent`, within half a second with a plain event."""
        with self._talk("wait for news"):
            return wait_for_news(self._client, timeout, stop)

    def watch_all_folders(self) -> bool:
        """Have `idle` end for news in other folders too (RFC 5465); False when the server cannot."""
        if not self._client.has_capability("NOTIFY") or not self._client.has_capability("IDLE"):
            return False
        with self._talk("tell of other folders"):
            return watch_all_folders(self._client)

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
