"""The address of a server under test, as a person types it.

https://host/v1                             a base URL: it ends where `/responses` begins
https://host/openai/v1?api-version=1        its query is sent with every request
http+unix://%2Frun%2Fserver.sock/v1         a unix socket
package.module:app                          an ASGI application in this process, at /v1
package.module:app/other                    the same at another path
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from urllib.parse import unquote, urlsplit

from antiphon_spec.loading.construction import dataclass

UNIX = "http+unix"
REDACTED = "REDACTED"
USUAL_PATH = "/v1"
"""Where an application serves the API unless its address says otherwise."""
_BARE_HOST = re.compile(r"(?:localhost|[\w-]+(?:\.[\w-]+)+):\d{1,5}(?:/[\w./-]*)?", re.ASCII)
"""A host and a port without the scheme before them."""
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
"""What people write before `://`, and the scheme that they mean."""
_APPLICATION = re.compile(r"([A-Za-z_][\w.]*:[A-Za-z_][\w.]*)(/.*)?")
_SECRET_NAME = re.compile(
    r"(^|[-_.])(api)?-?(key|token|secret|password|sig|signature|auth|code)$", re.IGNORECASE
)


class AddressError(ValueError):
    """The text is not an address; the message never repeats a password."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and how its paths become URLs."""

    base: str
    """The URL to which paths are added: scheme, host and path, without a slash at its end."""
    query: str = ""
    """What every request has in its query, without `?`."""
    socket: str = ""
    """The path of a unix socket; empty for a server that has a host."""
    application: str = ""
    """The module and the name of an ASGI application; empty for a server."""

    @property
    def host(self) -> str:
        """The host, without its port; empty for a socket or an application, which have none."""
        return "" if self.socket or self.application else urlsplit(self.base).hostname or ""

    def url(self, path: str) -> str:
        """The URL of a path below the base, which may have a query of its own."""
        separator = "&" if "?" in path else "?"
        return self.base + path + (separator + self.query if self.query else "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values of the query that no file and no screen may show: those of `key`, `token`, `sig`..."""
        pairs = (pair.partition("=") for pair in self.query.split("&"))
        values = [value for name, _, value in pairs if value and is_secret_name(unquote(name))]
        return tuple(dict.fromkeys((*values, *map(unquote, values))))


def is_secret_name(name: str) -> bool:
    """Whether a header or a parameter of this name holds a credential."""
    return _SECRET_NAME.search(name) is not None


def is_application(text: str) -> bool:
    """Whether an address names an application in this process."""
    return _APPLICATION.fullmatch(text) is not None


def shown(text: str) -> str:
    """An address for people and files: the secret values of its query are replaced."""
    base, mark, query = text.partition("?")
    if not mark:
        return text
    pairs = (pair.partition("=") for pair in query.split("&"))
    parts = (f"{name}={REDACTED}" if value and is_secret_name(name) else name + sign + value
             for name, sign, value in pairs)  # fmt: skip
    return f"{base}?{'&'.join(parts)}"


def _meant(text: str) -> str:
    """The URL that a text without scheme, or with another scheme, may stand for."""
    if _BARE_HOST.fullmatch(text):
        return f"; did you mean http://{text}?"
    scheme, _, rest = text.partition("://")
    near = get_close_matches(scheme.lower(), _SCHEMES, n=1) if rest else []
    return f"; did you mean {shown(f'{_SCHEMES[near[0]]}://{rest}')}?" if near else ""


def base_url(text: str) -> str:
    """The address in its normal form, which ends where `/responses` begins. Raises AddressError."""
    text = text.strip()
    if application := _APPLICATION.fullmatch(text):
        return application[1] + ("" if application[2] is None else application[2].rstrip("/") or "/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https", UNIX) and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise AddressError("a URL", f"one that cannot be read: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise AddressError("a URL without credentials: a key is read from the environment", "credentials")
    if not usable:
        expected = "a URL that starts with http:// or https://, and a host; or module:app"
        raise AddressError(expected, (shown(text) or "''") + _meant(text))
    if parts.fragment:
        raise AddressError("a URL without `#`: paths are added at its end", shown(text))
    base = text.partition("?")[0].rstrip("/").removesuffix("/responses").rstrip("/")
    return f"{base}?{parts.query}" if parts.query else base


def read_address(text: str) -> Address:
    """The address in a text. Raises AddressError."""
    normal = base_url(text)
    if application := _APPLICATION.fullmatch(normal):
        path, _, query = (USUAL_PATH if application[2] is None else application[2]).partition("?")
        return Address(f"http://asgi{path.rstrip('/')}", query, application=application[1])
    base, _, query = normal.partition("?")
    parts = urlsplit(base)
    if parts.scheme != UNIX:
        return Address(base, query)
    socket = unquote(parts.netloc)
    if not socket.startswith("/"):
        raise AddressError(
            "the path of a socket with %2F for each slash: http+unix://%2Frun%2Fs.sock", shown(text)
        )
    return Address(f"http://localhost{parts.path}", query, socket)
