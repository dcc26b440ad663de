"""Setting up: five calm pages from a name to a mailbox that works. Nothing is written before the last one."""

from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Button, ContentSwitcher, Input, RadioSet, Static

from tui_mail.engine.messages import (
    AccountTested,
    AwaitSignIn,
    BeginSignIn,
    CreateProfile,
    Done,
    FindServers,
    ServersFound,
    SignInPage,
    TestAccount,
    TestStep,
    Welcome,
)
from tui_mail.model.account import Account
from tui_mail.model.errors import TuiMailError
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.screens.page import Page, all_typed
from tui_mail.ui.screens.question import Question
from tui_mail.ui.themes.glyphs import glyphs
from tui_mail.ui.widgets.wizard_steps import (
    CertificateStep,
    PassphraseStep,
    PersonStep,
    ServerStep,
    TrialStep,
    WizardStep,
)

STEPS = ("person", "servers", "certificate", "passphrase", "trial")


class WizardScreen(Page[Welcome | None]):
    """Ends with the engine's `Welcome` of the new profile, or with None when the person leaves."""

    CSS_PATH = "wizard.tcss"
    AUTO_FOCUS = None
    BINDINGS = [
        Binding("escape", "back", "Back"),
        Binding("f5,ctrl+s", "next", "Continue", priority=True),
        Binding("f4", "find_servers", "Find the servers", priority=True),
        Binding("enter", "enter", show=False, priority=True),
        # Priority: the keys that follow a Tab go to the next field, however fast they are typed or pasted.
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, client: Asker) -> None:
        super().__init__()
        self._client = client
        self._step = 0
        self._is_missing = False
        self._tested: Account | None = None
        self._signed_in: Account | None = None
        self._busy = False
        self._shapes = glyphs(client.welcome.settings.ascii)

    def compose(self) -> ComposeResult:
        """Progress, the page, one line for what is missing, two buttons."""
        with Vertical(id="box"):
            yield safe.static(id="progress")
            with ContentSwitcher(initial="person", id="pages"):
                yield PersonStep(id="person")
                yield ServerStep(id="servers")
                yield CertificateStep(id="certificate")
                yield PassphraseStep(id="passphrase-page")
                yield TrialStep(id="trial-page")
            yield safe.static(id="problem")
            with Horizontal(id="buttons"):
                yield safe.static("Enter goes on · Esc goes back", id="keys")
                yield safe.button("Back", id="back", compact=True)
                yield safe.button("Continue", id="next", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The first page."""
        self._show_step()

    def _page(self) -> WizardStep:
        return self.query_one("#pages", ContentSwitcher).query_one(f"#{_page_id(self._step)}", WizardStep)

    def _show_step(self) -> None:
        self.query_one("#pages", ContentSwitcher).current = _page_id(self._step)
        page = self._page()
        dots = [
            (self._shapes.unread, "$accent") if index <= self._step else (self._shapes.dot, "dim")
            for index in range(len(STEPS))
        ]
        heading = (f"  {page.heading}", "bold")
        safe.update(self.query_one("#progress", Static), safe.join([safe.join(dots, " "), heading]))
        self._say("")
        self.set_class(isinstance(page, TrialStep), "-trial")  # which says itself what Enter does
        self.query_one("#back", Button).label = safe.text("Leave" if self._step == 0 else "Back")
        self.query_one("#next", Button).label = safe.text("Continue")
        self.query_one("#next", Button).disabled = False
        self.set_focus(page.first_choice())  # at once: keys that were typed meanwhile belong there
        if isinstance(page, ServerStep):
            page.guess(self.query_one(PersonStep).address)
        elif isinstance(page, TrialStep):
            self._try_and_create()

    def _say(self, sentence: str) -> None:
        self._is_missing = False
        safe.update(self.query_one("#problem", Static), sentence)

    @on(Input.Changed)
    @on(RadioSet.Changed)
    def answered(self) -> None:
        """What was said about an answer is no longer about this one."""
        if self._is_missing:
            self._say("")

    # ---- going on and back

    async def action_enter(self) -> None:
        """Enter in a field goes to the next one that is empty, else to the next page; elsewhere it is a choice."""
        field = self.focused
        if not isinstance(field, Input):
            raise SkipAction
        await all_typed(self._page().query(Input))
        fields = [line for line in self._page().query(Input) if line.focusable]
        following = fields[fields.index(field) + 1 :] if field in fields else []
        needed = self._page().problem()[1]
        if needed and any(line.id == needed for line in following):
            self.set_focus(self.query_one(f"#{needed}", Input))
        else:
            await self.action_next()

    @on(Button.Pressed)
    async def press(self, event: Button.Pressed) -> None:
        """A click, or Enter on a button."""
        if event.button.id == "next":
            await self.action_next()
        else:
            self.action_back()

    async def action_next(self) -> None:
        """Check this page and go on; on the last page try again."""
        if self._busy:
            return
        await all_typed(self._page().query(Input))
        page = self._page()
        if isinstance(page, TrialStep):
            self._try_and_create()
            return
        sentence, field = page.problem()
        if sentence:
            self._say(sentence)
            self._is_missing = True
            self.set_focus(self.query_one(f"#{field}", Input))
            return
        self._step += 1
        self._show_step()

    @work(exclusive=True, group="back")
    async def action_back(self) -> None:
        """One page back; from the first one leave, after a question."""
        if self._busy:
            return
        if self._step > 0:
            self.workers.cancel_group(self, "trial")
            self._step -= 1
            self._show_step()
            return
        question = Question("Leave without setting up? Nothing has been written.", action="Leave", back="Stay")
        if not self.query_one(PersonStep).address or await self.app.push_screen_wait(question):
            self.dismiss(None)

    @work(exclusive=True, group="find")
    async def action_find_servers(self) -> None:
        """Ask the domain of the address for its servers, and fill in what it says."""
        page = self._page()
        if self._busy or not isinstance(page, ServerStep):
            return
        self._say("Asking the domain of your address…")
        try:
            found = await self._client.ask(FindServers(self.query_one(PersonStep).address), ServersFound)
        except TuiMailError as error:
            self._say(str(error))
            return
        if self._page() is page:
            if found.imap is not None and found.smtp is not None:
                page.fill(found.imap, found.smtp)
            self._say(found.sentence)

    # ---- the test and the profile

    def _account(self) -> Account:
        person, servers = self.query_one(PersonStep), self.query_one(ServerStep)
        return Account(
            id="main",
            name=person.value("name").strip(),
            address=person.address,
            imap=servers.server("imap"),
            smtp=servers.server("smtp"),
            sign_in=servers.sign_in(person.address),
        )

    @work(exclusive=True, group="trial")
    async def _try_and_create(self) -> None:
        page = self.query_one(TrialStep)
        self._busy = True
        self.query_one("#next", Button).disabled = True
        self._say("")
        try:
            works = page.go_on_anyway or await self._try(page)
            if works:
                await self._create(page)
        except TuiMailError as error:
            self._say(f"{error} Esc goes back to change something, Enter tries again.")
        finally:
            self._busy = False
            if self.is_mounted and self._page() is page:
                button = self.query_one("#next", Button)
                button.disabled = False
                button.label = safe.text("Try again")
                button.focus()

    async def _try(self, page: TrialStep) -> bool:
        account = self._account()
        if account == self._tested:
            return True
        if account.sign_in is not None and account != self._signed_in:
            await self._sign_in(account, page)
        page.show(safe.text("Trying…", "dim"), failed=False)
        answer = await self._client.ask(TestAccount(account, *self.query_one(ServerStep).passwords), AccountTested)
        works = all(step.ok for step in answer.steps)
        page.show(self._lines(answer.steps), failed=not works)
        if works:
            self._tested = account
        else:
            self._say("Esc goes back to change it, Enter tries again.")
        return works

    async def _sign_in(self, account: Account, page: TrialStep) -> None:
        """Show where the person signs in, and wait; Esc goes back meanwhile."""
        secret = self.query_one(ServerStep).value("client-secret").strip()
        shown = await self._client.ask(BeginSignIn(account, secret), SignInPage)
        where = "on any device and type the code there" if shown.code else "in a browser on this computer"
        lines = [(f"Open this address {where}:", ""), (shown.url, "bold"), (shown.code, "bold $accent")]
        page.show(safe.join(lines, "\n"), failed=False)
        self._say("It goes on by itself when you have signed in. Esc goes back.")
        self._busy = False
        await self._client.ask(AwaitSignIn(account.id), Done)
        self._busy = True
        self._say("")
        self._signed_in = account

    def _lines(self, steps: tuple[TestStep, ...]) -> Content:
        """One line a step, with its shape."""
        return safe.join(
            [
                safe.join(
                    [
                        (self._shapes.sig["Y" if step.ok else "X"], "$text-success" if step.ok else "$text-error"),
                        (f" {step.name}  ", "bold"),
                        (step.sentence, "" if step.ok else "$text-error"),
                    ]
                )
                for step in steps
            ],
            "\n",
        )

    async def _create(self, page: TrialStep) -> None:
        self._say("Making your keys and your mailbox. This takes a few seconds…")
        account = self._account()
        imap_password, smtp_password = self.query_one(ServerStep).passwords
        welcome = await self._client.ask(
            CreateProfile(
                account=account,
                display_name=account.name,
                imap_password=imap_password,
                smtp_password=smtp_password,
                certificate=self.query_one(CertificateStep).choice,
                passphrase=self.query_one(PassphraseStep).passphrase,
            ),
            Welcome,
        )
        safe.notify(self.app, "Done. Your mail is being fetched.")
        self.dismiss(welcome)

    def on_resize(self, event: Resize) -> None:
        """Give a small screen's room to the fields."""
        self.set_class(event.size.height < 18 or event.size.width < 60, "-low")
        self.set_class(event.size.width < 72, "-narrow")


def _page_id(step: int) -> str:
    """The page's widget id; the last two share a word with a field of theirs."""
    return STEPS[step] if step < 3 else f"{STEPS[step]}-page"
