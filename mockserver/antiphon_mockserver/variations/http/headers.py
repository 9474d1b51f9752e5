"""Answers with other headers."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime

from antiphon_mockserver.server.context import Answer
from antiphon_mockserver.variations import EVERY, variation

NEEDED = ("content-type", "content-length", "date", "cache-control", "retry-after", "allow",
          "connection", "www-authenticate")  # fmt: skip


@variation("http.writes-header-names-in-capitals", fits=EVERY)
def writes_header_names_in_capitals(answer: Answer) -> Answer:
    """Sends `Content-Type` and not `content-type`.

    RFC 9110, 5.1: the names of fields are case-insensitive.
    """
    answer.headers = {name.title(): value for name, value in answer.headers.items()}
    return answer


@variation("http.sends-standard-headers-only", fits=EVERY)
def sends_standard_headers_only(answer: Answer) -> Answer:
    """Sends neither the headers of a vendor, nor request ids, rate limits, or those for browsers.

    No document demands them of another server.
    """
    answer.headers = {name: value for name, value in answer.headers.items() if name in NEEDED}
    return answer


@variation("http.stands-behind-a-proxy", fits=EVERY)
def stands_behind_a_proxy(answer: Answer) -> Answer:
    """Adds the headers of a reverse proxy to every answer.

    RFC 9110, 5.1: fields that a client does not know are ignored.
    """
    answer.headers |= {"server": "nginx", "via": "1.1 proxy", "x-envoy-upstream-service-time": "12",
                       "strict-transport-security": "max-age=31536000", "alt-svc": 'h3=":443"'}  # fmt: skip
    return answer


def _shift(answer: Answer, seconds: int) -> Answer:
    if "date" in answer.headers:
        moment = parsedate_to_datetime(answer.headers["date"]).timestamp()
        answer.headers["date"] = formatdate(moment + seconds, usegmt=True)
    return answer


@variation("http.lags-two-seconds", fits=EVERY)
def lags_two_seconds(answer: Answer) -> Answer:
    """Has a proxy whose clock is two seconds behind that of the server, so `date` comes before `created_at`.

    RFC 9110, 6.6.1: `Date` is an approximation, and no norm compares it with `created_at`.
    """
    return _shift(answer, -2)


@variation("http.leads-two-seconds", fits=EVERY)
def leads_two_seconds(answer: Answer) -> Answer:
    """Has a proxy whose clock is two seconds ahead of that of the server.

    RFC 9110, 6.6.1: `Date` is an approximation, and no norm compares it with `created_at`.
    """
    return _shift(answer, 2)


@variation("http.forbids-storing", fits=EVERY)
def forbids_storing(answer: Answer) -> Answer:
    """Sends `cache-control: no-store, no-transform` and `x-accel-buffering: no`.

    RFC 9111, 5.2.2: a response may forbid caches to store it.
    """
    answer.headers |= {"cache-control": "no-store, no-transform, no-cache", "x-accel-buffering": "no"}
    return answer
