"""Switches that can be read without colour: Textual's own show the same mark on and off, in another colour only."""

from textual.content import Content
from textual.widgets import Checkbox, RadioButton


class CheckSwitch(Checkbox):
    """On or off: a cross, or nothing in the box."""

    def render(self) -> Content:
        """The box as it stands."""
        self.BUTTON_INNER = "X" if self.value else " "
        return super().render()


class RadioChoice(RadioButton):
    """One of several: a mark, or nothing."""

    def render(self) -> Content:
        """The mark where it is chosen."""
        self.BUTTON_INNER = "●" if self.value else " "
        return super().render()
