"""How things are arranged: settings, folders, and whether the list shows conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui_mail.engine.messages import CreateFolder, DeleteFolder, Done, FolderMade, RenameFolder, SaveSettings
from tui_mail.model.clean import clean
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.model.setting import SETTINGS, changed, shown, value_of

if TYPE_CHECKING:
    from tui_mail.model.account import Settings
    from tui_mail.ui.linear.session import Conversation


async def settings(talk: Conversation, words: str) -> None:
    """Say all of them, one, or give one another value."""
    name, _, value = words.replace("=", " ", 1).partition(" ")
    wanted = [one for one in SETTINGS if not name or one.name == name.casefold()]
    if not wanted:
        talk.say(f"There is no setting {clean(name)!r}; settings says which there are.")
    elif value.strip():
        await _save(talk, changed(talk.settings, wanted[0], value))
        talk.say(f"{wanted[0].title}: {clean(value.strip())}.")
    else:
        for one in wanted:
            now = clean(shown(value_of(talk.settings, one.name))) or "empty"
            talk.say(f"{one.name}: {now}. {one.title}.{f' {one.sentence}' if name else ''}")


async def conversations(talk: Conversation) -> None:
    """On or off, kept in the settings."""
    threads = not talk.settings.threads
    await _save(talk, replace(talk.settings, threads=threads))
    talk.say("The list shows conversations." if threads else "The list shows single messages.")


async def _save(talk: Conversation, settings: Settings) -> None:
    await talk.client.ask(SaveSettings(settings), Done)
    talk.client.welcome = replace(talk.client.welcome, settings=settings)


async def new_folder(talk: Conversation, name: str) -> None:
    """Make one."""
    account = talk.account()
    if not name or account is None:
        talk.say("new-folder NAME, for example new-folder Bills.")
        return
    await talk.client.ask(CreateFolder(account.id, name), FolderMade)
    talk.say(f"The folder {clean(name)} is made.")


async def rename_folder(talk: Conversation, name: str) -> None:
    """Another name for the one that is open."""
    folder = _changeable(talk)
    if folder is None:
        return
    if not name:
        talk.say(f"rename-folder NAME gives {clean(folder.name)} another name.")
        return
    await talk.client.ask(RenameFolder(folder.id, name), Done)
    talk.say(f"{clean(folder.name)} is called {clean(name)} now.")


async def delete_folder(talk: Conversation) -> None:
    """Take the one that is open away; the engine does that only with an empty one."""
    folder = _changeable(talk)
    if folder is None:
        return
    if not await talk.agrees(f"Delete the empty folder {clean(folder.name)}?"):
        talk.say("Nothing was deleted.")
        return
    await talk.client.ask(DeleteFolder(folder.id), Done)
    talk.leave_folder()
    talk.say(f"{clean(folder.name)} is gone.")


def _changeable(talk: Conversation) -> Folder | None:
    folder = talk.folder
    if folder is None or folder.role is not FolderRole.NONE:
        talk.say("folder NAME opens the folder that is meant; those that are needed keep their place and their name.")
        return None
    return folder
