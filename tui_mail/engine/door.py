"""The engine's front door: one lock a profile, one socket that belongs to this user alone."""

import fcntl
import os
import socket
import stat
import struct
import sys
from pathlib import Path
from typing import IO

from tui_mail.model.errors import EngineGone, UsageError
from tui_mail.model.paths import ProfilePaths


def take_lock(paths: ProfilePaths) -> IO[str]:
    """Hold ``engine.lock`` for as long as the result stays open. Raises EngineGone when another engine holds it."""
    paths.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = hold(paths.lock, os.O_CREAT)
    if descriptor is None:
        raise EngineGone(f"An engine already serves the profile {paths.name}; there is nothing to start.")
    lock = os.fdopen(descriptor, "r+")
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def lock_is_held(paths: ProfilePaths) -> bool:
    """Whether an engine of this profile is alive."""
    try:
        descriptor = hold(paths.lock)
    except OSError:
        return False
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def hold(path: Path, flags: int = 0) -> int | None:
    """A descriptor with the kernel's lock on this file, which ends with it or with its process; None while another one
    has the lock. `flags` are more of ``open``'s. Raises OSError when the file cannot be opened."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def prepare_socket_folder(folder: Path) -> None:
    """Make the socket's folder, 0700. Raises UsageError when it is someone else's: an engine there may be false."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UsageError(f"The folder {folder} belongs to another user; set XDG_RUNTIME_DIR to a folder of your own.")
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def open_socket(path: Path) -> socket.socket:
    """A listening Unix socket, 0600. A leftover of a dead engine is replaced: the caller holds the lock."""
    prepare_socket_folder(path.parent)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise UsageError(f"The engine's socket {path} cannot be made: {error.strerror or error}.") from None
    finally:
        os.umask(before)
    listener.listen(64)
    listener.setblocking(False)
    return listener


def same_user(connection: socket.socket) -> bool:
    """Whether the process at the other end runs as this user. The file mode says so too; this does not depend on it."""
    if sys.platform.startswith("linux"):
        size = struct.calcsize("3i")
        answer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        _pid, uid, _gid = struct.unpack("3i", answer)
        return int(uid) == os.getuid()
    if sys.platform == "darwin":  # struct xucred of <sys/ucred.h>: version, uid, …; LOCAL_PEERCRED is 1 at level 0
        answer = connection.getsockopt(0, 1, 76)
        _version, uid = struct.unpack_from("II", answer)
        return int(uid) == os.getuid()
    return True
