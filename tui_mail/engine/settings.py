"""settings.toml: read with tomllib, written with tomlkit so that a person's comments survive."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from tomlkit.items import AoT, Table
from tomlkit.toml_document import TOMLDocument

from tui_mail.model.account import Settings
from tui_mail.model.errors import UsageError

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_HEADER_LINE = re.compile(r"\s*(\[\[?)([^\[\]]+)\]")
_KEY_LINE = re.compile(r"\s*([\w-]+)\s*=")
_HEADER = "Settings of this tui-mail profile. Passwords and keys are not here: they lie in the vault."


def load_settings(path: Path) -> Settings:
    """Read settings.toml; keys that are absent have their defaults. Raises UsageError with the place of a mistake."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"The settings file {path} cannot be read: {error.strerror}.") from None
    return parse_settings(text, str(path))


def parse_settings(text: str, name: str) -> Settings:
    """The settings in `text`; `name` is what an error calls the file."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not a TOML file: {error}.") from None
    try:
        return msgspec.convert(found, Settings, strict=True)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        number, key = line_of(text, place)
        line = f", line {number}" if number else ""
        raise UsageError(f"{name}{line}: the value of {key} cannot be used: {problem}.") from None


def line_of(text: str, place: str) -> tuple[int, str]:
    """Where `place` (msgspec's path, like ``$.accounts[0].imap.port``) is written in a TOML text: line, 0 when that
    cannot be told, and name."""
    wanted = [name or int(index) for name, index in _STEP.findall(place)]
    section: list[str | int] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER_LINE.match(line):
            section = []
            name = header[2].strip()
            if header[1] == "[[":
                seen[name] = seen.get(name, -1) + 1
            for part in name.split("."):
                section.append(part.strip())
                whole = ".".join(str(step) for step in section if isinstance(step, str))
                if whole in seen:
                    section.append(seen[whole])
        elif (key := _KEY_LINE.match(line)) and [*section, key[1]] == wanted:
            return number, key[1]
    return 0, place.strip("`$.") or "the file"


def save_settings(path: Path, settings: Settings) -> None:
    """Write atomically, 0600, keeping comments and the order of what was there."""
    document = _existing(path)
    values: dict[str, Any] = msgspec.to_builtins(settings)
    accounts = values.pop("accounts")
    for name, value in values.items():
        if isinstance(value, dict):
            _save_section(document, name, value)
        elif document.get(name) != value:
            document[name] = value
    _save_accounts(document, accounts)
    write_file(path, tomlkit.dumps(document).encode())


def _existing(path: Path) -> TOMLDocument:
    try:
        return tomlkit.parse(path.read_text("utf-8"))
    except (OSError, tomlkit.exceptions.ParseError):
        document = tomlkit.document()
        document.add(tomlkit.comment(_HEADER))
        return document


def _save_section(document: TOMLDocument, name: str, values: dict[str, Any]) -> None:
    table = document.get(name)
    if not isinstance(table, Table):
        table = tomlkit.table()
        document[name] = table
    _merge(table, values)


def _save_accounts(document: TOMLDocument, accounts: list[dict[str, Any]]) -> None:
    old = {str(table.get("id")): table for table in document.get("accounts", [])}
    tables = tomlkit.aot()
    for account in accounts:
        table = old.get(account["id"]) or tomlkit.table()
        _merge(table, account)
        tables.append(table)
    if "accounts" in document and isinstance(document["accounts"], AoT):
        document["accounts"] = tables
    else:
        document.append("accounts", tables)


def _merge(table: Table, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if value is None:
            table.pop(name, None)
        elif isinstance(value, dict):
            inner = table.get(name)
            if not isinstance(inner, Table):
                inner = tomlkit.table()
                table[name] = inner
            _merge(inner, value)
        elif table.get(name) != value:
            table[name] = value


def write_file(path: Path, data: bytes) -> None:
    """Replace `path` in one step, 0600, on disk before this returns: a crash leaves the old file or the new one."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
