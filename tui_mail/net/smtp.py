"""Handing a message to the submission server (RFC 5321, RFC 6409, RFC 8314).

The law: after `submit` it is known whether the server took the message; where nobody can know, because the connection
ended after the final dot and before the answer, it says so with `SubmitOutcomeUnknown` and never with another error.
"""

import base64
import re
import select
import smtplib
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tui_mail.model.account import Security, Server
from tui_mail.model.address import ascii_domain
from tui_mail.model.errors import CannotConnect, ConnectionLost, LoginRefused, ServerRefused, TuiMailError, UsageError
from tui_mail.model.sign_in import AccessToken
from tui_mail.net.bearer import bearer_login
from tui_mail.net.problems import explained, login_refused, said
from tui_mail.net.tls import CONNECT_SECONDS, open_connection, tls_context, wrap

FINAL_DOT_SECONDS = 600.0
"""RFC 5321 section 4.5.3.2.6: a server may need ten minutes to answer the final dot."""
MAX_PIPELINED = 100
"""Commands that are sent before their answers are read; more answers than that might not fit into the buffers."""
MAX_AUTH_CHARACTERS = 490
"""RFC 5321 section 4.5.3.1.4: a command has 512 octets; Postfix cuts at 2,048."""
_MEGABYTE = 1_000_000
_LINE_END = re.compile(rb"\r\n|\r|\n")


class SubmitOutcomeUnknown(ConnectionLost):
    """The connection ended after the final dot: the message may have been taken or not."""


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """Who will get the message. `refused` has the server's words for each of the others (foreign text)."""

    accepted: tuple[str, ...]
    refused: dict[str, str] = field(default_factory=dict)


def submit(
    server: Server,
    password: str,
    sender: str,
    recipients: Sequence[str],
    raw: bytes,
    *,
    delivery_reports: bool = False,
    timeout: float = CONNECT_SECONDS,
    final_timeout: float = FINAL_DOT_SECONDS,
) -> SubmitResult:
    """Submit one message to all recipients that the server takes.

    Args:
        sender: envelope address (MAIL FROM), where reports of failure go; empty for what is itself a report.
        raw: the message; line ends become CRLF, and nothing else is changed.
        delivery_reports: ask to be told when it is delivered, where the server can (RFC 3461); reports of failure come
            anyway.

    Raises:
        ServerRefused: sender, all recipients or the content were refused; `code` 4xx is worth another try.
        SubmitOutcomeUnknown: see the law above.
        ConnectionLost, CannotConnect, CertificateRefused, LoginRefused: the message was not taken.
    """
    if not recipients:
        raise UsageError("A message needs at least one recipient.")
    data = _canonical(raw)
    with _conversation(server, password, timeout) as smtp:
        options = _mail_options(smtp, server, (*filter(None, (sender,)), *recipients), data)
        accepted, refused = _envelope(
            smtp, server, sender, recipients, options, delivery_reports=delivery_reports and smtp.has_extn("dsn")
        )
        if not accepted:
            raise _all_refused(server, refused)
        with explained(server, timeout, "take the message", connected=True):
            # Nothing can be accepted before the last bytes, so an error here means: not taken.
            end = _send_chunk(smtp, data) if smtp.has_extn("chunking") else _send_data(smtp, server, data)
            if smtp.is_cut():
                raise ConnectionLost(f"{server.host} ended the connection. It will be tried again.")
        code, answer = _finish(smtp, server, end, final_timeout)
        if code // 100 != 2:
            raise _refusal(server, "refused the message", code, answer)
    return SubmitResult(tuple(accepted), {address: _text(words) for address, (_, words) in refused.items()})


def probe(server: Server, password: str, sender: str = "", *, timeout: float = CONNECT_SECONDS) -> None:
    """Log in and, with a `sender`, ask whether mail from it to itself would be taken. Nothing is sent."""
    with _conversation(server, password, timeout) as smtp:
        if sender:
            _, refused = _envelope(smtp, server, sender, (sender,), _mail_options(smtp, server, (sender,), b""))
            if refused:
                raise _all_refused(server, refused)
            with explained(server, timeout, "forget the test", connected=True):
                smtp.rset()


