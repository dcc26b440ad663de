"""What can go wrong on the way to a server, as sentences: the one place where errors of sockets, TLS, smtplib, imaplib
and IMAPClient become errors of ours."""

import imaplib
import re
import smtplib
import socket
import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from tui_mail.model.account import Security, Server
from tui_mail.model.clean import clean
from tui_mail.model.errors import (
    CannotConnect,
    CertificateRefused,
    ConnectionLost,
    NetworkProblem,
    ServerBusy,
    ServerRefused,
    TuiMailError,
)
from tui_mail.model.sign_in import AccessToken

MAX_ANSWER_CHARACTERS = 300
_TLS_PORTS = {143: 993, 993: 993, 25: 465, 587: 465, 465: 465}
_IMAPLIB_DRESS = re.compile(r"^\w+ (?:failed:|command error: \w+) ?", re.ASCII)

# QUIRK: Dovecot ends every answer with how long it took.
_TIMES = re.compile(r" \(\d+\.\d+ \+ [\d.+ ]+ secs\)\.?$", re.ASCII)

# Microsoft's words for it; no standard has a code with a time.
_BACKOFF = re.compile(r"Suggested Backoff Time: *(\d{1,9}) *milliseconds", re.IGNORECASE)
MAX_BACKOFF_SECONDS = 3600.0

# OpenSSL's X509_V_ERR numbers (x509_vfy.h)
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED_LEAF, _SELF_SIGNED_ROOT, _NO_ISSUER, _NO_LEAF_ISSUER = 9, 10, 18, 19, 20, 21
_HOST_MISMATCH, _ADDRESS_MISMATCH = 62, 64


@contextmanager
def explained(server: Server, timeout: float = 0.0, doing: str = "", connected: bool = False) -> Iterator[None]:
    """Translate every error of the network libraries inside the block.

    Args:
        timeout: the seconds that a sentence about a timeout names.
        doing: what was asked of the server, for "… refused to <doing>".
        connected: a conversation was going on, so silence means that the connection was lost.
    """
    try:
        yield
    except TuiMailError:
        raise
    except Exception as error:
        translated = translate(error, server, timeout, doing, connected)
        if translated is None:
            raise
        raise translated from error


def translate(
    error: Exception, server: Server, timeout: float = 0.0, doing: str = "", connected: bool = False
) -> NetworkProblem | None:
    """The error of ours for an error of a library; None for what is not about the network."""
    host, port = server.host, server.port
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, OSError):
        error = error.__context__  # smtplib hides what happened to the socket behind its own error
    match error:
        case smtplib.SMTPServerDisconnected():
            return ConnectionLost(f"{host} ended the connection. It will be tried again.")
        case smtplib.SMTPException():
            return ServerRefused(f"{host} gave an answer that is not SMTP. Check host and port.", answer_of(error))
        case ssl.SSLCertVerificationError():
            return CertificateRefused(_certificate_sentence(error, server))
        case socket.gaierror():
            return CannotConnect(
                f"The server name {host} is unknown. Check its spelling, and whether this computer is online."
            )
        case ConnectionRefusedError():
            return CannotConnect(
                f"{host} accepts no connection on port {port}. It may be down; when it is up, check the port."
            )
        case TimeoutError() if connected:
            return ConnectionLost(f"{host} stopped answering. It will be tried again.")
        case TimeoutError():
            hint = (
                f" If port {port} is one for TLS, choose TLS instead of STARTTLS."
                if server.security is Security.STARTTLS
                else " Check the network, the port and any firewall between."
            )
            seconds = f" within {timeout:g} seconds" if timeout else ""
            return CannotConnect(f"{host} did not answer on port {port}{seconds}.{hint}")
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return ConnectionLost(f"{host} ended the connection. It will be tried again.")
        case ssl.SSLError():
            return CannotConnect(_tls_sentence(error, server))
        case zlib.error():
            return ConnectionLost(f"{host} sent bytes that cannot be unpacked. It will be tried again.")
        case imaplib.IMAP4.error() if left_alone := backoff_seconds(error):
            return ServerBusy(
                f"{host} asks to be left alone for a while, because too much was asked of it. It is tried again in"
                f" {max(1, round(left_alone / 60))} minutes.",
                left_alone,
            )
        case imaplib.IMAP4.abort():
            return ConnectionLost(f"{host} ended the connection. It will be tried again.{said(answer_of(error))}")
        case imaplib.IMAP4.error():
            answer = answer_of(error)
            refused = f"{host} refused to {doing or 'do what was asked'}"
            if "[OVERQUOTA]" in answer.upper():  # RFC 5530 section 3
                return ServerRefused(
                    f"{refused}: the mailbox is full. Delete large messages and empty the trash.", answer
                )
            return ServerRefused(f"{refused}.{said(answer)}", answer)
        case OSError():
            if connected or isinstance(error, ConnectionError):
                return ConnectionLost(f"The connection to {host} was lost. It will be tried again.")
            reason = clean(error.strerror or str(error))
            return CannotConnect(f"{host} cannot be reached: {reason}. Check whether this computer is online.")
    return None


