"""The pages of the setup wizard. Each one knows its fields, when it is complete, and nothing of the engine."""

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Checkbox, Input, RadioButton, RadioSet, Select, Static

from tui_mail.engine.messages import NewCertificate, Pkcs12File
from tui_mail.model.account import Security, Server
from tui_mail.model.address import parse_address_list
from tui_mail.model.passphrase import Strength, passphrase_strength
from tui_mail.model.server_guess import IMAP_PORTS, SMTP_PORTS, guess_servers
from tui_mail.model.sign_in import SignIn, google, microsoft
from tui_mail.model.typed_path import is_file, typed_path
from tui_mail.ui import safe
from tui_mail.ui.widgets.switches import CheckSwitch, RadioChoice

_TONES = {
    Strength.TOO_SHORT: "$text-error",
    Strength.WEAK: "$text-error",
    Strength.FAIR: "$text-warning",
    Strength.GOOD: "$text-success",
    Strength.STRONG: "$text-success",
}
_SECURITY = [("TLS", Security.TLS), ("STARTTLS", Security.STARTTLS), ("none, this computer only", Security.NONE)]


class WizardStep(VerticalScroll, can_focus=False):
    """One page: a heading, a sentence, and fields."""

    heading = ""
    sentence = ""

    def compose(self) -> ComposeResult:
        """The sentence over the fields."""
        yield safe.static(self.sentence, classes="sentence")
        yield from self.fields()

    def fields(self) -> ComposeResult:
        """What is asked on this page."""
        yield from ()

    def problem(self) -> tuple[str, str]:
        """What is still missing, and the id of its field; empty when one may go on."""
        return "", ""

    def value(self, name: str) -> str:
        """The text of a field, as typed."""
        return self.query_one(f"#{name}", Input).value

    def first_choice(self) -> Widget | None:
        """The first field, or what else can be chosen here."""
        return next((widget for widget in self.query("Input, RadioSet, Select, Checkbox") if widget.focusable), None)


def field(name: str, id: str, value: str = "", placeholder: str = "", password: bool = False) -> Horizontal:
    """A label and its input in one line."""
    line = Input(safe.clean(value), placeholder=placeholder, password=password, id=id, compact=True)
    return Horizontal(safe.label(name, classes="name"), line, classes="line")


class PersonStep(WizardStep):
    """Name and address."""

    heading = "Who are you?"
    sentence = "Welcome. A few questions, and your mail is ready. Your name is what others see beside your address."

    def fields(self) -> ComposeResult:
        """Name and address."""
        yield field("Your name", "name", placeholder="Anna Berg")
        yield field("Address", "address", placeholder="anna@clinic.example")

    def problem(self) -> tuple[str, str]:
        """An address must be there; a name need not."""
        addresses, problems = parse_address_list(self.value("address"))
        if len(addresses) == 1 and not problems:
            return "", ""
        return "Please type your mail address, like anna@clinic.example.", "address"

    @property
    def address(self) -> str:
        """The address as it stands."""
        addresses, _ = parse_address_list(self.value("address"))
        return addresses[0].spec if addresses else ""


