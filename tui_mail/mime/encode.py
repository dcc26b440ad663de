"""Text into header and body bytes that pass every gateway unchanged: seven bits, short lines, CRLF.

The law: what was built here is canonical (RFC 8551 section 3.1.1), so that signing needs no rewriting.
"""

import base64
import binascii
import re
from datetime import datetime
from urllib.parse import quote_from_bytes

from tui_mail.model.address import Address, ascii_domain

MAX_LINE = 76
MAX_TEXT_LINE = 78

_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]*\Z")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def header(name: str, value: str) -> bytes:
    """One folded header field with CRLF. `value` is ASCII already; no line break can come out of it."""
    value = _CONTROLS.sub(" ", value)
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > MAX_LINE and lines[-1].strip() and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += " " + word
    return "\r\n".join(lines).encode("ascii", "replace") + b"\r\n"


def text_value(text: str) -> str:
    """Unstructured text: as it stands when it is short printable ASCII, else as encoded words (RFC 2047)."""
    text = _CONTROLS.sub(" ", text).strip()
    longest = max((len(word) for word in text.split(" ")), default=0)
    if text.isascii() and "=?" not in text and longest < MAX_LINE - 10:
        return text
    return encoded_words(text)


def encoded_words(text: str) -> str:
    """Base64 words of at most 75 characters that never split a character (RFC 2047 section 2 and 5)."""
    words: list[str] = []
    piece = b""
    for character in text:
        data = character.encode("utf-8", "replace")
        if len(piece) + len(data) > 42:
            words.append(_word(piece))
            piece = b""
        piece += data
    words.append(_word(piece))
    return " ".join(words)


def _word(data: bytes) -> str:
    return f"=?utf-8?B?{base64.b64encode(data).decode('ascii')}?="


def address_value(address: Address) -> str:
    """A mailbox; the name quoted or encoded where it must be. The domain is written as A-label."""
    spec = _CONTROLS.sub("", address.spec).replace(" ", "")
    local, _, domain = spec.rpartition("@")
    if not domain.isascii():
        try:
            spec = f"{local}@{ascii_domain(domain)}"
        except UnicodeError:
            pass
    name = _CONTROLS.sub(" ", address.name).strip()
    if not name:
        return spec
    if not name.isascii() or "=?" in name:
        return f"{encoded_words(name)} <{spec}>"
    if _ATOM.match(name):
        return f"{name} <{spec}>"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{spec}>'


def address_list(addresses: tuple[Address, ...]) -> str:
    """Several mailboxes, separated by commas."""
    return ", ".join(address_value(address) for address in addresses)


def date_value(moment: datetime) -> str:
    """RFC 5322 section 3.3, in the zone that the instant carries, in English whatever the locale."""
    zone = moment.strftime("%z")[:5] or "+0000"
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} {zone}"


def parameter(name: str, value: str) -> str:
    """``name="value"``, or the pieces of RFC 2231 when the value is not short printable ASCII."""
    value = _CONTROLS.sub("_", value)
    if value.isascii() and len(value) <= 60:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'; {name}="{escaped}"'
    encoded = quote_from_bytes(value.encode("utf-8", "replace"), safe="")
    if len(encoded) <= 55:
        return f"; {name}*=utf-8''{encoded}"
    pieces = []
    while encoded:
        cut = 50
        while cut > 47 and "%" in encoded[cut - 2 : cut]:
            cut -= 1  # not between a percent sign and its digits
        pieces.append(encoded[:cut])
        encoded = encoded[cut:]
    charset = "utf-8''"
    return "".join(f"; {name}*{n}*={charset if n == 0 else ''}{piece}" for n, piece in enumerate(pieces))


def text_body(text: str) -> tuple[str, bytes]:
    """Transfer encoding and bytes of a text with CRLF line ends and a line break at its end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1]:
        lines.append("")
    data = "\r\n".join(lines).encode("utf-8", "replace")
    # Trailing blanks and "From " would be changed on the way and break the signature (RFC 8551 section 3.1.2).
    plain = data.isascii() and not any(
        len(line) > MAX_TEXT_LINE or line.endswith((" ", "\t")) or line.startswith(("From ", ".")) for line in lines
    )
    if plain and "\0" not in text:
        return "7bit", data
    if sum(byte > 126 for byte in data) * 3 > len(data):
        return "base64", base64_body(data)
    return "quoted-printable", quoted_printable(lines)


def base64_body(data: bytes) -> bytes:
    """Lines of 76 characters with CRLF."""
    encoded = binascii.b2a_base64(data, newline=False)
    return b"".join(encoded[start : start + MAX_LINE] + b"\r\n" for start in range(0, len(encoded), MAX_LINE))


def quoted_printable(lines: list[str], charset: str = "utf-8") -> bytes:
    """RFC 2045 section 6.7; "From " and a lone "." at the begin of a line are encoded as well."""
    result: list[str] = []
    for number, line in enumerate(lines):
        encoded = [_quoted(byte) for byte in line.encode(charset, "replace")]
        if encoded and encoded[-1] in (" ", "\t"):
            encoded[-1] = f"={ord(encoded[-1]):02X}"
        if line.startswith(("From ", ".")):
            encoded[0] = f"={ord(line[0]):02X}"
        width = 0
        for piece in encoded:
            if width + len(piece) > MAX_LINE - 1:
                result.append("=\r\n")
                width = 0
            result.append(piece)
            width += len(piece)
        if number < len(lines) - 1:
            result.append("\r\n")
    return "".join(result).encode("ascii")


def _quoted(byte: int) -> str:
    return chr(byte) if (0x20 <= byte <= 0x7E and byte != 0x3D) or byte == 0x09 else f"={byte:02X}"
