"""Who gets the message that is written, and who can read it encrypted: asked while a person types, never waited for."""

from __future__ import annotations

import contextlib

from textual import on, work
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Checkbox, Input, Static

from tui_mail.engine.messages import (
    CertificateSearched,
    FindCertificate,
    ListPeople,
    People,
    Preflight,
    PreflightResult,
    Queued,
    SendIntroduction,
)
from tui_mail.model.address import Address
from tui_mail.model.day import day
from tui_mail.model.errors import TuiMailError
from tui_mail.model.message import Draft
from tui_mail.ui import safe
from tui_mail.ui.screens.compose_tools import ComposeTools
from tui_mail.ui.widgets.address_choices import AddressChoices
from tui_mail.ui.widgets.preflight_panel import PreflightPanel, needs_introduction
from tui_mail.ui.widgets.recipient_field import RecipientField

WHILE_WRITING = "writing"
"""The setting that lets certificates be looked for without a key being pressed."""

PREFLIGHT_DELAY_SECONDS = 0.25
"""How long typing must rest before the engine is asked."""


class ComposeRecipients(ComposeTools):
    """The part of the composer that asks the engine about recipients."""

    def __init__(self) -> None:
        super().__init__()
        self._known: list[Address] = []
        self._result: PreflightResult | None = None
        self._introduced: set[str] = set()
        self._looked_for: set[str] = set()
        self._timer: Timer | None = None

    def _keep_later(self) -> None:
        """What is written is kept once typing rests."""
        raise NotImplementedError

    def _field(self, name: str) -> RecipientField:
        return self.query_one(f"#{name}", RecipientField)

    @on(Input.Changed)
    @on(Checkbox.Changed)
    def check_later(self) -> None:
        """Ask the engine once typing rests."""
        self._keep_later()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PREFLIGHT_DELAY_SECONDS, self._check)

    @on(Input.Blurred)
    def check_now(self) -> None:
        """A line was left: what stands in it is meant."""
        self._check()

    @work(exclusive=True, group="preflight")
    async def _check(self) -> None:
        """One preflight; a newer one replaces it."""
        draft = self.draft
        try:
            result = await self._ask_preflight(draft)
        except TuiMailError as error:
            safe.notify(self.app, str(error), "warning")
            return
        self._show(result, draft)
        if draft.protection.encrypt and self._client.welcome.settings.discovery.when == WHILE_WRITING:
            self._find(tuple(address for address in _missing(result) if address not in self._looked_for))

    async def _ask_preflight(self, draft: Draft) -> PreflightResult:
        command = Preflight(self._account.id, tuple(a.spec for a in everyone(draft)), draft.protection)
        return await self._client.ask(command, PreflightResult)

    def _show(self, result: PreflightResult, draft: Draft) -> None:
        if not self.query("#signed-by"):
            return  # the answer came when the screen had gone
        self._result = result
        problems = tuple(p for name in ("to", "cc", "bcc") for p in self._field(name).problems)
        safe.update(self.query_one("#signed-by", Static), self._from_line(result))
        self.query_one(PreflightPanel).show(
            result, encrypt=draft.protection.encrypt, problems=problems, sent_to=self._introduced
        )
        self.refresh_bindings()

    def _from_line(self, result: PreflightResult | None) -> Content:
        """The From is the signing certificate's address and cannot be edited."""
        sender = Address(self._account.address, self._account.name)
        if result is None:
            return safe.text(str(sender))
        if not self.query_one("#sign", Checkbox).value:
            return safe.join([str(sender), ("  not signed", "$text-warning")])
        if not result.signed_by:
            return safe.join([str(sender), ("  no certificate to sign with", "$text-error")])
        certificate = result.own_certificate
        until = f", valid until {day(certificate.not_after)}" if certificate else ""
        if not sender.name and result.signed_by == sender.spec:
            return safe.join([(f"Signed by {result.signed_by}", "bold"), (until, "dim")])
        return safe.join([sender.name or sender.spec, (f"  Signed by {result.signed_by}", "bold"), (until, "dim")])

    @work
    async def _learn_addresses(self) -> None:
        """Whom mail went to before, for completion; without them typing works as well."""
        try:
            self._known.extend((await self._client.ask(ListPeople(), People)).people)
        except TuiMailError:
            return

    @on(RecipientField.Offered)
    @work(exclusive=True, group="marks")
    async def mark_choices(self) -> None:
        """Ask who of those that are offered can read encrypted mail."""
        choices = self.query_one(AddressChoices)
        if choices.unchecked:
            command = Preflight(self._account.id, choices.unchecked, self._protection())
            with contextlib.suppress(TuiMailError):
                result = await self._client.ask(command, PreflightResult)
                choices.mark({check.address: check for check in result.recipients})

    @on(AddressChoices.Taken)
    def take_choice(self) -> None:
        """One was clicked."""
        if isinstance(self.focused, RecipientField):
            self.focused.action_take()

    def action_next_field(self) -> None:
        """Go on. A line of addresses is told why it is left, and finishes its keys first."""
        if isinstance(self.focused, RecipientField):
            self.focused.left_by_tab = True
        self.focus_next()

    def action_find(self) -> None:
        """Look on the network for everyone who cannot be encrypted to."""
        addresses = _missing(self._result) if self._result else ()
        if not addresses:
            safe.notify(self.app, "Nobody here lacks a certificate.")
            return
        safe.notify(self.app, "Looking for certificates: LDAP, DNS and the directory that your settings name.")
        self._find(addresses)

    @work(group="find")
    async def _find(self, addresses: tuple[str, ...]) -> None:
        """Look for these, and check again after each."""
        self._looked_for.update(addresses)
        for address in addresses:
            try:
                found = await self._client.ask(FindCertificate(address), CertificateSearched)
            except TuiMailError as error:
                safe.notify(self.app, str(error), "error")
                return
            if found.check.encryptable:
                safe.notify(self.app, f"A certificate of {address} was found.")
            else:
                safe.notify(self.app, f"No certificate of {address} was found in {len(found.steps)} places.", "warning")
            self._check()

    @work
    async def action_introduce(self) -> None:
        """Send a signed introduction to everyone who cannot be encrypted to."""
        checks = self._result.recipients if self._result else ()
        addresses = [c.address for c in checks if needs_introduction(c) and c.address not in self._introduced]
        if not addresses:
            safe.notify(self.app, "Nobody here needs an introduction.")
            return
        for address in addresses:
            try:
                await self._client.ask(SendIntroduction(self._account.id, address), Queued)
            except TuiMailError as error:
                safe.notify(self.app, str(error), "error")
                return
            self._introduced.add(address)
        people = addresses[0] if len(addresses) == 1 else f"{len(addresses)} people"
        safe.notify(self.app, f"A signed introduction goes to {people}. Once they answer signed, encrypting works.")
        self._check()


def everyone(draft: Draft) -> tuple[Address, ...]:
    """All recipients, each once."""
    return tuple({address.key: address for address in (*draft.to, *draft.cc, *draft.bcc)}.values())


def _missing(result: PreflightResult) -> tuple[str, ...]:
    """Those for whom looking on the network could help."""
    return tuple(check.address for check in result.recipients if needs_introduction(check))
