"""The cms room."""
