"""The clinic with everything that its engine can be asked: a certificate book, an outbox, drafts, recipients of every
kind, a conversation. Fixed data at a fixed time, for the walk past every screen."""

from datetime import timedelta

from msgspec.structs import replace

from tests.ui.clinic import NOW, certificate, judge
from tests.ui.engine_stand_in import EngineStandIn
from tui_mail.engine.messages import (
    AccountTested,
    BookEntry,
    CertificateBook,
    ClosedExplained,
    CreateProfile,
    DiscardDraft,
    Done,
    DraftOpened,
    Drafts,
    DraftSaved,
    ExplainClosed,
    ListCertificates,
    ListDrafts,
    ListOutbox,
    ListPeople,
    OpenDraft,
    Outbox,
    People,
    Preflight,
    PreflightResult,
    Queued,
    RawSource,
    SaveDraft,
    SendMessage,
    Source,
    TestAccount,
    TestStep,
    WaitingEntry,
)
from tui_mail.model.address import Address
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.invitation import Guest, Invitation
from tui_mail.model.message import Draft, DraftEntry, EncState, Hint, OutboxEntry, OutboxState, Run, Style
from tui_mail.model.recipient import RecipientCheck, RecipientState
from tui_mail.model.unsubscribe import Unsubscribe
from tui_mail.store.messages import NewMessage, save_messages
from tui_mail.store.store import Store

MOMENT = int(NOW.timestamp())
KINDS = {
    "clara@clinic.example": (RecipientState.READY, True, "is ready: certificate trusted, valid until 7 January 2028."),
    "ben@lab.example": (RecipientState.UNTRUSTED, True, "has a certificate; sending trusts it."),
    "frida@home.example": (RecipientState.EXPIRED, False, "has a certificate that expired on 31 May 2026."),
}
NOBODY = (RecipientState.MISSING, False, "has no certificate here. Ask for a signed mail.")
SOURCE = b"From: Ben Okafor <ben@lab.example>\r\nSubject: Blood results for Thursday\r\n\r\nDear Anna,\r\n"
HEADERS = (
    ("from", "Ben Okafor <ben@lab.example>"),
    ("message-id", "<1@lab.example>"),
    ("list-unsubscribe", "<https://lab.example/leave>"),
)


def furnish(store: Store, engine: EngineStandIn) -> None:
    """Put it all in."""
    parents: tuple[tuple[str, ...], ...] = ((), ("<p0@x>",), ("<p0@x>", "<p1@x>"))
    mails = [
        NewMessage(
            900 + number, b"x", 0, MOMENT - 20_000 + number * 3_000, message_id=f"<p{number}@x>", references=above
        )
        for number, above in enumerate(parents)
    ]
    for number in save_messages(store.database, 1, mails):
        view = replace(engine.views[2], id=number, subject="Re: Ward plan")
        engine.views[number] = view
        judge(
            store,
            number,
            view.security,
            EncState.OPEN,
            "Dr. Clara Lind",
            "clara@clinic.example",
            "Re: Ward plan",
            "Yes.",
        )
    first = engine.views[1]
    quote = tuple((Run(f"> line {number} of what you wrote", Style.QUOTE),) for number in range(12))
    more = ((Run("Our "), Run("rules", Style.LINK, "https://rules.example/"), Run(" are short.")), (), *quote)
    engine.views[1] = replace(first, headers=HEADERS, lines=first.lines[:6] + more)
    engine.views[4] = replace(
        engine.views[4],
        invitation=Invitation(
            method="request",
            uid="1",
            summary="Round, ward 3",
            where="Room 12",
            start=NOW + timedelta(days=7),
            end=NOW + timedelta(days=7, hours=1),
            organizer=Address("ben@lab.example", "Ben Okafor"),
            guests=(Guest(Address("anna@clinic.example", "Anna Weber")), Guest(Address("emil@x.example"), "declined")),
            repeats="every week on Monday",
        ),
        unsubscribe=Unsubscribe(one_click="https://clinic.example/leave", page="https://clinic.example/leave"),
        hints=(Hint("This is the first mail from menu@clinic.example."),),
    )
    draft = Draft("work", (Address("ben@lab.example", "Ben Okafor"),), subject="Thursday", body="Dear Ben,\n")
    waiting = (
        OutboxEntry(1, "work", OutboxState.DELAYED, ("ben@lab.example",), "Thursday", MOMENT, due=MOMENT + 60),
        OutboxEntry(2, "work", OutboxState.FAILED, ("x@y.example",), "Invoice", MOMENT, 3, "The server refused it."),
        OutboxEntry(3, "work", OutboxState.UNKNOWN, ("a@b.example", "c@d.example"), "Chart", MOMENT, 1),
    )
    steps = (TestStep("Login", True, "Logged in."), TestStep("Sending", False, "The server cannot be reached."))
    engine.answers |= {
        ListCertificates: book(),
        ListPeople: People((Address("ben@lab.example", "Ben Okafor"), Address("clara@ward.example"))),
        ListOutbox: Outbox(waiting),
        ListDrafts: Drafts((DraftEntry(7, "work", ("ben@lab.example",), "Thursday", MOMENT),)),
        OpenDraft: DraftOpened(7, draft),
        SaveDraft: DraftSaved(7),
        DiscardDraft: Done(1),
        Preflight: preflight,
        SendMessage: Queued(1),
        ExplainClosed: ClosedExplained(
            ("None of the certificates that this was made for is yours.", "It was made for CN=Anna Weber, serial 1f."),
            Draft("work", (Address("gustav@home.example"),)),
        ),
        RawSource: Source(SOURCE, len(SOURCE)),
        TestAccount: AccountTested(steps),
        CreateProfile: lambda _command: engine.welcome,
    }


def preflight(command: Preflight) -> PreflightResult:
    """One recipient of each kind."""
    checks = []
    for address in command.recipients:
        state, able, sentence = KINDS.get(address, NOBODY)
        checks.append(RecipientCheck(address, state, able, f"{address} {sentence}"))
    ready = not command.protection.encrypt or all(check.encryptable for check in checks)
    return PreflightResult("anna@clinic.example", known("00", "anna@clinic.example"), "", tuple(checks), ready)


def known(sha256: str, address: str, days: int = 400) -> CertificateInfo:
    """A certificate of somebody."""
    return replace(certificate(address, f"CN={address}"), sha256=sha256 * 32, not_after=NOW + timedelta(days=days))


def book() -> CertificateBook:
    """One correspondent of each kind."""
    long_ago = MOMENT - 90 * 86_400
    mine = BookEntry("anna@clinic.example", known("00", "anna@clinic.example"), False, True, 0, 0, 0)
    ben = BookEntry(
        "ben@lab.example", known("11", "ben@lab.example"), False, False, long_ago, MOMENT, 41,
        reads=("aes-256-gcm", "aes-256-cbc"), sent_at=MOMENT, sent_sha256="00" * 32,
    )  # fmt: skip
    clara = BookEntry("clara@clinic.example", known("22", "clara@clinic.example", 12), True, False, long_ago, MOMENT, 3)
    emil = BookEntry(
        "emil@pharmacy.example", known("33", "emil@pharmacy.example"), False, False, long_ago, MOMENT, 3, blocked=True
    )
    waiting = WaitingEntry("new@mail.example", "Met in Rome", MOMENT, "00" * 32)
    return CertificateBook((mine, ben, clara, emil), (waiting,))
