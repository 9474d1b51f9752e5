"""The token counts of a response: they are present at its end, and they add up."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import member, number
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ResponseObject

COUNTS = (
    ("input_tokens",),
    ("input_tokens_details", "cached_tokens"),
    ("output_tokens",),
    ("output_tokens_details", "reasoning_tokens"),
    ("total_tokens",),
)


def _count(response: ResponseObject, *path: str) -> int | float | None:
    return number(member(response.object, "usage", *path))


def tokens_of(response: ResponseObject, side: str) -> int | float | None:
    """The tokens of the input or of the output; what is left of the total where their count is absent."""
    other = {"input": "output", "output": "input"}[side]
    count, rest = _count(response, f"{side}_tokens"), _count(response, f"{other}_tokens")
    total = _count(response, "total_tokens")
    return count if count is not None or rest is None or total is None else total - rest


def _has_answer(response: ResponseObject) -> bool:
    """Whether the response is an answer in one piece; another rule reports what the end of a stream lacks."""
    return response.status in ("completed", "incomplete") and response.kind == "body"


def _under_way(response: ResponseObject) -> bool:
    return response.status in ("queued", "in_progress")


@rule("usage.an-ended-response-has-usage", ResponseObject, cites=("RES-50", "CG-RSP-10"), when=_has_answer)
def an_ended_response_has_usage(response: ResponseObject) -> Iterator[Finding]:
    """A completed or incomplete response has an object as its `usage`."""
    if not isinstance(response.object.get("usage"), dict):
        yield Finding(f"{response.where}/usage", "an object", show(response.object.get("usage", ABSENT)))


@rule(
    "usage.no-usage-before-the-end",
    ResponseObject,
    cites="RES-50",
    when=_under_way,
    needs="a response that is queued or in progress",
)
def no_usage_before_the_end(response: ResponseObject) -> Iterator[Finding]:
    """`usage` counts no output while a response is queued or in progress.

    Clients that sum up the usage would count a response twice. Counts of the input, and zeros, do no harm.
    """
    if response.object.get("usage") is not None and _count(response, "output_tokens") != 0:
        yield Finding(f"{response.where}/usage", "null, or no output tokens", show(response.object["usage"]))


def _has_usage(response: ResponseObject) -> bool:
    return isinstance(response.object.get("usage"), dict)


@rule("usage.counts-are-not-negative", ResponseObject, cites="RES-51", when=_has_usage)
def counts_are_not_negative(response: ResponseObject) -> Iterator[Finding]:
    """No token count is negative."""
    for path in COUNTS:
        count = _count(response, *path)
        if count is not None and count < 0:
            yield Finding(f"{response.where}/usage/{'/'.join(path)}", "at least 0", show(count))


def _says_something(response: ResponseObject) -> bool:
    whole = response.creation and response.status == "completed" and _has_usage(response)
    return whole and bool(response.text)


@rule(
    "usage.what-was-read-and-said-is-counted",
    ResponseObject,
    cites=("RES-63", "CG-RSP-10"),
    when=_says_something,
    needs="a completed response with a text and `usage`",
)
def what_was_read_and_said_is_counted(response: ResponseObject) -> Iterator[Finding]:
    """A completed response with a text counts input tokens and output tokens.

    Agents decide by the count when to shorten a conversation; with zeros they never do.
    """
    for name in ("input_tokens", "output_tokens"):
        if _count(response, name) == 0:
            yield Finding(f"{response.where}/usage/{name}", "more than 0", "0")


def _has_total(response: ResponseObject) -> bool:
    return None not in (_count(response, name) for name in ("input_tokens", "output_tokens", "total_tokens"))


@rule("usage.total-is-the-sum", ResponseObject, cites=("RES-51", "CG-RSP-10", "BUD-RSP-09"), when=_has_total)
def total_is_the_sum(response: ResponseObject) -> Iterator[Finding]:
    """`total_tokens` is the sum of `input_tokens` and `output_tokens`."""
    expected = sum(_count(response, name) or 0 for name in ("input_tokens", "output_tokens"))
    total = _count(response, "total_tokens")
    if total != expected:
        yield Finding(f"{response.where}/usage/total_tokens", show(expected), show(total))


def _compare_detail(response: ResponseObject, side: str, detail: str) -> Iterator[Finding]:
    whole, part = tokens_of(response, side), _count(response, f"{side}_tokens_details", detail)
    if whole is not None and part is not None and part > whole:
        where = f"{response.where}/usage/{side}_tokens_details/{detail}"
        yield Finding(where, f"at most {show(whole)}", show(part))


@rule("usage.cached-tokens-are-input-tokens", ResponseObject, cites="RES-52", when=_has_usage)
def cached_tokens_are_input_tokens(response: ResponseObject) -> Iterator[Finding]:
    """`cached_tokens` is at most `input_tokens`."""
    yield from _compare_detail(response, "input", "cached_tokens")


@rule("usage.reasoning-tokens-are-output-tokens", ResponseObject, cites="RES-52", when=_has_usage)
def reasoning_tokens_are_output_tokens(response: ResponseObject) -> Iterator[Finding]:
    """`reasoning_tokens` is at most `output_tokens`."""
    yield from _compare_detail(response, "output", "reasoning_tokens")


def _limit(response: ResponseObject) -> int | float:
    """The limit of the request, or a higher one that the server reports: some raise what is too low."""
    limits = (side.get("max_output_tokens") for side in (response.request_fields, response.object))
    return max((limit for limit in map(number, limits) if limit is not None), default=0)


def _has_limit(response: ResponseObject) -> bool:
    limit = number(response.request_fields.get("max_output_tokens"))
    return response.creation and limit is not None and tokens_of(response, "output") is not None


@rule(
    "usage.output-is-within-the-limit",
    ResponseObject,
    cites="RES-53",
    when=_has_limit,
    needs="an answer to a request with `max_output_tokens`",
)
def output_is_within_the_limit(response: ResponseObject) -> Iterator[Finding]:
    """`output_tokens` is at most the `max_output_tokens` of the request."""
    count, limit = tokens_of(response, "output") or 0, _limit(response)
    if count > limit:
        yield Finding(f"{response.where}/usage/output_tokens", f"at most {show(limit)}", show(count))


def _has_reasoning_and_limit(response: ResponseObject) -> bool:
    return _has_limit(response) and bool(_count(response, "output_tokens_details", "reasoning_tokens"))


@rule(
    "usage.reasoning-counts-towards-the-limit",
    ResponseObject,
    cites="RSN-15",
    when=_has_reasoning_and_limit,
    needs="an answer with reasoning to a request with `max_output_tokens`",
)
def reasoning_counts_towards_the_limit(response: ResponseObject) -> Iterator[Finding]:
    """Reasoning tokens count towards `max_output_tokens`."""
    count = _count(response, "output_tokens_details", "reasoning_tokens") or 0
    limit = _limit(response)
    if count > limit:
        where = f"{response.where}/usage/output_tokens_details/reasoning_tokens"
        yield Finding(where, f"at most {show(limit)}", show(count))
