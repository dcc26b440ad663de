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
    found: dict[bytes, None] = {}
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
        elif target == "headers" and mail:
            found.update(dict.fromkeys(field.value for field in parse(mail).fields))
        elif target == "html" and mail:
            found.update(dict.fromkeys(part.body_bytes() for part in parse(mail).walk() if part.type == "text/html"))
    return [seed for seed in found if seed]
