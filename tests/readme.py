"""Write the tables of keys and settings anew into README.md, where tests look whether they are true.

python -m tests.readme
"""

from pathlib import Path

from tui_mail.model.setting import settings_table
from tui_mail.ui.commands.command import key_table
from tui_mail.ui.commands.register import COMMANDS

README = Path(__file__).parents[1] / "README.md"


def with_table(text: str, table: str) -> str:
    """The text with the table that begins like this one replaced."""
    head = table.partition("\n")[0]
    before, _, rest = text.partition(head)
    after = rest[rest.index("\n\n") :] if "\n\n" in rest else "\n"
    return before + table.rstrip("\n") + after


def main() -> None:
    """Both tables."""
    text = README.read_text(encoding="utf-8")
    for table in (key_table(COMMANDS), settings_table()):
        text = with_table(text, table)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
