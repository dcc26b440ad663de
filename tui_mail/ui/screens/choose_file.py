"""Choosing a file by typing its path; the files that fit are listed below, Tab completes."""

from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui_mail.model.typed_path import is_file, is_folder, typed_path
from tui_mail.ui import safe
from tui_mail.ui.screens.low import LOW
from tui_mail.ui.screens.page import Dialog, all_typed
from tui_mail.ui.widgets.key_hints import KeyHints
from tui_mail.ui.widgets.options import Options

MAX_LISTED = 200


def meant(typed: str) -> str:
    """Behind a path that stands there already another one may begin: ``~//srv/x`` means ``/srv/x``."""
    for beginning in ("//", "/~/"):
        _, found, behind = typed.rpartition(beginning)
        typed = found[1:] + behind if found else typed
    return typed


def matching_paths(typed: str) -> list[Path]:
    """Files and folders that begin with what was typed; hidden ones only when a dot was typed. Folders first."""
    typed = meant(typed) or "~"
    path = typed_path(typed)
    folder, start = (path, "") if typed.endswith("/") or typed == "~" else (path.parent, path.name)
    try:
        entries = [
            entry
            for entry in folder.iterdir()
            if entry.name.casefold().startswith(start.casefold())
            and (start.startswith(".") or not entry.name.startswith("."))
        ]
    except OSError:
        return []
    return sorted(entries, key=lambda entry: (not is_folder(entry), entry.name.casefold()))[:MAX_LISTED]


class ChooseFile(Dialog[Path | None]):
    """Asks for a file that exists; None when the person goes back."""

    DEFAULT_CSS = """
    ChooseFile { align: center middle; background: transparent; }
    ChooseFile > Vertical {
        width: 72; max-width: 100%; height: 18; max-height: 100%; padding: 0 1; background: $panel;
        border: round $primary;
    }
    ChooseFile Input { background: $surface; }
    ChooseFile OptionList { height: 1fr; border: none; background: $panel; padding: 0; }
    ChooseFile #trouble { color: $text-error; height: auto; display: none; }
    ChooseFile #hint { color: $text-muted; height: auto; }
    ChooseFile.-low > Vertical { width: 100%; height: 100%; border: none; }
    """
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS = [
        Binding("escape", "back", "Back"),
        Binding("tab", "complete", "Complete", priority=True),
        Binding("down", "list", show=False),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._found: list[Path] = []

    def compose(self) -> ComposeResult:
        """The path over the list of what fits."""
        with Vertical() as box:
            safe.title(box, self._title)
            yield Input("~/", id="path", compact=True, select_on_focus=False)
            yield Options(id="files", markup=False, compact=True)
            yield safe.static("", id="trouble")
            yield KeyHints("Tab completes", "Enter takes it", "Esc goes back", id="hint")

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one("#path", Input))  # at once: keys that were typed meanwhile belong there

    @on(Input.Changed)
    def list_files(self, event: Input.Changed) -> None:
        """Show what fits."""
        self._found = matching_paths(event.value)
        files = self.query_one("#files", OptionList)
        files.clear_options()
        files.add_options(Option(_name(path)) for path in self._found)
        self._say("")

    @on(Input.Submitted)
    def take_typed(self, event: Input.Submitted) -> None:
        """Enter in the line: the file, or look into the folder."""
        self._take(typed_path(meant(event.value.strip())))

    @on(OptionList.OptionSelected)
    def take_listed(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click in the list."""
        self._take(self._found[event.option_index])

    async def action_complete(self) -> None:
        """Go on to the end of what all fitting names share."""
        line = self.query_one("#path", Input)
        await all_typed((line,))
        self._found = matching_paths(line.value)
        if not self._found:
            return
        names = [path.name for path in self._found]
        shared = names[0]
        for name in names[1:]:
            while not name.casefold().startswith(shared.casefold()):
                shared = shared[:-1]
        if len(self._found) == 1:
            self._write(self._found[0])
        elif shared and not line.value.endswith(shared):
            line.value = str(self._found[0].parent / shared)
            line.cursor_position = len(line.value)

    def action_list(self) -> None:
        """Down goes from the line into the list, to the first that fits."""
        files = self.query_one("#files", OptionList)
        files.focus()
        if files.highlighted is None and self._found:
            files.highlighted = 0

    def action_back(self) -> None:
        """No file."""
        self.dismiss(None)

    def _write(self, path: Path) -> None:
        line = self.query_one("#path", Input)
        line.value = f"{path}/" if is_folder(path) else str(path)
        line.cursor_position = len(line.value)
        line.focus()

    def _take(self, path: Path) -> None:
        if is_file(path):
            self.dismiss(path)
        elif is_folder(path):
            self._write(path)
        else:
            self._say(f"There is no file {path}.")

    def _say(self, sentence: str) -> None:
        line = self.query_one("#trouble", Static)
        line.display = bool(sentence)
        safe.update(line, sentence)


def _name(path: Path) -> Content:
    return safe.text(f"{path.name}/", "bold") if is_folder(path) else safe.text(path.name)
