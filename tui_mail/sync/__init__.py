"""Floor 1: what to do next, computed from what is here and what the server says. Pure: no clock, no disk, no socket."""
