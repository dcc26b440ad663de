"""Modules that textual, asyncio and we import and that the interface seldom or never needs: loaded when they are used.

Importing textual is most of the time until the first key is answered, and a fifth of that loads a command palette, a
printer of tables and a TLS library that nobody here will call.

The law: whoever uses a spared module gets the module itself. While the others are imported, a name taken from a spared
one is a `Promise`: calling it, asking it for an attribute, making an object of a class derived from it, each loads the
real module first. Only for the versions that this was tried with; when anything goes wrong everything is imported as
usual.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType

TYPE_CHECKING = False  # typing itself would cost milliseconds here
if TYPE_CHECKING:
    from typing import Any

TEXTUAL = "8.2."
"""The textual this was tried with: the beginning of its version."""

PYTHONS = ((3, 11), (3, 12), (3, 13))
"""The Pythons whose own modules may be spared."""

SPARED = (
    "ast",  # inspect, to find the source of a class
    "asyncio.sslproto",
    "asyncio.staggered",  # to connect to several addresses at a time
    "difflib",  # textual, for what somebody may have meant
    "hashlib",  # ours, to know a message again
    "ipaddress",  # urllib
    "linecache",  # inspect and traceback
    "logging",  # asyncio
    "mimetypes",  # textual, to hand a file to a browser
    "msgspec._json_schema",
    "msgspec.inspect",
    "pickle",  # rich, for the meta data of a style
    "platform",  # uuid, for the name of the system
    "platformdirs",  # textual, to save a picture of the screen
    "rich.markup",  # markup in texts, which nothing here uses
    "rich.table",  # textual, to print its colours
    "shutil",  # ours, to find a program; with three compressors
    "subprocess",  # asyncio, ours for an editor
    "textual.command",  # its command palette, with five widgets; ours is screens/pick.py
    "textual.css._help_text",  # what is wrong in a style sheet
    "textual.markup",  # markup in texts, which nothing here uses
    "textual.pilot",  # to press keys in tests
    "textwrap",  # traceback and msgspec
    "tokenize",  # inspect, to find the source of a class
    "traceback",  # asyncio, when something failed
    "typing_extensions",  # what Python 3.11 has itself
    "urllib.parse",  # pathlib, for an address that begins with file:
)

STAND_IN = {"typing_extensions": "typing"}
"""Where the names of a spared module are found as well; one that is not there comes from the module itself."""

ABSENT = "ssl"
"""asyncio does without when it is not there. The interface has no connection but the socket of its engine."""


class Promise(type):
    """The type of a name from a spared module. It stands for a function as well: both are called."""

    _of: str
    _real: Any

    def real(cls) -> Any:
        """What the name stands for; a class derived from a promise is made again, on the real one."""
        if vars(cls).get("_real") is None:
            cls._real = getattr(_load(cls._of), cls.__name__) if "_of" in vars(cls) else _derived(cls)
        return cls._real

    def __call__(cls, *args: Any, **options: Any) -> Any:
        """Call what the name stands for."""
        return cls.real()(*args, **options)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") or "_of" not in vars(cls):
            raise AttributeError(name)
        return getattr(cls.real(), name)

    def __getitem__(cls, item: Any) -> Any:
        return cls.real()[item]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.real()) if "_of" in vars(cls) else super().__instancecheck__(instance)


class Later:
    """An object that is made when something of it is needed."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)


class LaterLogger(Later):
    """A logger. While nobody has loaded `logging`, nobody can have asked for more than warnings."""

    def debug(self, *args: Any, **options: Any) -> None:
        """Log a detail."""
        if not isinstance(sys.modules.get("logging"), SparedModule | None):
            self._make().debug(*args, **options)


def _logger(name: str | None = None) -> LaterLogger:
    return LaterLogger(lambda: _load("logging").getLogger(name))


def _literal_eval(source: str) -> Any:
    """Of what a key does: ``('next-page',)``."""
    word = source[2:-3]
    if source == f"('{word}',)" and word.replace("-", "").isalnum():
        return (word,)
    return _load("ast").literal_eval(source)


def _terminal_size(*fallback: tuple[int, int]) -> os.terminal_size:
    try:
        if not fallback and sys.__stdout__ is not None and not os.environ.keys() & {"COLUMNS", "LINES"}:
            return os.get_terminal_size(sys.__stdout__.fileno())
    except (OSError, ValueError):
        pass
    real: os.terminal_size = _load("shutil").get_terminal_size(*fallback)
    return real


def _dumps(*args: Any, **options: Any) -> bytes:
    from _pickle import dumps  # what `pickle` hands on as well

    return dumps(*args, **options)


def _loads(*args: Any, **options: Any) -> Any:
    from _pickle import loads

    return loads(*args, **options)


