"""Opaque text that only this server can read again: encrypted reasoning and compacted context.

It hides its content from the casual reader and notices any change; whoever knows the seed can read it.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b, shake_256
from hmac import compare_digest

TAG_LENGTH = 16
MARK = b"\x80\x01"
"""The first bytes, so that a sealed text begins the same way each time."""


def seal(content: bytes, secret: str) -> str:
    """The content as opaque text; the same content and secret always give the same text."""
    packed = zlib.compress(content, 6)
    tag = _tag(packed, secret)
    return urlsafe_b64encode(MARK + tag + _mask(packed, tag, secret)).decode()


def unseal(text: str, secret: str) -> bytes | None:
    """What was sealed with this secret, or None when the text is foreign or was tampered with."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii"))
    except ValueError:
        return None
    if urlsafe_b64encode(raw).decode() != text or not raw.startswith(MARK):
        return None
    tag = raw[len(MARK) : len(MARK) + TAG_LENGTH]
    packed = _mask(raw[len(MARK) + TAG_LENGTH :], tag, secret)
    return zlib.decompress(packed) if compare_digest(tag, _tag(packed, secret)) else None


def _tag(packed: bytes, secret: str) -> bytes:
    return blake2b(packed, digest_size=TAG_LENGTH, key=secret.encode()[:64]).digest()


def _mask(data: bytes, tag: bytes, secret: str) -> bytes:
    stream = shake_256(tag + secret.encode()).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")
