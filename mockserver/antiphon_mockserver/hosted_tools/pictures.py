"""Pictures: real PNGs of a few colours, the same for the same prompt, drawn tile by tile."""

from __future__ import annotations

import re
import struct
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from zlib import compress, crc32

from antiphon_mockserver.hosted_tools.work import Job, Work
from antiphon_mockserver.response.plan import Item
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_pattern

TILES = 8
"""The number of tiles in a row and in a column."""
USUAL_SIZE = (1024, 1024)
LARGEST = 4096
"""The most points on a side."""
SIZE = late_pattern(r"(\d{1,4})x(\d{1,4})")
PALETTES = (
    ((247, 243, 233), (38, 70, 83), (42, 157, 143), (233, 196, 106)),
    ((250, 250, 245), (94, 84, 142), (159, 134, 192), (224, 177, 203)),
    ((255, 252, 242), (37, 36, 34), (64, 61, 57), (235, 94, 40)),
)
"""Four colours each, the background first."""
POINTS_PER_BYTE = 4
SAMPLES: Mapping[str, str] = {
    "jpeg": (
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////////////////"
        "//////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEA"
        "AD8AN//Z"
    ),
    "webp": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
    "gif": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
}
"""Pictures of one point in the formats that the mock cannot draw, in base64."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of tiles, whose pattern and colours a prompt decides."""

    prompt: str
    size: tuple[int, int] = USUAL_SIZE
    """Width and height in points."""
    transparent: bool = False
    share: float = 1.0
    """How much of it is drawn: from 0, which is only the background, to 1."""

    def tile(self, row: int, column: int) -> int:
        """The number of the colour of a tile."""
        if row * TILES + column >= self.share * TILES * TILES:
            return 0
        side = min(column, TILES - 1 - column)
        return crc32(f"{self.prompt}{row}{side}".encode(errors="replace")) % 4


@lru_cache(maxsize=64)
def png(picture: Picture) -> bytes:
    """The picture as PNG (ISO 15948), with two bits a point."""
    width, height = picture.size
    palette = PALETTES[crc32(picture.prompt.encode(errors="replace")) % len(PALETTES)]
    rows = [b"\0" + _row(picture, row, width) for row in range(TILES)]
    pixels = b"".join(rows[line * TILES // height] for line in range(height))
    colours = bytes(value for colour in palette for value in colour)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 2, 3, 0, 0, 0)),
        (b"PLTE", colours),
        *([(b"tRNS", b"\0")] if picture.transparent else []),
        (b"IDAT", compress(pixels, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _row(picture: Picture, row: int, width: int) -> bytes:
    """One line of points through a row of tiles, packed into bytes."""
    tiles = [picture.tile(row, column) for column in range(TILES)]
    points = [tiles[point * TILES // width] for point in range(width)]
    points += [0] * (-width % POINTS_PER_BYTE)
    groups = zip(*[iter(points)] * POINTS_PER_BYTE, strict=True)
    return bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in groups)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc32(name + content))


def data_url(picture: Picture) -> str:
    """The picture as a `data:` address."""
    return f"data:image/png;base64,{encode(picture, 'png')}"


def encode(picture: Picture, form: str) -> str:
    """The picture in a format, in base64; in those that the mock cannot draw, a picture of one point."""
    if form == "svg":
        width, height = picture.size
        text = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"/>'
        return b64encode(text.encode()).decode()
    return SAMPLES.get(form) or b64encode(png(picture)).decode()


def image_generation(job: Job) -> Work:
    """A picture of what the prompt asks for. The item shows the values that were used, never `auto`."""
    tool, prompt = job.tool, _subject(job)
    size = SIZE.fullmatch(str(tool.get("size") or ""))
    width, height = (int(size[1]), int(size[2])) if size else USUAL_SIZE
    used: dict[str, Any] = {
        "background": _choice(tool, "background", "opaque"),
        "output_format": tool.get("output_format") or "png",
        "quality": _choice(tool, "quality", "low"),
        "size": f"{width}x{height}",
    }
    picture = _picture(prompt, used)
    item: Item = {
        "type": "image_generation_call",
        **used,
        "result": encode(picture, used["output_format"]),
        "revised_prompt": prompt,
    }
    return Work((item,), "image_generation", f"a picture of {prompt}")


DRAW = late_pattern(
    r"\b(?:draw|paint|sketch|illustrate|generate|create|make|produce)\b(?: me| us)?"
    r"(?: an?| the)?(?: small| simple)?"
    r"(?: (?:picture|image|drawing|illustration|painting|photo|logo|icon)\b)?"
    r"(?: of| showing| with)?[:\s]+(\S[^\n]*)",
    re.IGNORECASE,
)
"""An order to draw, and what."""


def _subject(job: Job) -> str:
    order = DRAW.search(job.prompt)
    return order[1].strip().rstrip(".?!")[:200] if order else job.subject


def _choice(tool: Mapping[str, Any], name: str, usual: str) -> str:
    value = tool.get(name)
    return usual if value in (None, "auto") else str(value)


def _picture(prompt: str, item: Mapping[str, Any], share: float = 1.0) -> Picture:
    width, height = (min(max(int(side), 1), LARGEST) for side in str(item["size"]).split("x"))
    return Picture(prompt, (width, height), item["background"] == "transparent", share)


def partial_images(item: Mapping[str, Any], number: int) -> Sequence[Mapping[str, Any]]:
    """The members of each event that shows a picture before it is finished; `number` of them at most."""
    if not item.get("result") or SIZE.fullmatch(str(item.get("size"))) is None:
        return ()
    used = {name: item.get(name) for name in ("size", "quality", "background", "output_format")}
    return [
        {
            "partial_image_b64": encode(
                _picture(str(item.get("revised_prompt")), item, (index + 1) / (number + 1)),
                str(item.get("output_format")),
            ),
            **used,
        }
        for index in range(number)
    ]
