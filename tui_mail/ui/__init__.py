"""Floor 5: the terminal interface, the only room that imports textual. It shows; the engine does."""
