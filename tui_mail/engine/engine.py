"""What the engine answers: states new → locked ⇄ open, and one job for every command."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from tui_mail.engine import messages
from tui_mail.engine.agent import LOCKED_SENTENCE, KeyAgent
from tui_mail.engine.anchors import judge_again_when_changed
from tui_mail.engine.crew import Crew
from tui_mail.engine.events import EventHub
from tui_mail.engine.jobs import accounts as account_jobs
from tui_mail.engine.jobs import (
    anchors,
    append,
    attachments,
    book,
    bundles,
    change,
    change_folders,
    closed,
    drafts,
    fetch_whole,
    find_certificate,
    introduce,
    invitation,
    open_message,
    outbox,
    people,
    picture,
    preflight,
    queue,
    save_message,
    send_receipt,
    snooze,
    trust,
    unsubscribe,
)
from tui_mail.engine.logins import Logins
from tui_mail.engine.messages import Command, Done, Reply, Welcome
from tui_mail.engine.session import Session
from tui_mail.engine.settings import load_settings, save_settings
from tui_mail.engine.setup import create_profile, find_servers, remove_leftovers, test_account
from tui_mail.model.account import Settings
from tui_mail.model.errors import UsageError, VaultLocked
from tui_mail.model.paths import ProfilePaths
from tui_mail.store import accounts
from tui_mail.store.store import Store

POOL_THREADS = 6
IDLE_CHECK_SECONDS = 1.0

T = TypeVar("T")
_Job = Callable[[Session, Any], Reply]

JOBS: dict[type[Command], _Job] = {
    messages.OpenMessage: open_message.open_message,
    messages.FetchWhole: fetch_whole.fetch_whole,
    messages.RawSource: open_message.raw_source,
    messages.SaveAttachment: attachments.save_attachment,
    messages.SaveAttachments: attachments.save_attachments,
    messages.PreviewAttachment: attachments.preview_attachment,
    messages.ShowPicture: picture.show_picture,
    messages.AnswerInvitation: invitation.answer_invitation,
    messages.LeaveList: unsubscribe.leave_list,
    messages.SendReceipt: send_receipt.send_receipt,
    messages.SaveMessage: save_message.save_message,
    messages.MessageText: save_message.whole_text,
    messages.ChangeFlags: change.change_flags,
    messages.MoveMessages: change.move_messages,
    messages.SnoozeMessages: snooze.snooze_messages,
    messages.CreateFolder: change_folders.create_folder,
    messages.RenameFolder: change_folders.rename_folder,
    messages.DeleteFolder: change_folders.delete_folder,
    messages.DeleteMessages: change.delete_messages,
    messages.AppendMessage: append.append_message,
    messages.TrustQuestion: trust.trust_question,
    messages.TrustSender: trust.trust_sender,
    messages.UntrustSender: trust.untrust_sender,
    messages.ExplainClosed: closed.explain_closed,
    messages.BlockSender: people.block_sender,
    messages.UnblockSender: people.unblock_sender,
    messages.SaveNote: people.save_note,
    messages.ListPeople: people.list_people,
    messages.ListCertificates: book.list_certificates,
    messages.ListAnchors: anchors.list_anchors,
    messages.ImportBundle: bundles.import_bundle,
    messages.ListBundles: bundles.list_bundles,
    messages.RemoveBundle: bundles.remove_bundle,
    messages.RemoveAnchor: book.remove_anchor,
    messages.ImportCertificate: book.import_certificate,
    messages.ImportKey: book.import_key,
    messages.RequestCertificate: book.request_certificate,
    messages.FindCertificate: find_certificate.find_certificate,
    messages.Preflight: preflight.preflight,
    messages.SendMessage: queue.send_message,
    messages.UndoSend: drafts.undo_send,
    messages.PostponeSend: drafts.postpone_send,
    messages.SetPassword: account_jobs.set_password,
    messages.SaveDraft: drafts.save_draft,
    messages.ListDrafts: drafts.list_drafts,
    messages.OpenDraft: drafts.open_draft,
    messages.DiscardDraft: drafts.discard_draft,
    messages.SendIntroduction: introduce.send_introduction,
    messages.ListOutbox: outbox.list_outbox,
    messages.DecideOutbox: outbox.decide_outbox,
}
"""Commands that need an open profile; each runs in a thread of the pool."""


class Engine:
    """The engine of one profile, without its socket. Lives in one event loop."""

    def __init__(self, paths: ProfilePaths) -> None:
        self.paths = paths
        self.events = EventHub(asyncio.get_running_loop())
        self._pool = ThreadPoolExecutor(POOL_THREADS, thread_name_prefix="command")
        self._agent = KeyAgent(paths.vault, self._lock_changed)
        self._logins = Logins(self._agent)
        self._session: Session | None = None
        self._crew: Crew | None = None
        self._opening = asyncio.Lock()
        remove_leftovers(paths)
        self._settings = load_settings(paths.settings) if self._exists else Settings()
        self._idle = asyncio.create_task(self._watch_idle())

    @property
    def _exists(self) -> bool:
        """settings.toml is the last file that a new profile gets: with it there is a profile, without it none."""
        return self.paths.settings.exists()

    @property
    def state(self) -> str:
        """ "new", "locked" or "open"."""
        if not self._exists:
            return "new"
        return "open" if self._session is not None and not self._agent.locked else "locked"

    async def answer(self, command: Command) -> Reply:
        """Do what the command says. Raises TuiMailError."""
        match command:
            case messages.Hello():
                return self._welcome()
            case messages.Stop():
                return Done()
            case messages.Unlock():
                return await self._unlock(command.passphrase)
            case messages.Lock():
                await self._thread(self._agent.lock)
                return Done()
            case messages.TestAccount():
                return await self._thread(lambda: test_account(self._with_passwords(command)))
            case messages.FindServers():
                return await self._thread(lambda: find_servers(command, self._settings.discovery))
            case messages.BeginSignIn():
                page = functools.partial(self._logins.begin, command.account, command.client_secret)
                return messages.SignInPage(*await self._thread(page))
            case messages.AwaitSignIn():
                return await self._await_sign_in(command.account)
            case messages.CreateProfile():
                return await self._create(command)
            case messages.SyncNow():
                self._agent.touch()
                return await self._sync(command)
        self._agent.touch()
        session = self._open_session()
        if isinstance(command, messages.AddAccount):
            return await self._add_account(session, command)
        if isinstance(command, messages.SaveSettings):
            return await self._save_settings(session, command.settings)
        return await self._thread(functools.partial(JOBS[type(command)], session, command))

    async def close(self) -> None:
        """End all jobs in an orderly way, forget the keys, close the store."""
        self._idle.cancel()
        self._logins.stop()
        if self._crew is not None:
            await asyncio.to_thread(self._crew.stop)
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
        self._agent.lock()
        if self._session is not None:
            self._session.store.close()
            self._session = None

    def _lock_changed(self, locked: bool) -> None:
        if locked and self._session is not None:
            self._session.cache.clear()
        self.events.publish(messages.LockChanged(locked))

    def _welcome(self) -> Welcome:
        is_open = self.state == "open"
        key = self._agent.store_key
        return Welcome(
            version=messages.PROTOCOL_VERSION,
            profile=self.paths.name,
            state=self.state,
            store_path=str(self.paths.store),
            store_key=key.hex() if is_open and key is not None else None,
            settings=self._settings,
            connections=self._crew.connections if self._crew is not None else (),
        )

    def _open_session(self) -> Session:
        if self.state == "new":
            raise UsageError(f"There is no profile {self.paths.name} yet: make it with `tui-mail setup`.")
        if self._session is None or self._agent.locked:
            raise VaultLocked(LOCKED_SENTENCE)
        return self._session

    async def _unlock(self, passphrase: str) -> Welcome:
        if not self._exists:
            raise UsageError(f"There is no profile {self.paths.name} yet: make it with `tui-mail setup`.")
        async with self._opening:
            if self._session is None:
                self._settings = await self._thread(functools.partial(load_settings, self.paths.settings))
            accounts_of = tuple(account.id for account in self._settings.accounts)
            await self._thread(functools.partial(self._agent.unlock, passphrase, accounts_of))
            begins = self._session is None
            await self._begin()
        if begins:  # other terminals wait at the door: the agent spoke before there was a mailbox to show
            self.events.publish(messages.LockChanged(False))
        return self._welcome()

    async def _begin(self) -> None:
        """Open the store on the first unlock and start the crew; later unlocks only wake those who waited for keys."""
        if self._session is None:
            store = await self._thread(self._open_store)
            self._session = Session(self.paths, self._settings, store, self._agent, self.events, self._logins)
            self._crew = Crew(self._session)
            self._crew.start()
        self._session.wake_judge()
        self._session.wake_outbox()

    def _open_store(self) -> Store:
        store = Store(self.paths.store, self._agent.store_key)
        with store.write() as db:
            for account in self._settings.accounts:
                accounts.save_account(db, account.id, account.address)
            book.save_own_certificates(db, self._agent)
            judge_again_when_changed(db)
        return store

    async def _create(self, command: messages.CreateProfile) -> Welcome:
        async with self._opening:
            if self._exists:
                raise UsageError(f"The profile {self.paths.name} is there already; another one needs another name.")
            self._settings = await self._thread(
                functools.partial(create_profile, self.paths, command, self._logins.granted(command.account.id))
            )
            accounts_of = tuple(account.id for account in self._settings.accounts)
            await self._thread(functools.partial(self._agent.unlock, command.passphrase, accounts_of))
            self._logins.is_kept(command.account.id)
            await self._begin()
        return self._welcome()

    async def _add_account(self, session: Session, command: messages.AddAccount) -> Reply:
        async with self._opening:
            settings = await self._thread(functools.partial(account_jobs.add_account, session, command))
            await self._save_settings(session, settings)
        return self._welcome()

    async def _await_sign_in(self, account: str) -> Reply:
        """A thread of its own: a person may take a quarter of an hour."""
        await asyncio.to_thread(self._logins.finish, account)
        if self._session is not None and any(known.id == account for known in self._settings.accounts):
            await self._thread(functools.partial(self._logins.keep, account))
            self._session.wake_receiver(account)
            self._session.wake_outbox()
        return Done(1)

    async def _save_settings(self, session: Session, settings: Settings) -> Reply:
        await self._thread(functools.partial(save_settings, self.paths.settings, settings))
        self._settings = settings
        session.settings = settings
        if self._crew is not None:
            await self._thread(self._crew.settings_changed)
        return Done(1)

    async def _sync(self, command: messages.SyncNow) -> Reply:
        if self._session is None or self._crew is None:
            self._open_session()
            raise VaultLocked(LOCKED_SENTENCE)
        if command.account:
            self._session.account(command.account)
        asked = self._crew.sync(command.account)
        if not command.wait:
            return Done(len(asked))
        # A thread of its own: a first synchronisation takes long and must not use up the pool.
        return await asyncio.to_thread(self._crew.wait_for, asked)

    def _with_passwords(self, command: messages.TestAccount) -> messages.TestAccount:
        """Fill in stored passwords, but only for the very servers that they are stored for; and the token of somebody
        who signed in just now."""
        if command.account.sign_in is not None:
            secret = self._logins.secret(command.account, "imap")
            return msgspec.structs.replace(command, imap_password=secret, smtp_password=secret)
        if self.state != "open" or command.account not in self._settings.accounts:
            return command
        return msgspec.structs.replace(
            command,
            imap_password=command.imap_password or self._agent.password(command.account.id, "imap"),
            smtp_password=command.smtp_password or self._agent.password(command.account.id, "smtp"),
        )

    async def _thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _watch_idle(self) -> None:
        while True:
            await asyncio.sleep(IDLE_CHECK_SECONDS)
            self._agent.lock_when_idle(self._settings.lock_after_seconds)
