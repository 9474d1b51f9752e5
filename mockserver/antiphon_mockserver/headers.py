"""The headers of answers: what every one carries, what the dialect adds, and what browsers need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from antiphon_mockserver.answer import Answer, Incoming
from antiphon_mockserver.plan import Denied
from antiphon_spec.dialect import Traits

REQUESTS, TOKENS = 10_000, 2_000_000
"""The limits that are advertised; only `--fault rate-limit=N` enforces one."""
EXPOSED = (
    "x-request-id, retry-after, openai-organization, openai-processing-ms, openai-version, "
    "x-ratelimit-limit-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, "
    "x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, x-ratelimit-reset-tokens"
)
A_DAY = "86400"


class Headers:
    """Makes the headers of a dialect's answers."""

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self._constant = {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": EXPOSED,
            **traits.constant_headers,
        }
        if traits.processing_header:
            self._constant[traits.processing_header] = "1"

    def of(self, incoming: Incoming, content_type: str, date: bytes) -> dict[str, str]:
        """The headers of the answer to a request."""
        made = {"content-type": content_type, "date": date.decode(), **self._constant}
        if self.traits.request_id_header:
            made[self.traits.request_id_header] = incoming.identity.request
        if self.traits.rate_limit_headers and incoming.method == "POST":
            made |= rate_limits(incoming.number)
        if content_type.startswith("text/event-stream"):
            made["cache-control"] = "no-cache"
        return made

    def refuse_too_large(self, headers: Mapping[str, str]) -> None:
        """Refuses headers that are larger in total than the dialect allows (TRN-27)."""
        limit = self.traits.header_limit
        if limit is not None and sum(len(name) + len(value) + 4 for name, value in headers.items()) > limit:
            message = f"The headers are larger than {limit} bytes in total."
            raise Denied(message, status=431, code="headers_too_large", headers={"connection": "close"})


def rate_limits(number: int) -> dict[str, str]:
    """The state of the limits after so many equal requests: it falls, and never depends on what others ask."""
    requests, tokens = max(REQUESTS - 1 - number, 0), max(TOKENS - 1000 * (1 + number), 0)
    return {
        "x-ratelimit-limit-requests": str(REQUESTS),
        "x-ratelimit-limit-tokens": str(TOKENS),
        "x-ratelimit-remaining-requests": str(requests),
        "x-ratelimit-remaining-tokens": str(tokens),
        "x-ratelimit-reset-requests": f"{6 * (1 + number)}ms",
        "x-ratelimit-reset-tokens": f"{30 * (1 + number)}ms",
    }


def preflight(headers: Mapping[str, str], methods: Sequence[str]) -> Answer:
    """What a browser, or anyone who is curious, is told without credentials (TRN-29)."""
    if not methods:
        raise Denied("Unknown path.", status=404, code="unknown_url")
    allowed = ", ".join(methods)
    wanted = headers.get("access-control-request-headers", "authorization, content-type")
    told = {
        "allow": allowed,
        "access-control-allow-methods": allowed,
        "access-control-allow-headers": wanted,
        "access-control-max-age": A_DAY,
        "content-type": "text/plain; charset=utf-8",
        "vary": "access-control-request-headers",
    }
    return Answer(200, told, b"OK")
