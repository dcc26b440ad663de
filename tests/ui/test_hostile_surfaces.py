"""Every surface that shows foreign text, by name: the real program on a pty, a mark of its own in each of them.

A mark that was never seen means that the surface was not reached; a control character that was sent means that it got
through. Both fail.
"""

import sys
import tempfile
from pathlib import Path

import pyte
from msgspec.structs import replace

from tests.ui.clinic import certificate, evidence, judge, view
from tests.ui.engine_process import serving
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.office import furnish
from tests.ui.pty_program import PtyProgram
from tests.ui.test_hostile_pty import EVIL, check
from tests.ui.test_invitation import ROUND
from tui_mail.engine.messages import (
    BookEntry,
    CertificateBook,
    ClosedExplained,
    Command,
    DraftOpened,
    Drafts,
    ExplainClosed,
    Failure,
    ListCertificates,
    ListDrafts,
    ListOutbox,
    Notice,
    OpenDraft,
    Outbox,
    Preflight,
    PreflightResult,
    Progress,
    Reply,
    Source,
    SyncNow,
    TrustFacts,
    WaitingEntry,
)
from tui_mail.model.address import Address
from tui_mail.model.certificate import CertificateInfo
from tui_mail.model.delivery import DeliveryKind, DeliveryNotice
from tui_mail.model.discovery import Place, Provenance
from tui_mail.model.folder import FolderRole
from tui_mail.model.invitation import Guest
from tui_mail.model.message import (
    AttachmentInfo,
    Draft,
    DraftEntry,
    EncState,
    Hint,
    OutboxEntry,
    OutboxState,
    Run,
    Style,
)
from tui_mail.model.recipient import RecipientCheck, RecipientState
from tui_mail.model.security import EncryptionCheck, Headers, Letter, RecipientId, Verdict
from tui_mail.store import folders
from tui_mail.store.store import Store

COLUMNS, ROWS = 180, 60
WALKS = 4
SURFACES = (
    "list: sender", "list: subject", "list: preview", "folder", "folder below another",
    "reader: subject", "reader: From, name", "reader: From, address", "reader: To", "reader: Cc", "reader: Reply-To",
    "reader: text", "reader: quote", "reader: signature", "reader: code", "reader: heading", "reader: words of a link",
    "reader: target", "reader: attachment, name", "reader: attachment, type", "reader: delivery report, who",
    "reader: delivery report, what", "reader: hint", "reader: invitation, what", "reader: invitation, where",
    "reader: invitation, host", "reader: invitation, guest", "reader: invitation, repeats",
    "above the text: signer", "above the text: warning", "above the text: sender outside",
    "all headers: name", "all headers: value", "list of links", "list of attachments: name",
    "trust: address", "trust: sentence", "trust: issuer", "trust: certificate before",
    "certificate: subject", "certificate: address", "certificate: key", "certificate: serial",
    "details: reason", "details: content", "details: path", "details: revocation", "details: algorithm",
    "details: cipher", "details: recipient of encryption", "details: protected field", "details: outside value",
    "details: history", "source", "why closed", "book: address", "book: note", "book: where found",
    "outbox: subject", "outbox: recipient", "outbox: problem", "drafts: subject", "drafts: recipient",
    "composer: recipient", "composer: subject", "composer: text", "composer: recipient's sentence",
    "composer: own sentence", "composer: note", "failure", "notice", "progress", "guide",
)  # fmt: skip
MARKS = {name: f"Q{number:02}Q" for number, name in enumerate(SURFACES)}


def evil(name: str) -> str:
    """The mark of a surface, and behind it all that is evil."""
    return MARKS[name] + EVIL


def bad_certificate() -> CertificateInfo:
    one = certificate(evil("certificate: address"), evil("certificate: subject"))
    return replace(one, key_algorithm=evil("certificate: key"), serial=evil("certificate: serial"))


