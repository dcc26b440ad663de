"""No file of the interface hands text to an interface of textual that reads markup: ``ui/safe.py`` does that alone."""

import ast
from pathlib import Path

import pytest

import tui_mail.ui

ROOM = Path(tui_mail.ui.__file__).parent
FILES = sorted(path for path in ROOM.rglob("*.py") if path.name != "safe.py")
BUILDERS = {"text", "paragraphs", "join", "static", "label", "button", "Content"}

# Widgets whose first arguments are read as markup when they are plain text.
WIDGETS = {
    "Button", "Checkbox", "Collapsible", "Label", "Option", "RadioButton", "Rule", "Static", "Tab", "TabPane",
    "ToggleButton", "Tooltip", "Markdown", "Pretty", "Log", "RichLog", "Digits", "SelectionList",
}  # fmt: skip
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip"}
FORBIDDEN_METHODS = {"notify", "from_markup"}


def is_ours(node: ast.expr, builders: set[str]) -> bool:
    """A constant without brackets, or something that a function of safe.py (or of the file, `-> Content`) built."""
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str) or "[" not in node.value
    if isinstance(node, ast.IfExp):
        return is_ours(node.body, builders) and is_ours(node.orelse, builders)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in builders
    return False


def complaints(path: Path) -> list[str]:
    found = []
    tree = ast.parse(path.read_text())
    builders = BUILDERS | {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id == "Content"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and function.attr in FORBIDDEN_METHODS:
                if isinstance(function.value, ast.Name) and function.value.id == "safe":
                    continue
                found.append(f"{path.name}:{node.lineno} calls .{function.attr}() itself")
            name = function.id if isinstance(function, ast.Name) else ""
            if name in WIDGETS and not all(is_ours(argument, builders) for argument in node.args[:1]):
                found.append(f"{path.name}:{node.lineno} gives text to {name}()")
            if name == "print":
                found.append(f"{path.name}:{node.lineno} prints")
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if (
                    isinstance(target, ast.Attribute)
                    and target.attr in ATTRIBUTES
                    and not is_ours(node.value, builders)
                ):
                    found.append(f"{path.name}:{node.lineno} sets {ast.unparse(target)}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOM)))
def test_foreign_text_goes_through_safe_alone(path: Path) -> None:
    assert complaints(path) == []
