"""The base URL of a server under test, as a person types it."""

from __future__ import annotations

from urllib.parse import urlsplit


class AddressError(ValueError):
    """The text is not a base URL; the message never repeats a password."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual


def base_url(text: str) -> str:
    """The URL that ends where `/responses` begins. Raises AddressError."""
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise AddressError("a URL", f"one that cannot be read: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise AddressError("a URL without credentials: a key is read from the environment", "credentials")
    if not usable:
        raise AddressError("a URL that starts with http:// or https://, and a host", text)
    if parts.query or parts.fragment:
        raise AddressError("a URL without `?` and `#`: paths are added at its end", text)
    return text.strip().rstrip("/").removesuffix("/responses").rstrip("/")
