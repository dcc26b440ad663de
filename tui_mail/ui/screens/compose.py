"""Writing a message. While a person types, the engine is asked what sending would meet; typing never waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Checkbox, Input, Static, TextArea

from tui_mail.model.account import Account
from tui_mail.model.errors import TuiMailError
from tui_mail.model.message import Draft
from tui_mail.ui import safe
from tui_mail.ui.asking import Asker
from tui_mail.ui.autosave import REST_SECONDS, Autosave
from tui_mail.ui.commands.command import key_name
from tui_mail.ui.open_drafts import OpenDrafts, draft_name
from tui_mail.ui.screens.choose_file import ChooseFile
from tui_mail.ui.screens.compose_sending import ComposeSending
from tui_mail.ui.screens.question import Question
from tui_mail.ui.themes.glyphs import glyphs
from tui_mail.ui.widgets.address_choices import AddressChoices
from tui_mail.ui.widgets.attachment_list import AttachmentList, attachment_from
from tui_mail.ui.widgets.body_editor import BodyEditor
from tui_mail.ui.widgets.key_line import KeyLine
from tui_mail.ui.widgets.preflight_panel import PreflightPanel
from tui_mail.ui.widgets.recipient_field import RecipientField
from tui_mail.ui.widgets.switches import CheckSwitch

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

LOW_SCREEN = 18
"""Below this height the empty Cc and Bcc lines and all but two preflight lines give their room to the text."""

MIDDLE_SCREEN = 26
"""Below this height all but five preflight lines do."""


def _key(keys: str, action: str, name: str, what: str, *, show: bool = True) -> Binding:
    """A key that works wherever the cursor is."""
    return Binding(
        keys, action, name, show=show, priority=True, key_display=key_name(keys.partition(",")[0]), tooltip=what
    )


class ComposeScreen(ComposeSending):
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
        self._autosave = Autosave(client, draft_id)
        self._save_timer: Timer | None = None
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
        """Close; what was written is kept. Only when that fails a person is asked. What is just being sent closes by
        itself."""
        if self._sending:
            return
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
        if self._sending:
            return
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