class _WholeLines:
    """What smtplib reads answers from. A line whose end never came is no answer: half a "250" may be anything."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.peek = file.peek
        self.close = file.close

    def readline(self, limit: int = -1) -> bytes:
        """One line with its end; nothing when the connection ended before that."""
        line: bytes = self._file.readline(limit)
        return line if line.endswith(b"\n") or len(line) == limit else b""


class _Connection(smtplib.SMTP):
    """smtplib on a socket that is open and, for `Security.TLS`, protected already."""

    def __init__(self, sock: socket.socket, timeout: float):
        self._ready = sock
        super().__init__(timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._ready

    def getreply(self) -> tuple[int, bytes]:
        """The next answer."""
        if self.file is None and self.sock is not None:
            self.file = _WholeLines(self.sock.makefile("rb"))
        return super().getreply()

    def protect(self, server: Server, timeout: float) -> None:
        """STARTTLS (RFC 3207)."""
        if not self.has_extn("starttls"):
            raise CannotConnect(
                f"{server.host} offers no STARTTLS on port {server.port}. Choose TLS, usually port 465."
            )
        code, answer = self.docmd("STARTTLS")
        if code != 220:
            raise _refusal(server, "does not begin TLS", code, answer)
        if self._has_unread():
            raise ConnectionLost(f"{server.host} sent unprotected data while TLS began. Nothing was sent.")
        self.sock = wrap(self._ready, server, tls_context(server.ca_file), timeout)
        self.file = None
        self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo()

    def is_cut(self) -> bool:
        """The other side has closed already: what was sent into the buffers of this computer went nowhere."""
        poll = select.poll()
        poll.register(self._ready_descriptor(), getattr(select, "POLLRDHUP", 0))
        return bool(poll.poll(0))

    def _ready_descriptor(self) -> int:
        return self.sock.fileno() if self.sock is not None else self._ready.fileno()

    def _has_unread(self) -> bool:
        """Bytes that came in clear after the answer to STARTTLS would be taken for the server's protected words."""
        reader: Any = self.file
        timeout = self._ready.gettimeout()
        self._ready.setblocking(False)
        try:
            return bool(reader.peek())
        finally:
            self._ready.settimeout(timeout)

    def log_in(self, server: Server, password: str) -> None:
        """AUTH PLAIN (RFC 4616), else LOGIN; both only inside TLS or on this machine. Passwords may be any text. An
        `AccessToken` is said as `net.bearer` knows."""
        offered = self.esmtp_features.get("auth", "").upper().split()
        if isinstance(password, AccessToken):
            mechanism, first, after_refusal = bearer_login(server, password, offered)
            # RFC 4954 section 4: a long token does not fit into the command's line, only into an answer's.
            words, left = f"{mechanism} {first.decode()}", b""
            if len(words) > MAX_AUTH_CHARACTERS:
                words, left = mechanism, first
            code, answer = self.docmd("AUTH", words)
            if code == 334 and left:
                code, answer = self.docmd(left.decode())
            if code == 334:
                code, answer = self.docmd(after_refusal.decode())
        elif "PLAIN" in offered or not offered:
            code, answer = self.docmd("AUTH", "PLAIN " + _b64(f"\0{server.user}\0{password}"))
        elif "LOGIN" in offered:
            code, answer = self.docmd("AUTH", "LOGIN " + _b64(server.user))
            if code == 334:
                code, answer = self.docmd(_b64(password))
        else:
            raise CannotConnect(
                f"{server.host} offers no way to log in that this program knows ({', '.join(offered)})."
            )
        if code // 100 == 2:
            return
        if code in (502, 503, 504) and not offered:
            raise CannotConnect(
                f"{server.host} offers no login on port {server.port}. Check the port, usually 587 or 465."
            )
        if code // 100 == 4:
            raise _refusal(server, f"cannot log {server.user} in now", code, answer)
        raise LoginRefused(f"{login_refused(server, password)}{said(_text(answer))}")


@contextmanager
def _conversation(server: Server, password: str, timeout: float) -> Iterator[_Connection]:
    sock = open_connection(server, timeout)
    smtp = _Connection(sock, timeout)
    try:
        with explained(server, timeout):
            code, answer = smtp.connect(server.host, server.port)
            if code < 0:
                raise CannotConnect(
                    f"{server.host} speaks no SMTP on port {server.port}. Check the port, usually 587 or 465."
                )
            if code != 220:
                raise _refusal(server, "does not want to talk now", code, answer)
        with explained(server, timeout, "begin", connected=True):
            _hello(smtp, server)
            if server.security is Security.STARTTLS:
                smtp.protect(server, timeout)
            if server.user:
                smtp.log_in(server, password)
        yield smtp
        _goodbye(smtp)
    finally:
        smtp.close()
        sock.close()


def _hello(smtp: _Connection, server: Server) -> None:
    # The name of this computer is nobody's business and often no valid name: an address literal is always allowed.
    smtp.local_hostname = "[127.0.0.1]"
    code, answer = smtp.ehlo()
    if code // 100 != 2:
        raise _refusal(server, "refused to talk to this computer", code, answer)


def _goodbye(smtp: _Connection) -> None:
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(2.0)
        smtp.quit()
    except (OSError, smtplib.SMTPException):
        pass  # the message is in the server's hands; how the conversation ends does not matter


def _mail_options(smtp: _Connection, server: Server, addresses: Sequence[str], data: bytes) -> list[str]:
    options = []
    if smtp.has_extn("size"):
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(data):
            raise ServerRefused(
                f"The message has {len(data) / _MEGABYTE:.1f} MB and {server.host} takes at most"
                f" {int(limit) / _MEGABYTE:.1f} MB. Send smaller attachments.",
                code=552,
            )
        if data:
            options.append(f"SIZE={len(data)}")
    header = data[: end + 2] if (end := data.find(b"\r\n\r\n")) >= 0 else data
    if not header.isascii() or any(not _envelope_address(address).isascii() for address in addresses):
        if not smtp.has_extn("smtputf8"):
            raise ServerRefused(
                f"{server.host} cannot send to addresses with letters outside of ASCII. Use other addresses.",
                code=550,
            )
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    elif not data.isascii():
        if not smtp.has_extn("8bitmime"):
            raise ServerRefused(f"{server.host} takes no 8-bit messages. Send it with a transfer encoding.", code=554)
        options.append("BODY=8BITMIME")
    return options


