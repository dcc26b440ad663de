"""Floor 0: the words that every floor speaks. Frozen values, enums and errors; no behaviour that touches the world."""
