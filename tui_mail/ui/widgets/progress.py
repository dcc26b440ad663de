"""How far long work has come, as a bar of few cells."""

WIDTH = 12


def bar(done: int, total: int, ascii_only: bool = False) -> str:
    """Twelve cells and the percentage."""
    share = min(1.0, max(0.0, done / total)) if total else 0.0
    full = round(share * WIDTH)
    filled, empty = ("#", ".") if ascii_only else ("━", "─")
    return f"{filled * full}{empty * (WIDTH - full)} {share:4.0%}"
