"""The application: themes, the backstop filter, the link to the engine, and which screen is shown when.

Screens are opened like this, from anywhere: ``self.app.push_screen(ComposeScreen(link, account, draft))``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.events import Key
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import WorkerFailed

from tui_mail.engine.messages import Done, Event, Hello, LockChanged, Notice, SaveSettings, Welcome
from tui_mail.model.account import Settings
from tui_mail.model.errors import StoreError, TuiMailError
from tui_mail.model.message import MessageView
from tui_mail.store.views import ReadStore
from tui_mail.ui.commands.command import name_arrows
from tui_mail.ui.commands.keymaps import chosen_keys, give_keys
from tui_mail.ui.commands.register import BY_ID, COMMANDS
from tui_mail.ui.early_keys import keys_of_bytes, take_early_key
from tui_mail.ui.first_paint import colour_depth
from tui_mail.ui.link import Connect, Link
from tui_mail.ui.open_drafts import OpenDrafts
from tui_mail.ui.painter.painted_app import PaintedApp
from tui_mail.ui.poor_terminal import NoColour, OnlyAscii
from tui_mail.ui.safe import NoControls, notify
from tui_mail.ui.screens.mail import MailScreen
from tui_mail.ui.screens.page import Dialog
from tui_mail.ui.themes.colours import PREFIX, themes
from tui_mail.ui.themes.few import fewer
from tui_mail.ui.themes.glyphs import ASCII, Glyphs, glyphs
from tui_mail.ui.themes.palette import PALETTES, palettes
from tui_mail.ui.themes.style_sheet import KnownStyles

if TYPE_CHECKING:
    from tui_mail.ui.screens.compose import ComposeScreen
    from tui_mail.ui.screens.jump import Target

OPENING_SECONDS = 2.0
"""A screen that takes longer to open than this gets its keys all the same."""


class MailApp(PaintedApp):
    """One terminal on one profile.

    Args:
        connect: makes a greeted client of the engine.
        greeting: what the first paint already learned from a running engine, so that the list need not wait.
    """

    CSS = """
    * { scrollbar-size-vertical: 1; }
    ToastRack { margin-bottom: 0; overflow-y: hidden; }
    Button, Button.-style-default, Button.-primary, Button.-success, Button.-error {
        background: $foreground 14%; color: $foreground; border: none; text-style: none; tint: 0%;
    }
    Button:hover { background: $foreground 22%; }
    Button:focus { background: $accent; color: $background; text-style: bold; }
    Toast { width: 100%; max-width: 100%; margin-top: 0; padding: 0 1; background: $panel; color: $foreground; }
    """
    ENABLE_COMMAND_PALETTE = False  # ours is one line a command, in screens/pick.py
    BINDINGS = [
        Binding("ctrl+c", "quit", "Quit", show=False, priority=False),
        Binding("f12", "jump", "Jump", show=False),
        Binding("f1,question_mark", "keys_here", "Keys", show=False),
    ]
    AUTO_FOCUS = None
    _keys_chosen: tuple[str, dict[str, str]] | None = None
    _themes_chosen: dict[str, dict[str, str]] | None = None
    _palettes = PALETTES
    _variables: tuple[Theme, dict[str, str]] | None = None
    _wrong: tuple[str, ...] = ()
    typed = b""
    """What was typed before this application was there."""
    _early: MessageView | None = None
    early_waits = False
    """Whether a message stands that was painted before this application was there, and not yet by it."""

    def __init__(self, connect: Connect, *, settings: Settings | None = None, store: ReadStore | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.store = store
        self._store_place: tuple[str, str] | None = None
        self.link = Link(connect, self._welcome, self._gone)
        self.mail = MailScreen(self.link)
        self.drafts = OpenDrafts(self, self.mail.written, self.mail.drafts_changed)
        self._apply_themes()
        self.stylesheet = KnownStyles(variables=self.get_css_variables())

    # ---- looks

    @property
    def glyphs(self) -> Glyphs:
        """The shapes for this terminal."""
        return glyphs(self.settings.ascii)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own filters (for NO_COLOR ours instead: its shades of grey are colours too), and what is left for
        poor terminals; our backstop looks last."""
        filters: list[LineFilter] = []
        if self.no_color:
            filters.append(NoColour(self._palettes[self.theme.removeprefix(PREFIX)]["cursor"]))
        else:
            filters += super().get_line_filters()
        if self.glyphs is ASCII:
            filters.append(OnlyAscii())
        return [*filters, self._no_controls]

    _no_controls = NoControls()

    def get_default_screen(self) -> Screen[None]:
        """The mail."""
        return self.mail

    def get_css_variables(self) -> dict[str, str]:
        """The colours of the theme, worked out once."""
        theme = self.current_theme
        if not theme.name.startswith(PREFIX):
            return {}  # textual asks while it makes itself, before our themes are there
        if self._variables is None or self._variables[0] is not theme:
            self._variables = theme, super().get_css_variables()
        return self._variables[1]

    def show_early(self, view: object) -> None:
        """Take over the message that was painted for a key typed at the start."""
        if isinstance(view, MessageView):
            self._early, self.early_waits = view, True

    def early_view(self, message_id: int) -> MessageView | None:
        """That message, if it is this one; told once."""
        view, self._early = self._early, None
        return view if view is not None and view.id == message_id else None

    def on_load(self) -> None:
        """Before anything is painted, and before the keyboard is read."""
        self._apply_settings()
        for key in keys_of_bytes(self.typed):
            self.post_message(key)

    def _apply_settings(self) -> None:
        self._apply_themes()
        self._apply_keys()

    def _apply_themes(self) -> None:
        """Our colours and the person's own; what is wrong with them is said once."""
        if self._themes_chosen != self.settings.themes:
            self._themes_chosen = self.settings.themes
            chosen, problems = palettes(self.settings.themes)
            self._palettes = {name: fewer(colours, colour_depth()) for name, colours in chosen.items()}
            for theme in themes(self._palettes):
                self.register_theme(theme)
            self._say_wrong(problems)
        self.theme = PREFIX + (self.settings.theme if self.settings.theme in self._palettes else "dark")

    def _apply_keys(self) -> None:
        """The keymap and the person's own keys; what is wrong with them is said once."""
        name_arrows(in_words=self.glyphs is ASCII)
        chosen = (self.settings.keymap, self.settings.keys)
        if chosen == self._keys_chosen:
            return
        self._keys_chosen = chosen
        keys, problems = chosen_keys(COMMANDS, *chosen)
        give_keys(COMMANDS, keys)
        self.set_keymap({name: text for name, text in keys.items() if text != type(BY_ID[name]).keys})
        for widget in self.mail.query("Hints"):
            widget.refresh()
        self._say_wrong(problems)

    def _say_wrong(self, problems: tuple[str, ...]) -> None:
        """What cannot be used in the settings; before the first picture it waits for that."""
        if self._running:
            for problem in problems:
                notify(self, problem, "warning", 15)
        else:
            self._wrong += problems

    def next_theme(self) -> str:
        """Take the next palette and keep it in the settings; the result is its name."""
        names = list(self._palettes)
        name = names[(names.index(self.theme.removeprefix(PREFIX)) + 1) % len(names)]
        self.theme = PREFIX + name
        self.change_settings(theme=name)
        return name

    def action_jump(self) -> None:
        """A letter on everything that takes keys."""
        self.jump()

    def action_keys_here(self) -> None:
        """The keys of the screen that stands now."""
        from tui_mail.ui.screens.help import keys_of

        self.push_screen(keys_of(self.screen))

    def jump(self, others: Sequence[Target] = ()) -> None:
        """The same, and on other places that the screen knows."""
        from tui_mail.ui.screens.jump import JumpScreen, panes

        def typed(target: Target | None) -> None:
            if target is not None:
                target.go()

        self.push_screen(JumpScreen([*panes(self.screen), *others], self.size), typed)

    def change_settings(self, **changes: object) -> None:
        """Take over other settings at once, and have them written."""
        from msgspec.structs import replace

        self.settings = replace(self.settings, **changes)
        self._apply_settings()
        if self.link.connected:
            self.run_worker(self._keep(self.settings), group="settings", exclusive=True)

    async def _keep(self, settings: Settings) -> None:
        try:
            await self.link.ask(SaveSettings(settings), Done)
        except TuiMailError as error:
            notify(self, str(error), "warning")

    # ---- the engine

    def on_mount(self) -> None:
        """Hear what the engine says from now on."""
        self._say_wrong(self._wrong)
        self.link.listen(self._event)
        self.run_worker(self.link.serve(), group="link", exit_on_error=True)
        if self.store is None:
            self.link.look()

    def on_ready(self) -> None:
        """What was typed at the start has acted. The engine is looked for after the first picture when that needs
        nothing of it."""
        self.mail.first_picture()
        self.link.look()

    def _welcome(self, welcome: Welcome) -> None:
        self.settings = welcome.settings
        self._apply_settings()
        self.mail.engine_here(locked=welcome.state == "locked")
        if welcome.state == "open" and welcome.store_key is not None:
            self._open_store(welcome.store_path, welcome.store_key)
        elif welcome.state == "new":
            self._ask_first("WizardScreen")
        else:
            self._ask_first("UnlockScreen")

    def _open_store(self, path: str, key: str) -> None:
        if self.store is None or (self._store_place is not None and self._store_place != (path, key)):
            try:
                self.store = ReadStore(Path(path), bytes.fromhex(key))
            except (StoreError, ValueError) as error:
                notify(self, str(error), "error", 30)
                return
        self._store_place = (path, key)
        self.mail.store_here(self.store)

    def _ask_first(self, name: str) -> None:
        """Wizard or passphrase; leaving them without an answer ends the program when there is nothing to show."""
        if any(type(screen).__name__ == name for screen in self.screen_stack):
            return
        screen: Screen[Welcome | None]
        if name == "WizardScreen":
            from tui_mail.ui.screens.wizard import WizardScreen

            screen = WizardScreen(self.link)
        else:
            from tui_mail.ui.screens.unlock import UnlockScreen

            screen = UnlockScreen(self.link)
        self.push_screen(screen, self._first_answer)

    def _first_answer(self, welcome: Welcome | None) -> None:
        if welcome is None and self.store is None:
            self.exit(0)

    def _gone(self, sentence: str) -> None:
        self.mail.engine_gone(sentence)

    async def _unlocked_elsewhere(self) -> None:
        """The passphrase was typed in another terminal: it is not asked for once more."""
        with suppress(TuiMailError):
            welcome = await self.link.ask(Hello(), Welcome)
            if welcome.state == "open":
                for screen in self._doors():
                    screen.dismiss(welcome)

    def _doors(self) -> list[Screen[Welcome | None]]:
        return [screen for screen in self.screen_stack if type(screen).__name__ == "UnlockScreen"]

    def _event(self, event: Event) -> None:
        if isinstance(event, LockChanged) and not event.locked and self._doors():
            self.run_worker(self._unlocked_elsewhere(), group="door", exclusive=True)
        if isinstance(event, Notice) and event.level != "guide" and self.screen is not self.mail:
            notify(self, event.sentence, "error" if event.level == "error" else "information")
        else:
            self.mail.hear(event)

    def on_key(self, event: Key) -> None:
        """What no screen wanted may have been typed while the one that stands now opened."""
        take_early_key(self, event)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """A key that comes while a screen opens waits until that screen has the widgets it is meant for."""
        opened = self.screen.is_mounted and (self.screen is not self.mail or self.mail.laid_out.is_set())
        if not opened:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._opened(), OPENING_SECONDS)
        # A key that is no letter for a field acts before the next one is looked at, which else would still be sent to
        # where this one leads away from.
        types = hasattr(self.focused, "cursor_blink")  # asking for the classes would load the editor at the start
        if priority and (not types or (key == "escape" and isinstance(self.screen, Dialog))):
            return await super()._check_bindings(key, True) or await super()._check_bindings(key, False)
        return await super()._check_bindings(key, priority)

    async def _opened(self) -> None:
        screen = self.screen
        await screen._mounted_event.wait()
        if screen is self.mail:
            await self.mail.laid_out.wait()  # until then a page is as long as a line

    def put_aside(self) -> bool:
        """Give the terminal back to the shell that started the program; `fg` there goes on. False where none can."""
        if self._driver is None or not self._driver.can_suspend:
            return False
        self.action_suspend_process()
        return True

    async def action_quit(self) -> None:
        """Leave; the engine goes on receiving. A half-written mail is asked about first, and never lost on the way."""
        unsent = next((screen for screen in self.screen_stack if getattr(screen, "unsent", False)), None)
        if unsent is None:
            self.leave()
        elif unsent is self.screen:
            await unsent.run_action("leave")

    def leave(self) -> None:
        """End, unless messages that were put aside are not finished: those are asked about and kept."""
        if self.drafts.unsent:
            self.run_worker(self._leave(self.drafts.unsent))
        else:
            self.exit(0)

    async def _leave(self, unfinished: Sequence[ComposeScreen]) -> None:
        from tui_mail.ui.screens.question import Question

        what = "A message is" if len(unfinished) == 1 else f"{len(unfinished)} messages are"
        kept = "It is kept as a draft" if len(unfinished) == 1 else "They are kept as drafts"
        question = Question(f"{what} not finished. {kept}; D shows your drafts.", action="Quit", back="Stay")
        if not await self.push_screen_wait(question):
            return
        for screen in unfinished:
            if not await screen.may_end():
                return
        self.exit(0)

    def _fatal_error(self) -> None:
        """End. Textual would print the error with the values around it, which are mail and passwords: whoever started
        the program says instead that it failed, and where the log is."""
        self._close_messages_no_wait()

    @property
    def failure(self) -> BaseException | None:
        """Why it ended, when it ended by itself."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    async def on_unmount(self) -> None:
        """Say goodbye to the engine."""
        await self.link.close()
