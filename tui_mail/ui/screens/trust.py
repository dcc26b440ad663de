"""The trust dialog: who the signer is, in plain words, and one decision."""

from __future__ import annotations

from datetime import UTC, datetime

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from tui_mail.engine.messages import Done, TrustFacts, TrustSender, UntrustSender
from tui_mail.model.certificate import CertificateInfo, fingerprint_groups, spoken_words
from tui_mail.model.day import day
from tui_mail.model.errors import TuiMailError
from tui_mail.model.security import Letter
from tui_mail.ui.link import Link
from tui_mail.ui.safe import button, clean, notify, static
from tui_mail.ui.screens.page import Dialog
from tui_mail.ui.widgets.pane import Pane
from tui_mail.ui.wrap import Line

_LABEL = 13


class TrustScreen(Dialog[bool]):
    """Ends with True when something was decided."""

    DEFAULT_CSS = """
    TrustScreen {
        align: center middle; background: transparent;
        & > Vertical {
            width: 78; max-width: 100%; height: auto; max-height: 100%; background: $surface; border: round $accent;
            padding: 1 1 0 1;
        }
        & #question { padding: 0 2 1 2; color: $bright; text-style: bold; height: auto; }
        & Pane { height: auto; max-height: 24; background: $surface; }
        & #answers { height: auto; padding: 1 2; align-horizontal: right; }
        & Button { margin-left: 2; min-width: 12; }
    }
    TrustScreen.low > Vertical { border: none; padding: 0; }
    TrustScreen.low #question { padding: 0 2; }
    TrustScreen.low Pane { height: 1fr; }
    TrustScreen.low > Vertical { height: 100%; }
    TrustScreen.low #answers { padding: 0 2; }
    TrustScreen.low Button { min-width: 9; }
    """
    BINDINGS = [
        Binding("t", "trust", "Trust"),
        Binding("escape,n,q", "not_now", "Not now"),
        Binding("left,right", "app.focus_next", "Other answer", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
    ]

    def __init__(self, link: Link, facts: TrustFacts, now: datetime | None = None) -> None:
        super().__init__()
        self._link = link
        self._facts = facts
        self._now = now or datetime.now(UTC)

    def compose(self) -> ComposeResult:
        """Question, facts, answers."""
        facts = self._facts
        with Vertical():
            yield static(_question(facts), id="question")
            yield Pane(trust_lines(facts, self._now))
            with Horizontal(id="answers"):
                if facts.already:
                    yield button("Stop trusting", id="untrust", compact=True, variant="error")
                elif facts.offer:
                    yield button("Trust", id="trust", compact=True, variant="primary")
                yield button("Close" if facts.already or not facts.offer else "Not now", id="later", compact=True)

    def on_mount(self) -> None:
        """Nothing is decided by a stray Enter: the harmless answer has the focus."""
        self._fit()  # before the first layout, so that the first picture is the last one
        self.set_focus(self.query_one("#later", Button))  # at once: keys that were typed meanwhile belong there

    def on_resize(self) -> None:
        """A low terminal gets the dialog without frames."""
        self._fit()

    def _fit(self) -> None:
        self.set_class(self.app.size.height < 24, "low")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """An answer by mouse or Enter."""
        if event.button.id == "trust":
            self.action_trust()
        elif event.button.id == "untrust":
            self._decide(UntrustSender(self._facts.address, self._facts.certificate.sha256))
        else:
            self.dismiss(False)

    def action_trust(self) -> None:
        """Trust this certificate for this address."""
        if self._facts.offer and not self._facts.already:
            self._decide(TrustSender(self._facts.address, self._facts.certificate.sha256))

    def action_not_now(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)

    def action_scroll(self, lines: int) -> None:
        """The facts may be longer than the terminal is high."""
        self.query_one(Pane).scroll_lines(lines)

    def _decide(self, command: TrustSender | UntrustSender) -> None:
        self.run_worker(self._send(command), exclusive=True, group="decide")

    async def _send(self, command: TrustSender | UntrustSender) -> None:
        try:
            done = await self._link.ask(command, Done)
        except TuiMailError as error:
            notify(self.app, str(error), "error")
            return
        verb = "trusted" if isinstance(command, TrustSender) else "no longer trusted"
        many = f" {done.count} messages are marked anew." if done.count > 1 else ""
        notify(self.app, f"{command.address} is {verb}.{many}")
        self.dismiss(True)


def _question(facts: TrustFacts) -> str:
    if facts.already:
        return f"You trust this certificate for {facts.address}."
    if facts.verdict.letter is Letter.VALID:
        return f"This certificate is trusted for {facts.address} through its authority."
    if not facts.offer:
        return f"This certificate cannot be trusted for {facts.address}."
    if facts.previous is not None:
        return f"{facts.address} signs with another certificate than before. Trust the new one?"
    return f"Trust this certificate for mail from {facts.address}?"


def trust_lines(facts: TrustFacts, now: datetime) -> list[Line]:
    """What the dialog says, ready for a pane."""
    lines = certificate_lines(facts.certificate, now, issuer=facts.issuer_sentence)
    if facts.previous is not None:
        lines += [(), (("The certificate before", "heading"),)]
        lines += certificate_lines(facts.previous, now)
    if facts.sentences:
        lines.append(())
    lines += [((clean(sentence), "text"),) for sentence in facts.sentences]
    if facts.own_sha256 and facts.offer and not facts.already:
        lines += [(), _fact("Your words", spoken_words(facts.own_sha256), "accent")]
        lines.append((("Read these to the other side: there they must be the same.", "muted"),))
    return lines


def certificate_lines(certificate: CertificateInfo, now: datetime, *, issuer: str = "") -> list[Line]:
    """The facts of one certificate, the fingerprint in two rows that people can compare."""
    groups = fingerprint_groups(certificate.sha256).split(" ")
    ended = certificate.not_after < now
    early = certificate.not_before > now
    until = f"{day(certificate.not_before)} to {day(certificate.not_after)}"
    note = " (expired)" if ended else " (not valid yet)" if early else ""
    made = "itself: nobody else vouches for it" if certificate.self_signed else clean(certificate.issuer)
    return [
        _fact("Address", ", ".join(map(clean, certificate.addresses)) or "names none", "bright"),
        _fact("Subject", clean(certificate.subject)),
        _fact("Issued by", clean(issuer) or made),
        _fact("Valid", until + note, "bad" if ended or early else "text"),
        _fact("Key", clean(certificate.key_algorithm)),
        _fact("Six words", f"{spoken_words(certificate.sha256)}", "accent"),
        _fact("SHA-256", " ".join(groups[:8]), "accent"),
        _fact("", " ".join(groups[8:]), "accent"),
    ]


def _fact(label: str, value: str, style: str = "text") -> Line:
    return ((label.ljust(_LABEL), "muted"), (value, style))
