"""How requests show who asks: where the key goes, and the headers that the user adds.

A scenario knows one form, `Authorization: Bearer KEY`, and may leave it out or send a wrong key. `sign` turns
that into the form of the target, so that each scenario works with all of them.
"""

from __future__ import annotations

from dataclasses import field, replace
from importlib.metadata import version
from urllib.parse import quote, quote_plus

import orjson

from antiphon_conformance.http.address import REDACTED, is_secret_name
from antiphon_conformance.http.exchange import Headers, Request
from antiphon_conformance.recordings.transcript import SECRET_HEADERS
from antiphon_spec.loading.construction import dataclass

BEARER, HEADER, QUERY, NONE = "bearer", "header", "query", "none"
PLACES = "bearer, header:NAME, query:NAME or none"
AGENT = f"antiphon/{version('antiphon')}"
"""Our `User-Agent`. Looking up the version takes a millisecond, so it is done once."""
PLACEHOLDER = "no-key"
"""The key that is sent when the user has none: clients always send one, so servers without keys expect
any."""
KEY = "{api_key}"
"""Stands for the key in the value of a header, so that scenarios never see the key."""
OTHER_KEY = "{other_key}"
"""Stands for the key of another account."""
AUTHORIZATION = "authorization"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The key, its place, and further headers."""

    key: str | None = field(default=None, repr=False)
    place: str = BEARER
    """`bearer`, `header`, `query` or `none`."""
    name: str = ""
    """The name of the header or of the parameter."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The user's headers. An empty value keeps a usual header from being sent."""
    other_key: str = field(default="", repr=False)
    """The key of another account; "" when the user gives none."""
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """Further texts to hide, such as a signature in the query of the URL."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must reach no file and no screen, as they stand in headers and in queries."""
        values = [self.key or "", self.other_key, *self.hidden]
        for name, value in self.headers:
            if name.lower() in SECRET_HEADERS or is_secret_name(name):
                values += [value, value.rpartition(" ")[2]]
        texts = (text for value in values for text in (value, quote(value, ""), quote_plus(value)))
        return tuple(dict.fromkeys(filter(None, texts)))

    def sign(self, request: Request) -> Request:
        """The request as it is sent: with the headers that every client sends, the user's, and the key."""
        raw = request.raw
        if raw is None and request.body is not None:
            raw = orjson.dumps(request.body)
        key = self.key or PLACEHOLDER
        own = {name.lower() for name, _ in request.headers.pairs}
        added = tuple(pair for pair in self.headers if pair[0].lower() not in own)
        names = own | {name.lower() for name, _ in added}
        defaults = {"accept": "application/json, text/event-stream", "user-agent": AGENT}
        if raw is not None:
            defaults["content-type"] = "application/json"
        defaults[AUTHORIZATION] = f"Bearer {key}"
        usual = tuple(pair for pair in defaults.items() if pair[0] not in names)
        pairs = tuple(
            (name, value.replace(KEY, key).replace(OTHER_KEY, self.other_key))
            for name, value in request.headers.pairs
            if value
        )
        signed = replace(request, headers=Headers((*usual, *pairs)), raw=raw)
        placed = self._place(signed)
        return replace(placed, headers=Headers((*placed.headers.pairs, *(pair for pair in added if pair[1]))))

    def redact(self, request: Request) -> Request:
        """A signed request without credentials: neither the key nor the values of the user's headers."""
        hidden = SECRET_HEADERS | {name.lower() for name, _ in self.headers} | {self.name.lower()}
        pairs = tuple(
            (name, REDACTED if name.lower() in hidden or value == self.key else value)
            for name, value in request.headers.pairs
        )
        path, mark, query = request.path.partition("?")
        if mark and self.place == QUERY:
            query = "&".join(
                f"{self.name}={REDACTED}" if pair.partition("=")[0] == self.name else pair
                for pair in query.split("&")
            )
        return replace(request, path=path + mark + query, headers=Headers(pairs))

    def _place(self, request: Request) -> Request:
        """The request with its bearer key where the target wants it."""
        value = request.headers.get(AUTHORIZATION)
        if self.place == BEARER or value is None:
            return request
        others = tuple(pair for pair in request.headers.pairs if pair[0].lower() != AUTHORIZATION)
        token = value.partition(" ")[2]
        if self.place == HEADER:
            return replace(request, headers=Headers((*others, (self.name, token))))
        unsigned = replace(request, headers=Headers(others))
        if self.place == NONE:
            return unsigned
        separator = "&" if "?" in request.path else "?"
        return replace(unsigned, path=f"{request.path}{separator}{self.name}={quote(token, '')}")


def read_place(text: str) -> tuple[str, str]:
    """The place of the key and its name, from `bearer`, `header:NAME`, `query:NAME` or `none`.

    Raises ValueError for any other text.
    """
    place, colon, name = text.strip().partition(":")
    named = place in (HEADER, QUERY)
    if place not in (BEARER, HEADER, QUERY, NONE) or named != bool(name.strip()) or (colon and not named):
        raise ValueError(f"expected {PLACES}, got {text!r}")
    return place, name.strip().lower() if place == HEADER else name.strip()
