"""Who receives a mailbox on this machine: one engine of a user at a time, whatever profiles name the mailbox.

The law: the kernel holds the lease. It ends with the process that took it, however that ends, and no file has to be
cleaned up.
"""

import fcntl
import hashlib
import os
from pathlib import Path

from tui_mail.engine.door import prepare_socket_folder
from tui_mail.model.account import Server


class Lease:
    """The right to receive one mailbox. `folder` is the one of the engines' sockets, which is the user's alone."""

    def __init__(self, folder: Path, server: Server) -> None:
        mailbox = f"{server.host.lower()}\0{server.port}\0{server.user}"
        self._path = folder / f"{hashlib.sha256(mailbox.encode('utf-8', 'replace')).hexdigest()[:32]}.mailbox"
        self._descriptor = -1

    def take(self) -> bool:
        """Whether it is ours from now on, or was before. Raises UsageError when the folder is somebody else's."""
        if self._descriptor >= 0:
            return True
        prepare_socket_folder(self._path.parent)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let another engine have it; a second time does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
