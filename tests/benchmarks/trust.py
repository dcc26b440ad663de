"""Trust at speed: a chain that is known, one that is new, and lettering 100,000 stored messages of a sender anew.

    python -m tests.benchmarks.trust [--json] [--messages 100000]

The floors, in the same run: one dictionary look-up of the certificate's bytes for the warm chain, its bare signature
checks for the cold one, and the one UPDATE of the list's column for the lettering. Chains are measured in processor
time, the lettering by the clock, because it waits for the disk.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from msgspec.structs import replace

from tests.pki import NOW, Identity, Pki
from tui_mail.engine.jobs.relabel import relabel_sender
from tui_mail.model.folder import FolderRole
from tui_mail.model.security import Integrity, MessageSecurity, SignatureCheck, Summary
from tui_mail.store import accounts, certificates, folders, judgements, messages
from tui_mail.store.judgements import Judgement
from tui_mail.store.messages import NewMessage
from tui_mail.store.store import Store
from tui_mail.trust.context import TrustContext
from tui_mail.trust.decide import decide
from tui_mail.trust.judge import judge_signer

WARM_ROUNDS = 20_000
COLD_CHAINS = 40
AUTHORITIES = 300
ANNA = "anna@clinic.test"


def judge(certificate: bytes, chain: tuple[bytes, ...], trust: TrustContext, address: str = ANNA) -> SignatureCheck:
    """All facts about one signer."""
    return judge_signer(
        integrity=Integrity.INTACT,
        algorithm="ecdsa+sha256",
        certificate=certificate,
        from_specs=(address,),
        signing_time=NOW,
        extra=chain,
        trust=trust,
        now=NOW,
    )


def seconds(work: Callable[[], object]) -> float:
    """How much processor time it takes, once."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def warm(identity: Identity, trust: TrustContext) -> tuple[float, float]:
    """Seconds for one judgement of a known chain whose bytes come fresh from a message, and for the bare look-up."""
    copies = [bytes(bytearray(identity.certificate)) for _ in range(WARM_ROUNDS)]
    chains = [tuple(bytes(bytearray(der)) for der in identity.key.chain) for _ in range(WARM_ROUNDS)]
    judge(identity.certificate, identity.key.chain, trust)
    ours = seconds(lambda: [judge(der, chain, trust) for der, chain in zip(copies, chains, strict=True)])
    table = {identity.certificate: 1}
    fresh = [bytes(bytearray(identity.certificate)) for _ in range(WARM_ROUNDS)]
    floor = seconds(lambda: [table[der] for der in fresh])
    return ours / WARM_ROUNDS, floor / WARM_ROUNDS


def cold(pki: Pki, trust: TrustContext) -> tuple[float, float]:
    """The median of judging a chain of three for the first time, and of its two signature checks."""
    below = pki.authority("Below", above=pki.ca)
    ours, floor = [], []
    for number in range(COLD_CHAINS):
        address = f"person{number}@clinic.test"
        one = pki.issue(address, ca=below)
        ours.append(seconds(lambda one=one, address=address: judge(one.certificate, one.key.chain, trust, address)))
        leaf = x509.load_der_x509_certificate(one.certificate)
        floor.append(
            seconds(
                lambda leaf=leaf: (
                    leaf.verify_directly_issued_by(below.x509),
                    below.x509.verify_directly_issued_by(pki.ca.x509),
                )
            )
        )
    return statistics.median(ours), statistics.median(floor)


def relabelling(pki: Pki, count: int) -> tuple[float, float, int]:
    """Seconds for pinning a sender of `count` stored messages, for the bare UPDATE, and how many changed."""
    bob = pki.issue(ANNA, self_signed=True)
    check = judge(bob.certificate, (), TrustContext())
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "mail.db", bytes(32), create=True)
        db = store.database
        accounts.save_account(db, "work", "me@clinic.test")
        inbox = folders.save_folder(db, "work", "INBOX", FolderRole.INBOX)
        raw = b"From: " + ANNA.encode() + b"\r\n\r\n" + b"x" * 200
        for start in range(1, count + 1, 5000):
            numbers = range(start, min(start + 5000, count + 1))
            ids = messages.save_messages(db, inbox, [NewMessage(uid, raw, date=uid) for uid in numbers])
            with db.transaction():
                for number in ids:
                    verdict = decide(check)
                    moment = datetime.fromtimestamp(1_700_000_000 + number, UTC)
                    facts = replace(check, signing_time=moment)
                    evidence = MessageSecurity(Summary.SIGNED, verdict, (facts,), (verdict,))
                    judgements.save_judgement(db, number, Judgement(evidence, sender_key=ANNA))
        sha256 = certificates.save_certificate(db, bob.certificate)
        certificates.record_seen(db, ANNA, sha256, 1_700_000_000)
        begin = time.perf_counter()
        bare_update(store)
        floor = time.perf_counter() - begin
        bare_update(store, "N")

        def pin() -> int:
            with db.transaction():
                certificates.pin(db, ANNA, sha256, 1)
                return relabel_sender(db, ANNA).messages

        begin = time.perf_counter()
        changed = pin()
        ours = time.perf_counter() - begin
        store.close()
    return ours, floor, changed


def bare_update(store: Store, letter: str = "Y") -> None:
    """The list's column alone, in one transaction."""
    with store.database.transaction():
        store.database.run("UPDATE message SET sig = ?", (letter,))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--messages", type=int, default=100_000)
    args = parser.parse_args()
    pki = Pki()
    crowd = tuple(pki.authority(f"Authority {number}", above=pki.ca).certificate for number in range(AUTHORITIES))
    trust = TrustContext(anchors=(pki.ca.certificate,), intermediates=crowd)
    below = pki.authority("Usual", above=pki.ca)
    warm_seconds, warm_floor = warm(pki.issue(ANNA, ca=below), trust)
    cold_seconds, cold_floor = cold(pki, TrustContext(anchors=(pki.ca.certificate,)))
    relabel_seconds, update_seconds, changed = relabelling(pki, args.messages)
    figures = {
        "warm_microseconds": round(warm_seconds * 1e6, 2),
        "warm_floor_microseconds": round(warm_floor * 1e6, 2),
        "cold_milliseconds": round(cold_seconds * 1e3, 2),
        "cold_floor_milliseconds": round(cold_floor * 1e3, 2),
        "relabelled_messages": changed,
        "relabel_seconds": round(relabel_seconds, 3),
        "relabel_floor_seconds": round(update_seconds, 3),
    }
    if args.json:
        print(json.dumps(figures))
        return
    warm_us, cold_ms = warm_seconds * 1e6, cold_seconds * 1e3
    print(f"a known chain            {warm_us:.2f} us, look-up alone {warm_floor * 1e6:.2f} us")
    print(f"a new chain of three     {cold_ms:.2f} ms, arithmetic alone {cold_floor * 1e3:.2f} ms")
    print(f"{changed:,} lettered anew  {relabel_seconds:.3f} s, UPDATE alone {update_seconds:.3f} s")


if __name__ == "__main__":
    main()
