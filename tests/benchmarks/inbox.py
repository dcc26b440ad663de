"""Judging an inbox: 1,000 signed messages from raw bytes to verdict, against the bare arithmetic in the same run.

    python -m tests.benchmarks.inbox [--json] [--messages 1000] [--key rsa|ecdsa]

Two floors. The arithmetic: one hash over the content, one over the signed attributes, one public key operation, with
everything parsed beforehand; no program can do without. The raw floor begins where we begin, at the bytes of a mail,
and does in native code what cannot be skipped there: cut the mail at its boundary, decode the signature, load the
certificate that came with it and its key, and then the arithmetic. It judges nothing: no structure is checked, no
path, no address, no header is read. All take turns; figures are medians, ratios those of single rounds. The peer is one
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
from pathlib import Path

import pybase64
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.pki import NOW, Pki
from tui_mail.cms.signed import parse_signed_data
from tui_mail.mime.envelope import read_envelope
from tui_mail.mime.tree import parse
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext

SIGNERS = 20
PEER_MESSAGES = 20
ROUNDS = 7


def make_inbox(pki: Pki, count: int, key: str) -> list[bytes]:
    """Signed messages of different people, two kilobytes each."""
    people = [pki.issue(f"person{number}@clinic.test", key=key) for number in range(SIGNERS)]
    messages = []
    for number in range(count):
        person = people[number % SIGNERS]
        text = (
            f"From: {person.address}\r\nTo: me@clinic.test\r\nSubject: Letter {number}\r\n\r\n"
            + f"line {number}\r\n" * 150
        )
        messages.append(protect(text.encode(), sign=person.key, now=NOW))
    return messages


def arithmetic(messages: list[bytes]) -> list[tuple[bytes, bytes, bytes, object]]:
    """Content, signed attributes, signature and public key of each message."""
    found = []
    for raw in messages:
        content, signature = parse(raw).children
        signed = parse_signed_data(signature.body_bytes())
        signer = signed.signers[0]
        public = x509.load_der_x509_certificate(signed.certificates[0]).public_key()
        found.append((content.source, signer.signed_bytes[0], signer.signature, public))
    return found


def floor_seconds(parts: list[tuple[bytes, bytes, bytes, object]]) -> float:
    """The time for hashes and public key operations alone."""
    begin = time.perf_counter()
    for content, attributes, signature, public in parts:
        hashlib.sha256(content).digest()
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, attributes, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
    return time.perf_counter() - begin


def raw_floor_seconds(messages: list[bytes], parts: list[tuple[bytes, bytes, bytes, object]]) -> float:
    """The arithmetic, and before it what lies between the bytes of a mail and the arithmetic."""
    begin = time.perf_counter()
    for raw, (content, attributes, signature, known) in zip(messages, parts, strict=True):
        start = raw.index(b'boundary="') + 10
        boundary = b"\r\n--" + raw[start : raw.index(b'"', start)]
        first = raw.index(boundary)
        second = raw.index(boundary, first + 1)
        span = raw[raw.index(b"\n", first + 2) + 1 : second]
        at = raw.index(b"\r\n\r\n", second)
        decoded = pybase64.b64decode(raw[at : raw.index(boundary, at)])
        size = 4 + int.from_bytes(decoded[(place := decoded.index(b"\x30\x82", 40)) + 2 : place + 4], "big")
        public = x509.load_der_x509_certificate(decoded[place : place + size]).public_key()
        hashlib.sha256(span).digest()
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, attributes, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
        if span != content or public != known:
            raise SystemExit("the raw floor does not read its own mail")
    return time.perf_counter() - begin


def ours_seconds(messages: list[bytes], trust: TrustContext) -> float:
    """Raw bytes to verdict."""
    begin = time.perf_counter()
    for raw in messages:
        open_message(raw, trust=trust, now=NOW)
    return time.perf_counter() - begin


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
    messages = make_inbox(pki, count, key)
    trust = TrustContext(anchors=(pki.ca.certificate,), revocation="prefer")
    parts = arithmetic(messages)
    begin = time.perf_counter()
    letters = Counter(open_message(raw, trust=trust, now=NOW).security.verdict.letter.value for raw in messages)
    first = time.perf_counter() - begin
    rounds = [
        (ours_seconds(messages, trust), floor_seconds(parts), raw_floor_seconds(messages, parts)) for _ in range(ROUNDS)
    ]
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
