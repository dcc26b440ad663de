"""An IMAP server of a few lines with one folder, for what no real server would store or number so (no TLS)."""

import re
import socket
import threading
from types import TracebackType

_SET = re.compile(rb"[\d:,*]+")
HIGHEST = (1 << 32) - 1


class TinyServer:
    """Serves `messages`, UID → bytes, as INBOX; any password will do. A context manager."""

    def __init__(self, messages: dict[int, bytes]) -> None:
        self.messages = messages
        self.flags: dict[int, bytes] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "TinyServer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as said:
            client.sendall(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] here\r\n")
            for line in said:
                tag, _, command = line.strip().partition(b" ")
                try:
                    self._say(client, self._answer(command) + tag + b" OK done\r\n")
                except OSError:
                    return

    def _say(self, client: socket.socket, answer: bytes) -> None:
        client.sendall(answer)

    def _answer(self, command: bytes) -> bytes:
        verb = command.upper()
        uids = sorted(self.messages)
        if verb.startswith(b"CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n"
        if verb.startswith(b"LIST"):
            return b'* LIST () "/" INBOX\r\n'
        if verb.startswith(b"STATUS"):
            return b"* STATUS INBOX (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)\r\n" % (len(uids), HIGHEST, HIGHEST)
        if verb.startswith(b"SELECT"):
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] so\r\n* OK [UIDNEXT %d] so\r\n" % (
                len(uids),
                HIGHEST,
                HIGHEST,
            )
        if verb.startswith(b"UID SEARCH"):
            return b"* SEARCH %s\r\n" % b" ".join(b"%d" % uid for uid in uids)
        if b"FETCH" in verb:
            named = _SET.search(command, command.index(b"FETCH"))
            wanted = _numbers(named[0] if named else b"", uids if verb.startswith(b"UID") else range(1, len(uids) + 1))
            found = (
                (place, uid)
                for place, uid in enumerate(uids, 1)
                if (uid if verb.startswith(b"UID") else place) in wanted
            )
            return b"".join(self._fetched(place, uid, b"BODY" in verb) for place, uid in found)
        return b""

    def _fetched(self, place: int, uid: int, body: bool) -> bytes:
        raw = self.messages[uid]
        content = b' INTERNALDATE "01-Jan-2026 00:00:00 +0000" BODY[] {%d}\r\n%s' % (len(raw), raw) if body else b""
        return b"* %d FETCH (UID %d FLAGS (%s)%s)\r\n" % (place, uid, self.flags.get(uid, b""), content)


def _numbers(text: bytes, known: "range | list[int]") -> set[int]:
    wanted: set[int] = set()
    for part in text.split(b","):
        first, _, last = part.partition(b":")
        low, high = int(first), HIGHEST if last == b"*" else int(last or first)
        wanted |= {number for number in known if low <= number <= high}
    return wanted
