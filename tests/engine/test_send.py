"""Sending: on disk first, sent once, filed once; a crash at any point neither loses nor doubles."""

import re
from pathlib import Path

import pytest

from tests.engine.people import PASSPHRASE, Person, creation, profile
from tests.servers import MailServers
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.jobs import file_sent, send
from tui_mail.engine.messages import (
    CreateProfile,
    DecideOutbox,
    Done,
    DraftOpened,
    ListOutbox,
    Outbox,
    OutboxChanged,
    Queued,
    SendIntroduction,
    SendMessage,
    UndoSend,
    Unlock,
    Welcome,
)
from tui_mail.model.address import Address
from tui_mail.model.errors import UsageError
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import Draft, DraftAttachment, OutboxEntry, OutboxState, Protection
from tui_mail.net.smtp import SubmitOutcomeUnknown

ANNA, CLARA, DORA = "anna@clinic.test", "clara@office.test", "dora@office.test"
SIGNED = Protection(sign=True)
SEALED = Protection(sign=True, encrypt=True)


def draft(subject: str, *, to: tuple[str, ...] = (CLARA,), bcc: tuple[str, ...] = (), **more: object) -> Draft:
    return Draft(
        "anna",
        to=tuple(map(Address, to)),
        bcc=tuple(map(Address, bcc)),
        subject=subject,
        body="Text.\n",
        **{"protection": SIGNED, **more},  # type: ignore[arg-type]
    )


@pytest.fixture(autouse=True)
def empty(mail_servers: MailServers) -> None:
    mail_servers.empty(CLARA, DORA)


async def entries(anna: Person) -> tuple[OutboxEntry, ...]:
    return (await anna.client.ask(ListOutbox(), Outbox)).entries


def moves(anna: Person) -> list[OutboxEntry]:
    return [event.entry for event in anna.events if isinstance(event, OutboxChanged)]


async def until_state(anna: Person, state: OutboxState) -> OutboxEntry:
    found: list[OutboxEntry] = []

    def is_there() -> bool:
        found[:] = [entry for entry in moves(anna) if entry.state is state]
        return bool(found)

    await anna.until(is_there)
    return found[-1]