def poison(store: Store, engine: EngineStandIn) -> None:
    """Something evil in every field."""
    furnish(store, engine)
    db = store.database
    parent = evil("folder").replace("\x00", "")
    db.run("UPDATE folder SET name = ? WHERE name = 'Wards/North'", (parent,))
    folders.save_folder(
        db, "work", f"{parent}/{evil('folder below another')}".replace("\x00", ""), FolderRole.NONE, "/"
    )
    security = evidence(Letter.NEW, EncState.OPEN, "ben@lab.example")
    signed = replace(
        security.signatures[0], signer=replace(bad_certificate(), addresses=(evil("above the text: signer"),)),
        integrity_reason=evil("details: content"), path_reason=evil("details: path"),
        revocation_note=evil("details: revocation"), algorithm=evil("details: algorithm"), from_specs=(EVIL,),
    )  # fmt: skip
    verdict = Verdict(Letter.NEW, (evil("details: reason"),))
    security = replace(
        security,
        signatures=(signed,),
        verdict=verdict,
        verdicts=(verdict,),
        encryption=EncryptionCheck(
            evil("details: cipher"), True, True, recipients=(RecipientId("ktri", EVIL, EVIL),), key_sha256="ab" * 32
        ),
        headers=Headers(
            protected=(evil("details: protected field"),),
            outer={"from": evil("above the text: sender outside"), "subject": evil("details: outside value")},
        ),
        warnings=(evil("above the text: warning"),),
    )  # fmt: skip
    recipient = RecipientId(evil("details: recipient of encryption"), "rsa", "1")
    assert security.encryption is not None
    security = replace(security, encryption=replace(security.encryption, recipients=(recipient,)))
    engine.views[1] = replace(
        view(1, EVIL, EVIL, evil("reader: subject"), EVIL, security),
        sender=Address(evil("reader: From, address"), evil("reader: From, name")),
        to=(Address("a@b.c", evil("reader: To")),),
        cc=(Address("a@b.c", evil("reader: Cc")),),
        reply_to=(Address("x@y.z", evil("reader: Reply-To")),),
        headers=((evil("all headers: name"), "x"), ("X-Odd", evil("all headers: value"))),
        lines=(
            (Run(evil("reader: text")),),
            (Run(evil("reader: words of a link"), Style.LINK, "https://x.example/" + evil("reader: target")),),
            (Run("a", Style.LINK, f"mailto:{evil('list of links')}"),),
            (Run(evil("reader: quote"), Style.QUOTE),),
            (Run(evil("reader: code"), Style.CODE),),
            (Run(evil("reader: heading"), Style.HEADING),),
            (Run(evil("reader: signature"), Style.SIGNATURE),),
        ),
        attachments=(
            AttachmentInfo(0, evil("reader: attachment, name"), "text/plain", 5),
            AttachmentInfo(1, "a", evil("reader: attachment, type"), 6),
            AttachmentInfo(2, evil("list of attachments: name"), "x/y", 6),
        ),
        notices=(
            DeliveryNotice("<m@x>", DeliveryKind.FAILED, evil("reader: delivery report, who"), 1_800_000_000,
                           evil("reader: delivery report, what"), False),
        ),
        hints=(Hint(evil("reader: hint")),),
        invitation=replace(
            ROUND, summary=evil("reader: invitation, what"), where=evil("reader: invitation, where"),
            organizer=Address("h@x.y", evil("reader: invitation, host")), repeats=evil("reader: invitation, repeats"),
            guests=(Guest(Address("g@x.y", evil("reader: invitation, guest"))),),
        ),
        history=evil("details: history"),
    )  # fmt: skip
    names = evil("list: sender"), EVIL, evil("list: subject"), EVIL
    judge(store, 1, security, EncState.CLOSED, *names, attachments=True)
    judge(store, 2, security, EncState.CLOSED, EVIL, EVIL, "short", evil("list: preview"))
    engine.facts = TrustFacts(
        evil("trust: address"), bad_certificate(), evil("trust: issuer"), verdict, (evil("trust: sentence"),),
        offer=True, previous=replace(bad_certificate(), subject=evil("trust: certificate before")),
    )  # fmt: skip
    answer(engine)


def answer(engine: EngineStandIn) -> None:
    """What the engine says when it is asked."""
    found = Provenance("p@q.r", "ab", Place.DNS, evil("book: where found"), 1)
    entry = BookEntry(
        evil("book: address"), bad_certificate(), False, False, 1, 2, 3, note=evil("book: note"), found=found
    )
    draft = Draft(
        "work", (Address("a@b.example", evil("composer: recipient")),), subject=evil("composer: subject"),
        body=evil("composer: text"),
    )  # fmt: skip
    check = RecipientCheck("a@b.example", RecipientState.MISSING, False, evil("composer: recipient's sentence"))
    waits = OutboxEntry(
        1,
        "work",
        OutboxState.FAILED,
        (evil("outbox: recipient"),),
        evil("outbox: subject"),
        1,
        1,
        evil("outbox: problem"),
    )
    engine.answers |= {
        ListCertificates: CertificateBook((entry,), (WaitingEntry("z" + EVIL, EVIL),)),
        ListOutbox: Outbox((waits,)),
        ListDrafts: Drafts((DraftEntry(1, "work", (evil("drafts: recipient"),), evil("drafts: subject"), 1),)),
        OpenDraft: DraftOpened(1, draft),
        Preflight: PreflightResult(
            "", None, evil("composer: own sentence"), (check,), False, (evil("composer: note"),)
        ),
        ExplainClosed: ClosedExplained((evil("why closed"),)),
    }
    known = engine.answer

    def loud(command: Command) -> Reply:
        if isinstance(command, SyncNow):
            engine.publish(Progress("x", 1, 2, evil("progress")))
            engine.publish(Notice("guide", evil("guide")))
            return known(command)
        if type(command).__name__ == "RawSource":
            engine.publish(Notice("error", evil("notice")))
            return Source(evil("source").encode("utf-8", "replace"), 1)
        if type(command).__name__ == "SaveMessage":
            return Failure(evil("failure"))
        return known(command)

    engine.answer = loud  # type: ignore[method-assign]


# One key a word.
WALK = (
    "\r G h h l \x1b p \x1b t jjjjjjjjjjjjjjjj \x1b i \x1b[6~ \x1b \x15 \x1b w \r \x1b W \x1b \x1b B \r"
    " G \x1b \x1b o \x1b D \r \x1b g \x1b \x12"
)


def test_every_surface_shows_its_mark_and_nothing_of_the_evil_behind_it(tmp_path: Path) -> None:
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    seen = ""
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets), poison) as env:
        argv = [sys.executable, "-m", "tui_mail"]
        program = PtyProgram(argv, columns=COLUMNS, rows=ROWS, env={"HOME": str(tmp_path), **env})
        try:
            program.wait_for(lambda _out: b"Help" in program.output)
            shown = 0
            for _ in range(WALKS):  # on a busy machine a key may come before its screen
                for key in ("", *WALK.split(" ")):
                    program.send(key.encode())
                    program.pump(1.0)  # on a busy machine the first byte takes its time
                    program.settle(0.2)
                    stream.feed(program.output[shown:])
                    shown = len(program.output)
                    seen += "\n".join(screen.display)
                if all(mark in seen for mark in MARKS.values()):
                    break
            check(program.output)
        finally:
            program.close()
    missing = [name for name, mark in MARKS.items() if mark not in seen]
    assert not missing, missing
    assert len(SURFACES) >= 45
