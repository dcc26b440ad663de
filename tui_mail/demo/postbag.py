"""Some sixty mails for the demo's mailbox: every letter of the Sig column, every state of the Enc column, threads, HTML
and attachments. What is said of a mail here is true of its bytes; see ``writing``."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tui_mail.demo.clinic import (
    BEA,
    CARL,
    DORA,
    EMIL,
    FRIDA,
    GUS,
    HANA,
    IVO,
    JULE,
    KAI,
    LIST,
    NEWS,
    PHARMACY,
    YOU,
    Clinic,
)
from tui_mail.demo.meeting import grand_rounds
from tui_mail.demo.pictures import CSV, pdf, png
from tui_mail.demo.texts import INVITATION, NEWSLETTER, PLAIN_MAIL, SENT_MAIL, SIGNED_MAIL, THREADS, WEEKLY
from tui_mail.demo.writing import (
    Letter,
    altered,
    encrypted,
    plain,
    signed,
    with_damaged_signature,
    without_certificate,
)
from tui_mail.model.address import Address

GCM, CBC = "aes-256-gcm", "aes-256-cbc"
VALUES = ("values.csv", "text/csv", CSV)


@dataclass(frozen=True, slots=True)
class Placed:
    """One mail, the folder where it lies, and whether it was read."""

    folder: str
    raw: bytes
    when: datetime
    read: bool = True


class Postbag:
    """Writes the mails of one clinic; every call of `mails` gives the same ones."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._number = 0

    def mails(self) -> list[Placed]:
        """All of them, oldest first."""
        found = [
            *self._verdicts(),
            *self._secrets(),
            *self._threads(),
            *self._everyday(),
            *self._sent(),
            *self._elsewhere(),
        ]
        return sorted(found, key=lambda placed: placed.when)

    def _letter(self, sender: Address, subject: str, text: str, hours: float, to: Address = YOU) -> Letter:
        self._number += 1
        domain = sender.spec.rpartition("@")[2]
        when = (self._clinic.now - timedelta(hours=hours)).replace(microsecond=0)
        return Letter(sender, to, subject, text, when, f"<demo.{self._number}@{domain}>")

    def _signed(self, letter: Letter) -> bytes:
        return signed(letter, self._clinic.key(letter.sender))

    def _for_you(self, letter: Letter, *, cipher: str = GCM, sign: bool = True) -> bytes:
        key = self._clinic.key(letter.sender)
        readers = (self._clinic.key(YOU).certificate, key.certificate)
        return encrypted(letter, readers, key=key if sign else None, cipher=cipher)

    def _verdicts(self) -> Iterator[Placed]:
        """One mail for each letter that asks for a look."""
        hello = self._letter(
            DORA,
            "Referral of Mrs. Aster, and my certificate",
            "Dear Anna,\n\nI would like to refer Mrs. Aster to you and send you her findings encrypted.\n"
            "This mail is signed, so my certificate is with it. Compare its fingerprint with me on\n"
            "the phone: +00 555 0142. Once you trust it, answer me and we can write encrypted.\n\n"
            "Kind regards\nDora Nkemelu\n",
            0.4,
        )
        yield Placed("INBOX", self._signed(hello), hello.when, read=False)

        bill = self._letter(
            HANA,
            "Reimbursement 2026-1187",
            "Dear Dr. Berg,\n\nwe will reimburse 1.240,00 EUR to your account ending in 4471.\n\nHana Ito\n",
            3.2,
        )
        yield Placed("INBOX", altered(self._signed(bill), b"ending in 4471", b"ending in 9902"), bill.when, read=False)
        broken = self._letter(CARL, "Report of Mr. Veil", "Anna, no finding worth a second look. Carl\n", 30)
        yield Placed("INBOX", with_damaged_signature(self._signed(broken)), broken.when)

        order = self._letter(
            PHARMACY,
            "Please confirm your new bank details",
            "Dear customer,\n\nplease confirm your bank details by answering this mail.\n\nCity Pharmacy\n",
            5.5,
        )
        yield Placed("INBOX", signed(order, self._clinic.key(GUS)), order.when, read=False)

        for hours, subject, key in (
            (24 * 70, "Exercises for Mr. Lund", self._clinic.former),
            (24 * 41, "Mr. Lund can climb stairs again", self._clinic.former),
            (7.5, "New computer, new certificate", self._clinic.key(FRIDA)),
        ):
            letter = self._letter(FRIDA, subject, "Dear Anna,\n\nas agreed. Call me for more.\nFrida\n", hours)
            yield Placed("INBOX", signed(letter, key), letter.when, read=hours > 24)

        for days, subject in ((43, "Laboratory values of K-1042"), (29, "Laboratory closed on the 2nd")):
            letter = self._letter(EMIL, subject, "Dear colleague,\n\nplease see below.\n\nEmil Hahn\n", days * 24)
            yield Placed("INBOX", self._signed(replace(letter, files=(VALUES,))), letter.when)

        scan = self._letter(IVO, "CT of the 14th", "The pictures are in the archive. Ivo\n", 26)
        yield Placed("INBOX", without_certificate(scan, self._clinic.key(IVO)), scan.when)

        soon = self._letter(JULE, "Course dates for spring", "Dear Anna,\n\nthe course starts on the 3rd.\nJule\n", 50)
        yield Placed("INBOX", self._signed(soon), soon.when)

    def _secrets(self) -> Iterator[Placed]:
        """Encrypted mail in every state that the Enc column knows."""
        ward = self._letter(
            BEA,
            "Roster for next week (confidential)",
            "Anna,\n\nthe roster is attached. Please do not pass it on.\n\nBea\n",
            1.6,
        )
        roster = ("roster.pdf", "application/pdf", pdf("Roster", "Mon: Berg, Ode", "Tue: Lindqvist", "Wed: Berg"))
        yield Placed("INBOX", self._for_you(replace(ward, files=(roster,))), ward.when, read=False)

        old = self._letter(CARL, "Findings of Mrs. Noor", "Anna, see the attached picture. Carl\n", 20)
        picture = ("thorax.png", "image/png", png())
        yield Placed("INBOX", self._for_you(replace(old, files=(picture,)), cipher=CBC), old.when)

        unsigned = self._letter(HANA, "Your question about case 77", "The case is closed.\n", 54)
        yield Placed("INBOX", self._for_you(unsigned, cipher=CBC, sign=False), unsigned.when)

        stray = self._letter(CARL, "For Bea only, by mistake", "Bea, please call me.\n", 77)
        yield Placed(
            "INBOX",
            encrypted(stray, (self._clinic.key(BEA).certificate,), key=self._clinic.key(CARL), cipher=GCM),
            stray.when,
        )
        stranger = self._letter(
            GUS,
            "Second opinion",
            "Dear Dr. Berg,\n\nyou do not know me yet. May I ask for a second opinion on the attached values?\n\nGus\n",
            9.3,
        )
        yield Placed("INBOX", self._for_you(replace(stranger, files=(VALUES,))), stranger.when, read=False)

    def _threads(self) -> Iterator[Placed]:
        """Conversations: each mail names those before it."""
        for people, subject, begun_hours, texts in THREADS:
            ids: tuple[str, ...] = ()
            for index, text in enumerate(texts):
                sender = people[index % len(people)]
                hours = begun_hours - index * 2.4
                to = YOU if sender != YOU else people[(index + 1) % len(people)]
                title = subject if index == 0 else f"Re: {subject}"
                letter = replace(self._letter(sender, title, text, hours, to), answers=ids)
                ids += (letter.message_id,)
                yield Placed("Sent" if sender == YOU else "INBOX", self._signed(letter), letter.when)

    def _everyday(self) -> Iterator[Placed]:
        """Mail without a signature, HTML, lists, and signed mail of colleagues."""
        for hours, issue in ((12.0, 48), (180.0, 47), (348.0, 46)):
            letter = self._letter(NEWS, f"Medical Weekly {issue}", WEEKLY.format(issue=issue), hours)
            letter = replace(letter, html=NEWSLETTER.format(issue=issue))
            yield Placed("INBOX", plain(letter), letter.when, read=hours > 24)
        invitation = self._letter(LIST, "Grand rounds on Thursday", INVITATION, 33, LIST)
        headers = (("List-Id", "Grand Rounds <rounds.lists.clinic.example>"),)
        files = (("rounds.ics", "text/calendar", grand_rounds(invitation.when, LIST, YOU)),)
        yield Placed("INBOX", plain(replace(invitation, more_headers=headers, files=files)), invitation.when)
        for hours, subject, text in PLAIN_MAIL:
            letter = self._letter(KAI, subject, text, hours)
            yield Placed("INBOX", plain(letter), letter.when, read=hours > 12)
        people = {"bea": BEA, "carl": CARL, "hana": HANA}
        for who, hours, subject, text in SIGNED_MAIL:
            letter = self._letter(people[who], subject, text, hours)
            yield Placed("INBOX", self._signed(letter), letter.when, read=hours > 24)

    def _sent(self) -> Iterator[Placed]:
        for hours, subject, text in SENT_MAIL:
            letter = self._letter(YOU, subject, text, hours, CARL)
            yield Placed("Sent", self._signed(letter), letter.when)

    def _elsewhere(self) -> Iterator[Placed]:
        """A few mails in other folders."""
        for hours, subject in ((2400.0, "Contract"), (2880.0, "Welcome to the clinic"), (2904.0, "Your key card")):
            letter = self._letter(BEA, subject, "Dear Anna,\n\nplease keep this mail.\n\nBea\n", hours)
            yield Placed("Archive", self._signed(letter), letter.when)
        spam = self._letter(
            Address("win@lucky.example", "You won"), "You have won a ship", "Send us your keys to claim the ship.\n", 60
        )
        yield Placed("Junk", plain(spam), spam.when)
