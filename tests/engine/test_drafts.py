"""Drafts and the outbox's waiting room, on real servers."""

import time
from pathlib import Path

import pytest

from tests.engine.people import PASSPHRASE, Person, profile
from tests.engine.test_send import ANNA, CLARA, draft, entries, until_state
from tests.servers import MailServers
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import (
    DiscardDraft,
    Done,
    DraftOpened,
    Drafts,
    DraftSaved,
    ListDrafts,
    OpenDraft,
    PostponeSend,
    Queued,
    SaveDraft,
    SendMessage,
    UndoSend,
    Unlock,
    Welcome,
)
from tui_mail.model.errors import UsageError
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import DraftAttachment, OutboxState, Protection

SEALED = Protection(sign=True, encrypt=True)
LATER = 3600


@pytest.fixture(autouse=True)
def empty(mail_servers: MailServers) -> None:
    mail_servers.empty(CLARA)


async def saved(anna: Person, subject: str, number: int = 0, **more: object) -> int:
    command = SaveDraft(draft(subject, **more), number, closed=True)  # type: ignore[arg-type]
    return (await anna.client.ask(command, DraftSaved)).draft_id


async def on_server(anna: Person, servers: MailServers, count: int) -> list[bytes]:
    await anna.until(lambda: len(servers.mailbox(ANNA, "Drafts")) == count and len(drafts_listed(anna)) == count)
    return servers.mailbox(ANNA, "Drafts")


def drafts_listed(anna: Person) -> list[str]:
    return [row.subject for row in anna.rows(FolderRole.DRAFTS)]


async def test_a_draft_is_replaced_on_the_server_and_goes_when_it_is_sent(
    anna: Person, mail_servers: MailServers
) -> None:
    number = await saved(anna, "One", bcc=("dora@office.test",))
    (copy,) = await on_server(anna, mail_servers, 1)
    assert b"Subject: One" in copy and b"Bcc: dora@office.test" in copy and b"pkcs7" not in copy
    assert await saved(anna, "Two", number) == number
    await anna.until(lambda: drafts_listed(anna) == ["Two"])
    assert len(mail_servers.mailbox(ANNA, "Drafts")) == 1
    await anna.client.ask(SendMessage(draft("Two"), draft_id=number), Queued)
    await until_state(anna, OutboxState.FILED)
    await on_server(anna, mail_servers, 0)
    assert (await anna.client.ask(ListDrafts(), Drafts)).entries == ()


async def test_a_draft_of_an_encrypted_message_tells_the_server_nothing(
    anna: Person, mail_servers: MailServers, tmp_path: Path
) -> None:
    """RFC 9787 section 5.3: encrypted to oneself, never signed."""
    note = tmp_path / "befund.txt"
    note.write_text("secret file")
    files = (DraftAttachment(str(note), "befund.txt", "text/plain"),)
    number = await saved(anna, "Secret", bcc=("dora@office.test",), protection=SEALED, attachments=files)
    (copy,) = await on_server(anna, mail_servers, 1)
    assert b"application/pkcs7-mime; smime-type=authEnveloped-data" in copy
    for hidden in (b"Secret", b"clara@", b"dora@", b"befund", b"Text."):
        assert hidden not in copy
    await anna.until(lambda: [(row.enc, row.sig) for row in anna.rows(FolderRole.DRAFTS)] == [("open", "")])
    note.unlink()

    await anna.client.ask(DiscardDraft(number), Done)
    await on_server(anna, mail_servers, 0)
    mail_servers.append(ANNA, "Drafts", copy)  # as another computer of the same person sees it
    await anna.sync()
    (row,) = anna.rows(FolderRole.DRAFTS)
    opened = await anna.client.ask(OpenDraft(message_id=row.id), DraftOpened)
    wanted = draft("Secret", bcc=("dora@office.test",), protection=SEALED)
    assert (opened.draft.to, opened.draft.bcc, opened.draft.protection) == (wanted.to, wanted.bcc, SEALED)
    assert (opened.draft.subject, opened.draft.body.strip()) == ("Secret", "Text.")
    (file,) = opened.draft.attachments
    assert (file.name, file.size_bytes, file.path) == ("befund.txt", len("secret file"), "")
    again = await anna.client.ask(OpenDraft(message_id=row.id), DraftOpened)
    assert again == opened


async def test_a_draft_of_another_program_can_be_finished_here(anna: Person, mail_servers: MailServers) -> None:
    mail_servers.append(
        ANNA,
        "Drafts",
        b"From: anna@clinic.test\r\nTo: clara@office.test\r\nBcc: dora@office.test\r\nSubject: Elsewhere\r\n"
        b"Message-ID: <other@phone>\r\nIn-Reply-To: <1@x>\r\nReferences: <0@x> <1@x>\r\n\r\nBegun on the phone\r\n",
    )
    await anna.sync()
    (row,) = anna.rows(FolderRole.DRAFTS)
    opened = await anna.client.ask(OpenDraft(message_id=row.id), DraftOpened)
    assert opened.draft.body.strip() == "Begun on the phone"
    assert (opened.draft.in_reply_to, opened.draft.references) == ("<1@x>", ("<0@x>", "<1@x>"))
    assert [address.spec for address in opened.draft.bcc] == ["dora@office.test"]
    await anna.client.ask(SaveDraft(draft("Finished"), opened.draft_id, closed=True), DraftSaved)
    await anna.until(lambda: drafts_listed(anna) == ["Finished"])
    assert len(mail_servers.mailbox(ANNA, "Drafts")) == 1


