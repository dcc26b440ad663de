"""Every command there is, in the order of the footer and the help."""

from __future__ import annotations

from tui_mail.ui.commands import mail, moving, program, reading
from tui_mail.ui.commands.command import Command, Place

COMMANDS: tuple[Command, ...] = (
    moving.OpenMessage(),
    moving.NextMessage(),
    moving.Back(),
    mail.Reply(),
    mail.ReplyAll(),
    mail.Forward(),
    mail.ForwardWhole(),
    mail.Compose(),
    mail.OpenDrafts(),
    mail.Trust(),
    mail.Security(),
    mail.SaveAttachment(),
    reading.Attachments(),
    mail.GetWhole(),
    reading.AnswerInvitation(),
    reading.SendReceipt(),
    mail.Archive(),
    mail.Delete(),
    mail.Snooze(),
    mail.Undo(),
    mail.Mark(),
    mail.MarkAll(),
    moving.Search(),
    moving.Filter(),
    moving.Threads(),
    moving.TurnFold(),
    moving.Zoom(),
    moving.GoToFolder(),
    moving.NewFolder(),
    moving.RenameFolder(),
    moving.DeleteFolder(),
    mail.ToggleUnread(),
    mail.StarInList(),
    mail.ToggleStar(),
    mail.Move(),
    mail.DraftsCommand(),
    mail.OutboxCommand(),
    mail.WhyClosed(),
    mail.BookCommand(),
    mail.LockKeys(),
    mail.CheckMail(),
    reading.LeaveList(),
    reading.ToggleHeaders(),
    reading.ToggleQuotes(),
    reading.FollowLink(),
    reading.ViewSource(),
    reading.SaveMessage(),
    reading.Print(),
    moving.NextRow(),
    moving.PreviousRow(),
    moving.NextPage(),
    moving.PreviousPage(),
    moving.FirstRow(),
    moving.LastRow(),
    moving.ScrollDown(),
    moving.ScrollUp(),
    moving.ReadOn(),
    moving.ReadBack(),
    moving.TextStart(),
    moving.TextEnd(),
    moving.PreviousMessage(),
    program.Help(),
    program.Palette(),
    program.Jump(),
    program.SettingsCommand(),
    program.ServerPassword(),
    program.NextTheme(),
    program.Quit(),
)

BY_ID = {command.id: command for command in COMMANDS}


def commands_at(place: Place) -> list[Command]:
    """What can be done at a place, in order."""
    return [command for command in COMMANDS if command.place in (place, Place.ANYWHERE)]
