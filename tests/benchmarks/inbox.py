"""Judging an inbox: 1,000 signed messages from raw bytes to verdict, against the bare arithmetic in the same run.

    python -m tests.benchmarks.inbox [--json] [--messages 1000] [--key rsa|ecdsa]

People write more than once, messages come once: every round judges mail that nobody has seen, by the same twenty
people, after a first inbox from them. So what is remembered of a person counts, what is remembered of a message never
does; the first inbox, with nothing remembered at all, is a figure of its own.

Two floors, both with everything remembered that can be. The arithmetic, which is the floor that is asked for: one hash
over the content, one over the signed attributes, one public key operation, with everything parsed and every key
loaded beforehand; no program can do without. The raw floor begins where we begin, at the bytes of a mail, and does in
native code what cannot be skipped there for a person who is known: cut the mail at its boundary, decode the signature,
and then the arithmetic. It judges nothing: no structure is checked, no certificate, no path, no address, no header is
read. All take turns; figures are medians of processor time, ratios those of single rounds. The peer is one
`openssl cms -verify` process a message.
"""

import argparse
import hashlib
import json
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pybase64
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.pki import NOW, Identity, Pki
from tui_mail.cms.signed import parse_signed_data
from tui_mail.mime.envelope import read_envelope
from tui_mail.mime.tree import parse
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext

SIGNERS = 20
PEER_MESSAGES = 20
ROUNDS = 7
TURN = 50
BEGIN = NOW - timedelta(days=60)
RSA_V15, SHA256 = padding.PKCS1v15(), hashes.SHA256()
ECDSA = ec.ECDSA(SHA256)


class Bare(NamedTuple):
    """What the arithmetic of one message takes."""

    content: bytes
    attributes: bytes
    signature: bytes
    public: object


def make_inbox(people: list[Identity], count: int, first: int = 0) -> list[bytes]:
    """Signed messages of different people, two kilobytes each, numbered from `first` on, a minute between them."""
    messages = []
    for number in range(first, first + count):
        person = people[number % len(people)]
        text = (
            f"From: {person.address}\r\nTo: me@clinic.test\r\nSubject: Letter {number}\r\n"
            f"Message-ID: <{number}@clinic.test>\r\n\r\n" + f"line {number}\r\n" * 150
        )
        messages.append(protect(text.encode(), sign=person.key, now=BEGIN + timedelta(minutes=number)))
    return messages


@lru_cache
def public_key(certificate: bytes) -> object:
    """Loaded once a person."""
    return x509.load_der_x509_certificate(certificate).public_key()


def arithmetic(messages: list[bytes]) -> list[Bare]:
    """Content, signed attributes, signature and public key of each message."""
    found = []
    for raw in messages:
        content, signature = parse(raw).children
        signed = parse_signed_data(signature.body_bytes())
        signer = signed.signers[0]
        key = public_key(signed.certificates[0])
        found.append(Bare(content.source, signer.signed_bytes[0], signer.signature, key))
    return found


def verify(one: Bare) -> None:
    """The public key operation, with the hash over the signed attributes in it."""
    if isinstance(one.public, rsa.RSAPublicKey):
        one.public.verify(one.signature, one.attributes, RSA_V15, SHA256)
    elif isinstance(one.public, ec.EllipticCurvePublicKey):
        one.public.verify(one.signature, one.attributes, ECDSA)


def floor_seconds(parts: list[Bare]) -> float:
    """The time for hashes and public key operations alone."""
    begin = time.process_time()
    for one in parts:
        hashlib.sha256(one.content).digest()
        verify(one)
    return time.process_time() - begin


