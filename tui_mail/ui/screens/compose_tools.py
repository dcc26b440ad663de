"""What helps while writing: options for sending, templates, and the person's own editor."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual import work
from textual.app import SuspendNotSupported
from textual.widgets import Checkbox, Input

from tui_mail.model.address import Address
from tui_mail.model.day import day
from tui_mail.model.errors import TuiMailError
from tui_mail.model.message import Draft, Protection
from tui_mail.ui import safe
from tui_mail.ui.external_editor import edit_text, editor_command
from tui_mail.ui.screens.page import Page
from tui_mail.ui.screens.pick import PickScreen
from tui_mail.ui.screens.send_options import SendOptions, SendOptionsScreen
from tui_mail.ui.templates import filled, read_templates
from tui_mail.ui.when import moment_in_words, said
from tui_mail.ui.widgets.body_editor import BodyEditor

if TYPE_CHECKING:
    from tui_mail.model.account import Account
    from tui_mail.ui.asking import Asker


class ComposeTools(Page[int | None]):
    """The part of the composer that is not about recipients."""

    _client: Asker
    _account: Account
    _draft: Draft
    _later = ""

    @property
    def draft(self) -> Draft:
        """What stands on the screen now."""
        raise NotImplementedError

    def _protection(self) -> Protection:
        return replace(
            self._draft.protection,
            sign=self.query_one("#sign", Checkbox).value,
            encrypt=self.query_one("#encrypt", Checkbox).value,
        )

    @work
    async def action_options(self) -> None:
        """Ask how this message shall leave."""
        given = self._draft.protection
        before = SendOptions(self._later, self._draft.ask_receipt, given.separate, given.legacy_display)
        chosen = await self.app.push_screen_wait(SendOptionsScreen(before))
        if chosen is None:
            return
        self._later = chosen.at
        self._draft = replace(
            self._draft,
            ask_receipt=chosen.ask_receipt,
            protection=replace(given, separate=chosen.separate, legacy_display=chosen.legacy_display),
        )
        moment = self._leaves_at()
        if moment is not None:
            safe.notify(self.app, f"F5 puts it into the outbox; it leaves {said(moment, datetime.now().astimezone())}.")

    @work
    async def action_sender(self) -> None:
        """Write from another account of this profile: its address, its certificate, its signature."""
        accounts = self._client.welcome.settings.accounts
        if len(accounts) < 2:
            safe.notify(self.app, "This profile has one account. `tui-mail setup --add` adds another.")
            return
        names = [str(Address(account.address, account.name)) for account in accounts]
        now = next((place for place, account in enumerate(accounts) if account.id == self._account.id), 0)
        place = await self.app.push_screen_wait(PickScreen("Write from which address?", names, now))
        if place is not None and accounts[place].id != self._account.id:
            before, self._account = self._account, accounts[place]
            self._change_signature(before.signature.strip(), self._account.signature.strip())
            self._sender_changed()

    def _sender_changed(self) -> None:
        """Another account writes now."""
        raise NotImplementedError

    def _change_signature(self, old: str, new: str) -> None:
        """Another signature in the place of the old one, where it still stands as it was put there."""
        body = self.query_one("#body", BodyEditor)
        if old and f"\n-- \n{old}" in body.text:
            body.replace(
                body.text.replace(f"\n-- \n{old}", f"\n-- \n{new}" if new else "", 1), (0, 0), body.document.end
            )

    def _leaves_at(self) -> datetime | None:
        """When it was asked to leave; None for at once."""
        return moment_in_words(self._later, datetime.now().astimezone()) if self._later else None

    @work
    async def action_template(self) -> None:
        """Put one of the profile's texts where the cursor is."""
        folder = Path(self._client.welcome.store_path).parent / "templates"
        found = read_templates(folder)
        if not found:
            safe.notify(self.app, f"There is no template yet: put a text into {folder}/NAME.txt.", timeout_seconds=10)
            return
        notes = [template.subject for template in found]
        place = await self.app.push_screen_wait(PickScreen("Which template?", [one.name for one in found], notes=notes))
        if place is None:
            return
        template, values = found[place], self._values()
        if template.subject:
            self.query_one("#subject", Input).value = safe.clean(filled(template.subject, values))
        body = self.query_one("#body", BodyEditor)
        body.insert(filled(template.body, values))
        body.focus()

    def _values(self) -> dict[str, str]:
        to = self.draft.to
        return {
            "name": (to[0].name or to[0].spec) if to else "",
            "address": to[0].spec if to else "",
            "date": f"{day(datetime.now().astimezone())}",
            "me": self._account.name or self._account.address,
        }

    def action_editor(self) -> None:
        """Give the terminal to the person's editor, and take the text back."""
        body = self.query_one("#body", BodyEditor)
        try:
            editor_command()
            with self.app.suspend():
                text = edit_text(body.text)
        except TuiMailError as error:
            safe.notify(self.app, str(error), "warning", timeout_seconds=10)
            return
        except SuspendNotSupported:
            safe.notify(self.app, "This terminal cannot be lent to another program.", "warning")
            return
        if text.rstrip("\n") != body.text.rstrip("\n"):
            body.replace(text.removesuffix("\n"), (0, 0), body.document.end)
        body.focus()
