"""Judging an inbox: 1,000 signed messages from raw bytes to verdict, against the bare arithmetic in the same run.

    python -m tests.benchmarks.inbox [--json] [--messages 1000] [--key rsa|ecdsa]

The floor is what no program can do without: one hash over the content, one over the signed attributes, one public key
operation, with everything parsed beforehand. The peer is one `openssl cms -verify` process a message.
"""

import argparse
import hashlib
import json
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

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
    floor = min(floor_seconds(parts) for _ in range(3))
    begin = time.perf_counter()
    letters = Counter(open_message(raw, trust=trust, now=NOW).security.verdict.letter.value for raw in messages)
    first = time.perf_counter() - begin
    begin = time.perf_counter()
    for raw in messages:
        open_message(raw, trust=trust, now=NOW)
    again = time.perf_counter() - begin
    begin = time.perf_counter()
    for raw in messages:
        read_envelope(raw)
    envelopes = time.perf_counter() - begin
    return {
        "messages": count,
        "key": key,
        "letters": dict(letters),
        "floor_seconds": round(floor, 4),
        "verdict_seconds": round(first, 4),
        "verdict_again_seconds": round(again, 4),
        "times_floor": round(first / floor, 2),
        "times_floor_again": round(again / floor, 2),
        "envelope_microseconds": round(envelopes / count * 1e6, 1),
        "openssl_seconds_a_message": openssl_seconds(messages, pki.ca.pem),
    }


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
