"""Bodies as recorders keep them: text, bytes, Base64, chunks, compressed or parsed."""

from __future__ import annotations

import ast
import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import orjson

from antiphon_conformance.http.exchange import Headers

GZIP = b"\x1f\x8b"
LARGEST = 64 * 1024 * 1024
"""Bytes of a body, once decompressed: a few compressed ones can be a thousand times as many."""
BROTLI_STEP = 256
"""So many bytes are decompressed at a time: between them, the size of what came out is looked at."""


PYTHON_BYTES = re.compile(r"b(['\"]).*\1", re.DOTALL)
WRAPPERS = ("base64_string", "string", "text", "raw")
"""The members of an object that wraps the text of a body."""


class CodingError(ValueError):
    """A body is compressed in a way that we cannot undo."""


def too_long(most: int) -> str:
    """Why a compressed body was not read."""
    return f"the compressed body grows beyond {most} bytes, and we read no more"


def bytes_of(body: Any) -> bytes:
    """The bytes of a recorded body: a text, bytes, chunks, or an object with `string` or `base64_string`."""
    if isinstance(body, Mapping):
        if "base64_string" in body:
            return base64.b64decode(body["base64_string"])
        body = next((body[name] for name in WRAPPERS if name in body), None)
    if isinstance(body, list):
        return b"".join(map(bytes_of, body))
    if isinstance(body, str) and PYTHON_BYTES.fullmatch(body):
        return _literal(body)
    return body if isinstance(body, bytes) else str(body or "").encode()


def _literal(text: str) -> bytes:
    """The bytes of a literal of Python, which a recorder wrote as a text by mistake."""
    try:
        return bytes(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text.encode()


def decode(raw: bytes, fields: Headers) -> bytes:
    """The body without its content coding, where the recorder kept that.

    Raises CodingError when the body is compressed and nothing here can decompress it, or when it would grow
    beyond LARGEST.
    """
    if raw.startswith(GZIP):
        return _try(gunzip, raw)
    names = (fields.get("content-encoding") or "").lower().split(",")
    coding = names[-1].strip()
    if coding not in ("br", "deflate", "zstd") or _is_text(raw):
        return raw
    if coding == "deflate":
        return _try(_inflate, raw)
    if coding == "br":
        return _try(_unbrotli, raw)
    raise CodingError(f"the body is compressed ({coding}), and we cannot decompress that")


def join_chunks(text: str, coding: str) -> bytes | None:
    """The bytes of a body that a recorder wrote as a JSON list of chunks; None when it is something else."""
    if not text.startswith("["):
        return None
    try:
        chunks = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not chunks or not all(isinstance(chunk, str) for chunk in chunks):
        return None
    return b"".join(_chunk(chunk, coding) for chunk in chunks)


def _chunk(chunk: str, coding: str) -> bytes:
    """A chunk is Base64, hexadecimal digits, or the text itself."""
    try:
        if coding == "base64":
            return base64.b64decode(chunk, validate=True)
        return bytes.fromhex(chunk) if coding == "hex" or _is_hexadecimal(chunk) else chunk.encode()
    except (binascii.Error, ValueError):
        return chunk.encode()


def _is_hexadecimal(chunk: str) -> bool:
    return len(chunk) > 1 and len(chunk) % 2 == 0 and all(letter in "0123456789abcdef" for letter in chunk)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def gunzip(raw: bytes, most: int = LARGEST) -> bytes:
    """The content of gzip data, member by member, as `gzip` does it; what follows the last one is ignored.

    Raises CodingError beyond `most` bytes, EOFError for half a member, and zlib.error.
    """
    content = bytearray()
    while raw.startswith(GZIP):
        part, raw = _inflated(raw, zlib.MAX_WBITS | 16, most - len(content))
        content += part
        raw = raw.lstrip(b"\0")
    return bytes(content)


def _inflate(raw: bytes) -> bytes:
    try:
        return _inflated(raw, zlib.MAX_WBITS, LARGEST)[0]
    except zlib.error:
        return _inflated(raw, -zlib.MAX_WBITS, LARGEST)[0]


def _inflated(raw: bytes, window: int, most: int) -> tuple[bytes, bytes]:
    """What one compressed stream holds, and what follows it. Raises CodingError beyond `most` bytes."""
    reader = zlib.decompressobj(window)
    content = reader.decompress(raw, most + 1)
    if len(content) > most:
        raise CodingError(too_long(most))
    if not reader.eof:
        raise EOFError("it ends too early")
    return content, reader.unused_data


def _unbrotli(raw: bytes) -> bytes:
    try:
        brotli = import_module("brotli")  # an optional package, which few recordings need
    except ImportError:
        raise CodingError("the body is compressed (br): install the package `brotli` to read it") from None
    reader, content = brotli.Decompressor(), bytearray()
    for start in range(0, len(raw), BROTLI_STEP):
        content += reader.process(raw[start : start + BROTLI_STEP])
        if len(content) > LARGEST:
            raise CodingError(too_long(LARGEST))
    if not reader.is_finished():
        raise EOFError("it ends too early")
    return bytes(content)


def _try(decompress: Callable[[bytes], bytes], raw: bytes) -> bytes:
    try:
        return decompress(raw)
    except CodingError:
        raise
    except Exception as error:  # brotli has an exception of its own
        raise CodingError(f"the compressed body is damaged ({error})") from error
