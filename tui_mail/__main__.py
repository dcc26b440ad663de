"""The command ``tui-mail``: which command is meant, and how every error ends: one sentence, never a traceback.

The law: nothing heavy is imported here. Without a command the interface paints before anything else is loaded.
"""

import os
import sys

COMMANDS: dict[str, tuple[str, str]] = {
    "setup": ("tui_mail.cli.setup", "make a profile: mailbox, certificate, passphrase (--from FILE asks nothing)"),
    "demo": ("tui_mail.cli.demo", "play the main job on an embedded mail server with a small clinic"),
    "sync": ("tui_mail.cli.sync", "fetch new mail and send what waits"),
    "list": ("tui_mail.cli.list", "list the messages of a folder with their verdicts"),
    "show": ("tui_mail.cli.show", "show one message, decrypted and judged"),
    "search": ("tui_mail.cli.search", "search addresses, subjects and text of all mail"),
    "send": ("tui_mail.cli.send", "send a message from a file, signed or encrypted"),
    "drafts": ("tui_mail.cli.drafts", "your unfinished messages: list, discard"),
    "outbox": ("tui_mail.cli.outbox", "what has not left yet: list, cancel, at, retry, was-sent, discard"),
    "cert": ("tui_mail.cli.cert", "the certificate book: list, show, trust, untrust, import, export, find, request"),
    "bundle": ("tui_mail.cli.bundle", "trust bundles: import, make, list"),
    "key": ("tui_mail.cli.key", "your own keys: list, import, export, new"),
    "linear": ("tui_mail.cli.linear", "read and write line by line, for screen readers (also: tui-mail --linear)"),
    "check": ("tui_mail.cli.check", "judge message files: who signed, is it intact, can it be opened"),
    "protect": ("tui_mail.cli.protect", "sign or encrypt a message from standard input"),
    "export": ("tui_mail.cli.export", "write messages to files or an mbox"),
    "import": ("tui_mail.cli.import_", "put message files into a folder of your mailbox"),
    "engine": ("tui_mail.cli.engine", "the background process: start, stop, status, unlock, lock"),
    "doctor": ("tui_mail.cli.doctor", "check that everything this profile needs works"),
}

USAGE = """usage: tui-mail [--profile NAME] [COMMAND …]

Mail in the terminal, signed and encrypted with S/MIME. Without a command the interface opens.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program; the result is its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    profile = _take_profile(words)
    try:
        if not words:
            return _interface(profile)
        words[0] = "linear" if words[0] == "--linear" else words[0]
        if words[0] in ("-h", "--help", "help"):
            _print_help()
            return 0
        if words[0] == "--version":
            from tui_mail import __version__

            _say(f"tui-mail {__version__}")
            return 0
        return _command(words, profile)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has left; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        return _sentence(error, profile)


def _take_profile(words: list[str]) -> str | None:
    """Remove a leading ``--profile NAME`` and return the name."""
    if len(words) >= 2 and words[0] == "--profile":
        name = words[1]
        del words[:2]
        return name
    if words and words[0].startswith("--profile="):
        return words.pop(0).partition("=")[2]
    return None


def _interface(profile: str | None) -> int:
    from tui_mail.model.paths import DEFAULT_PROFILE, ProfilePaths
    from tui_mail.ui.start import main as interface

    return int(interface(ProfilePaths(DEFAULT_PROFILE if profile is None else _checked_name(profile))) or 0)


def _checked_name(name: str) -> str:
    """A profile's name is one folder's name."""
    if not name or name.startswith((".", "-")) or "/" in name or "\0" in name:
        from tui_mail.model.errors import UsageError

        raise UsageError("A profile's name is one word, like `work`; it names a folder.")
    return name


def _command(words: list[str], profile: str | None) -> int:
    import argparse
    import importlib

    from tui_mail.model.errors import UsageError

    found = COMMANDS.get(words[0])
    if found is None:
        from difflib import get_close_matches

        meant = "".join(f" Did you mean `{name}`?" for name in get_close_matches(words[0], COMMANDS, 1))
        raise UsageError(f"There is no command {words[0]!r}.{meant} `tui-mail --help` lists them all.")
    module = importlib.import_module(found[0])
    parser = argparse.ArgumentParser(
        prog=f"tui-mail {words[0]}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # an option that a later version brings must not change what a script says today
    )
    module.add_arguments(parser)
    if profile is not None:
        parser.set_defaults(profile=_checked_name(profile))
    args = parser.parse_intermixed_args(words[1:])  # options may stand between the words
    if getattr(args, "profile", None) is not None:
        _checked_name(args.profile)
    return int(module.run(args))


def _sentence(error: Exception, profile: str | None) -> int:
    """Say an error in one sentence on stderr. Places of an unexpected one go to the log, its words nowhere."""
    from tui_mail.model.clean import clean
    from tui_mail.model.errors import MalformedInput, TuiMailError, UsageError

    if isinstance(error, TuiMailError):
        _complain(clean(str(error)))
        return 2 if isinstance(error, UsageError | MalformedInput) else 1
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        _complain(clean(f"{name}{error.strerror or type(error).__name__}."))
        return 2
    from tui_mail.engine.logbook import record_crash
    from tui_mail.model.paths import DEFAULT_PROFILE, ProfilePaths

    place = record_crash(ProfilePaths(profile or DEFAULT_PROFILE), error)
    _complain(f"Something went wrong inside tui-mail ({type(error).__name__}); {place}.")
    return 1


def _print_help() -> None:
    _say(USAGE)
    width = max(map(len, COMMANDS))
    for name, (_module, line) in COMMANDS.items():
        _say(f"  {name:<{width}}  {line}")
    _say("\n`tui-mail COMMAND --help` shows the options and examples of one command.")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"tui-mail: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
