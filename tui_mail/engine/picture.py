"""A picture from a stranger made small: a process of its own that reads the file and writes bare pixels.

The law: decoders of pictures are large and old, so they run where there are no keys, no store and no files to write,
under limits of memory, processor time and pixels, and are killed when they are late.
"""

import io
import resource
import sys

from tui_mail.engine.sixel import COLOURS, sixels

MAX_PIXELS = 60_000_000
MAX_MEMORY_BYTES = 1_000_000_000
MAX_PROCESSOR_SECONDS = 8
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
PAPER = (255, 255, 255)
"""What shows through where a picture is transparent."""


def made_small(
    data: bytes, width: int, height: int, form: str = "rgb"
) -> tuple[tuple[int, int], tuple[int, int], bytes]:
    """The size of a picture, the size that fits into `width` and `height` pixels, and the picture in that size: RGB
    octets row by row, or as `form` says a new "png" file, or the data of a "sixel" sequence.

    Raises whatever the decoder raises, and ValueError for too many pixels.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # an error, not a warning, from twice as many
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        size = picture.size
        if size[0] * size[1] > MAX_PIXELS or min(size) < 1:
            raise ValueError("too many pixels")
        if picture.format == "JPEG":
            picture.draft("RGB", (width, height))  # reads an eighth of the work where only that much is shown
        found: Image.Image = picture.convert("RGBA")
    found = ImageOps.exif_transpose(found)
    if form == "rgb":
        found.thumbnail((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    else:
        found = ImageOps.contain(found, (width, height))
    paper = Image.new("RGB", found.size, PAPER)
    paper.paste(found, mask=found.getchannel("A"))
    if form == "png":
        out = io.BytesIO()
        paper.save(out, "PNG")
        return size, paper.size, out.getvalue()
    if form == "sixel":
        few = paper.quantize(COLOURS)
        return size, paper.size, sixels(few.tobytes(), bytes(few.getpalette() or ()), *paper.size)
    return size, paper.size, paper.tobytes()


def limit_process() -> None:
    """From here on: bounded memory and processor time, no file can grow, no core is left."""
    for which, wanted in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_CPU, MAX_PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(which)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (limit, limit))


def main() -> int:
    """Arguments: width and height in pixels, and the form. The file on standard input; sizes, a line break and the
    picture come out."""
    width, height, form = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    limit_process()
    try:
        size, small, pixels = made_small(sys.stdin.buffer.read(), width, height, form)
    except Exception:  # whatever a decoder says of a stranger's bytes: there is no picture
        return 1
    sys.stdout.buffer.write(b"%d %d %d %d\n" % (*size, *small) + pixels)
    return 0


if __name__ == "__main__":
    sys.exit(main())
