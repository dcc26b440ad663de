"""What is done with the folder that is shown: making one beside it, another name, taking it away."""

from __future__ import annotations

from tui_mail.engine.messages import Command, CreateFolder, DeleteFolder, Done, FolderMade, RenameFolder
from tui_mail.model.folder import Folder, FolderRole
from tui_mail.ui.screens.writing_actions import WritingActions


class FolderActions(WritingActions):
    """The wishes that concern folders."""

    def create_folder(self) -> None:
        """Ask for a name, then make it."""
        account = self.account
        if account is None:
            return
        from tui_mail.ui.screens.ask_folder_name import AskFolderName

        def answered(name: str | None) -> None:
            if name:
                self.run_worker(self._create_folder(CreateFolder(account.id, name)), group="folder")

        shown = self.folder
        inside = (
            f" A folder in another one: OUTER{shown.delimiter}INNER." if shown is not None and shown.delimiter else ""
        )
        self.app.push_screen(AskFolderName(f"Name of the new folder?{inside}", ""), answered)

    async def _create_folder(self, command: CreateFolder) -> None:
        if await self.asked(command, FolderMade) is not None:
            self.say(f"The folder {command.name} is made. m moves messages there.")

    def rename_folder(self) -> None:
        """Ask for another name of the folder that is shown."""
        folder = self._changeable()
        if folder is None:
            return
        from tui_mail.ui.screens.ask_folder_name import AskFolderName

        def answered(name: str | None) -> None:
            if name and name != folder.name:
                command = RenameFolder(folder.id, name)
                self.run_worker(self._change_folder(command, f"{folder.name} is called {name} now."), group="folder")

        self.app.push_screen(AskFolderName("New name of the folder?", folder.name), answered)

    def delete_folder(self) -> None:
        """Ask, then take the folder that is shown away; the engine does that only with an empty one."""
        folder = self._changeable()
        if folder is None:
            return
        if folder.total:
            self.say("There are messages in this folder: move or delete them first.")
            return
        from tui_mail.ui.screens.question import Question

        def answered(yes: bool | None) -> None:
            if yes:
                command = DeleteFolder(folder.id)
                self.run_worker(self._change_folder(command, f"{folder.name} is gone.", leave=True), group="folder")

        self.app.push_screen(Question(f"Delete the empty folder {folder.name}?", action="Delete"), answered)

    def _changeable(self) -> Folder | None:
        folder = self.folder
        if folder is None or not folder.id:
            return None
        if folder.role is not FolderRole.NONE:
            self.say("This folder is needed: it keeps its place and its name.")
            return None
        return folder

    async def _change_folder(self, command: Command, sentence: str, *, leave: bool = False) -> None:
        if await self.asked(command, Done) is None:
            return
        inbox = next((folder for folder in self.folders if folder.role is FolderRole.INBOX), None)
        if leave and inbox is not None:
            self.open_folder(inbox)
        self.say(sentence)
