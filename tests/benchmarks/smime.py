"""Sign, check, encrypt and decrypt at three sizes: us, the floor, and an `openssl cms` process.

The floor is the arithmetic alone through the same library: one digest and one signature, or one cipher run and one key
operation, on bytes that are there already. All take turns; times are medians in milliseconds, and the ratio to the
floor is the median of the ratios of single rounds. Then follow an inbox of 1,000 signed mails (see `inbox`) and peak
memory (see `memory`).

    python -m tests.benchmarks.smime [--json] [--sizes 10000,1000000] [--only-sizes]
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from tests.benchmarks import inbox, memory
from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import build_enveloped, decrypt, default_plan, parse_enveloped
from tui_mail.cms.signed import build_signed_data, check_signer, parse_signed_data
from tui_mail.model.keys import RsaTransport, SignatureScheme
from tui_mail.model.security import Integrity

SIZES = (10_000, 1_000_000, 25_000_000)
CIPHERS = ("aes-256-cbc", "aes-256-gcm")


ROUNDS = 15
PEER_ROUNDS = 3


class Race(NamedTuple):
    """Median milliseconds of each, and the median of what we took to what the floor took in the same round."""

    ours: float
    floor: float
    peer: float
    times_floor: float


def race(ours: Callable[[], object], floor: Callable[[], object], peer: Callable[[], object]) -> Race:
    """Run them by turns, so that a noisy moment of the machine meets all of them."""
    repeat = max(1, min(200, int(0.01 / max(milliseconds(floor) / 1000, 1e-6))))
    found = [(milliseconds(ours, repeat), milliseconds(floor, repeat)) for _ in range(ROUNDS)]
    return Race(
        statistics.median(one for one, _ in found),
        statistics.median(one for _, one in found),
        statistics.median(milliseconds(peer) for _ in range(PEER_ROUNDS)),
        statistics.median(one / other for one, other in found),
    )


def milliseconds(work: Callable[[], object], repeat: int = 1) -> float:
    """Of one call, on average."""
    start = time.perf_counter()
    for _ in range(repeat):
        work()
    return (time.perf_counter() - start) / repeat * 1000


class Bench:
    """One identity with its files, and what is measured with it."""

    def __init__(self, folder: Path) -> None:
        self.identity = Pki().issue("bench@example.org", key="rsa")
        self.folder = folder
        self.certificate = folder / "certificate.pem"
        self.key = folder / "key.pem"
        self.certificate.write_bytes(self.identity.certificate_pem)
        self.key.write_bytes(self.identity.key_pem)
        self.public = x509.load_der_x509_certificate(self.identity.certificate).public_key()
        self.plan = default_plan(self.identity.certificate)

    def openssl(self, *arguments: str) -> None:
        """One process."""
        subprocess.run(["openssl", "cms", "-binary", *arguments], check=True, capture_output=True, timeout=120)

    def file(self, name: str, data: bytes) -> str:
        """Write a file and answer its path."""
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def signatures(self, content: bytes) -> list[dict[str, object]]:
        """Signing and checking, detached."""
        key = self.identity.key
        scheme = SignatureScheme("rsa-v15", "sha256")
        attributes = b"1" * 400
        signature = key.sign(attributes, scheme)
        data = build_signed_data(content, key, detached=True, signing_time=NOW)

        def floor_sign() -> None:
            hashlib.sha256(content).digest()
            key.sign(attributes, scheme)

        def floor_check() -> None:
            hashlib.sha256(content).digest()
            self.public.verify(signature, attributes, padding.PKCS1v15(), hashes.SHA256())

        def check() -> None:
            signed = parse_signed_data(data)
            result = check_signer(signed, signed.signers[0], content, now=NOW)
            if result.integrity != Integrity.INTACT:
                raise SystemExit(f"the benchmark's own signature is {result.integrity}: {result.reason}")

        content_file = self.file("content", content)
        signed_file = self.file("signed", data)
        own = ["-signer", str(self.certificate), "-inkey", str(self.key), "-outform", "DER"]
        out = ["-out", str(self.folder / "out")]
        return [
            row(
                "sign",
                len(content),
                race(
                    lambda: build_signed_data(content, key, detached=True, signing_time=NOW),
                    floor_sign,
                    lambda: self.openssl("-sign", *own, "-in", content_file, *out),
                ),
            ),
            row(
                "verify",
                len(content),
                race(
                    check,
                    floor_check,
                    lambda: self.openssl(
                        "-verify", "-noverify", "-inform", "DER", "-in", signed_file, "-content", content_file, *out
                    ),
                ),
            ),
        ]

    def encryption(self, content: bytes, cipher: str) -> list[dict[str, object]]:
        """Encrypting and decrypting for one RSA recipient."""
        secret = self.identity.key
        key, nonce = os.urandom(32), os.urandom(16 if "cbc" in cipher else 12)
        mode = modes.CBC(nonce) if "cbc" in cipher else modes.GCM(nonce)
        whole = content[: len(content) // 16 * 16]
        wrapped = self.public.encrypt(key, padding.PKCS1v15())
        encryptor = Cipher(AES(key), mode).encryptor()
        sealed = encryptor.update(whole) + encryptor.finalize()
        opening = mode if "cbc" in cipher else modes.GCM(nonce, encryptor.tag)
        data = build_enveloped(content, [self.plan], cipher)

        def floor_encrypt() -> None:
            context = Cipher(AES(key), mode).encryptor()
            context.update(whole)
            context.finalize()
            self.public.encrypt(key, padding.PKCS1v15())

        def floor_decrypt() -> None:
            secret.unwrap(RsaTransport(wrapped))
            context = Cipher(AES(key), opening).decryptor()
            context.update(sealed)
            context.finalize()

        content_file = self.file("content", content)
        sealed_file = self.file("sealed", data)
        out = ["-out", str(self.folder / "out")]
        return [
            row(
                f"encrypt {cipher}",
                len(content),
                race(
                    lambda: build_enveloped(content, [self.plan], cipher),
                    floor_encrypt,
                    lambda: self.openssl(
                        "-encrypt",
                        f"-{cipher}",
                        "-outform",
                        "DER",
                        "-in",
                        content_file,
                        *out,
                        "-recip",
                        str(self.certificate),
                    ),
                ),
            ),
            row(
                f"decrypt {cipher}",
                len(content),
                race(
                    lambda: decrypt(parse_enveloped(data), secret),
                    floor_decrypt,
                    lambda: self.openssl(
                        "-decrypt", "-inform", "DER", "-in", sealed_file, *out, "-inkey", str(self.key)
                    ),
                ),
            ),
        ]


def row(name: str, size: int, found: Race) -> dict[str, object]:
    """One line of the table; printed as soon as it is known."""
    print(
        f"{name:20} {size:>11,} B  us {found.ours:9.2f} ms  floor {found.floor:9.2f} ms ({found.times_floor:5.2f}x)"
        f"  openssl {found.peer:9.2f} ms ({found.peer / found.ours:5.1f}x of us)",
        flush=True,
    )
    return {
        "name": name,
        "size_bytes": size,
        "us_ms": round(found.ours, 3),
        "floor_ms": round(found.floor, 3),
        "openssl_ms": round(found.peer, 3),
        "us_to_floor": round(found.times_floor, 2),
        "openssl_to_us": round(found.peer / found.ours, 2),
    }


def main() -> None:
    """Measure everything and print a line each, with --json all of it once more as the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="content sizes in bytes")
    parser.add_argument("--only-sizes", action="store_true", help="neither inbox nor memory")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for size in map(int, options.sizes.split(",")):
            content = (b"0123456789abcdef" * 4 + b"\r\n") * (size // 66 + 1)
            rows += bench.signatures(content[:size])
            for cipher in CIPHERS:
                rows += bench.encryption(content[:size], cipher)
    inboxes: list[dict[str, object]] = []
    if not options.only_sizes:
        for kind in ("rsa", "ecdsa"):
            inboxes.append(inbox.measure(1000, kind))
            print(inbox.line(inboxes[-1]), flush=True)
        rows += memory.measure(max(SIZES))
    if options.json:
        print(json.dumps({"benchmark": "smime", "rows": rows, "inbox": inboxes}))


if __name__ == "__main__":
    main()