async def test_a_signed_message_leaves_once_and_is_filed_with_the_same_bytes(
    anna: Person, mail_servers: MailServers, tmp_path: Path
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("attached")
    await anna.client.ask(SendMessage(draft("One", attachments=(DraftAttachment(str(note), "note.txt"),))), Queued)
    note.unlink()
    await until_state(anna, OutboxState.FILED)
    (arrived,) = mail_servers.wait_for_mail(CLARA)
    (filed,) = mail_servers.mailbox(ANNA, "Sent")
    assert arrived.rstrip().endswith(filed.rstrip())
    assert b"multipart/signed" in filed
    assert await entries(anna) == ()
    await anna.until(lambda: [row.sig for row in anna.rows(FolderRole.SENT)] == ["Y"])
    assert anna.rows(FolderRole.SENT)[0].attachments


async def test_a_bcc_recipient_gets_a_message_alone_and_nobody_else_learns_of_it(
    anna: Person, mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9788 section 11.4, RFC 5652 section 6.2: an encrypted message names everyone who can open it."""
    others = []
    for user in (CLARA, DORA):
        client = await InProcessEngine.start(profile(tmp_path, user[:4], monkeypatch))
        others.append(client)
        person = await Person.made(client, mail_servers, user)
        await client.ask(SendIntroduction(person.client.welcome.settings.accounts[0].id, ANNA), Queued)
    try:
        await anna.until(lambda: [row.sig for row in anna.rows()] == ["N", "N"])
        await anna.client.ask(SendMessage(draft("Hidden", bcc=(DORA,), protection=SEALED)), Queued)
        await until_state(anna, OutboxState.FILED)
        (to_clara,), (to_dora,) = mail_servers.wait_for_mail(CLARA), mail_servers.wait_for_mail(DORA)
        assert DORA.encode() not in to_clara
        assert not re.search(rb"(?mi)^bcc:", to_clara + to_dora)
        body = [raw.partition(b"\r\n\r\n")[2] for raw in (to_clara, to_dora, mail_servers.mailbox(ANNA, "Sent")[0])]
        assert body[0] != body[1]
        assert body[0].strip() == body[2].strip()
        await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y", "Y"])
    finally:
        for client in others:
            await client.close()


@pytest.mark.parametrize("address", ["nobody", "a b@x.test", "x@y.test\r\nBcc: z@z.test"])
async def test_what_is_no_address_is_refused_before_anything_is_queued(anna: Person, address: str) -> None:
    with pytest.raises(UsageError):
        await anna.client.ask(SendMessage(draft("No", to=(address,))), Queued)
    assert await entries(anna) == ()


async def test_a_refusal_is_shown_in_a_sentence_and_can_be_discarded(anna: Person) -> None:
    number = (await anna.client.ask(SendMessage(draft("Refused", to=("unknown@clinic.test",))), Queued)).outbox_id
    failed = await until_state(anna, OutboxState.FAILED)
    assert "unknown@clinic.test" in failed.problem
    assert "Traceback" not in failed.problem
    with pytest.raises(UsageError):
        await anna.client.ask(DecideOutbox(number, "explode"), Done)
    await anna.client.ask(DecideOutbox(number, "discard"), Done)
    assert await entries(anna) == ()


@pytest.mark.parametrize("protection", [SIGNED, Protection()], ids=["signed", "plain"])
@pytest.mark.parametrize("again", ["discard", "draft"])
async def test_what_some_have_is_filed_as_sent_and_never_goes_to_them_again(
    anna: Person, mail_servers: MailServers, again: str, protection: Protection
) -> None:
    """RFC 5321 section 3.3: each recipient is taken or refused."""
    wanted = draft("Partly", to=(CLARA, "unknown@clinic.test"), bcc=(DORA,), protection=protection)
    number = (await anna.client.ask(SendMessage(wanted), Queued)).outbox_id
    failed = await until_state(anna, OutboxState.FAILED)
    assert set(failed.reached) == {CLARA, DORA} and "unknown@clinic.test" in failed.problem
    if again == "discard":
        await anna.client.ask(DecideOutbox(number, "discard"), Done)
    else:
        opened = await anna.client.ask(UndoSend(number), DraftOpened)
        assert [one.spec for one in (*opened.draft.to, *opened.draft.cc, *opened.draft.bcc)] == ["unknown@clinic.test"]
        assert opened.draft.body.rstrip() == wanted.body.rstrip()
    await until_state(anna, OutboxState.FILED)
    assert await entries(anna) == ()
    assert len(mail_servers.wait_for_mail(ANNA, folder="Sent")) == 1
    for person in (CLARA, DORA):
        assert len(mail_servers.wait_for_mail(person)) == 1


async def test_a_server_that_is_away_is_tried_again_later(
    anna: Person, mail_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anna.client._engine._crew._sender._backoff, "_first", 0.1)
    mail_servers.stop()
    try:
        await anna.client.ask(SendMessage(draft("Later")), Queued)
        await anna.until(lambda: any(entry.problem for entry in moves(anna)))
        (waiting,) = await entries(anna)
        assert waiting.state is OutboxState.READY
    finally:
        mail_servers.start()
    await until_state(anna, OutboxState.FILED)
    assert len(mail_servers.wait_for_mail(CLARA)) == 1


async def test_an_unknown_outcome_is_asked_about_and_never_repeated_by_itself(
    anna: Person, mail_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_arguments: object, **_named: object) -> None:
        raise SubmitOutcomeUnknown("The connection ended; nobody knows.")

    monkeypatch.setattr(send, "submit", lost)
    number = (await anna.client.ask(SendMessage(draft("Maybe")), Queued)).outbox_id
    unknown = await until_state(anna, OutboxState.UNKNOWN)
    assert "nobody knows" in unknown.problem
    monkeypatch.undo()
    await anna.client.ask(DecideOutbox(number, "was-sent"), Done)
    await until_state(anna, OutboxState.FILED)
    assert mail_servers.mailbox(CLARA) == []
    assert len(mail_servers.mailbox(ANNA, "Sent")) == 1


class Power(BaseException):
    """The power fails: nothing after it runs."""


def _dies(*_arguments: object, **_named: object) -> None:
    raise Power


@pytest.mark.parametrize(
    ("break_at", "state", "arrives"),
    [
        ("protected_copies", OutboxState.FILED, 1),
        ("submit", OutboxState.UNKNOWN, 0),
        ("wake_receiver", OutboxState.FILED, 1),
    ],
)
async def test_a_crash_while_sending_is_taken_up_where_it_was(
    mail_servers: MailServers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    break_at: str,
    state: OutboxState,
    arrives: int,
) -> None:
    mail_servers.empty(ANNA)
    paths = profile(tmp_path, "anna", monkeypatch)
    command: CreateProfile = creation(mail_servers, ANNA)
    first = await InProcessEngine.start(paths)
    await first.ask(command, Welcome)
    with monkeypatch.context() as broken:
        # The thread of the sender dies as with the process: what is on disk is all that stays.
        broken.setattr("threading.excepthook", lambda _arguments: None)
        broken.setattr(file_sent, "outbox", _Nothing())
        if break_at != "wake_receiver":
            broken.setattr(send, break_at, _dies)
        number = (await first.ask(SendMessage(draft("Crash")), Queued)).outbox_id
        person = Person(first)
        wanted = {"protected_copies": "protecting", "submit": "submitting", "wake_receiver": "sent"}[break_at]
        await person.until(lambda: _state_on_disk(person, number) == wanted)
        await first.close()
    second = await InProcessEngine.start(paths)
    try:
        again = Person(second)
        await second.ask(Unlock(PASSPHRASE), Welcome)
        await again.until(lambda: _state_on_disk(again, number) in (state.value, None))
        if state is OutboxState.FILED:
            assert len(mail_servers.wait_for_mail(CLARA, arrives)) == arrives
            assert len(mail_servers.mailbox(ANNA, "Sent")) == 1
        else:
            assert mail_servers.mailbox(CLARA) == []
    finally:
        await second.close()


class _Nothing:
    """No entry is ever there to be filed."""

    def entries(self, _db: object) -> tuple[OutboxEntry, ...]:
        return ()


def _state_on_disk(person: Person, number: int) -> str | None:
    store = person.store()
    try:
        return next((entry.state.value for entry in store.outbox() if entry.id == number), None)
    finally:
        store.close()
