"""Writing a message. While a person types, the engine is asked what sending would meet; typing never waits for it."""

from __future__ import annotations

import contextlib
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Checkbox, Input, Static, TextArea

from tui_mail.engine.messages import (
    CertificateSearched,
    FindCertificate,
    ListPeople,
    People,
    Preflight,
    PreflightResult,
    Queued,
    SendIntroduction,
    SendMessage,
)
from tui_mail.model.account import Account
from tui_mail.model.address import Address
from tui_mail.model.day import day
from tui_mail.model.errors import TuiMailError
from tui_mail.model.message import Draft
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.attachment_mention import speaks_of_attachment
from tui_mail.ui.autosave import REST_SECONDS, Autosave
from tui_mail.ui.commands.command import key_name
from tui_mail.ui.open_drafts import OpenDrafts, draft_name
from tui_mail.ui.screens.choose_file import ChooseFile
from tui_mail.ui.screens.compose_tools import ComposeTools
from tui_mail.ui.screens.question import Question
from tui_mail.ui.themes.glyphs import glyphs
from tui_mail.ui.when import said
from tui_mail.ui.widgets.address_choices import AddressChoices
from tui_mail.ui.widgets.attachment_list import AttachmentList, attachment_from
from tui_mail.ui.widgets.body_editor import BodyEditor
from tui_mail.ui.widgets.key_line import KeyLine
from tui_mail.ui.widgets.preflight_panel import PreflightPanel, needs_introduction
from tui_mail.ui.widgets.recipient_field import RecipientField
from tui_mail.ui.widgets.switches import CheckSwitch

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

WHILE_WRITING = "writing"
"""The setting that lets certificates be looked for without a key being pressed."""

PREFLIGHT_DELAY_SECONDS = 0.25
"""How long typing must rest before the engine is asked."""

LOW_SCREEN = 18
"""Below this height the empty Cc and Bcc lines and all but two preflight lines give their room to the text."""

MIDDLE_SCREEN = 26
"""Below this height all but five preflight lines do."""


def _key(keys: str, action: str, name: str, what: str, *, show: bool = True) -> Binding:
    """A key that works wherever the cursor is."""
    return Binding(
        keys, action, name, show=show, priority=True, key_display=key_name(keys.partition(",")[0]), tooltip=what
    )