def raw_floor_seconds(messages: list[bytes], parts: list[Bare]) -> float:
    """The arithmetic, and before it what lies between the bytes of a mail and the arithmetic."""
    begin = time.process_time()
    for raw, one in zip(messages, parts, strict=True):
        start = raw.index(b'boundary="') + 10
        boundary = b"\r\n--" + raw[start : raw.index(b'"', start)]
        first = raw.index(boundary)
        second = raw.index(boundary, first + 1)
        span = raw[raw.index(b"\n", first + 2) + 1 : second]
        at = raw.index(b"\r\n\r\n", second)
        decoded = pybase64.b64decode(raw[at : raw.index(boundary, at)])
        hashlib.sha256(span).digest()
        verify(one)
        if span != one.content or one.signature not in decoded:
            raise SystemExit("the raw floor does not read its own mail")
    return time.process_time() - begin


def ours_seconds(messages: list[bytes], trust: TrustContext) -> float:
    """Raw bytes to verdict."""
    begin = time.process_time()
    for raw in messages:
        open_message(raw, trust=trust, now=NOW)
    return time.process_time() - begin


def one_round(messages: list[bytes], trust: TrustContext) -> tuple[float, float, float]:
    """Processor time of us, the arithmetic and the raw floor, by turns of a few mails: the machine is never quiet."""
    found = [0.0, 0.0, 0.0]
    for first in range(0, len(messages), TURN):
        some = messages[first : first + TURN]
        found[0] += ours_seconds(some, trust)
        parts = arithmetic(some)
        found[1] += floor_seconds(parts)
        found[2] += raw_floor_seconds(some, parts)
    return found[0], found[1], found[2]


def openssl_seconds(messages: list[bytes], anchor: bytes) -> float | None:
    """Seconds a message for one openssl process each; None without openssl."""
    with tempfile.TemporaryDirectory() as folder:
        ca = Path(folder) / "ca.pem"
        ca.write_bytes(anchor)
        command = ["openssl", "cms", "-verify", "-CAfile", str(ca), "-attime", str(int(NOW.timestamp())), "-out"]
        begin = time.perf_counter()
        try:
            for raw in messages[:PEER_MESSAGES]:
                subprocess.run([*command, str(Path(folder) / "out")], input=raw, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        return (time.perf_counter() - begin) / len(messages[:PEER_MESSAGES])


def measure(count: int, key: str) -> dict[str, object]:
    """All figures of one run."""
    pki = Pki()
    people = [pki.issue(f"person{number}@clinic.test", key=key) for number in range(SIGNERS)]
    messages = make_inbox(people, count)
    trust = TrustContext(anchors=(pki.ca.certificate,), revocation="prefer")
    begin = time.process_time()
    letters = Counter(open_message(raw, trust=trust, now=NOW).security.verdict.letter.value for raw in messages)
    first = time.process_time() - begin
    rounds = []
    for number in range(1, ROUNDS + 1):
        fresh = make_inbox(people, count, number * count)
        rounds.append(one_round(fresh, trust))
    begin = time.perf_counter()
    for raw in messages:
        read_envelope(raw)
    envelopes = time.perf_counter() - begin
    return {
        "messages": count,
        "key": key,
        "letters": dict(letters),
        "arithmetic_seconds": round(statistics.median(one[1] for one in rounds), 4),
        "raw_floor_seconds": round(statistics.median(one[2] for one in rounds), 4),
        "verdict_first_seconds": round(first, 4),
        "verdict_seconds": round(statistics.median(one[0] for one in rounds), 4),
        "times_arithmetic": round(statistics.median(one[0] / one[1] for one in rounds), 2),
        "times_raw_floor": round(statistics.median(one[0] / one[2] for one in rounds), 2),
        "envelope_microseconds": round(envelopes / count * 1e6, 1),
        "openssl_seconds_a_message": openssl_seconds(messages, pki.ca.pem),
    }


def line(found: dict[str, object]) -> str:
    """The main figures in one line."""
    return (
        f"inbox {found['key']:14} {found['messages']:>11} mails  us {found['verdict_seconds']} s"
        f"  raw floor {found['raw_floor_seconds']} s ({found['times_raw_floor']}x)"
        f"  arithmetic {found['arithmetic_seconds']} s ({found['times_arithmetic']}x)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--key", choices=("rsa", "ecdsa"), default="rsa")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = measure(args.messages, args.key)
    if args.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
