"""A line for To, Cc or Bcc: reads what is typed and offers known addresses that fit."""

from textual.binding import Binding
from textual.events import Blur
from textual.message import Message
from textual.widgets import Input

from tui_mail.model.address import Address, format_address_list, parse_address_list, start_of_last
from tui_mail.ui.safe import clean
from tui_mail.ui.widgets.address_choices import AddressChoices, matching


class RecipientField(Input):
    """An input line of addresses, separated by commas. `known` is shared by all lines of a composer and may fill later;
    `choices` is the list that stands below the line which has the cursor."""

    BINDINGS = [
        Binding("down", "choose(1)", show=False),
        Binding("up", "choose(-1)", show=False),
        Binding("enter", "take", show=False),
        Binding("escape", "hide", show=False),
    ]

    class Offered(Message):
        """Other addresses are offered now."""

    def __init__(
        self, addresses: tuple[Address, ...], known: list[Address], choices: AddressChoices, *, id: str
    ) -> None:
        super().__init__(clean(format_address_list(addresses)), id=id, compact=True)
        self._known = known
        self._choices = choices
        self.left_by_tab = False

    @property
    def addresses(self) -> tuple[Address, ...]:
        """What can be read as addresses."""
        return parse_address_list(self.value)[0]

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each piece that cannot, without the piece that is being typed."""
        finished = self.value[: start_of_last(self.value)] if self.has_focus else self.value
        return parse_address_list(finished)[1]

    @property
    def all_problems(self) -> tuple[str, ...]:
        """The same with everything that stands in the line."""
        return parse_address_list(self.value)[1]

    def on_input_changed(self) -> None:
        """Offer who fits what is typed at the end of the line."""
        people = self._fitting() if self.has_focus else ()
        place = self.region
        self._choices.show(people, column=place.x - 1, row=place.bottom, room=self.screen.size.width - place.x + 1)
        if people:
            self.post_message(self.Offered())

    def _fitting(self) -> tuple[Address, ...]:
        return matching(self._known, self._typed) if self.cursor_position == len(self.value) else ()

    @property
    def _typed(self) -> str:
        return self.value[start_of_last(self.value) :]

    def on_blur(self, _event: Blur) -> None:
        """The list belongs to the line with the cursor. Who leaves it with Tab takes the choice along, unless what is
        typed is an address already and nothing else was picked."""
        wanted = self._choices.picked or not parse_address_list(self._typed)[0]
        if self.left_by_tab and self._choices.people and wanted:
            self.action_take()
        self.left_by_tab = False
        self._choices.hide()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """These keys mean what they mean elsewhere while nothing is offered."""
        if action in ("choose", "take", "hide"):
            return bool(self._choices.people)
        return super().check_action(action, parameters)

    def action_choose(self, by: int) -> None:
        """Another one of those that are offered."""
        self._choices.step(by)

    def action_hide(self) -> None:
        """Offer nobody until something else is typed."""
        self._choices.hide()

    def action_take(self) -> None:
        """Write the chosen one into the line. The list may be a key behind when keys come fast: what fits is looked up
        anew."""
        people = self._fitting()
        if people:
            chosen = self._choices.chosen if people == self._choices.people else 0
            before = self.value[: start_of_last(self.value)]
            self.value = f"{before} {clean(format_address_list((people[chosen],)))}, ".lstrip()
            self.cursor_position = len(self.value)
        self._choices.hide()