async def test_what_lies_outside_a_drafts_folder_is_no_draft(anna: Person, mail_servers: MailServers) -> None:
    mail_servers.deliver(ANNA, b"From: x@x.test\r\nSubject: No\r\n\r\nx\r\n")
    await anna.sync()
    with pytest.raises(UsageError, match="no draft"):
        await anna.client.ask(OpenDraft(message_id=anna.rows()[0].id), DraftOpened)


async def test_a_foreign_encrypted_draft_is_opened_without_its_recipients(
    anna: Person, mail_servers: MailServers
) -> None:
    """RFC 9787 section 5.3: who can write into the folder must not choose who gets the decrypted text."""
    await saved(anna, "Secret", protection=SEALED)
    (copy,) = await on_server(anna, mail_servers, 1)
    structure = copy[copy.index(b"MIME-Version") :]
    planted = b"From: anna@clinic.test\r\nTo: thief@far.test\r\nMessage-ID: <planted@x>\r\n" + structure
    mail_servers.append(ANNA, "Drafts", planted)
    await anna.sync()
    rows = anna.rows(FolderRole.DRAFTS)
    opened = [await anna.client.ask(OpenDraft(message_id=row.id), DraftOpened) for row in rows]
    assert all("thief@far.test" not in str(one.draft.to) for one in opened)


async def test_sending_can_be_taken_back_until_its_time(
    anna: Person, mail_servers: MailServers, tmp_path: Path
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("attached")
    command = SendMessage(
        draft("Hasty", attachments=(DraftAttachment(str(note), "note.txt"),)), at=int(time.time()) + LATER
    )
    number = (await anna.client.ask(command, Queued)).outbox_id
    note.unlink()
    (entry,) = await entries(anna)
    assert (entry.state, entry.due) == (OutboxState.DELAYED, command.at)
    opened = await anna.client.ask(UndoSend(number), DraftOpened)
    assert await entries(anna) == ()
    assert (opened.draft.subject, opened.draft.attachments[0].name) == ("Hasty", "note.txt")
    with pytest.raises(UsageError, match="left already"):
        await anna.client.ask(UndoSend(number), DraftOpened)
    await anna.client.ask(SendMessage(opened.draft, draft_id=opened.draft_id), Queued)
    assert b"YXR0YWNoZWQ" in mail_servers.wait_for_mail(CLARA)[0]


async def test_a_message_that_failed_encrypted_becomes_a_draft_again(anna: Person, tmp_path: Path) -> None:
    """Its text is nowhere in clear any more: it comes out of our own copy."""
    note = tmp_path / "note.txt"
    note.write_text("attached")
    files = (DraftAttachment(str(note), "note.txt", "text/plain"),)
    to_self = draft("Mine", to=(ANNA,), protection=SEALED, attachments=files)
    anna.client._engine._session.settings = anna.client._engine._settings  # the account as it is
    account = anna.client._engine._session.settings.accounts[0]
    broken = _replace(account, smtp=_replace(account.smtp, port=1))
    anna.client._engine._session.settings = _replace(anna.client._engine._settings, accounts=(broken,))
    number = (await anna.client.ask(SendMessage(to_self), Queued)).outbox_id
    await until_state(anna, OutboxState.READY)
    store = anna.client._engine._session.store.database
    assert b"Text." not in store.value("SELECT draft FROM outbox WHERE id = ?", (number,))
    await anna.until(lambda: any(entry.problem for entry in anna.store().outbox()))
    opened = await anna.client.ask(UndoSend(number), DraftOpened)
    assert (opened.draft.subject, opened.draft.body.strip()) == ("Mine", "Text.")
    assert [file.name for file in opened.draft.attachments] == ["note.txt"]


def _replace(value, **changes):  # type: ignore[no-untyped-def]
    import msgspec

    return msgspec.structs.replace(value, **changes)


async def test_a_delay_outlives_the_engine_and_can_be_changed(
    anna: Person, mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = int(time.time()) + LATER
    number = (await anna.client.ask(SendMessage(draft("Tomorrow"), at=at), Queued)).outbox_id
    kept = await saved(anna, "Half")
    await anna.client.close()
    second = await InProcessEngine.start(profile(tmp_path, "anna", monkeypatch))
    try:
        again = Person(second)
        await second.ask(Unlock(PASSPHRASE), Welcome)
        await again.sync()
        (entry,) = await entries(again)
        assert (entry.state, entry.due) == (OutboxState.DELAYED, at)
        assert [one.id for one in (await second.ask(ListDrafts(), Drafts)).entries] == [kept]
        assert mail_servers.mailbox(CLARA) == []
        await second.ask(PostponeSend(number, 0), Done)
        await until_state(again, OutboxState.FILED)
        assert len(mail_servers.wait_for_mail(CLARA)) == 1
        with pytest.raises(UsageError):
            await second.ask(PostponeSend(number, at), Done)
    finally:
        await second.close()


async def test_a_message_that_the_server_filed_by_itself_is_not_asked_about(
    anna: Person, mail_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui_mail.engine.jobs import send
    from tui_mail.net.smtp import SubmitOutcomeUnknown

    def taken_and_lost(_server, _password, _sender, recipients, raw, **_named):  # type: ignore[no-untyped-def]
        mail_servers.append(ANNA, "Sent", raw)
        raise SubmitOutcomeUnknown("The connection ended; nobody knows.")

    monkeypatch.setattr(send, "submit", taken_and_lost)
    await anna.client.ask(SendMessage(draft("Maybe")), Queued)
    await until_state(anna, OutboxState.UNKNOWN)
    await anna.sync()
    await until_state(anna, OutboxState.FILED)
    assert len(mail_servers.mailbox(ANNA, "Sent")) == 1
    assert mail_servers.mailbox(CLARA) == []
