"""Answers whose token counts do not add up."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.edits import Json, on_responses

SEAM = "body"
LARGE = 1_000_000


def _negative(usage: Json) -> None:
    usage["input_tokens_details"]["cached_tokens"] = -1


def _wrong_total(usage: Json) -> None:
    usage["total_tokens"] = usage["output_tokens"]


def _excess_cached_tokens(usage: Json) -> None:
    usage["input_tokens_details"]["cached_tokens"] = usage["input_tokens"] + 1


def _excess_reasoning(usage: Json) -> None:
    usage["output_tokens_details"]["reasoning_tokens"] = usage["output_tokens"] + LARGE


def _beyond_the_limit(usage: Json) -> None:
    usage["output_tokens"] += LARGE
    usage["total_tokens"] += LARGE


def _reasons_for_nothing(usage: Json) -> None:
    usage["output_tokens_details"]["reasoning_tokens"] = 0


def _nothing(usage: Json) -> None:
    usage.update(input_tokens=0, output_tokens=0, total_tokens=0)
    usage["input_tokens_details"]["cached_tokens"] = 0
    usage["output_tokens_details"]["reasoning_tokens"] = 0


def _always_the_same(usage: Json) -> None:
    usage.update(input_tokens=100, output_tokens=50, total_tokens=150)


def _spoiling(change: Any) -> Any:
    def mutate(response: Json, _call: Any) -> None:
        if isinstance(response["usage"], dict):
            change(response["usage"])

    return on_responses(mutate)


def _counts_new_input_only(response: Json, _call: Any) -> None:
    if isinstance(response["usage"], dict) and response.get("previous_response_id"):
        response["usage"] |= {"input_tokens": 5, "total_tokens": 5 + response["usage"]["output_tokens"]}
        response["usage"]["input_tokens_details"]["cached_tokens"] = 0


COUNTS = (
    ("counts_below_zero", "Reports a negative number of cached tokens.",
     ("usage.counts-are-not-negative",), _negative),
    ("forgets_the_input_in_the_total", "Counts only output tokens in `total_tokens`.",
     ("usage.total-is-the-sum",), _wrong_total),
    ("caches_more_than_it_reads", "Reports more cached tokens than input tokens.",
     ("usage.cached-tokens-are-input-tokens",), _excess_cached_tokens),
    ("reasons_more_than_it_says",
     "Reports more reasoning tokens than output tokens, and more than the limit.",
     ("usage.reasoning-tokens-are-output-tokens", "usage.reasoning-counts-towards-the-limit"),
     _excess_reasoning),
    ("counts_beyond_the_limit", "Reports more output tokens than `max_output_tokens` allows.",
     ("usage.output-is-within-the-limit",), _beyond_the_limit),
    ("counts_nothing", "Reports zero tokens for every response.",
     ("usage.what-was-read-and-said-is-counted",), _nothing),
    ("counts_always_the_same", "Reports the same usage for every response.",
     ("usage.input-tokens-fit-the-input",), _always_the_same),
    ("reasons_for_nothing", "Counts no tokens for the reasoning that it shows.",
     ("reasoning.shown-reasoning-is-counted",), _reasons_for_nothing),
)  # fmt: skip

for _name, _sentence, _caught_by, _change in COUNTS:
    add(SEAM, _name, _sentence, _caught_by, _spoiling(_change))

add(
    SEAM,
    "counts_only_the_new_input",
    "Counts only the new input of a continuation, although the model reads the whole chain.",
    ("chaining.a-chain-counts-its-whole-history", "chaining.input-tokens-grow-along-a-chain"),
    on_responses(_counts_new_input_only),
)
