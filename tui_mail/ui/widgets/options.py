"""A list to choose from, safe against keys that come before it was laid out."""

from contextlib import suppress

from textual.widgets import OptionList


class Options(OptionList):
    """Textual's, whose page keys know no line before the first layout.

    QUIRK: `OptionList` raises KeyError for PgUp and PgDn that are typed faster than it is painted; there is no page to
    turn yet.
    """

    def action_page_up(self) -> None:
        """A page up."""
        with suppress(KeyError):
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """A page down."""
        with suppress(KeyError):
            super().action_page_down()  # type: ignore[no-untyped-call]