def answer_of(error: BaseException) -> str:
    """The server's own words, without what imaplib and IMAPClient dress them in."""
    text = error.args[0] if error.args else ""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = _IMAPLIB_DRESS.sub("", str(text))
    if text.startswith("[b'") or text.startswith('[b"'):
        text = text[3:-2]
    return text[:MAX_ANSWER_CHARACTERS]


def backoff_seconds(error: BaseException) -> float:
    """How long the server wants to be left alone; 0 when it does not say so."""
    found = _BACKOFF.search(answer_of(error))
    return min(int(found[1]) / 1000, MAX_BACKOFF_SECONDS) if found else 0.0


def login_refused(server: Server, password: str) -> str:
    """The sentence for a refused login, with a password or a token."""
    advice = "Sign in again" if isinstance(password, AccessToken) else "Check the user name and the password"
    return f"{server.host} refused the login of {server.user}. {advice}."


def said(answer: str) -> str:
    """ " The server said: …", harmless for a terminal; empty for an empty answer."""
    answer = _TIMES.sub("", clean(answer[:MAX_ANSWER_CHARACTERS]).strip())
    return f" The server said: {answer}" if answer else ""


def _certificate_sentence(error: ssl.SSLCertVerificationError, server: Server) -> str:
    host = server.host
    begin = f"The TLS certificate of {host} was refused:"
    match getattr(error, "verify_code", 0):
        case code if code in (_HOST_MISMATCH, _ADDRESS_MISMATCH):
            return f"{begin} it was issued for another name. Check the server name, or ask who runs the server."
        case code if code == _EXPIRED:
            return f"{begin} it has expired. Ask who runs the server to renew it."
        case code if code == _NOT_YET_VALID:
            return f"{begin} it is not valid yet. Check the clock of this computer."
        case code if code in (_SELF_SIGNED_LEAF, _SELF_SIGNED_ROOT, _NO_ISSUER, _NO_LEAF_ISSUER):
            if server.ca_file:
                return f"{begin} it was not issued under a certificate in {server.ca_file}. Name the right CA file."
            return (
                f"{begin} its issuer is not known to this computer. If it is a private server, name the PEM file with"
                " its CA certificate in the setting ca_file."
            )
    return f"{begin} {clean(str(getattr(error, 'verify_message', '') or error.reason))}."


def _tls_sentence(error: ssl.SSLError, server: Server) -> str:
    reason = error.reason or ""
    host, port = server.host, server.port
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"):
        usual = _TLS_PORTS.get(port)
        other = f", or port {usual} for TLS" if usual and usual != port else ""
        return f"{host} does not begin with TLS on port {port}. Choose STARTTLS for this port{other}."
    return f"{host} and this computer could not agree on TLS ({clean(reason or str(error))}). Ask who runs the server."
