"""The command line, beside the house: one module a command, none of which needs a terminal interface."""
