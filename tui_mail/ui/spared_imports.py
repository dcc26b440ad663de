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
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
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
    "pickle",  # rich, for the meta data of a style
    "platformdirs",  # textual, to save a picture of the screen
    "shutil",  # ours, to find a program; with three compressors
    "rich.table",  # textual, to print its colours
    "textual.command",  # its command palette, with five widgets; ours is screens/pick.py
    "textual.markup",  # markup in texts, which nothing here uses
)

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

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.real()) if "_of" in vars(cls) else super().__instancecheck__(instance)


class SparedModule(ModuleType):
    """Answers with promises while `open`, later with what the module itself has."""

    open = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.open:
            return Promise(name, (), {"_of": self.__name__, "_real": None})
        return getattr(_load(self.__name__), name)


@contextmanager
def spared() -> Iterator[None]:
    """Import textual in here. Names that are imported already stay what they are."""
    modules = [SparedModule(name) for name in SPARED if name not in sys.modules]
    sys.modules.update({module.__name__: module for module in modules})
    without = "asyncio" not in sys.modules and ABSENT not in sys.modules
    if without:
        sys.modules[ABSENT] = None  # type: ignore[assignment] # the import system's word for "is not there"
    try:
        yield
    finally:
        if without:
            sys.modules.pop(ABSENT, None)
        for module in modules:
            module.open = False
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]


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
    around = Path(found.origin).parent.parent
    return next((entry.name[len("textual-") : -len(".dist-info")] for entry in around.glob("textual-*.dist-info")), "")


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
