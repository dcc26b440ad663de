"""Few bytes: what the terminal shows already is remembered, and only what differs is sent."""