class ComposeScreen(ComposeTools):
    """One draft. Ends with the outbox number of the queued message, or None when it was closed without sending. What
    is written is kept as a draft while it is typed; `draft_id` is the number of one that is opened again."""

    CSS_PATH = "compose.tcss"
    AUTO_FOCUS = None
    BINDINGS = [
        _key("f5,ctrl+s,ctrl+enter", "send", "Send", "Send"),
        _key("f2", "switch('sign')", "Sign", "Sign, or not"),
        _key("f3", "switch('encrypt')", "Encrypt", "Encrypt, or not"),
        _key("f4", "attach", "Attach", "Attach a file"),
        _key("f6", "options", "Options", "Send later, ask for a receipt"),
        _key("f7", "find", "Find", "Look on the network for certificates that are missing"),
        _key("f9", "introduce", "Introduce", "Send a signed introduction to those whose certificate is missing"),
        Binding("escape", "leave", "Close", key_display="Esc", tooltip="Close; what was written is kept as a draft"),
        _key("f10,ctrl+g", "aside", "Mailbox", "Put it aside and show the mailbox; F10 there comes back"),
        _key("ctrl+n", "next_draft", "Next draft", "Go to the next message that you are writing", show=False),
        _key("f8", "discard", "Discard", "Discard the draft"),
        _key("f1", "app.keys_here", "Help", "Show these keys"),
        _key("ctrl+o", "editor", "Editor", "Write in your own editor", show=False),
        _key("ctrl+t", "template", "Template", "Take a template", show=False),
        _key("ctrl+f", "sender", "From", "Write from another account", show=False),
        # Priority: the keys that follow a Tab go to the next field, however fast they are typed or pasted.
        Binding("tab", "next_field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
    ]

    def __init__(self, client: Asker, account: Account, draft: Draft, draft_id: int = 0) -> None:
        super().__init__()
        self._client = client
        self._account = account
        self._draft = draft
        self._known: list[Address] = []
        self._result: PreflightResult | None = None
        self._introduced: set[str] = set()
        self._looked_for: set[str] = set()
        self._timer: Timer | None = None
        self._autosave = Autosave(client, draft_id)
        self._save_timer: Timer | None = None
        self._sending = False
        self._at_start: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Head, text, attachments, preflight."""
        draft = self._draft
        choices = AddressChoices(glyphs(self._client.welcome.settings.ascii), id="choices")
        yield safe.static(self._title, id="title")
        with Vertical(id="head"):
            yield from self._line("From", safe.static(self._from_line(None), id="signed-by"))
            yield from self._line("To", RecipientField(draft.to, self._known, choices, id="to"))
            yield from self._line("Cc", RecipientField(draft.cc, self._known, choices, id="cc"))
            yield from self._line("Bcc", RecipientField(draft.bcc, self._known, choices, id="bcc"))
            yield from self._line("Subject", Input(safe.clean(draft.subject), id="subject", compact=True))
        yield BodyEditor(draft.body, id="body")
        yield AttachmentList(draft.attachments, id="attachments")
        with Horizontal(id="protection"):
            yield safe.label("Protect", classes="name")
            yield CheckSwitch("Sign", draft.protection.sign, id="sign", compact=True)
            yield CheckSwitch("Encrypt", draft.protection.encrypt, id="encrypt", compact=True)
        yield PreflightPanel(glyphs(self._client.welcome.settings.ascii), id="preflight")
        yield KeyLine()
        yield choices

    @property
    def _title(self) -> str:
        """What is being written."""
        if self._draft.reply_to_message:
            return "Reply"
        return "Forward" if self._draft.forwards else "Draft" if self._autosave.draft_id else "New message"

    def _line(self, name: str, field: Static | Input) -> ComposeResult:
        with Horizontal(classes="line", id=f"line-{field.id}"):
            yield safe.label(name, classes="name")
            yield field

    def on_mount(self) -> None:
        """Put the cursor where writing begins and ask the engine for the first time."""
        self._at_start = self._written()
        self.set_focus(self.query_one("#body" if self._draft.to else "#to"))
        self._learn_addresses()
        self._check()

    @property
    def draft(self) -> Draft:
        """What stands on the screen now."""
        return msgspec.structs.replace(
            self._draft,
            account=self._account.id,
            to=self._field("to").addresses,
            cc=self._field("cc").addresses,
            bcc=self._field("bcc").addresses,
            subject=self.query_one("#subject", Input).value.strip(),
            body=self.query_one("#body", BodyEditor).text,
            attachments=tuple(self.query_one(AttachmentList).attachments),
            protection=self._protection(),
        )

    def _written(self) -> tuple[str, ...]:
        """Everything that a person would lose, as it was typed."""
        lines = tuple(line.value for line in self.query("#head Input").results(Input))
        files = tuple(attachment.path for attachment in self.query_one(AttachmentList).attachments)
        return (*lines, self.query_one("#body", BodyEditor).text, *files)

    @property
    def unsent(self) -> bool:
        """Whether leaving now would lose something."""
        return self._written() != self._at_start

    def _field(self, name: str) -> RecipientField:
        return self.query_one(f"#{name}", RecipientField)

    # ---- asking while typing

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
        command = Preflight(self._account.id, tuple(a.spec for a in _everyone(draft)), draft.protection)
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

    def _sender_changed(self) -> None:
        safe.update(self.query_one("#signed-by", Static), self._from_line(None))
        self._check()
        self._keep_later()

    # ---- keeping

    def _keep_later(self) -> None:
        if self._save_timer is not None:
            self._save_timer.stop()
        self._save_timer = self.set_timer(REST_SECONDS, self._keep)

    @on(AttachmentList.Removed)
    def keep_without_file(self) -> None:
        """A file was taken away."""
        self._keep_later()

    @work(exclusive=True, group="keep")
    async def _keep(self) -> None:
        """Give the engine what stands here now, unless nothing was written or it is just being sent."""
        if self._sending or not (self.unsent or self._autosave.draft_id):
            return
        before = self._autosave.problem
        if not await self._autosave.keep(self.draft) and self._autosave.problem != before:
            safe.notify(self.app, f"This draft is not saved: {self._autosave.problem}", "warning")

    # ---- keys

    def action_switch(self, name: str) -> None:
        """Switch signing or encrypting."""
        self.query_one(f"#{name}", Checkbox).toggle()

    @work
    async def action_attach(self) -> None:
        """Choose a file and attach it."""
        path: Path | None = await self.app.push_screen_wait(ChooseFile("Attach a file"))
        if path is None:
            return
        try:
            self.query_one(AttachmentList).add(attachment_from(path))
            self._keep_later()
        except TuiMailError as error:
            safe.notify(self.app, str(error), "warning")

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

    def action_send(self) -> None:
        """Check, ask where something looks forgotten, hand over to the outbox."""
        if not self._sending:
            self._sending = True  # at once: a key right behind this one must know it
            self._send_now()

    @work(exclusive=True, group="send")
    async def _send_now(self) -> None:
        try:
            await self._send()
        except TuiMailError as error:
            safe.notify(self.app, str(error), "error", timeout_seconds=10)
        finally:
            self._sending = False

    async def _send(self) -> None:
        draft = self.draft
        if not self._recipients_fit(draft):
            return
        if not await self._looks_complete(draft):
            return
        result = await self._ask_preflight(draft)
        self._show(result, draft)
        if not result.ready:
            safe.notify(self.app, _obstacle(result, draft), "warning", timeout_seconds=10)
            return
        later = self._leaves_at()
        wait = self._client.welcome.settings.undo_seconds
        at = int(later.timestamp()) if later else int(time.time()) + wait if wait > 0 else 0
        queued = await self._client.ask(SendMessage(draft, at, self._autosave.draft_id), Queued)
        if later:
            when = said(later, datetime.now().astimezone())
            safe.notify(self.app, f"It leaves {when}. o shows the outbox, z takes it back.", timeout_seconds=8)
        elif wait > 0:
            safe.notify(self.app, f"It leaves in {wait} seconds; z takes it back.", timeout_seconds=wait)
        else:
            safe.notify(self.app, "On its way.", timeout_seconds=2)
        self.dismiss(queued.outbox_id)

    def _recipients_fit(self, draft: Draft) -> bool:
        for name in ("to", "cc", "bcc"):
            problems = self._field(name).all_problems
            if problems:
                self._field(name).focus()
                safe.notify(self.app, problems[0], "warning")
                return False
        if not _everyone(draft):
            self._field("to").focus()
            safe.notify(self.app, "Who should get this mail? Type an address into To.", "warning")
            return False
        return True

    async def _looks_complete(self, draft: Draft) -> bool:
        questions = []
        if not draft.attachments and speaks_of_attachment(draft.body):
            questions.append("The text speaks of an attachment, and none is there.")
        if not draft.subject:
            questions.append("The mail has no subject.")
        if self._draft.protection.encrypt and not draft.protection.encrypt:
            if self._draft.reply_to_message:
                questions.append(
                    "The mail that you answer was encrypted, and this answer is not. Anybody on its way can read it."
                )
            elif self._draft.forwards:
                questions.append(
                    "The mail that you forward was encrypted, and this one is not. Anybody on its way can read it."
                )
        for question in questions:
            if not await self.app.push_screen_wait(Question(question, action="Send anyway", back="Go on writing")):
                return False
        return True

    def action_aside(self) -> None:
        """Show the mailbox; this comes back as it is."""
        if self._may_stand_aside():
            self._drafts.put_aside(self)

    def action_next_draft(self) -> None:
        """Go on with another message; this one waits."""
        if self._may_stand_aside() and not self._drafts.go_to_next(self):
            safe.notify(self.app, "No other message is open. F10 shows the mailbox, c there begins one.")

    def _may_stand_aside(self) -> bool:
        if not self._sending:
            self._keep()
        return not self._sending

    @property
    def _drafts(self) -> OpenDrafts:
        return cast("MailApp", self.app).drafts

    @property
    def draft_id(self) -> int:
        """The number under which it is kept, 0 before it is."""
        return self._autosave.draft_id

    @property
    def name_of_draft(self) -> str:
        """What is written to whom."""
        draft = self.draft
        return draft_name(draft.subject, [address.spec for address in draft.to])

    @work(exclusive=True, group="leave")
    async def action_leave(self) -> None:
        """Close; what was written is kept. Only when that fails a person is asked."""
        if self.unsent:
            if await self._autosave.keep(self.draft, closed=True):
                safe.notify(self.app, "Kept as a draft: D shows your drafts.")
            elif not await self._may_be_lost("Close it"):
                return
        self.dismiss(None)

    async def may_end(self) -> bool:
        """Keep what is written, as the program ends; False when it cannot be kept and the person wants to stay."""
        return await self._autosave.keep(self.draft, closed=True) or await self._may_be_lost("Quit")

    async def _may_be_lost(self, action: str) -> bool:
        sentence = f"It cannot be kept: {self._autosave.problem} {action} and lose what you wrote?"
        answer: bool = await self.app.push_screen_wait(Question(sentence, action="Lose it", back="Go on writing"))
        return answer

    @work(exclusive=True, group="leave")
    async def action_discard(self) -> None:
        """Throw it away; ask first when something was written."""
        question = Question("Discard this message? What you wrote is lost.", action="Discard", back="Go on writing")
        if (self.unsent or self._autosave.draft_id) and not await self.app.push_screen_wait(question):
            return
        try:
            await self._autosave.discard()
        except TuiMailError as error:
            safe.notify(self.app, str(error), "error")
            return
        self.dismiss(None)

    # ---- room

    def on_resize(self, event: Resize) -> None:
        """Give a small screen's room to the text."""
        self.set_class(event.size.height < LOW_SCREEN, "-low")
        self.set_class(LOW_SCREEN <= event.size.height < MIDDLE_SCREEN, "-middle")
        self.set_class(event.size.width < 60, "-narrow")
        for name in ("cc", "bcc"):
            self.query_one(f"#line-{name}").set_class(not self._field(name).value, "-empty")

    @on(TextArea.Changed)
    def quiet(self, event: TextArea.Changed) -> None:
        """The text does not change what the preflight says; it is kept."""
        event.stop()
        self._keep_later()


def _everyone(draft: Draft) -> tuple[Address, ...]:
    """All recipients, each once."""
    return tuple({address.key: address for address in (*draft.to, *draft.cc, *draft.bcc)}.values())


def _missing(result: PreflightResult) -> tuple[str, ...]:
    """Those for whom looking on the network could help."""
    return tuple(check.address for check in result.recipients if needs_introduction(check))


def _obstacle(result: PreflightResult, draft: Draft) -> str:
    """The sentence why this cannot be sent as asked."""
    if draft.protection.encrypt:
        for check in result.recipients:
            if not check.encryptable:
                return check.sentence
    return result.own_sentence or "This mail cannot be sent as asked: look at the lines under the text."
