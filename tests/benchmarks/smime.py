"""Sign, check, encrypt and decrypt at three sizes: us, the floor, and an `openssl cms` process.

The floor is the arithmetic alone through the same library: one digest and one signature, or one cipher run and one key
operation, on bytes that are there already. Times are the best of several runs, in milliseconds.

    python -m tests.benchmarks.smime [--json] [--sizes 10000,1000000]
"""

import argparse
import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import build_enveloped, decrypt, default_plan, parse_enveloped
from tui_mail.cms.signed import build_signed_data, check_signer, parse_signed_data
from tui_mail.model.keys import RsaTransport, SignatureScheme
from tui_mail.model.security import Integrity

SIZES = (10_000, 1_000_000, 25_000_000)
CIPHERS = ("aes-256-cbc", "aes-256-gcm")


def best(work: Callable[[], object], budget_seconds: float = 0.6) -> float:
    """Milliseconds of the fastest run; at least three runs."""
    fastest = float("inf")
    runs = 0
    started = time.perf_counter()
    while runs < 3 or time.perf_counter() - started < budget_seconds:
        start = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - start)
        runs += 1
    return fastest * 1000


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
                best(lambda: build_signed_data(content, key, detached=True, signing_time=NOW)),
                best(floor_sign),
                best(lambda: self.openssl("-sign", *own, "-in", content_file, *out)),
            ),
            row(
                "verify",
                len(content),
                best(check),
                best(floor_check),
                best(
                    lambda: self.openssl(
                        "-verify", "-noverify", "-inform", "DER", "-in", signed_file, "-content", content_file, *out
                    )
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
                best(lambda: build_enveloped(content, [self.plan], cipher)),
                best(floor_encrypt),
                best(
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
                    )
                ),
            ),
            row(
                f"decrypt {cipher}",
                len(content),
                best(lambda: decrypt(parse_enveloped(data), secret)),
                best(floor_decrypt),
                best(
                    lambda: self.openssl(
                        "-decrypt", "-inform", "DER", "-in", sealed_file, *out, "-inkey", str(self.key)
                    )
                ),
            ),
        ]


def row(name: str, size: int, ours: float, floor: float, peer: float) -> dict[str, object]:
    """One line of the table; printed as soon as it is known."""
    print(
        f"{name:20} {size:>11,} B  us {ours:9.2f} ms  floor {floor:9.2f} ms ({ours / floor:5.2f}x)"
        f"  openssl {peer:9.2f} ms ({peer / ours:5.1f}x of us)",
        flush=True,
    )
    return {
        "name": name,
        "size_bytes": size,
        "us_ms": round(ours, 3),
        "floor_ms": round(floor, 3),
        "openssl_ms": round(peer, 3),
        "us_to_floor": round(ours / floor, 2),
        "openssl_to_us": round(peer / ours, 2),
    }


def main() -> None:
    """Measure everything and print a line each, with --json all of it once more as the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="content sizes in bytes")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for size in map(int, options.sizes.split(",")):
            content = (b"0123456789abcdef" * 4 + b"\r\n") * (size // 66 + 1)
            rows += bench.signatures(content[:size])
            for cipher in CIPHERS:
                rows += bench.encryption(content[:size], cipher)
    if options.json:
        print(json.dumps({"benchmark": "smime", "rows": rows}))


if __name__ == "__main__":
    main()
