"""The demo: a small clinic with its own mail server, inside the program and gone when it ends."""
