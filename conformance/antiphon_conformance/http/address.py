"""The base URL of a server under test, as a person types it."""

from __future__ import annotations

from urllib.parse import urlsplit


class AddressError(ValueError):
    """The text is not a base URL."""


def base_url(text: str) -> str:
    """The URL that ends where `/responses` begins. Raises AddressError, which never repeats a password."""
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise AddressError(f"expected a URL, got one that cannot be read: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise AddressError("expected a URL without credentials: a key is read from the environment")
    if not usable:
        raise AddressError(f"{text}: expected a URL that starts with http:// or https://, and a host")
    if parts.query or parts.fragment:
        raise AddressError(f"{text}: expected a URL without `?` and `#`: paths are added at its end")
    return text.strip().rstrip("/").removesuffix("/responses").rstrip("/")
