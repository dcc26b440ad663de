"""Private keys and passwords at rest: one file, one passphrase. The only room that sees key bytes besides the agent."""
