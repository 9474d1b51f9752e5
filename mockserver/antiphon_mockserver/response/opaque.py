"""Opaque text that only this server can read: encrypted reasoning and compacted context.

It hides its content from casual readers and detects changes. It is not secret: the seed is enough to read it.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b, shake_256
from hmac import compare_digest

TAG_LENGTH = 16
MARK = b"\x80\x01"
"""The first bytes of every sealed text, so that all begin alike."""


def seal(content: bytes, secret: str) -> str:
    """Returns the content as opaque text; equal content and secret give equal text."""
    data = zlib.compress(content, 6)
    tag = _tag(data, secret)
    return urlsafe_b64encode(MARK + tag + _mask(data, tag, secret)).decode()


def unseal(text: str, secret: str) -> bytes | None:
    """Returns the content of a text sealed with this secret; None when the text is foreign or changed."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii"))
    except ValueError:
        return None
    if urlsafe_b64encode(raw).decode() != text or not raw.startswith(MARK):
        return None
    tag = raw[len(MARK) : len(MARK) + TAG_LENGTH]
    data = _mask(raw[len(MARK) + TAG_LENGTH :], tag, secret)
    return zlib.decompress(data) if compare_digest(tag, _tag(data, secret)) else None


def _tag(data: bytes, secret: str) -> bytes:
    return blake2b(data, digest_size=TAG_LENGTH, key=secret.encode()[:64]).digest()


def _mask(data: bytes, tag: bytes, secret: str) -> bytes:
    stream = shake_256(tag + secret.encode()).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")
