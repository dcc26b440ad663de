"""Floor 4: the engine does the work. One process a profile, started on demand; others speak to it by `messages`."""
