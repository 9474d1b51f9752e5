"""Decompresses the body of a request, within the same limit as a plain one.

gzip and deflate are in the standard library. zstd needs `pip install 'antiphon[zstd]'`, or Python 3.14.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Protocol

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid

GZIP, ZLIB = 31, 15
"""The formats by the numbers that zlib has for them."""
MOST_MEMBERS = 16
"""Parts of a gzip file: what stands behind each is copied, and clients send one."""
MANY = f"it has more than {MOST_MEMBERS} parts"
ZSTD = ("zstandard", "compression.zstd")
"""The modules that read zstd."""


def decompress(headers: Mapping[str, str], content: bytes, limit: int) -> bytes:
    """The body without its content encoding (RFC 9110, 8.4).

    Rejects an encoding that this server does not read with 415, a broken body with 400, and more than `limit`
    bytes with 413.
    """
    coding = headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return content
    reader = READERS.get(coding)
    if reader is None:
        raise unsupported(f"The content encoding '{coding[:64]}' is not supported.")
    try:
        plain = reader(content, limit + 1)
    except zlib.error as problem:
        raise invalid(f"The body is no {coding}: {problem}.", code="invalid_encoding") from None
    if len(plain) > limit:
        message = f"The decompressed body is larger than {limit} bytes."
        raise ApiError(message, status=413, code="request_too_large")
    return plain


def unsupported(message: str) -> ApiError:
    """The error for an encoding that nobody here can read."""
    accepted = ", ".join(READERS)
    return ApiError(
        message, status=415, code="unsupported_content_encoding", headers={"accept-encoding": accepted}
    )


def _gzip(content: bytes, most: int) -> bytes:
    """At most this many bytes of all members of a gzip file."""
    plain = b""
    for _ in range(MOST_MEMBERS):
        if not content or len(plain) >= most:
            return plain
        reader = zlib.decompressobj(GZIP)
        plain += _read(reader, content, most - len(plain))
        content = reader.unused_data
    raise zlib.error(MANY)


def _deflate(content: bytes, most: int) -> bytes:
    return _read(zlib.decompressobj(ZLIB), content, most)


class Reader(Protocol):
    """What reads one member of a file."""

    @property
    def eof(self) -> bool:
        """Whether it has seen the end."""

    def decompress(self, content: bytes, most: int, /) -> bytes:
        """At most this many bytes."""


def _read(reader: Reader, content: bytes, most: int) -> bytes:
    plain = reader.decompress(content, most)
    if not reader.eof and len(plain) < most:
        raise zlib.error("it ends too early")
    return plain


def _zstd(content: bytes, most: int) -> bytes:
    for name in ZSTD:
        try:
            module = import_module(name)  # an extra, and a request in zstd is rare
        except ImportError:
            continue
        return _read_zstd(module, content, most)
    raise unsupported("The content encoding 'zstd' needs a package: pip install 'antiphon[zstd]'.")


def _read_zstd(module: ModuleType, content: bytes, most: int) -> bytes:
    """At most this many bytes; the package reads from a stream, the standard library in one step."""
    decompressor = module.ZstdDecompressor()
    try:
        if not hasattr(decompressor, "stream_reader"):
            return _read(decompressor, content, most)
        with decompressor.stream_reader(content, read_across_frames=True) as reader:
            plain = bytes(reader.read(most))
        for _ in range(MOST_MEMBERS):  # the stream does not tell whether its frames have an end
            if not content or len(plain) >= most:
                return plain
            frame = decompressor.decompressobj()
            frame.decompress(content)
            if not frame.eof:
                raise zlib.error("it ends too early")
            content = frame.unused_data
    except module.ZstdError as problem:
        raise zlib.error(str(problem)) from None
    raise zlib.error(MANY)


READERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
}
"""The encodings that this server reads."""
