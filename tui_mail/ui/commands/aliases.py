"""Other names of commands, as people know them from vim, mutt and aerc. Plain words, for the palette and for linear."""

ALIASES: dict[str, str] = {
    "quit": "q qa wq x exit bye close-app",
    "back": "close",
    "open": "view read display",
    "reply-all": "ra group-reply all",
    "forward": "fwd",
    "forward-whole": "bounce resend forward-attached",
    "compose": "mail new write",
    "archive": "a done",
    "delete": "rm del trash delete-message",
    "snooze": "later defer put-off",
    "undo": "u undelete recall",
    "mark": "tag select",
    "mark-all": "tag-all select-all",
    "search": "find limit notmuch",
    "filter": "sort",
    "threads": "toggle-threads conversations thread",
    "fold": "unfold collapse-thread",
    "folder": "cd cf go change-folder mailbox",
    "new-folder": "mkdir",
    "rename-folder": "mv-folder",
    "delete-folder": "rmdir",
    "star": "flag",
    "move": "mv",
    "open-drafts": "continue resume next-tab",
    "drafts": "recall-message postpone",
    "book": "certificates certs contacts",
    "lock": "unlock passphrase",
    "sync": "fetch check-mail check getmail",
    "unsubscribe": "leave-list",
    "headers": "toggle-headers header",
    "source": "raw view-source edit-raw",
    "link": "open-link url urls",
    "save-message": "w write-file save-as export",
    "print": "hardcopy",
    "attachments": "files parts",
    "save": "save-attachment",
    "whole": "get-whole download complete",
    "answer": "accept decline rsvp",
    "security": "details why signature",
    "help": "h keys",
    "settings": "set preferences prefs options config",
    "theme": "colorscheme colors colours styleset",
    "suspend": "shell stop background",
    "zoom": "full split",
    "next-row": "next",
    "previous-row": "prev previous",
}
"""Other words for a command, by its id."""

OTHER = {word: name for name, words in ALIASES.items() for word in words.split()}


def words_of(command_id: str) -> str:
    """Every word by which a command is found: its id and the other names."""
    return f"{command_id} {ALIASES.get(command_id, '')}".strip()
