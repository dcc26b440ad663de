"""The settings: what can be set, in groups, each with its sentence; every change counts and is written at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui_mail.model.account import Settings
from tui_mail.model.errors import UsageError
from tui_mail.model.setting import SETTINGS, Setting, changed, next_value, shown, value_of
from tui_mail.ui import safe
from tui_mail.ui.commands.keymaps import chosen_keys
from tui_mail.ui.commands.register import COMMANDS
from tui_mail.ui.fit import fit
from tui_mail.ui.screens.ask_path import AskPath
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Page
from tui_mail.ui.widgets.key_line import KeyLine
from tui_mail.ui.widgets.options import Options

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

VALUE_CELLS = 28
TITLE_CELLS = 46
"""The value stands near its name, so that the eye finds it on wide screens too."""


class AskValue(AskPath):
    """One line to type a value; an empty one is a value too."""

    EMPTY_COUNTS = True
    HINT = "Enter takes it, Esc leaves it as it was."


class SettingsScreen(Page[None]):
    """A list with a sentence below."""

    DEFAULT_CSS = """
    SettingsScreen { background: $background; }
    SettingsScreen #settings-title { padding: 0 1; height: 1; background: $panel; color: $accent; text-style: bold; }
    SettingsScreen #filter { display: none; height: 1; border: none; padding: 0 1; background: $panel; }
    SettingsScreen #filter.shown { display: block; }
    SettingsScreen OptionList, SettingsScreen OptionList:focus {
        height: 1fr; border: none; background: $background; padding: 0 1;
    }
    SettingsScreen #about { height: 3; padding: 0 2; color: $muted; background: $surface; }
    SettingsScreen.-low #about { display: none; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [
        Binding("space", "change", "Change", show=False),
        Binding("enter", "change", "Change", key_display="Enter", tooltip="Change the value"),
        Binding("z", "undo", "Undo", tooltip="Give the setting its value back"),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Show only what holds a word"),
        Binding("escape,q", "leave", "Back", key_display="Esc"),
        Binding("question_mark,f1", "app.keys_here", "Help", key_display="?", tooltip="Show these keys"),
        Binding("j", "step(1)", show=False, tooltip="Down"),
        Binding("k", "step(-1)", show=False, tooltip="Up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._before: list[Settings] = []
        self._shown: list[Setting | None] = []

    @property
    def _mail_app(self) -> MailApp:
        from tui_mail.ui.app import MailApp

        assert isinstance(self.app, MailApp)  # noqa: S101 - there is no other application
        return self.app

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def compose(self) -> ComposeResult:
        """Title, filter, list, the sentence about what is chosen, keys."""
        yield safe.static("Settings", id="settings-title")
        yield Input(id="filter", placeholder="type a part of it", select_on_focus=False)
        yield Options(id="settings", markup=False)
        yield safe.static("", id="about")
        yield KeyLine()

    def on_mount(self) -> None:
        """All of them."""
        self._show()
        self.set_focus(self._list)  # at once: keys that were typed meanwhile belong there
        problems = chosen_keys(COMMANDS, self._mail_app.settings.keymap, self._mail_app.settings.keys)[1]
        if problems:
            safe.notify(self.app, " ".join(problems), "warning", 15)

    def on_resize(self) -> None:
        """Values stay at the right edge."""
        self._show()

    @property
    def chosen(self) -> Setting | None:
        """The setting under the cursor."""
        place = self._list.highlighted
        return self._shown[place] if place is not None and place < len(self._shown) else None

    def _show(self) -> None:
        words = self.query_one("#filter", Input).value.casefold().split()
        found = [one for one in SETTINGS if all(word in _searched(one) for word in words)]
        chosen, top = self.chosen, self._list.scroll_offset.y
        self._shown = []
        options: list[Option] = []
        group = ""
        for one in found:
            if one.group != group:
                group = one.group
                if options:
                    self._shown.append(None)
                    options.append(Option("", disabled=True))
                self._shown.append(None)
                options.append(Option(safe.text(group, "bold $accent"), disabled=True))
            self._shown.append(one)
            options.append(Option(self._face(one)))
        self._list.clear_options()
        self._list.add_options(options)
        places = [place for place, one in enumerate(self._shown) if one is not None]
        if places:
            self._list.highlighted = next((place for place in places if self._shown[place] is chosen), places[0])
            self._list.scroll_to(y=top, animate=False)
        self._tell()

    def _face(self, one: Setting) -> Content:
        value = shown(value_of(self._mail_app.settings, one.name)) or "–"
        room = max(20, self.size.width - 6)
        cells = min(VALUE_CELLS, room // 3)
        title = fit("  " + one.title, min(TITLE_CELLS, room - cells) - 1) + " "
        tone = "$bright" if value not in ("off", "–") else "$muted"
        short = value if cell_len(value) <= cells else fit(value, cells - 1).rstrip() + "…"
        return safe.join([title, (short, tone)])

    @on(OptionList.OptionHighlighted)
    def _tell(self) -> None:
        one = self.chosen
        sentence = ""
        if one is not None:
            choices = f" ({', '.join(one.choices)})" if one.choices else ""
            sentence = f"{one.sentence}{choices}\nIn settings.toml: {one.name}"
        safe.update(self.query_one("#about", Static), sentence)

    # ---- keys

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_change()

    @work(exclusive=True, group="change")
    async def action_change(self) -> None:
        """Turn a switch, take the next choice, or type."""
        one = self.chosen
        if one is None:
            return
        settings = self._mail_app.settings
        text = next_value(settings, one)
        if text is None:
            answer = await self.app.push_screen_wait(AskValue(one.title, shown(value_of(settings, one.name))))
            if answer is None:
                return
            text = answer
        try:
            after = changed(settings, one, text)
        except UsageError as error:
            safe.notify(self.app, str(error), "warning")
            return
        if after != settings:
            self._before.append(settings)
            self._take(after)

    def action_undo(self) -> None:
        """The last change back."""
        if self._before:
            self._take(self._before.pop())
        else:
            safe.notify(self.app, "Nothing was changed here.")

    def _take(self, settings: Settings) -> None:
        self._mail_app.change_settings(**{name: getattr(settings, name) for name in settings.__struct_fields__})
        self._show()

    def action_step(self, rows: int) -> None:
        """Up or down."""
        if rows > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_filter(self) -> None:
        """Show the line to type into."""
        field = self.query_one("#filter", Input)
        field.add_class("shown")
        field.focus()

    @on(Input.Changed, "#filter")
    def _typed(self) -> None:
        self._show()

    @on(Input.Submitted, "#filter")
    def _typed_all(self) -> None:
        self.set_focus(self._list)  # at once: keys that were typed meanwhile belong there

    def action_leave(self) -> None:
        """Out of the filter, then out of the settings."""
        field = self.query_one("#filter", Input)
        if field.has_class("shown"):
            field.remove_class("shown")
            field.value = ""
            self._list.focus()
        else:
            self.dismiss(None)


def _searched(one: Setting) -> str:
    return f"{one.group} {one.title} {one.sentence} {one.name}".casefold()
