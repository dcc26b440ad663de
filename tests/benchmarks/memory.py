"""Peak memory while one large mail is opened, as a multiple of the mail: each form in a process of its own.

    python -m tests.benchmarks.memory [--json] [--size 25000000]

The mail itself counts once; then comes whatever the process needed above what it held when the mail was in memory and
nothing was opened (the kernel's high-water mark, so that the memory of native libraries counts too).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_der_private_key

from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import decrypt, default_plan, parse_enveloped
from tui_mail.mime.tree import parse
from tui_mail.model.security import Integrity
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext
from tui_mail.vault.software_key import SoftwareKey

FORMS = ("detached", "opaque", "aes-256-cbc", "aes-256-gcm", "chacha20-poly1305")


def peak_bytes() -> int:
    """The high-water mark of this program; getrusage would count what the parent held before it started us."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def child(folder: Path, form: str, level: str) -> None:
    """Open one mail, or decrypt one object, and print the growth of the peak in bytes."""
    certificate = (folder / "certificate").read_bytes()
    key = SoftwareKey(load_der_private_key((folder / "key").read_bytes(), None), certificate)
    raw = (folder / f"{form}.{level}").read_bytes()
    before = peak_bytes()
    if level == "object":
        decrypt(parse_enveloped(raw), key)
    else:
        opened = open_message(raw, keys=(key,), trust=TrustContext(revocation="off"), now=NOW)
        if opened.problem or any(one.integrity is not Integrity.INTACT for one in opened.security.signatures):
            raise SystemExit("the benchmark's own mail does not open")
    print(peak_bytes() - before)


def measure(size_bytes: int) -> list[dict[str, object]]:
    """A row for each form."""
    rows: list[dict[str, object]] = []
    person = Pki().issue("bench@example.org", key="rsa")
    line = b"0123456789abcdef" * 4 + b"\r\n"
    head = b"From: bench@example.org\r\nSubject: Large\r\nContent-Type: text/plain\r\n\r\n"
    mail = head + line * (size_bytes // len(line))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "certificate").write_bytes(person.certificate)
        (folder / "key").write_bytes(person.key.pkcs8())
        for form in FORMS:
            plans = [default_plan(person.certificate)] if form not in ("detached", "opaque") else []
            signer = None if plans else person.key
            cipher = form if plans else "aes-256-cbc"
            opaque = form == "opaque"
            raw = protect(mail, sign=signer, recipients=plans, cipher=cipher, opaque=opaque, now=NOW)
            (folder / f"{form}.mail").write_bytes(raw)
            levels = ["mail"]
            if plans:
                (folder / f"{form}.object").write_bytes(parse(raw).body_bytes())
                levels.append("object")
            for level in levels:
                rows.append(row(folder, form, level))
    return rows


def row(folder: Path, form: str, level: str) -> dict[str, object]:
    """One process; its line is printed as soon as it is known."""
    size = (folder / f"{form}.{level}").stat().st_size
    command = [sys.executable, "-m", "tests.benchmarks.memory", "--child", str(folder), form, level]
    grown = int(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)
    times = (size + grown) / size
    print(f"memory {form:12} {level:7} {size:>11,} B  peak {times:4.2f}x of it, itself counted", flush=True)
    return {"name": f"memory {form} {level}", "size_bytes": size, "grown_bytes": grown, "peak_times": round(times, 2)}


def main() -> None:
    """Measure and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    parser.add_argument("--size", type=int, default=25_000_000, help="content size in bytes")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(Path(options.child[0]), options.child[1], options.child[2])
        return
    rows = measure(options.size)
    if options.json:
        print(json.dumps({"benchmark": "memory", "rows": rows}))


if __name__ == "__main__":
    main()
