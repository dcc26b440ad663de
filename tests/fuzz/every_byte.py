"""Every byte of thirty messages changed, one at a time: nothing raises, no X becomes Y, no Y stands for another text.

    nice python -m tests.fuzz.every_byte [--step 1] [--values 1,32,128,255] [--json]

Fifteen messages are good, in every form; the other fifteen are the same with altered words, so that they are X (or
closed). A changed good message may stay Y only where what is shown is what was signed.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import default_plan
from tui_mail.model.security import Letter
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import view
from tui_mail.trust.context import TrustContext

VALUES = (0x01, 0x20, 0x80, 0xFF)
PKI = Pki()
READER = PKI.issue("bert@clinic.test", key="ecdsa")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
WORDS = b"Pay 10 Euro"
HEAD = b"From: Anna <anna@clinic.test>\r\nTo: bert@clinic.test\r\nSubject: Rent\r\n"
BODIES = (
    b"\r\n" + WORDS + b"\r\n",
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n\r\n' + WORDS + b"\r\n--b\r\nContent-Type:"
    b" text/html\r\n\r\n<p>" + WORDS + b"</p>\r\n--b--\r\n",
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    + WORDS
    + b"=20!\r\n",
)


@lru_cache(maxsize=1)
def messages() -> tuple[bytes, ...]:
    """Fifteen good messages, and the same with other words put in before the signature was checked."""
    made: list[bytes] = []
    for kind in ("ecdsa", "rsa", "ed25519"):
        signer = PKI.issue("anna@clinic.test", key=kind)
        for number, body in enumerate(BODIES):
            opaque = number == 1
            made.append(protect(HEAD + body, sign=signer.key, opaque=opaque, now=NOW))
        made.append(protect(HEAD + BODIES[0], sign=signer.key, headers="none", now=NOW))
        plans = [default_plan(READER.certificate)]
        cipher = "aes-128-cbc" if kind == "rsa" else "aes-256-gcm"
        made.append(protect(HEAD + BODIES[0], sign=signer.key, recipients=plans, cipher=cipher, now=NOW))
    return (*made, *(altered(raw) for raw in made))


def altered(raw: bytes) -> bytes:
    """Other words in clear text; in encoded text two bytes in the middle of the content."""
    if WORDS in raw:
        return raw.replace(WORDS, b"Pay 99 Euro")
    at = raw.index(b"\r\n\r\n") + 400
    swap = bytes((raw[at] ^ 1 if raw[at] != 0x0D else 0x41, raw[at + 1] ^ 2 if raw[at + 1] != 0x0A else 0x41))
    return raw[:at] + swap + raw[at + 2 :]


def outcome(raw: bytes) -> tuple[Letter, str]:
    """The letter and the text that is shown."""
    opened = open_message(raw, keys=(READER.key,), trust=TRUST, now=NOW)
    shown = view(opened, 1)
    return opened.security.verdict.letter, shown.quote_text


def mutations(raw: bytes, step: int, values: Iterable[int]) -> Iterator[tuple[int, int, bytes]]:
    """Position, value, and the message with that byte changed by exclusive or."""
    for at in range(0, len(raw), step):
        for value in values:
            yield at, value, raw[:at] + bytes((raw[at] ^ value,)) + raw[at + 1 :]


def campaign(step: int, values: Iterable[int]) -> Counter[str]:
    """Change everything; counts of "from>to" letters. Raises AssertionError at the first wrong Y."""
    counts: Counter[str] = Counter()
    for raw in messages():
        letter, text = outcome(raw)
        for at, value, changed in mutations(raw, step, values):
            found, shown = outcome(changed)
            counts[f"{letter.value or 'none'}>{found.value or 'none'}"] += 1
            if found is Letter.VALID:
                assert letter is Letter.VALID, (at, value, "became Y")
                assert shown == text, (at, value, "is Y for another text")
    return counts


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--values", default=",".join(map(str, VALUES)))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    begin = time.perf_counter()
    counts = campaign(options.step, tuple(map(int, options.values.split(","))))
    found = {"messages": len(messages()), "changes": counts.total(), "letters": dict(counts)}
    found["seconds"] = round(time.perf_counter() - begin, 1)
    print(json.dumps(found) if options.json else "\n".join(f"{name:10} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
