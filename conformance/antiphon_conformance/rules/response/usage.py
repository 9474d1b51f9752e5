"""The token counts of a response: they are present at its end, and they add up."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import member, number
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Snapshot

COUNTS = (
    ("input_tokens",),
    ("input_tokens_details", "cached_tokens"),
    ("output_tokens",),
    ("output_tokens_details", "reasoning_tokens"),
    ("total_tokens",),
)


def _count(snapshot: Snapshot, *path: str) -> int | float | None:
    return number(member(snapshot.object, "usage", *path))


def _has_answer(snapshot: Snapshot) -> bool:
    return snapshot.status in ("completed", "incomplete")


def _under_way(snapshot: Snapshot) -> bool:
    return snapshot.status in ("queued", "in_progress")


@rule("usage.an-ended-response-has-usage", Snapshot, cites=("RES-50", "CG-RSP-10"), when=_has_answer)
def an_ended_response_has_usage(snapshot: Snapshot) -> Iterator[Finding]:
    """A completed or incomplete response has an object as its `usage`."""
    if not isinstance(snapshot.object.get("usage"), dict):
        yield Finding(f"{snapshot.where}/usage", "an object", show(snapshot.object.get("usage", ABSENT)))


@rule(
    "usage.no-usage-before-the-end",
    Snapshot,
    cites="RES-50",
    when=_under_way,
    needs="a response that is queued or in progress",
)
def no_usage_before_the_end(snapshot: Snapshot) -> Iterator[Finding]:
    """`usage` is null or absent while a response is queued or in progress.

    Clients that sum up the usage would count a response twice.
    """
    if snapshot.object.get("usage") is not None:
        yield Finding(f"{snapshot.where}/usage", "null", show(snapshot.object["usage"]))


def _has_usage(snapshot: Snapshot) -> bool:
    return isinstance(snapshot.object.get("usage"), dict)


@rule("usage.counts-are-not-negative", Snapshot, cites="RES-51", when=_has_usage)
def counts_are_not_negative(snapshot: Snapshot) -> Iterator[Finding]:
    """No token count is negative."""
    for path in COUNTS:
        count = _count(snapshot, *path)
        if count is not None and count < 0:
            yield Finding(f"{snapshot.where}/usage/{'/'.join(path)}", "at least 0", show(count))


def _has_total(snapshot: Snapshot) -> bool:
    return None not in (_count(snapshot, name) for name in ("input_tokens", "output_tokens", "total_tokens"))


@rule("usage.total-is-the-sum", Snapshot, cites=("RES-51", "CG-RSP-10", "BUD-RSP-09"), when=_has_total)
def total_is_the_sum(snapshot: Snapshot) -> Iterator[Finding]:
    """`total_tokens` is the sum of `input_tokens` and `output_tokens`."""
    expected = sum(_count(snapshot, name) or 0 for name in ("input_tokens", "output_tokens"))
    total = _count(snapshot, "total_tokens")
    if total != expected:
        yield Finding(f"{snapshot.where}/usage/total_tokens", show(expected), show(total))


def _compare_detail(snapshot: Snapshot, side: str, detail: str) -> Iterator[Finding]:
    whole, part = _count(snapshot, f"{side}_tokens"), _count(snapshot, f"{side}_tokens_details", detail)
    if whole is not None and part is not None and part > whole:
        where = f"{snapshot.where}/usage/{side}_tokens_details/{detail}"
        yield Finding(where, f"at most {show(whole)}", show(part))


@rule("usage.cached-tokens-are-input-tokens", Snapshot, cites="RES-52", when=_has_usage)
def cached_tokens_are_input_tokens(snapshot: Snapshot) -> Iterator[Finding]:
    """`cached_tokens` is at most `input_tokens`."""
    yield from _compare_detail(snapshot, "input", "cached_tokens")


@rule("usage.reasoning-tokens-are-output-tokens", Snapshot, cites="RES-52", when=_has_usage)
def reasoning_tokens_are_output_tokens(snapshot: Snapshot) -> Iterator[Finding]:
    """`reasoning_tokens` is at most `output_tokens`."""
    yield from _compare_detail(snapshot, "output", "reasoning_tokens")


def _has_limit(snapshot: Snapshot) -> bool:
    limit = number(snapshot.asked.get("max_output_tokens"))
    return snapshot.creation and limit is not None and _count(snapshot, "output_tokens") is not None


@rule(
    "usage.output-is-within-the-limit",
    Snapshot,
    cites="RES-53",
    when=_has_limit,
    needs="an answer to a request with `max_output_tokens`",
)
def output_is_within_the_limit(snapshot: Snapshot) -> Iterator[Finding]:
    """`output_tokens` is at most the `max_output_tokens` of the request."""
    count, limit = _count(snapshot, "output_tokens") or 0, snapshot.asked["max_output_tokens"]
    if count > limit:
        yield Finding(f"{snapshot.where}/usage/output_tokens", f"at most {show(limit)}", show(count))


def _has_reasoning_and_limit(snapshot: Snapshot) -> bool:
    return _has_limit(snapshot) and bool(_count(snapshot, "output_tokens_details", "reasoning_tokens"))


@rule(
    "usage.reasoning-counts-towards-the-limit",
    Snapshot,
    cites="RSN-15",
    when=_has_reasoning_and_limit,
    needs="an answer with reasoning to a request with `max_output_tokens`",
)
def reasoning_counts_towards_the_limit(snapshot: Snapshot) -> Iterator[Finding]:
    """Reasoning tokens count towards `max_output_tokens`."""
    count = _count(snapshot, "output_tokens_details", "reasoning_tokens") or 0
    limit = snapshot.asked["max_output_tokens"]
    if count > limit:
        where = f"{snapshot.where}/usage/output_tokens_details/reasoning_tokens"
        yield Finding(where, f"at most {show(limit)}", show(count))
