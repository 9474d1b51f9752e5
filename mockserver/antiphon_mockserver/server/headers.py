"""The headers of answers: those of every answer, those of the dialect, and those that browsers need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import Answer, Request
from antiphon_spec.dialect import Dialect

Pairs = list[tuple[bytes, bytes]]

REQUESTS, TOKENS = 10_000, 2_000_000
"""The limits that answers advertise; only `--fault rate-limit=N` enforces one."""
A_DAY = "86400"


class Headers:
    """Builds the headers of a dialect's answers."""

    def __init__(self, dialect: Dialect) -> None:
        self.traits = traits = dialect.traits
        self.mock = mock = dialect.mock
        constant = {"access-control-allow-origin": "*", **traits.constant_headers}
        if mock.processing_header:
            constant[mock.processing_header] = "1"
        if names := exposed_headers(dialect):
            constant["access-control-expose-headers"] = ", ".join(names)
        self._constant = encode_headers(constant)
        self._request_id = mock.request_id_header.encode() if mock.request_id_header else None
        self._kinds: dict[str, Pairs] = {}
        self._lines: tuple[str, bytes, bytes] = ("", b"", b"")

    def lines(self, request: Request, content_type: str, date: bytes) -> bytes:
        """The same headers as `of`, as lines for the wire."""
        kind, latest, start = self._lines
        if kind != content_type or latest is not date:
            start = lines([*self._kind(content_type), (b"date", date)])
            self._lines = (content_type, date, start)
        if self._request_id is not None:
            start = b"%b%b: %b\r\n" % (start, self._request_id, request.identity.request.encode())
        if self.mock.rate_limit_headers and request.method == "POST":
            start += rate_limit_lines(request.number)
        return start

    def of(self, request: Request, content_type: str, date: bytes) -> Pairs:
        """Returns the headers of the answer to a request, without the length."""
        pairs = [*self._kind(content_type), (b"date", date)]
        if self._request_id is not None:
            pairs.append((self._request_id, request.identity.request.encode()))
        if self.mock.rate_limit_headers and request.method == "POST":
            pairs += rate_limits(request.number)
        return pairs

    def reject_too_large(self, headers: Mapping[str, str]) -> None:
        """Rejects headers that are larger in total than the dialect allows, with 431 (TRN-27)."""
        limit = self.traits.header_limit
        if limit is not None and sum(map(len, (*headers, *headers.values()))) > limit:
            message = f"The headers are larger than {limit} bytes in total."
            raise ApiError(message, status=431, code="headers_too_large", headers={"connection": "close"})

    def _kind(self, content_type: str) -> Pairs:
        if content_type not in self._kinds:
            special = {"content-type": content_type}
            if content_type.startswith("text/event-stream"):
                special["cache-control"] = "no-cache"
            self._kinds[content_type] = encode_headers(special) + self._constant
        return self._kinds[content_type]


def lines(pairs: Pairs) -> bytes:
    """Headers as lines for the wire."""
    return b"".join([b"%b: %b\r\n" % pair for pair in pairs])


def encode_headers(headers: Mapping[str, str]) -> Pairs:
    """Encodes headers for the wire."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def decode_headers(pairs: Pairs) -> dict[str, str]:
    """Decodes headers for mutants and tests."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}


def exposed_headers(dialect: Dialect) -> list[str]:
    """The names of the headers that scripts in a browser may read, besides the safelisted ones."""
    special = [
        *dialect.traits.constant_headers,
        dialect.mock.processing_header,
        dialect.mock.request_id_header,
    ]
    limits = [name.decode() for name, _ in rate_limits(0)] if dialect.mock.rate_limit_headers else []
    return ["retry-after", *(name for name in special if name), *limits]


def rate_limits(number: int) -> Pairs:
    """The limits after this many identical requests; they never depend on other requests."""
    return [
        (b"x-ratelimit-limit-requests", b"%d" % REQUESTS),
        (b"x-ratelimit-limit-tokens", b"%d" % TOKENS),
        (b"x-ratelimit-remaining-requests", b"%d" % max(REQUESTS - 1 - number, 0)),
        (b"x-ratelimit-remaining-tokens", b"%d" % max(TOKENS - 1000 * (1 + number), 0)),
        (b"x-ratelimit-reset-requests", b"%dms" % (6 * (1 + number))),
        (b"x-ratelimit-reset-tokens", b"%dms" % (30 * (1 + number))),
    ]


@lru_cache(maxsize=64)
def rate_limit_lines(number: int) -> bytes:
    """The same limits, as lines for the wire."""
    return lines(rate_limits(number))


def preflight(headers: Mapping[str, str], methods: Sequence[str]) -> Answer:
    """Answers OPTIONS, also without credentials (TRN-29). Rejects an unknown path with 404."""
    if not methods:
        raise ApiError("Unknown path.", status=404, code="unknown_url")
    method_list = ", ".join(methods)
    request_headers = headers.get("access-control-request-headers", "authorization, content-type")
    answer_headers = {
        "allow": method_list,
        "access-control-allow-methods": method_list,
        "access-control-allow-headers": request_headers,
        "access-control-max-age": A_DAY,
        "content-type": "text/plain; charset=utf-8",
        "vary": "access-control-request-headers",
    }
    return Answer(200, answer_headers, b"OK")


def with_bearer(headers: Mapping[str, str], auth: str) -> Mapping[str, str]:
    """The headers with the key as a bearer key, where the dialect's clients put it into another header."""
    name = auth.removeprefix("header:")
    if name == auth or name not in headers or "authorization" in headers:
        return headers
    return {**headers, "authorization": f"Bearer {headers[name]}"}
