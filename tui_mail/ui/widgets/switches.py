"""Switches that can be read without colour: Textual's own show the same mark on and off, in another colour only."""

from textual.content import Content
from textual.widgets import Checkbox, RadioButton


class CheckSwitch(Checkbox):
    """On or off: a cross, or nothing in the brackets, in letters that every terminal has."""

    DEFAULT_CSS = """
    CheckSwitch {
        & > .toggle--button { color: $muted; background: transparent; }
        &.-on > .toggle--button { color: $good; background: transparent; text-style: bold; }
        &.-textual-compact:focus { border: none; }
    }
    """

    @property
    def _button(self) -> Content:
        """The brackets as they stand."""
        return Content.styled("[x]" if self.value else "[ ]", self.get_visual_style("toggle--button", partial=True))


class RadioChoice(RadioButton):
    """One of several: a mark, or nothing."""

    def render(self) -> Content:
        """The mark where it is chosen."""
        self.BUTTON_INNER = "●" if self.value else " "
        return super().render()
