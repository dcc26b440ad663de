"""A line for To, Cc or Bcc: reads what is typed and completes addresses that are known."""

from collections.abc import Iterable

from textual.suggester import Suggester
from textual.widgets import Input

from tui_mail.model.address import Address, format_address_list, parse_address_list
from tui_mail.ui.safe import clean


class KnownAddresses(Suggester):
    """Completes the address after the last comma from those that the certificate book knows."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._known: tuple[str, ...] = ()

    def learn(self, addresses: Iterable[str]) -> None:
        """Take these addresses for completion."""
        self._known = tuple(sorted({clean(address) for address in addresses}))

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line with its last address completed, or None."""
        start = max(value.rfind(","), value.rfind(";")) + 1
        typed = value[start:].lstrip()
        if len(typed) < 2:
            return None
        for address in self._known:
            if address.casefold().startswith(typed.casefold()) and address != typed:
                return value + address[len(typed) :]
        return None


class RecipientField(Input):
    """An input line of addresses, separated by commas."""

    def __init__(self, addresses: tuple[Address, ...], known: KnownAddresses, *, id: str) -> None:
        super().__init__(clean(format_address_list(addresses)), suggester=known, id=id, compact=True)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """What can be read as addresses."""
        return parse_address_list(self.value)[0]

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each piece that cannot, without the piece that is being typed."""
        finished = self.value
        if self.has_focus:
            finished = finished[: max(finished.rfind(","), finished.rfind(";")) + 1]
        return parse_address_list(finished)[1]

    @property
    def all_problems(self) -> tuple[str, ...]:
        """The same with everything that stands in the line."""
        return parse_address_list(self.value)[1]
