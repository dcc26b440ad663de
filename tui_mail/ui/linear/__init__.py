"""The program as a conversation in plain lines: for screen readers, poor terminals, and pipes."""
