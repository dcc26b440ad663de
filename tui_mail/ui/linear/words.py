"""The words of the conversation, what help says of them, and what other programs call them."""

from __future__ import annotations

from tui_mail.ui.commands.aliases import OTHER

HELP = """Lists: list, more, back. 1, 2, 3 or read 3: read a message. next, previous: the one after, the one before.
folders, folder NAME. search WORDS; the same words as everywhere, is:unread and sort:from too.
Messages: a number alone means that message; without one the last that was read. Several: 3 5-7.
trust 3: who signed it, and decide. details 3: everything about its protection. why 3: why it stays closed.
reply 3, all 3: answer it. forward 3: pass on its text and files. pass-on 3: the message as it came.
write, or write ADDRESS: a new message.
archive 3, delete 3, star 3, unread 3, move 3 FOLDER. later 3 tomorrow 8:00: put off until then. undo takes it back.
links 3, save 3: an attachment. keep 3: the message in a file. print 3, headers 3, source 3.
whole 3: get the files that wait on the server. answer 3: an invitation. receipt 3. leave 3: its mailing list.
new-folder NAME. rename-folder NAME, delete-folder: the one that is open. conversations: a line for each, or messages.
book, book ADDRESS: the certificate book. book trust ADDRESS, untrust, block, unblock; book note ADDRESS WORDS.
settings, settings NAME VALUE.
drafts, draft 2: go on writing. outbox. check: look for new mail. lock: lock the keys. quit.
Words of vim, mutt and aerc are understood: q, :archive, reply-all, mail."""
KNOWN = frozenset(
    [
        "list",
        "more",
        "back",
        "read",
        "next",
        "previous",
        "folders",
        "folder",
        "search",
        "trust",
        "reply",
        "all",
        "forward",
        "write",
        "archive",
        "delete",
        "star",
        "unread",
        "move",
        "later",
        "undo",
        "drafts",
        "draft",
        "outbox",
        "check",
        "lock",
        "help",
        "pass-on",
        "book",
        "settings",
        "conversations",
        "new-folder",
        "rename-folder",
        "delete-folder",
    ]
)
WORDS = {
    "reply-all": "all",
    "open-drafts": "drafts",
    "forward-whole": "pass-on",
    "threads": "conversations",
    "compose": "write",
    "security": "details",
    "snooze": "later",
    "sync": "check",
    "save-message": "keep",
    "unsubscribe": "leave",
    "link": "links",
    "attachments": "read",
    "why-closed": "why",
    "open": "read",
    "next-row": "next",
    "previous-row": "previous",
    "filter": "search",
}
"""What the interface's commands are called here, where that differs."""


def meant(word: str) -> str:
    """The word of this conversation for what was typed; other programs' words are understood."""
    word = word.casefold().rstrip("!")
    if word in KNOWN:
        return word
    command = OTHER.get(word, word)
    return WORDS.get(command, command)
