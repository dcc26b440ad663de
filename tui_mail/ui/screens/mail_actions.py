"""What the main screen does to mail: it finds out what is meant, asks the engine, and says what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from textual.screen import Screen

from tui_mail.engine.messages import (
    Command,
    Done,
    FetchWhole,
    Lock,
    MessageOpened,
    OpenMessage,
    Reply,
    SyncNow,
    TrustFacts,
    TrustQuestion,
    Welcome,
)
from tui_mail.model.account import Account
from tui_mail.model.errors import TuiMailError
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.message import MessageView
from tui_mail.ui.commands.command import Place
from tui_mail.ui.link import Link
from tui_mail.ui.safe import Severity, notify
from tui_mail.ui.widgets.folder_list import folder_name, folder_order
from tui_mail.ui.widgets.hints import SENTENCE_SECONDS, Hints
from tui_mail.ui.widgets.message_list import MessageList
from tui_mail.ui.widgets.reader import Reader
from tui_mail.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

R = TypeVar("R", bound=Reply)

TONES: dict[str, Severity] = {"info": "information", "warning": "warning", "error": "error"}


class MailActions(Screen[None]):
    """The wishes of the main screen; `screens.mail.MailScreen` shows, `reader_actions` is about an open message."""

    link: Link
    list: MessageList
    reader: Reader
    folder: Folder | None
    folders: tuple[Folder, ...]

    @property
    def mail_app(self) -> MailApp:
        """The application, by its real type."""
        return cast("MailApp", self.app)

    @property
    def status(self) -> StatusBar:
        """The top line."""
        return self.query_one(StatusBar)

    def say(self, sentence: str, level: str = "info") -> None:
        """A sentence in the bottom line, or above it in full when it is longer than the line."""
        hints = self.query_one(Hints)
        if hints.has_room(sentence):
            hints.say(sentence, level)
        else:
            hints.silence()
            notify(self.app, sentence, TONES[level], SENTENCE_SECONDS * (2 if level == "error" else 1))

    def can_undo(self, take_back: Callable[[], object]) -> None:
        """Remember how the last thing is taken back."""
        raise NotImplementedError

    def open_folder(self, folder: Folder) -> None:
        """Show another folder."""
        raise NotImplementedError

    def show_hints(self) -> None:
        """The keys that make sense now."""
        raise NotImplementedError

    # ---- asking the engine

    async def asked(self, command: Command, kind: type[R]) -> R | None:
        """The reply, or None after its failure was said."""
        try:
            return await self.link.ask(command, kind)
        except TuiMailError as error:
            if self.is_mounted:
                self.say(str(error), "error")
            return None

    def tell(self, *commands: Command, sentence: str = "", undo: Sequence[Command] = ()) -> None:
        """Send commands whose replies only matter when one fails; `undo` takes all of them back."""
        self.run_worker(self._tell(commands, sentence, undo), group="tell")

    async def _tell(self, commands: Sequence[Command], sentence: str, undo: Sequence[Command]) -> None:
        for command in commands:
            if await self.asked(command, Reply) is None or not self.is_mounted:
                return
        if undo:
            self.can_undo(lambda: self._take_back(undo))
        if sentence:
            self.say(f"{sentence} z takes it back." if undo else sentence)

    def _take_back(self, undo: Sequence[Command]) -> None:
        self.tell(*undo, sentence="Taken back.")

    def with_view(self, then: Callable[[MessageView], None]) -> None:
        """Call with the open message, or with the one under the cursor, which the engine opens for it."""
        view, row = self.reader.view, self.list.row
        if view is not None and (row is None or row.id == view.id):
            then(view)
        elif row is not None:
            self.run_worker(self._with_view(row.id, then), group="with-view", exclusive=True)

    async def _with_view(self, message_id: int, then: Callable[[MessageView], None]) -> None:
        opened = await self.asked(OpenMessage(message_id, mark_seen=False), MessageOpened)
        if opened is not None and self.still_at(message_id):
            then(opened.view)

    def with_whole_view(self, then: Callable[[MessageView], None]) -> None:
        """The same, with everything of the message: what waits on the server is fetched before."""

        def begin(view: MessageView) -> None:
            if view.held is None:
                then(view)
            else:
                self.run_worker(self._get_whole(view.id, then), group="with-view", exclusive=True)

        self.with_view(begin)

    def get_whole(self) -> None:
        """Fetch what of the message under the cursor waits on the server."""
        row = self.list.row
        if row is not None:
            self.run_worker(self._get_whole(row.id), group="whole", exclusive=True)

    async def _get_whole(self, message_id: int, then: Callable[[MessageView], None] | None = None) -> None:
        self.say("Getting the whole message …")
        done = await self.asked(FetchWhole(message_id), Done)
        opened = None if done is None else await self.asked(OpenMessage(message_id, mark_seen=False), MessageOpened)
        if done is None or opened is None or not self.is_mounted:
            return
        if self.reader.view is not None and self.reader.view.id == message_id:
            self.reader.view = opened.view
        self.say("The whole message is here." if done.count else "Nothing of this message waits: it is here whole.")
        if then is not None and self.still_at(message_id):
            then(opened.view)

    def show_help(self) -> None:
        """All keys and signs."""
        from tui_mail.ui.screens.help import help_screen

        place = Place.READER if self.reader.has_focus_within else Place.LIST
        self.app.push_screen(help_screen(self.mail_app.glyphs, place))

    def next_theme(self) -> None:
        """Other colours."""
        self.say(f"Colours: {self.mail_app.next_theme()}.")

    # ---- folders

    def choose_folder(self) -> None:
        """Ask where to go."""
        self._pick_folder("Go to folder", self.open_folder, gathered=True)

    def _pick_folder(self, question: str, then: Callable[[Folder], None], *, gathered: bool = False) -> None:
        from tui_mail.ui.screens.pick import PickScreen

        own = (folder for folder in self.folders if gathered or (folder.id and folder.role is not FolderRole.SNOOZED))
        folders = folder_order([folder for folder in own if folder.selectable])
        many = len({folder.account for folder in folders if folder.account}) > 1
        names = [
            f"{folder_name(folder)} · {folder.account}" if many and folder.account else folder_name(folder)
            for folder in folders
        ]
        open_now = self.folder.id if self.folder is not None else None
        chosen = next((i for i, folder in enumerate(folders) if folder.id == open_now), 0)

        def picked(index: int | None) -> None:
            if index is not None:
                then(folders[index])

        self.app.push_screen(PickScreen(question, names, chosen), picked)

    # ---- receiving

    def check_mail(self) -> None:
        """Ask the receiver to look now."""
        self.tell(SyncNow(), sentence="Looking for new mail …")

    # ---- security

    def ask_trust(self) -> None:
        """Open the trust dialog for the message under the cursor."""
        row = self.list.row
        if row is not None:
            self.run_worker(self._ask_trust(row.id), group="trust", exclusive=True)

    async def _ask_trust(self, message_id: int) -> None:
        facts = await self.asked(TrustQuestion(message_id), TrustFacts)
        if facts is not None and self.still_at(message_id):
            from tui_mail.ui.screens.trust import TrustScreen

            self.app.push_screen(TrustScreen(self.link, facts))

    def still_here(self) -> bool:
        """Whether an answer may open a screen: it never comes between what is done meanwhile."""
        return self.is_mounted and self.app.screen is self

    def still_at(self, message_id: int) -> bool:
        """Whether an answer about this message may open a screen."""
        row = self.list.row
        return self.still_here() and row is not None and row.id == message_id

    def show_security(self) -> None:
        """Open the whole story of the message under the cursor."""
        self.with_view(self._show_security)

    def _show_security(self, view: MessageView) -> None:
        from tui_mail.ui.screens.security import security_screen

        self.app.push_screen(security_screen(view))

    def turn_lock(self) -> None:
        """Lock the keys, or ask for the passphrase."""
        if self.status.locked:
            self.unlock()
        else:
            self.tell(Lock(), sentence="Your keys are locked. L unlocks them.")

    def unlock(self, then: Callable[[], None] | None = None) -> None:
        """Ask for the passphrase, and go on where it was right."""
        from tui_mail.ui.screens.unlock import UnlockScreen

        def answered(welcome: Welcome | None) -> None:
            if welcome is not None and then is not None:
                then()

        self.app.push_screen(UnlockScreen(self.link), answered)

    def ask_server_password(self, account_id: str = "", sentence: str = "") -> None:
        """Ask for an account's password, or for a sign-in; without a name of the account that is open."""
        from tui_mail.ui.screens.server_password import ServerPasswordScreen
        from tui_mail.ui.screens.sign_in import SignInScreen

        accounts = self.mail_app.settings.accounts
        account = next((one for one in accounts if one.id == account_id), self.account)
        if account is not None:
            screen = ServerPasswordScreen if account.sign_in is None else SignInScreen
            self.app.push_screen(screen(self.link, account, sentence))

    # ---- what else there is

    @property
    def account(self) -> Account | None:
        """The account of the message under the cursor, of the open folder, else the first."""
        accounts = self.mail_app.settings.accounts
        row, store = self.list.row, self.mail_app.store
        number = store.folder_of(row.id) if row is not None and store is not None else None
        home = next((folder for folder in self.folders if folder.id == number), self.folder)
        wanted = home.account if home is not None else ""
        return next((account for account in accounts if account.id == wanted), accounts[0] if accounts else None)

    def open_book(self) -> None:
        """Whose certificates are known."""
        from tui_mail.ui.screens.book import BookScreen

        account = self.account
        if account is not None:
            self.app.push_screen(BookScreen(self.link, account.id))

    def open_settings(self) -> None:
        """Everything that can be set."""
        from tui_mail.ui.screens.settings import SettingsScreen

        self.app.push_screen(SettingsScreen())

    def open_outbox(self) -> None:
        """What has not left yet."""
        from tui_mail.ui.screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.link))
