"""Who receives a mailbox on this machine: one engine of a user at a time, whatever profiles name the mailbox.

The law: the kernel holds the lease. It ends with the process that took it, however that ends, and no file has to be
cleaned up.

Two users of one machine with one mailbox both receive it, and that is meant. A lease between them would have to lie
where every user may take it: then any of them could take the lease of a mailbox that is not his, by its name alone, and
keep its owner from his mail for as long as he likes. To prove that a mailbox is one's own takes a login, which only its
server can judge; a service that asked it for everyone would hold the passwords of all. What two receivers cost is
small: each has a store of its own, the server keeps them in step as it does with two machines, and a message that waits
in one outbox is sent by that one alone.
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