def _envelope(
    smtp: _Connection,
    server: Server,
    sender: str,
    recipients: Sequence[str],
    options: list[str],
    *,
    delivery_reports: bool = False,
) -> tuple[list[str], dict[str, tuple[int, bytes]]]:
    """MAIL and every RCPT; in one round trip where the server takes several commands at once (RFC 2920)."""
    different = tuple(dict.fromkeys(recipients))
    if delivery_reports:
        options = [*options, "RET=HDRS"]
    notify = " NOTIFY=SUCCESS,DELAY,FAILURE" if delivery_reports else ""
    commands = [
        " ".join([f"MAIL FROM:<{_envelope_address(sender) if sender else ''}>", *options]),
        *(f"RCPT TO:<{_envelope_address(recipient)}>{notify}" for recipient in different),
    ]
    lines = [f"{command}\r\n".encode("utf-8" if "SMTPUTF8" in options else "ascii") for command in commands]
    step = MAX_PIPELINED if smtp.has_extn("pipelining") else 1
    accepted: list[str] = []
    refused: dict[str, tuple[int, bytes]] = {}
    with explained(server, doing="take the addresses", connected=True):
        for start in range(0, len(lines), step):
            smtp.send(b"".join(lines[start : start + step]))
            for position in range(start, min(start + step, len(lines))):
                code, answer = smtp.getreply()
                if position == 0 and code // 100 != 2:
                    raise _refusal(server, f"refused {sender or 'an empty address'} as sender", code, answer)
                if code == 421:
                    raise _refusal(server, "ended the conversation", code, answer)
                if position and code // 100 == 2:
                    accepted.append(different[position - 1])
                elif position:
                    refused[different[position - 1]] = (code, answer)
    return accepted, refused


def _send_data(smtp: _Connection, server: Server, data: bytes) -> bytes:
    """DATA (RFC 5321 section 4.1.1.4); the bytes that end it are for `_finish`."""
    code, answer = smtp.docmd("DATA")
    if code != 354:
        raise _refusal(server, "refused the message", code, answer)
    smtp.send(_stuffed(data))
    return b".\r\n"


def _send_chunk(smtp: _Connection, data: bytes) -> bytes:
    """BDAT (RFC 3030): no question whether it may begin, no dots to double. Its last byte is for `_finish`: until then
    the server waits for more, so that nothing can have been taken."""
    whole = data if data.endswith(b"\r\n") else data + b"\r\n"
    smtp.send(b"BDAT %d LAST\r\n" % len(whole) + whole[:-1])
    return whole[-1:]


def _finish(smtp: _Connection, server: Server, end: bytes, timeout: float) -> tuple[int, bytes]:
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(timeout)
        smtp.send(end)
        return smtp.getreply()
    except (OSError, smtplib.SMTPException, ValueError):
        raise SubmitOutcomeUnknown(
            f"The connection to {server.host} ended before it said whether it took the message. Ask a recipient, then"
            " send it again or discard it."
        ) from None


def _canonical(raw: bytes) -> bytes:
    if raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n"):
        return raw
    return _LINE_END.sub(b"\r\n", raw)


def _stuffed(data: bytes) -> bytes:
    """RFC 5321 section 4.5.2, ready for the final dot."""
    end = b"" if data.endswith(b"\r\n") else b"\r\n"
    start = b"." if data.startswith(b".") else b""
    return start + data.replace(b"\r\n.", b"\r\n..") + end


def _envelope_address(address: str) -> str:
    if any(character in address for character in "\r\n\0<>") or not address.strip():
        raise UsageError("An address in the envelope has characters that cannot be there.")
    local, at, domain = address.strip().rpartition("@")
    if at and not domain.isascii():
        try:
            domain = ascii_domain(domain)
        except UnicodeError:
            pass
    return f"{local}{at}{domain}"


def _all_refused(server: Server, refused: dict[str, tuple[int, bytes]]) -> TuiMailError:
    # One that may be taken later makes the whole worth another try.
    code, answer = min(refused.values(), key=lambda refusal: refusal[0])
    names = ", ".join(refused)
    return _refusal(
        server, f"refused {'the recipient' if len(refused) == 1 else 'all recipients'} {names}", code, answer
    )


def _refusal(server: Server, what: str, code: int, answer: bytes) -> ServerRefused:
    words = _text(answer)
    return ServerRefused(f"{server.host} {what} ({code}).{said(words)}", words, code)


def _text(answer: bytes) -> str:
    return " ".join(answer.decode("utf-8", "replace").split())


def _b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
