"""Floor 4: the engine does the work. One process a profile, started on demand; other processes speak to it by `messages`."""