class ServerStep(WizardStep):
    """Where mail comes from and where it leaves."""

    heading = "Your mail servers"
    sentence = (
        "These are guesses from your address; F4 asks its domain. Your provider's help pages call them IMAP and SMTP. "
        "The password is the one of your mailbox."
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._guessed_for: str | None = None

    def fields(self) -> ComposeResult:
        """Password first: it is the only field that nobody can guess."""
        yield field("Password", "imap-password", password=True)
        for kind, title in (("imap", "Incoming (IMAP)"), ("smtp", "Outgoing (SMTP)")):
            yield safe.static(title, classes="part")
            yield field("Server", f"{kind}-host")
            with Horizontal(classes="line"):
                yield safe.label("Port", classes="name")
                yield Input(type="integer", id=f"{kind}-port", classes="port", compact=True)
                yield Select(_SECURITY, value=Security.TLS, allow_blank=False, id=f"{kind}-security", compact=True)
            yield field("User", f"{kind}-user")
        yield field("Password", "smtp-password", placeholder="the same, when left empty", password=True)
        yield safe.static("Only for a server with its own certificate authority", classes="part")
        yield field("CA file", "ca-file", placeholder="empty for nearly everyone")
        yield safe.static("Only for Microsoft 365 and Google, instead of the password", classes="part")
        yield field("Client ID", "client-id", placeholder="whoever administers the mailboxes has it")
        yield field("Its secret", "client-secret", placeholder="Google only", password=True)

    def guess(self, address: str) -> None:
        """Fill in what follows from the address, once for each address."""
        if address == self._guessed_for:
            return
        self._guessed_for = address
        self.fill(*guess_servers(address))

    def fill(self, imap: Server, smtp: Server) -> None:
        """Write these servers into the fields."""
        for kind, server in (("imap", imap), ("smtp", smtp)):
            for name, guessed in (("host", server.host), ("user", server.user)):
                line = self.query_one(f"#{kind}-{name}", Input)
                line.value = safe.clean(guessed)
                line.cursor_position = 0  # at its end the cursor would scroll a page that has no width yet
            self.query_one(f"#{kind}-security", Select).value = server.security
            self.query_one(f"#{kind}-port", Input).value = str(server.port)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Another protection has another usual port; a port that someone chose stays."""
        kind = (event.select.id or "").partition("-")[0]
        ports = IMAP_PORTS if kind == "imap" else SMTP_PORTS
        port = self.query_one(f"#{kind}-port", Input)
        if isinstance(event.value, Security) and port.value in {"", *map(str, ports.values())}:
            port.value = str(ports[event.value])

    def problem(self) -> tuple[str, str]:
        """Hosts, ports and the password must be there."""
        for kind, name in (("imap", "incoming"), ("smtp", "outgoing")):
            if not self.value(f"{kind}-host").strip():
                return f"Please type the name of the server for {name} mail.", f"{kind}-host"
            port = self.value(f"{kind}-port")
            if not port.isdecimal() or not 0 < int(port) < 65_536:
                return f"The port for {name} mail is a number from 1 to 65535.", f"{kind}-port"
        if self.value("client-id").strip() and self.sign_in("") is None:
            return "A client ID is for Microsoft 365 and Google. For others: tui-mail setup --help.", "client-id"
        if not self.value("imap-password") and not self.value("client-id").strip():
            return "Please type the password of your mailbox.", "imap-password"
        ca_file = self.value("ca-file").strip()
        if ca_file and not is_file(typed_path(ca_file)):
            return f"There is no file {ca_file}.", "ca-file"
        return "", ""

    def sign_in(self, address: str) -> SignIn | None:
        """How one signs in at the provider; None with a password."""
        client_id, host = self.value("client-id").strip(), self.value("imap-host").strip().lower()
        if client_id and host.endswith((".gmail.com", ".googlemail.com")):
            return google(client_id)
        if client_id and host.endswith((".office365.com", ".outlook.com")):
            return microsoft(client_id, address.rpartition("@")[2])
        return None

    def server(self, kind: str) -> Server:
        """The server as it stands; `kind` is "imap" or "smtp"."""
        security = self.query_one(f"#{kind}-security", Select).value
        ca_file = self.value("ca-file").strip()
        return Server(
            self.value(f"{kind}-host").strip(),
            int(self.value(f"{kind}-port") or 0),
            security if isinstance(security, Security) else Security.TLS,
            self.value(f"{kind}-user").strip(),
            str(typed_path(ca_file)) if ca_file else "",
        )

    @property
    def passwords(self) -> tuple[str, str]:
        """For IMAP and for SMTP."""
        incoming = self.value("imap-password")
        return incoming, self.value("smtp-password") or incoming


class CertificateStep(WizardStep):
    """With which certificate the person signs."""

    heading = "Your certificate"
    sentence = (
        "It is your signature and your letterbox: it shows that mail is yours, and lets others write to you encrypted."
    )

    def fields(self) -> ComposeResult:
        """A new one, or a file that the person was given."""
        with RadioSet(id="certificate", compact=True):
            yield RadioChoice("Make one for me (lasts two years)", value=True, id="new")
            yield RadioChoice("I have a file (.p12 or .pfx)", id="file")
        yield field("File", "p12-path", placeholder="~/anna.p12")
        yield field("Password", "p12-password", password=True)

    def on_mount(self) -> None:
        """Only ask for a file when there is one."""
        self._show_file(False)

    def on_radio_set_changed(self, event: RadioSet.Changed) -> None:
        """The other choice."""
        self._show_file(event.pressed.id == "file")

    def _show_file(self, shown: bool) -> None:
        for line in self.query(".line"):
            line.display = shown

    @property
    def _from_file(self) -> bool:
        return self.query_one("#file", RadioButton).value

    def problem(self) -> tuple[str, str]:
        """A chosen file must exist."""
        if self._from_file:
            path = self.value("p12-path").strip()
            if not path or not is_file(typed_path(path)):
                return f"There is no file {path}." if path else "Please type the path of the file.", "p12-path"
        return "", ""

    @property
    def choice(self) -> NewCertificate | Pkcs12File:
        """What the engine is told."""
        if self._from_file:
            return Pkcs12File(str(typed_path(self.value("p12-path").strip())), self.value("p12-password"))
        return NewCertificate()


class PassphraseStep(WizardStep):
    """The passphrase that protects everything on this computer."""

    heading = "Choose a passphrase"
    sentence = (
        "It locks your keys, passwords and mail on this disk. It never leaves this computer, and nobody can tell it to "
        "you again: four random words are good and easy to keep."
    )

    def fields(self) -> ComposeResult:
        """Twice, because nobody sees what is typed."""
        yield field("Passphrase", "passphrase", password=True)
        yield field("Once more", "again", password=True)
        yield safe.static(id="strength")

    def on_input_changed(self) -> None:
        """Say how good it is."""
        text = self.value("passphrase")
        strength, sentence = passphrase_strength(text)
        shown = Content("")
        if text:
            shown = safe.join([(sentence, _TONES[strength])])
        safe.update(self.query_one("#strength", Static), shown)

    def problem(self) -> tuple[str, str]:
        """Long enough, and twice the same."""
        strength, sentence = passphrase_strength(self.value("passphrase"))
        if strength is Strength.TOO_SHORT:
            return sentence, "passphrase"
        if self.value("passphrase") != self.value("again"):
            return "The two passphrases differ. Please type them again.", "again"
        return "", ""

    @property
    def passphrase(self) -> str:
        """What was typed."""
        return self.value("passphrase")


class TrialStep(WizardStep):
    """The live test, and the end."""

    heading = "Does it work?"
    sentence = "Now tui-mail logs in, looks at your folders and asks the server to take mail. Nothing is sent."

    def fields(self) -> ComposeResult:
        """One text that grows line by line; a way on when only the test fails."""
        yield safe.static(id="trial")
        yield CheckSwitch("Go on although the test failed", id="anyway", compact=True)

    def on_mount(self) -> None:
        """Only offered after a failure."""
        self.query_one("#anyway", Checkbox).display = False

    def show(self, lines: Content, *, failed: bool) -> None:
        """Draw the lines of the test."""
        safe.update(self.query_one("#trial", Static), lines)
        self.query_one("#anyway", Checkbox).display = failed

    @property
    def go_on_anyway(self) -> bool:
        """The person wants the profile in spite of a failure (the server may be down today)."""
        return self.query_one("#anyway", Checkbox).value
