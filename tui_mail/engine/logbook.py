"""The engine's log. The law: neither secrets nor mail text. An exception is written as its class and its places in
our code; its words, which may quote mail or passwords, are written only for errors that we raise ourselves."""

import logging
import os
import traceback
from pathlib import Path

from tui_mail.model.errors import NetworkProblem, TuiMailError, UsageError
from tui_mail.model.paths import ProfilePaths

MAX_LOG_BYTES = 1_000_000

log = logging.getLogger("tui_mail")


def open_log(path: Path) -> None:
    """Write the log to `path` (0600); a log that has grown long is kept once as ``.1``."""
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(message)s"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def describe(error: BaseException) -> str:
    """Class and places of an error; words only where they cannot quote mail."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    words = f": {error}" if isinstance(error, NetworkProblem | UsageError) else ""
    trail = "" if isinstance(error, TuiMailError) else " at " + " < ".join(reversed(places[-12:]))
    return f"{type(error).__name__}{words}{trail}"


def record_crash(paths: ProfilePaths, error: Exception) -> str:
    """Write an unexpected error of a command to the profile's log; the result says where, for the end of a sentence."""
    text = describe(error)
    if not paths.folder.is_dir():
        return f"it happened at {text.partition(' at ')[2] or 'an unknown place'}"
    try:
        open_log(paths.log)
        log.error("a command failed: %s", text)
    except OSError:
        return "the log could not be written"
    return f"the log {paths.log} says where"
