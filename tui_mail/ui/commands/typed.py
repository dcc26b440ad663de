"""What people type behind a colon, in the words of vim, mutt and aerc: ``q``, ``reply-all``, ``move Junk``.

A word alone is a command of the register or another name of it; a word with something behind it is one of `VERBS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from tui_mail.model.address import parse_address_list
from tui_mail.model.errors import UsageError
from tui_mail.model.folder import Folder
from tui_mail.model.setting import SETTINGS, changed
from tui_mail.ui.commands.aliases import OTHER
from tui_mail.ui.commands.register import BY_ID
from tui_mail.ui.when import moment_in_words, said
from tui_mail.ui.widgets.folder_list import folder_name

if TYPE_CHECKING:
    from tui_mail.ui.screens.mail import MailScreen

_ORDERS = ("date", "oldest", "from", "subject", "sig", "enc", "attachment", "unread", "starred")


class Typed(NamedTuple):
    """What Enter would do, in a sentence, and the doing; without the latter the sentence says what is missing."""

    sentence: str
    run: Callable[[MailScreen], None] | None


def command_named(word: str) -> str | None:
    """The id of the command that a word means exactly."""
    name = "-".join(word.casefold().rstrip("!").split())
    return name if name in BY_ID else OTHER.get(name)


def understood(line: str, mail: MailScreen) -> Typed | None:
    """What a line with something behind its first word means; None when it is no such line."""
    word, _, rest = line.strip().partition(" ")
    rest = rest.strip()
    if "=" in word and not rest:  # :theme=light
        word, _, rest = word.partition("=")
    verb = VERBS.get(word.casefold())
    if verb is not None and rest:
        return verb(rest, mail)
    setting = next((one for one in SETTINGS if one.name == word.casefold()), None)
    return _set(f"{word} {rest}", mail) if setting is not None and rest else None


def _move(name: str, mail: MailScreen) -> Typed:
    folder = folder_named(name, mail.folders)
    if folder is None:
        return Typed(f"There is no folder {name!r}.", None)
    return Typed(f"Move to {folder_name(folder)}", lambda mail: mail.move_to(folder))


def _go(name: str, mail: MailScreen) -> Typed:
    folder = folder_named(name, mail.folders)
    if folder is None:
        return Typed(f"There is no folder {name!r}.", None)
    return Typed(f"Go to {folder_name(folder)}", lambda mail: mail.open_folder(folder))


def _sort(order: str, _mail: MailScreen) -> Typed:
    words = order.casefold().replace("-r", "-").split()
    turned, name = ("-" if "-" in words or words[0].startswith("-") else ""), words[-1].lstrip("-")
    if name not in _ORDERS:
        return Typed(f"Sort by one of {', '.join(_ORDERS)}.", None)
    if name == "date":
        name, turned = ("oldest", "") if turned else ("", "")
    return Typed(
        f"Order the list by {name or 'date'}{', backwards' if turned else ''}",
        lambda mail: mail.order_by(turned + name if name else ""),
    )


def _search(words: str, _mail: MailScreen) -> Typed:
    return Typed(f"Search: {words}", lambda mail: mail.sift(words))


def _compose(address: str, _mail: MailScreen) -> Typed:
    people, wrong = parse_address_list(address)
    if wrong or not people:
        return Typed("Write to whom? An address, like anna@example.org.", None)
    return Typed(f"Write to {', '.join(map(str, people))}", lambda mail: mail.compose_new(people))


def _snooze(when: str, _mail: MailScreen) -> Typed:
    now = datetime.now().astimezone()
    moment = moment_in_words(when, now)
    if moment is None:
        return Typed("Until when? Like tomorrow 8:00, in 2 hours, Mon 9:30.", None)
    return Typed(f"Put off until {said(moment, now)}", lambda mail: mail.put_off(moment))


def _set(words: str, mail: MailScreen) -> Typed:
    name, _, value = words.replace("=", " ", 1).partition(" ")
    setting = next((one for one in SETTINGS if one.name == name.casefold()), None)
    if setting is None:
        return Typed(f"There is no setting {name!r}; S shows them all.", None)
    try:
        settings = changed(mail.mail_app.settings, setting, value)
    except UsageError as error:
        return Typed(str(error), None)
    section = setting.name.partition(".")[0]
    return Typed(
        f"{setting.title}: {value.strip()}",
        lambda mail: mail.mail_app.change_settings(**{section: getattr(settings, section)}),
    )


VERBS: dict[str, Callable[[str, MailScreen], Typed]] = {
    **dict.fromkeys(("move", "mv", "m"), _move),
    **dict.fromkeys(("folder", "cd", "cf", "go", "g", "change-folder"), _go),
    **dict.fromkeys(("sort", "order"), _sort),
    **dict.fromkeys(("search", "find", "filter", "limit"), _search),
    **dict.fromkeys(("compose", "mail", "write", "new"), _compose),
    **dict.fromkeys(("snooze", "later", "put-off"), _snooze),
    "set": _set,
}


def folder_named(name: str, folders: Sequence[Folder]) -> Folder | None:
    """The folder that is meant: its whole name, or a beginning or part of it that only one has."""
    wanted = name.casefold()
    able = [folder for folder in folders if folder.selectable]
    names = [(folder_name(folder).casefold(), folder) for folder in able]
    exact = [folder for name, folder in names if wanted in (name, folder.name.casefold())]
    begun = [folder for name, folder in names if name.startswith(wanted)]
    inside = [folder for name, folder in names if wanted in name]
    found = exact or begun or inside
    return found[0] if len(found) == 1 else None
