"""A picture among the attachments, made small enough to be shown in the cells of a terminal."""

import subprocess
import sys

from tui_mail.engine.jobs.open_message import opened_message
from tui_mail.engine.messages import Picture, ShowPicture
from tui_mail.engine.session import Session
from tui_mail.model.errors import UsageError
from tui_mail.smime.view import attachment

PROGRAM = (sys.executable, "-m", "tui_mail.engine.picture")
MAX_PICTURE_BYTES = 30_000_000
MAX_SIDE = 2_000
TIMEOUT_SECONDS = 15.0


def show_picture(session: Session, command: ShowPicture) -> Picture:
    """Pixels that fit into `width` and `height`. Raises UsageError when it is no picture that can be read here."""
    info, content = attachment(opened_message(session, command.message_id), command.index)
    if len(content) > MAX_PICTURE_BYTES:
        raise UsageError(f"{info.name} is too large to be shown here. Save it.")
    width, height = (max(1, min(MAX_SIDE, side)) for side in (command.width, command.height))
    refused = UsageError(f"{info.name} cannot be shown as a picture. Save it, or open it with another program.")
    try:
        done = subprocess.run(
            [*PROGRAM, str(width), str(height), command.form],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise refused from None
    head, _, pixels = done.stdout.partition(b"\n")
    sizes = head.split()
    if done.returncode or len(sizes) != 4 or not all(size.isdigit() for size in sizes):
        raise refused
    own_width, own_height, small_width, small_height = map(int, sizes)
    bare = small_width * small_height * 3
    if not (0 < small_width <= width and 0 < small_height <= height) or (command.form == "rgb" and len(pixels) != bare):
        raise refused
    return Picture(info, own_width, own_height, small_width, small_height, pixels)
