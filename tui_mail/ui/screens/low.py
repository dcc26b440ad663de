"""When a terminal is so low that a dialog gives its frame and its margins to its text."""

LOW = [(0, "-low"), (16, "-high")]
"""For `VERTICAL_BREAKPOINTS`: dialogs on fewer than sixteen rows carry the class ``-low``."""
