"""The smime room."""
