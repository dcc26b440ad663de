"""Who receives a mailbox on this machine: one engine of a user at a time, whatever profiles name the mailbox.

The law: the kernel holds the lease. It ends with the process that took it, however that ends, and no file has to be
cleaned up.
"""

import hashlib
import os
from pathlib import Path

from tui_mail.engine.door import hold, prepare_socket_folder
from tui_mail.model.account import Server


class Lease:
    """The right to receive one mailbox. `folder` is the one of the engines' sockets, which is the user's alone."""

    def __init__(self, folder: Path, server: Server) -> None:
        mailbox = f"{server.host.lower()}\0{server.port}\0{server.user}"
        self._path = folder / f"{hashlib.sha256(mailbox.encode('utf-8', 'replace')).hexdigest()[:32]}.mailbox"
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether it is ours from now on, or was before. Raises UsageError when the folder is somebody else's."""
        if self._descriptor is None:
            prepare_socket_folder(self._path.parent)
            self._descriptor = hold(self._path, os.O_CREAT | os.O_NOFOLLOW)
        return self._descriptor is not None

    def release(self) -> None:
        """Let another engine have it; a second time does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
