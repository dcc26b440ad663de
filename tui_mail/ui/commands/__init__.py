"""What a person can do: one class is a key, a palette entry, a footer text and a help line."""
