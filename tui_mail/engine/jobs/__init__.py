"""One file a thing that the engine does."""
