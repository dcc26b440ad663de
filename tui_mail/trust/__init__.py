"""Whose signature is it, and is it worth something: certificates, paths, addresses, verdicts. Pure; `now` is given."""
