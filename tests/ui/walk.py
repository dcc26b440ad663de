"""The walk past every screen: which keys lead there and what must stand there. Played inside the test process, where
each stop is compared with a stored picture, and by tmux on the real program."""

from dataclasses import dataclass

TMUX_KEYS = {
    "backspace": "BSpace",
    "enter": "Enter",
    "escape": "Escape",
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "space": "Space",
    "tab": "Tab",
    "home": "Home",
    "end": "End",
    "down": "Down",
    "up": "Up",
    "right": "Right",
    "full_stop": ".",
    "comma": ",",
    "semicolon": "\\;",
    "at": "@",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """One screen.

    Attributes:
        name: of its picture.
        keys: from the stop before to here, by textual's names.
        shows: words that stand there on terminals of 80x24 and more; other ones behind a "|" do as well.
    """

    name: str
    keys: tuple[str, ...]
    shows: str

    def is_shown(self, screen: str) -> bool:
        """Whether its words stand there."""
        return any(words in screen for words in self.shows.split("|"))

    @property
    def tmux_keys(self) -> tuple[str, ...]:
        """The same keys by tmux's names."""
        return tuple(_tmux(key) for key in self.keys)


def _tmux(key: str) -> str:
    if key.startswith("ctrl+"):
        return "C-" + key[5:]
    return TMUX_KEYS.get(key, key.upper() if key[0] == "f" and key[1:].isdigit() else key)


def stop(name: str, keys: str, shows: str, typed: str = "", then: str = "") -> Stop:
    """Keys separated by spaces, then text typed letter by letter, then more keys."""
    letters = ({" ": "space", "@": "at", ".": "full_stop", ",": "comma"}.get(letter, letter) for letter in typed)
    return Stop(name, (*keys.split(), *letters, *then.split()), shows)


RECIPIENTS = "clara@clinic.example, ben@lab.example, frida@home.example"

WALK = (
    stop("inbox", "", "Blood results"),
    stop("marked", "x x", "2 marked"),
    stop("reader", "escape home enter", "not trusted yet"),
    stop("reader-headers", "h", "Message-ID"),
    stop("reader-quotes", "h v G", "line 11 of what you wrote"),
    stop("links", "v l", "Follow which link?"),
    stop("link", "enter", "This link leads to"),
    stop("trust", "escape t", "Trust this certificate"),
    stop("details", "escape i", "Protection of this message"),
    stop("source", "escape ctrl+u", "Source of the message"),
    stop("save-message", "escape w", "Save the message as"),
    stop("encrypted", "escape j", "Encrypted, only for"),
    stop("no-protection", "escape down down down down enter", "does not protect against changes"),
    stop("attachments", "end", "findings.pdf"),
    stop("attachment-list", "p", "Enter looks at it"),
    stop("picture", "j enter", "400 x 800 pixels"),
    stop("invitation", "escape escape escape down enter", "Invitation: Round"),
    stop("invitation-answer", "y", "Your answer goes to"),
    stop("unsubscribe", "escape U", "Leave this mailing list?"),
    stop("print", "escape P", "Print this message"),
    stop("changed", "escape escape down enter", "another certificate"),
    stop("mismatch", "j", "not by the sender"),
    stop("broken", "j", "The signature is broken"),
    stop("closed", "escape end up enter", "encrypted for other people"),
    stop("why-closed", "W", "Why can't I read this?"),
    stop("conversations", "escape escape home V", "conversations"),
    stop("conversation-unfolded", "down right", "Ward plan"),
    stop("filter", "V F", "Everything, the newest first"),
    stop("filtered", "down enter", " found"),
    stop("palette", "escape colon", "Write a new message"),
    stop("jump", "escape semicolon", "a N ◆|a  N ◆"),
    stop("folders", "escape g", "Go to folder"),
    stop("empty-folder", "", "There is no message here.", "sent", "enter"),
    stop("folder-choice", "g", "inb", "inb"),
    stop("move", "enter m", "Move to folder"),
    stop("snooze", "escape Z", "Until when?"),
    stop("search", "escape slash", "1 found", "soup"),
    stop("search-empty", "", "Nothing is found.", "zz"),
    stop("book", "escape B", "Certificate book"),
    stop("book-details", "enter", "Six words"),
    stop("book-note", "escape n", "Note on"),
    stop("book-block", "escape b", "Block clara"),
    stop("outbox", "escape escape o", "Leaves at"),
    stop("drafts", "escape D", "Go on writing"),
    stop("draft", "enter", "Dear Ben"),
    stop("compose", "escape c", "Recipients are checked"),
    stop("compose-addresses", "", "reads encrypted mail", "be"),
    stop("compose-warnings", "backspace backspace f3", "cannot be encrypted", RECIPIENTS, "tab"),
    stop("compose-attach", "f4", "Attach a file"),
    stop("compose-question", "escape f3 f5", "has no subject"),
    stop("compose-discard", "escape f8", "Discard this message?"),
    stop("settings", "y S", "Sign every mail"),
    stop("server-password", "escape K", "Enter tries it and keeps it"),
    stop("help", "escape question_mark", "Keys and signs"),
    stop("light", "escape T", "Colours: light"),
    stop("high-contrast", "T", "Colours: high-contrast"),
    stop("locked", "T L", "keys are locked"),
    stop("unlock", "enter", "Passphrase for the mail"),
    stop("unlock-wrong", "", "not the passphrase", "wrong", "enter"),
)

WIZARD = (
    stop("wizard-person", "", "Who are you?"),
    stop("wizard-problem", "enter enter", "Please type your mail address"),
    stop("wizard-servers", "", "imap.clinic.example", "anna@clinic.example", "enter"),
    stop("wizard-certificate", "", "Your certificate", "secret", "enter"),
    stop("wizard-passphrase", "f5", "Good.", "correct horse battery staple"),
    stop("wizard-trial", "enter", "cannot be reached", "correct horse battery staple", "enter"),
)
