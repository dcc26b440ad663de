"""Sixel (DEC VT340): a picture as printable characters, six rows of pixels at a time."""

COLOURS = 128
_ALL = 63


def sixels(indexes: bytes, palette: bytes, width: int, height: int) -> bytes:
    """The data between the introducer and the terminator of a sixel sequence.

    Args:
        indexes: the colour of each pixel, row by row. palette: RGB of each colour, three octets each.
    """
    out = [f'"1;1;{width};{height}']
    for colour in range(len(palette) // 3):
        red, green, blue = (round(part * 100 / 255) for part in palette[3 * colour : 3 * colour + 3])
        out.append(f"#{colour};2;{red};{green};{blue}")
    for top in range(0, height, 6):
        masks: dict[int, bytearray] = {}
        for bit, y in enumerate(range(top, min(top + 6, height))):
            row = indexes[y * width : (y + 1) * width]
            for colour in set(row):
                mask = masks.setdefault(colour, bytearray(width))
                for x, found in enumerate(row):
                    if found == colour:
                        mask[x] |= 1 << bit
        out.append("$".join(f"#{colour}{_runs(mask)}" for colour, mask in masks.items()) + "-")
    return "".join(out).encode("ascii")


def _runs(mask: bytearray) -> str:
    """Columns as characters, repeated ones counted."""
    out = []
    start = 0
    while start < len(mask):
        end = start + 1
        while end < len(mask) and mask[end] == mask[start]:
            end += 1
        character = chr(_ALL + mask[start])
        out.append(f"!{end - start}{character}" if end - start > 3 else character * (end - start))
        start = end
    return "".join(out)
