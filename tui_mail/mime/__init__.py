"""The mime room."""
