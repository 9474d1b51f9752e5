"""A picture and a file that any model can read, and pictures that nobody can."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from antiphon_conformance.requests.test_prompts import FIRST_WORD

SIZE = 32
"""The width and height of the picture in pixels."""
RED = b"\xff\x00\x00"


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file (PNG specification, 5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png() -> bytes:
    """A red square as a PNG file."""
    rows = (b"\x00" + RED * SIZE) * SIZE
    head = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _pdf(text: str) -> bytes:
    """A page with one line of text as a PDF file (ISO 32000-1, 7.5)."""
    content = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    text, places = "%PDF-1.4\n", []
    for number, entry in enumerate(objects, start=1):
        places.append(len(text))
        text += f"{number} 0 obj\n{entry}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n"
    return f"{text}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode("ascii")


def _data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


PICTURE = _data_url("image/png", _png())
"""A red square."""
NO_PICTURE = _data_url("image/png", b"This is no picture.")
"""A picture that no server can read."""
DOCUMENT = _data_url("application/pdf", _pdf(f"The code word is {FIRST_WORD}."))
"""A page that tells a code word."""
NO_DOCUMENT = _data_url("application/pdf", b"This is no page.")
"""A file that no server can read."""
UNREACHABLE = "https://antiphon.invalid/picture.png"
"""A picture that no server can fetch: no host has this name (RFC 6761, 6.4)."""


def document(data: str = DOCUMENT) -> dict[str, Any]:
    """A part of a message with a PDF file, which tells a code word."""
    return {"type": "input_file", "filename": "word.pdf", "file_data": data}


def picture(url: str = PICTURE) -> dict[str, Any]:
    """A part of a message with a picture."""
    return {"type": "input_image", "image_url": url, "detail": "auto"}
