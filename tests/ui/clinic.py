"""A real store with one message for every verdict, and the facts that belong to it. Text can be made hostile."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tui_mail.model.account import Account, Server, Settings
from tui_mail.model.address import Address
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import AttachmentInfo, EncState, Flag, MessageView, Run, Style
from tui_mail.model.security import (
    AddressMatch,
    EncryptionCheck,
    Integrity,
    Letter,
    MessageSecurity,
    PathState,
    SignatureCheck,
    Summary,
    Verdict,
)
from tui_mail.store import accounts, folders, judgements, messages
from tui_mail.store.store import Store

KEY = bytes(range(32))
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = Account("work", "Anna Weber", "anna@clinic.example", Server("127.0.0.1", 1), Server("127.0.0.1", 2))
SETTINGS = Settings(accounts=(ACCOUNT,))

# letter, enc, sender name, address, subject, preview, flags
LETTERS: tuple[tuple[Letter | None, EncState, str, str, str, str, Flag], ...] = (
    (Letter.NEW, EncState.NONE, "Ben Okafor", "ben@lab.example", "Blood results for Thursday",
     "The values are back, all in range.", Flag.NONE),
    (Letter.VALID, EncState.OPEN, "Dr. Clara Lind", "clara@clinic.example", "Re: Transfer of Mrs. Holm",
     "I have the bed, please send the chart.", Flag.NONE),
    (Letter.VALID, EncState.OPEN_CBC, "Radiology", "radiology@hospital.example", "CT of 21 November",
     "Findings attached. No fracture.", Flag.SEEN | Flag.ANSWERED),
    (Letter.NONE, EncState.NONE, "Canteen", "menu@clinic.example", "This week: pumpkin soup",
     "Monday pumpkin soup, Tuesday lentils", Flag.SEEN),
    (Letter.CHANGED, EncState.NONE, "Emil Sørensen", "emil@pharmacy.example", "New certificate, same Emil",
     "My laptop was replaced.", Flag.NONE),
    (Letter.MISMATCH, EncState.NONE, "Director", "director@clinic.example", "Urgent: change of bank account",
     "Please transfer today.", Flag.NONE),
    (Letter.BROKEN, EncState.NONE, "Ben Okafor", "ben@lab.example", "Dose: 50 mg", "Give 50 mg twice", Flag.SEEN),
    (Letter.EXPIRED, EncState.OPEN, "Frida Holm", "frida@home.example", "Thank you all", "For the weeks in May",
     Flag.SEEN | Flag.FLAGGED),
    (Letter.UNKNOWN, EncState.NONE, "Archive robot", "robot@archive.example", "Signed with SLH-DSA", "Report 7",
     Flag.SEEN),
    (Letter.NONE, EncState.LOCKED, "Dr. Clara Lind", "clara@clinic.example", "[...]", "", Flag.NONE),
    (Letter.NONE, EncState.CLOSED, "Gustav", "gustav@home.example", "For your old key", "", Flag.SEEN),
    (None, EncState.NONE, "Just arrived", "new@mail.example", "Not judged yet", "", Flag.NONE),
)  # fmt: skip


def certificate(address: str = "ben@lab.example", subject: str = "CN=Ben Okafor,O=City Laboratory") -> CertificateInfo:
    return CertificateInfo(
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        public_key_sha256="ab" * 32,
        addresses=(address,),
        subject=subject,
        issuer="CN=City Mail CA,O=City",
        serial="4d2",
        not_before=datetime(2026, 1, 7, tzinfo=UTC),
        not_after=datetime(2028, 1, 7, tzinfo=UTC),
        key_algorithm="RSA 3072",
        can_sign=True,
        can_encrypt=True,
        self_signed=False,
    )


def evidence(letter: Letter, enc: EncState, address: str, **more: object) -> MessageSecurity:
    signed, encrypted = letter is not Letter.NONE, enc is not EncState.NONE
    summary = {
        (False, False): Summary.NONE,
        (True, False): Summary.SIGNED,
        (False, True): Summary.ENCRYPTED,
        (True, True): Summary.SIGNED_ENCRYPTED,
    }[signed, encrypted]
    reasons = {
        Letter.BROKEN: ("The content was altered after signing.",),
        Letter.MISMATCH: ("The certificate names mallory@elsewhere.example.",),
        Letter.UNKNOWN: ("The algorithm SLH-DSA is not computed here.",),
    }.get(letter, ())
    verdict = Verdict(letter, reasons)
    check = SignatureCheck(
        Integrity.ALTERED if letter is Letter.BROKEN else Integrity.INTACT,
        signer=certificate("mallory@elsewhere.example" if letter is Letter.MISMATCH else address),
        algorithm="rsa-v15+sha256",
        signing_time=NOW,
        path=PathState.VALID,
        address_match=AddressMatch.MISMATCH if letter is Letter.MISMATCH else AddressMatch.MATCH,
        from_specs=(address,),
    )
    encryption = EncryptionCheck(
        "aes-256-cbc" if enc is EncState.OPEN_CBC else "aes-256-gcm",
        authenticated=enc is EncState.OPEN,
        opened=enc in (EncState.OPEN, EncState.OPEN_CBC),
        locked=enc is EncState.LOCKED,
    )
    return MessageSecurity(
        summary,
        verdict,
        signatures=(check,) if signed else (),
        verdicts=(verdict,) if signed else (),
        encryption=encryption if encrypted else None,
        layers=tuple(name for name, there in (("encrypted", encrypted), ("signed", signed)) if there),
        **more,  # type: ignore[arg-type]
    )


def fill(path: Path) -> tuple[Store, dict[int, MessageView]]:
    """The store, and what the engine would answer to OpenMessage for each message of it."""
    store = Store(path, KEY, create=True)
    accounts.save_account(store.database, "work", ACCOUNT.address)
    inbox = folders.save_folder(store.database, "work", "INBOX", FolderRole.INBOX)
    for name, role in (("Sent", FolderRole.SENT), ("Trash", FolderRole.TRASH), ("Wards/North", FolderRole.NONE)):
        folders.save_folder(store.database, "work", name, role)
    views = {}
    for position, (letter, enc, name, address, subject, preview, flags) in enumerate(LETTERS):
        date = int(NOW.timestamp()) - position * 40_000
        number = add(store, inbox, position + 1, date, name, address, subject, preview, flags)
        judged = evidence(letter or Letter.NONE, enc, address)
        if letter is not None:
            judge(store, number, judged, enc, name, address, subject, preview, attachments=position == 2)
        views[number] = view(number, name, address, subject, preview, judged, attachments=position == 2)
    return store, views


def add(
    store: Store, folder: int, uid: int, date: int, name: str, address: str, subject: str, preview: str, flags: int = 0
) -> int:
    new = messages.NewMessage(
        uid=uid,
        flags=int(flags),
        date=date,
        internal_date=date,
        raw=b"Subject: x\r\n\r\n",
        sender=name,
        sender_key=address,
        subject=subject,
    )
    return messages.save_message(store.database, folder, new)


def judge(
    store: Store,
    number: int,
    judged: MessageSecurity,
    enc: EncState,
    name: str,
    address: str,
    subject: str,
    preview: str,
    *,
    attachments: bool = False,
) -> None:
    found = judgements.Judgement(
        judged, enc, name, address, ACCOUNT.address, subject, preview, attachments, f"{subject} {preview}"
    )
    judgements.save_judgement(store.database, number, found)


def view(
    number: int,
    name: str,
    address: str,
    subject: str,
    text: str,
    judged: MessageSecurity,
    *,
    attachments: bool = False,
    extra: Mapping[str, str] | None = None,
) -> MessageView:
    body = [
        (Run("Dear Anna,"),),
        (),
        (Run(text),),
        (Run("More is on "), Run("our page", Style.LINK, "https://lab.example/results"), Run(".")),
        (),
        *((Run(f"Line {line} of the findings, long enough to be read with care and to be wrapped somewhere."),)
          for line in range(1, 30)),
        (),
        (Run("> You wrote this before.", Style.QUOTE),),
        (Run("-- ", Style.SIGNATURE),),
        (Run(name, Style.SIGNATURE),),
    ]  # fmt: skip
    files = (
        (AttachmentInfo(0, "findings.pdf", "application/pdf", 482_113), AttachmentInfo(1, "ct.png", "image/png", 9_120))
        if attachments
        else ()
    )
    return MessageView(
        id=number,
        headers=(),
        subject=subject,
        sender=Address(address, name),
        to=(Address("anna@clinic.example", "Anna Weber"),),
        cc=(Address("ward@clinic.example", "Ward 3"),),
        reply_to=(),
        message_id=f"<{number}@test.example>",
        references=(),
        date=NOW,
        lines=tuple(body),
        quote_text=f"Dear Anna,\n\n{text}\n",
        attachments=files,
        security=judged,
        key_locked=bool(judged.encryption and judged.encryption.locked),
        can_trust=judged.verdict.letter in (Letter.NEW, Letter.CHANGED),
    )
