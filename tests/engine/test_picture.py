"""Pictures made small in a process of their own, which may not grow, run long, or bring the engine down."""

import io
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.engine.people import Person
from tests.patience import PATIENCE_SECONDS
from tests.servers import MailServers
from tui_mail.engine.jobs.picture import PROGRAM
from tui_mail.engine.messages import MessageOpened, OpenMessage, Picture, ShowPicture
from tui_mail.engine.picture import made_small
from tui_mail.mime.encode import base64_body
from tui_mail.model.errors import UsageError

ANNA = "anna@clinic.test"


def picture(
    size: tuple[int, int] = (40, 20), form: str = "PNG", mode: str = "RGB", colour: object = (255, 0, 0)
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, form)  # type: ignore[arg-type]
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG that is small and says that it is enormous."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * min(side, 20_000)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def run(data: bytes, width: int = 20, height: int = 20) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, str(width), str(height), "rgb"], input=data, capture_output=True, timeout=PATIENCE_SECONDS
    )


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_picture_keeps_its_shape(form: str) -> None:
    size, small, pixels = made_small(picture(form=form), 20, 20)
    assert size == (40, 20) and small == (20, 10) and len(pixels) == 600
    assert pixels[0] > 240 and pixels[1] < 15 and pixels[2] < 15


def test_what_is_transparent_shows_paper() -> None:
    assert made_small(picture(mode="RGBA", colour=(0, 0, 0, 0)), 4, 4)[2] == b"\xff" * len(
        made_small(picture((4, 2)), 4, 4)[2]
    )


def test_the_process_writes_sizes_and_pixels() -> None:
    done = run(picture())
    head, _, pixels = done.stdout.partition(b"\n")
    assert head == b"40 20 20 10" and len(pixels) == 600 and done.returncode == 0


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"no picture", picture()[:40], bomb(60_000), bomb(9_000),
     b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ids=["empty", "beginning", "text", "cut", "enormous", "large", "postscript", "svg"],
)  # fmt: skip
def test_what_is_none_or_far_too_large_ends_without_a_picture(data: bytes) -> None:
    done = run(data)
    assert done.returncode != 0 and not done.stdout


def test_sixel_data_are_what_another_program_reads(tmp_path: Path) -> None:
    if shutil.which("sixel2png") is None:
        pytest.skip("sixel2png is not here")
    two = Image.new("RGB", (50, 25), (255, 0, 0))
    two.paste((0, 0, 255), (20, 7, 50, 25))
    out = io.BytesIO()
    two.save(out, "PNG")
    _size, small, data = made_small(out.getvalue(), 50, 25, "sixel")
    assert small == (50, 25) and re.fullmatch(rb"[!-~]+", data)
    (tmp_path / "a.six").write_bytes(b"\x1bP0;1q" + data + b"\x1b\\")
    subprocess.run(
        ["sixel2png", "-i", str(tmp_path / "a.six"), "-o", str(tmp_path / "a.png")],
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    read = Image.open(tmp_path / "a.png").convert("RGB")
    assert read.size == (50, 25)
    assert read.getpixel((5, 5)) == read.getpixel((19, 24)) == (255, 0, 0)
    assert read.getpixel((20, 7)) == read.getpixel((49, 24)) == (0, 0, 255)


def test_a_png_is_made_anew_in_the_size_that_fits() -> None:
    _size, small, data = made_small(picture((40, 20)), 100, 100, "png")
    again = Image.open(io.BytesIO(data))
    assert small == again.size == (100, 50) and again.format == "PNG"


async def test_an_attached_picture_comes_through_the_engine(anna: Person, imap_servers: MailServers) -> None:
    part = b"--b\r\nContent-Type: image/%s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n"
    raw = (
        b"From: bob@elsewhere.test\r\nSubject: Picture\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + part % (b"png", base64_body(picture()))
        + part % (b"jpeg", base64_body(b"no picture"))
        + b"--b--\r\n"
    )
    imap_servers.deliver(ANNA, raw)
    await anna.until(lambda: anna.rows())
    number = anna.rows()[0].id
    assert len((await anna.client.ask(OpenMessage(number), MessageOpened)).view.attachments) == 2
    shown = await anna.client.ask(ShowPicture(number, 0, 10, 10), Picture)
    assert (shown.own_width, shown.own_height, shown.width, shown.height) == (40, 20, 10, 5)
    assert shown.pixels == b"\xff\x00\x00" * 50
    with pytest.raises(UsageError, match="cannot be shown as a picture"):
        await anna.client.ask(ShowPicture(number, 1, 10, 10), Picture)
