"""What fuzzing begins with: the third-party messages and objects, and a few of our own, cut out for each target."""

from collections.abc import Iterable, Iterator

from tests.fuzz.targets import PKI, reader
from tests.pki import NOW
from tests.vectors import vectors_folder
from tui_mail.cms.enveloped import build_enveloped, default_plan
from tui_mail.mime.tree import parse
from tui_mail.smime.protect import protect

MAX_SEED_BYTES = 60_000
_MAIL = (
    b"From: Bob <bob@clinic.test>\r\nTo: Anna <anna@clinic.test>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Mon, 1 Jun 2026 12:00:00 +0000\r\nMessage-ID: <1@clinic.test>\r\nContent-Type: multipart/alternative;"
    b' boundary="b"\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>you</b></p>\r\n--b--'
)


_TEXTS = (
    b'name;dose\r\n"A; b";5\r\nC;12,5\r\n',
    b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ben Okafor\r\nADR;TYPE=work:;;Main\\, 5;Berlin;;10115;\r\nEND:VCARD\r\n",
    b"<table border=1><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
)
_EVENT = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n%sBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Round\\, ward\r\n"
    b"ORGANIZER;CN=Ben:mailto:ben@lab.test\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:anna@clinic.test\r\n%sEND:VEVENT\r\n"
    b"END:VCALENDAR\r\n"
)
_ZONE = (
    b"BEGIN:VTIMEZONE\r\nTZID:Here\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\n"
    b"TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def calendars() -> list[bytes]:
    """Events with a zone, a rule, whole days, and one of a series."""
    return [
        _EVENT % (_ZONE, b"DTSTART;TZID=Here:20260701T090000\r\nDURATION:PT30M\r\n"),
        _EVENT
        % (b"", b"DTSTART:20261124T090000Z\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20270101T000000Z\r\n"),
        _EVENT % (b"", b"DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSTATUS:CANCELLED\r\n"),
        _EVENT % (b"", b"DTSTART:20261124T090000Z\r\nRECURRENCE-ID:20261124T080000Z\r\nSEQUENCE:2\r\n"),
    ]


def own_messages() -> list[bytes]:
    """Signed and encrypted messages that the fuzzer's reader can open."""
    bob = PKI.issue("bob@clinic.test", key="ecdsa")
    plan = [default_plan(reader().certificate)]
    signed = protect(_MAIL, sign=bob.key, now=NOW)
    made = [_MAIL, signed, protect(_MAIL, sign=bob.key, opaque=True, now=NOW)]
    made += [
        protect(_MAIL, sign=bob.key, recipients=plan, cipher=name, now=NOW) for name in ("aes-128-cbc", "aes-256-gcm")
    ]
    return made


def own_objects() -> list[bytes]:
    """Encrypted objects for every kind of cipher."""
    plan = [default_plan(reader().certificate)]
    return [build_enveloped(_MAIL, plan, name) for name in ("aes-128-cbc", "aes-256-gcm", "chacha20-poly1305")]


def files() -> Iterator[bytes]:
    """Every third-party file of a size that mutations can cover; nothing where the data is not here."""
    folder = vectors_folder()
    for path in sorted(folder.rglob("*")) if folder is not None else ():
        if path.is_file() and path.stat().st_size <= MAX_SEED_BYTES:
            yield path.read_bytes()


def seeds(target: str, material: Iterable[bytes] | None = None) -> list[bytes]:
    """The seeds of one target, each once; by default from everything that is here."""
    if target == "calendar":
        return calendars()
    found: dict[bytes, None] = dict.fromkeys(_TEXTS if target == "preview" else ())
    for data in (*own_messages(), *own_objects(), *files()) if material is None else material:
        if data[:1] == b"0":
            objects, mail = [data], b""
        else:
            tree = list(parse(data).walk())
            objects = [part.body_bytes() for part in tree if "pkcs7" in part.type]
            mail = data if tree[0].fields else b""
        if target in ("ber", "signed", "enveloped"):
            found.update(dict.fromkeys(objects))
        elif target in ("tree", "open") and mail:
            found[mail] = None
        elif target == "preview" and mail:
            found.update(dict.fromkeys(part.body_bytes() for part in parse(mail).walk() if part.type[:5] == "text/"))
        elif target == "headers" and mail:
            found.update(dict.fromkeys(field.value for field in parse(mail).fields))
        elif target == "html" and mail:
            found.update(dict.fromkeys(part.body_bytes() for part in parse(mail).walk() if part.type == "text/html"))
    return [seed for seed in found if seed]
