"""Small files that the demo's mails carry: a real PDF of one page, a real PNG, a table."""

import struct
import zlib


def pdf(*lines: str) -> bytes:
    """A PDF of one page with these lines."""
    text = "".join(f"({_escaped(line)}) Tj 0 -18 Td " for line in lines)
    stream = f"BT /F1 12 Tf 72 740 Td {text}ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + end


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def png(width: int = 96, height: int = 64) -> bytes:
    """A grey picture with a bright disc, as an X-ray of nothing."""
    rows = b"".join(
        b"\0" + bytes(_grey(x - width // 2, y - height // 2, height // 3) for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _grey(x: int, y: int, radius: int) -> int:
    return max(0, 220 - (x * x + y * y) * 160 // (radius * radius)) if x * x + y * y < radius * radius * 2 else 24


CSV = (
    b"patient;date;hemoglobin;leukocytes\r\nK-1042;2026-03-02;13.9;6.1\r\n"
    b"K-1042;2026-06-08;14.2;5.8\r\nK-1042;2026-09-14;14.0;6.4\r\n"
)
