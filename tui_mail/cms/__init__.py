"""Cryptographic Message Syntax (RFC 5652) read and written: pure functions from bytes to values and back."""
