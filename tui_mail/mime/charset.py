"""Bytes to text by the names that mail uses for character sets. Never raises."""

import codecs
import encodings
import pkgutil
from encodings.aliases import aliases
from functools import lru_cache

_ALIASES = {
    "": "utf-8",
    "us-ascii": "utf-8",  # a superset; what claims to be ASCII and is not, is nearly always UTF-8 or windows-1252
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",  # what everybody means, as in the HTML standard
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "unicode-1-1-utf-7": "utf-7",
    "cp-850": "cp850",
    "utf8mb4": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
}
# Python codecs that are no character sets: slow on hostile input or able to make anything of anything.
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
_ABOVE_ASCII = frozenset(
    {"utf-8", "koi8-r", "koi8-u", "gb18030", "cp949", "big5", "euc_jp"}
    | {f"cp125{number}" for number in range(9)}
    | {f"iso8859-{number}" for number in (*range(1, 12), 13, 14, 15, 16)}
)
"""Codecs in which ASCII alone means ASCII."""


@lru_cache(maxsize=256)
def codec_for(name: str) -> str | None:
    """The Python codec for a charset name of mail, None when there is none."""
    name = name.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    if not name.isascii() or "\0" in name or not _is_known(name):
        return None
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(info, "_is_text_encoding", True)
    return None if not is_text or info.name.replace("_", "-") in _NOT_CHARSETS else info.name


def _is_known(name: str) -> bool:
    """Whether there can be such a codec: for any other name `codecs.lookup` searches the disk, and a mail can hold a
    hundred thousand names."""
    plain = encodings.normalize_encoding(name)
    return plain in aliases or plain.replace(".", "_") in aliases or plain in _modules()


@lru_cache(maxsize=1)
def _modules() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(encodings.__path__))


def decode_bytes(data: bytes, charset: str = "utf-8") -> str:
    """Text of `data`: by the named charset, else UTF-8, else windows-1252; what does not fit becomes U+FFFD."""
    if (ascii_alone := data.isascii()) and charset in ("utf-8", "us-ascii", ""):
        return data.decode("ascii")
    codec = codec_for(charset)
    if ascii_alone and codec in _ABOVE_ASCII:
        return data.decode("ascii")
    if codec is None or codec == "utf-8":
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("utf-8" if codec and _mostly_utf8(data) else "cp1252", "replace")
    if codec == "utf-16" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        codec = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"  # RFC 2781 section 4.3: big-endian unless marked
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return data.decode("latin-1")


def _mostly_utf8(data: bytes) -> bool:
    """Whether broken UTF-8 still is UTF-8 (cut in the middle) and not an eight-bit set."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    begin = text[:10_000]
    good = len(begin) - len(begin.encode("ascii", "ignore")) - begin.count("\ufffd")
    return good > 2 * bad
