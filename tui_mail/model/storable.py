"""Foreign text in a form that can be kept and sent between processes."""


def storable(text: str) -> str:
    """Text that UTF-8 can carry: lone surrogates, as some decoders leave them, become U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