class LaterPattern:
    """A regular expression that is read when it is first used: of those here half are not before the first key."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        if name not in ("match", "search", "fullmatch", "sub", "split", "finditer", "findall"):
            return getattr(self._make(), name)

        def use(*args: Any, **options: Any) -> Any:
            method = self.__dict__[name] = getattr(self._make(), name)
            return method(*args, **options)

        return use


def _pattern_later(compile_now: Callable[..., Any]) -> Callable[..., Any]:
    """`re.compile` for our modules and textual's, which use what they made by its methods alone."""

    def compile_later(pattern: Any, flags: Any = 0) -> Any:
        asks = sys._getframe(1).f_globals.get("__name__", "")
        if asks.partition(".")[0] not in OURS or not isinstance(pattern, str):
            return compile_now(pattern, flags)
        return LaterPattern(lambda: compile_now(pattern, flags))

    return compile_later


OURS = ("textual", "rich", "tui_mail")

KNOWN: dict[str, dict[str, Any]] = {
    "logging": {"DEBUG": 10, "getLogger": _logger},
    "platform": {"system": lambda: os.uname().sysname},
    "subprocess": {"PIPE": -1, "STDOUT": -2, "DEVNULL": -3},
}
"""What others ask a spared module for while they are imported themselves."""

PASSING: dict[str, dict[str, Any]] = {
    "ast": {"literal_eval": _literal_eval},
    "pickle": {"dumps": _dumps, "loads": _loads},
    "shutil": {"get_terminal_size": _terminal_size},
    "textual.markup": {"parse_style": None},
    "textual.pilot": {"Pilot": None},
}
"""What is asked for in every start after that; None for a promise."""


class SparedModule(ModuleType):
    """Answers with promises while `open`, later with what the module itself has."""

    open = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        here = self.__name__
        if name in PASSING.get(here, ()):
            return PASSING[here][name] or self._promise(name)
        if not self.open:
            return getattr(_load(here), name)
        if name in KNOWN.get(here, ()):
            return KNOWN[here][name]
        if here in STAND_IN:
            stand_in = import_module(STAND_IN[here])
            return getattr(stand_in, name) if hasattr(stand_in, name) else getattr(_load(here), name)
        return self._promise(name)

    def _promise(self, name: str) -> Promise:
        return Promise(name, (), {"_of": self.__name__, "_real": None})


@contextmanager
def spared() -> Iterator[None]:
    """Import textual in here. Names that are imported already stay what they are."""
    modules = [SparedModule(name) for name in SPARED if name not in sys.modules]
    sys.modules.update({module.__name__: module for module in modules})
    compile_now, re.compile = re.compile, _pattern_later(re.compile)
    without = "asyncio" not in sys.modules and ABSENT not in sys.modules
    if without:
        sys.modules[ABSENT] = None  # type: ignore[assignment] # the import system's word for "is not there"
    try:
        yield
    finally:
        re.compile = compile_now
        if without:
            sys.modules.pop(ABSENT, None)
        for module in modules:
            module.open = False
            if sys.modules.get(module.__name__) is module:
                _leave(module)


def _leave(module: SparedModule) -> None:
    """Nothing stays of a spared module that is not asked for in passing."""
    if module.__name__ not in PASSING:
        del sys.modules[module.__name__]
        return
    package, _, name = module.__name__.rpartition(".")
    if package in sys.modules:
        setattr(sys.modules[package], name, module)


def import_lean(load: Callable[[], Any]) -> None:
    """Call `load`, which imports textual and what stands on it, and spare what can be spared."""
    if not fits():
        load()
        return
    before = set(sys.modules)
    try:
        with spared():
            load()
    except Exception:
        # SAFE: whatever a promise was not good enough for is imported again, this time without any.
        for name in set(sys.modules) - before:
            del sys.modules[name]
        load()


def fits() -> bool:
    """Whether these are the versions that this was tried with; ``TUI_MAIL_IMPORT=plain`` says that they are not."""
    if os.environ.get("TUI_MAIL_IMPORT") == "plain" or "textual" in sys.modules:
        return False
    return sys.version_info[:2] in PYTHONS and textual_version().startswith(TEXTUAL)


def textual_version() -> str:
    """The version of textual, empty when it is unknown. Asking textual itself costs 20 ms: it reads all about every
    installed package."""
    found = PathFinder.find_spec("textual")
    if found is None or not found.origin:
        return ""
    before, after = "textual-", ".dist-info"
    packages = found.origin.rsplit(os.sep, 2)[0]  # pathlib is to be imported lean itself
    with os.scandir(packages) as entries:
        found_names = [one.name for one in entries if one.name.startswith(before) and one.name.endswith(after)]
    return next((name[len(before) : -len(after)] for name in found_names), "")


def _load(name: str) -> ModuleType:
    if isinstance(sys.modules.get(name), SparedModule):
        del sys.modules[name]
    return import_module(name)


def _derived(cls: Promise) -> Any:
    bases = [base.real() if isinstance(base, Promise) else base for base in cls.__bases__]
    own = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__", "_real")}
    made = type(bases[0])(cls.__name__, tuple(bases), own)
    for value in own.values():
        for cell in getattr(value, "__closure__", None) or ():
            if cell.cell_contents is cls:
                cell.cell_contents = made  # what `super()` looks at
    return made
