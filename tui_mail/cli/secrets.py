"""Secrets come from a file, an environment variable's name, a descriptor or a prompt; never as an argument's value."""

import argparse
import getpass
import os
import sys

from tui_mail.model.errors import UsageError
from tui_mail.model.typed_path import typed_path

MAX_SECRET_BYTES = 64 * 1024


def add_secret_options(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    """Add ``--NAME-file``, ``--NAME-env`` and ``--NAME-fd``."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(f"--{name}-file", metavar="FILE", help=f"read {what} from the first line of FILE")
    group.add_argument(f"--{name}-env", metavar="VARIABLE", help=f"read {what} from an environment variable")
    group.add_argument(f"--{name}-fd", metavar="N", type=int, help=f"read {what} from an open descriptor")


def given_secret(args: argparse.Namespace, name: str) -> str | None:
    """The secret that the options name, None when none was used."""
    stem = name.replace("-", "_")
    return read_secret(
        file=getattr(args, f"{stem}_file", None),
        variable=getattr(args, f"{stem}_env", None),
        descriptor=getattr(args, f"{stem}_fd", None),
    )


def read_secret(*, file: str | None = None, variable: str | None = None, descriptor: int | None = None) -> str | None:
    """The first line of a file, a variable's value or the first line of a descriptor, whichever is named."""
    if file is not None:
        try:
            return _first_line(typed_path(file).read_bytes()[:MAX_SECRET_BYTES])
        except OSError as error:
            raise UsageError(f"The secret's file {file} cannot be read: {error.strerror}.") from None
    if variable is not None:
        value = os.environ.get(variable)
        if value is None:
            raise UsageError(f"The environment variable {variable} is not set.")
        return value
    if descriptor is not None:
        try:
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                return _first_line(stream.read(MAX_SECRET_BYTES))
        except OSError as error:
            raise UsageError(f"The descriptor {descriptor} cannot be read: {error.strerror}.") from None
    return None


def ask_secret(prompt: str, option: str) -> str:
    """Ask on the terminal without echo. Raises UsageError that names `option` when there is no terminal."""
    if not sys.stdin.isatty():
        raise UsageError(f"{prompt} is needed and there is no terminal to ask on: use {option}.")
    try:
        return getpass.getpass(f"{prompt}: ")
    except EOFError:
        raise UsageError(f"{prompt} is needed.") from None


def _first_line(data: bytes) -> str:
    try:
        return data.decode("utf-8").split("\n", 1)[0].rstrip("\r")
    except UnicodeDecodeError:
        raise UsageError("A secret must be UTF-8 text.") from None
