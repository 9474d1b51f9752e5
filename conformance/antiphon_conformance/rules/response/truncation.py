"""Rules on `truncation`: a server shortens a context that is too long only on request."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.requests.test_prompts import OVERLONG
from antiphon_conformance.rules.reading.comparison import CLIENT_ERROR
from antiphon_conformance.rules.reading.output import number, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace

FEWEST_TOKENS = OVERLONG.count(" ") // 2
"""No tokenizer counts less for the overlong text: its words are short, and common."""


def _may_have_read_it_all(exchange: Exchange) -> bool:
    """Whether the answer is as long as asked, and its count of tokens does not tell that text was dropped.

    There are models with windows of ten million tokens, and servers that count nothing.
    """
    final = exchange.response
    count = number(value_at(final, "usage", "input_tokens"))
    has_dropped = count is not None and 0 < count < FEWEST_TOKENS
    return exchange.ok and _is_as_long_as_asked(exchange) and not has_dropped


def _is_as_long_as_asked(exchange: Exchange) -> bool:
    """Whether the answer ended by itself, or at the `max_output_tokens` of its request."""
    final, limit = exchange.response, number(exchange.request.fields.get("max_output_tokens"))
    count = number(value_at(final, "usage", "output_tokens"))
    at_limit = limit is not None and count is not None and count >= limit
    return final.get("status") == "completed" or (final.get("status") == "incomplete" and at_limit)


@rule(
    "truncation.an-overlong-context-fails",
    ScenarioTrace,
    scenario="overlong_input",
    cites=("STA-21", "STA-23"),
    when=lambda trace: not _may_have_read_it_all(trace["overlong"]),
    needs="a model whose window is shorter than the text that the suite sends",
)
def an_overlong_context_fails(trace: ScenarioTrace) -> Iterator[Finding]:
    """With `truncation: disabled` a context beyond the model's window fails.

    The failure is a 4xx status or an event in the stream. A server that shortens the context silently answers
    another question.
    """
    exchange = trace["overlong"]
    if exchange.ok and exchange.answer.stream is not None:
        yield from _expect_failure_in_stream(exchange)
    elif exchange.answer.status not in CLIENT_ERROR:
        expected = "a 4xx status, because the context exceeds the window and the server may drop nothing"
        yield Finding("reply.status", expected, str(exchange.answer.status), exchange.id)


def _expect_failure_in_stream(exchange: Exchange) -> Iterator[Finding]:
    final = exchange.response
    code = value_at(final, "error", "code")
    if final.get("status") != "failed":
        expected, actual = "failed, because the server may drop nothing", show(value_at(final, "status"))
        yield Finding("stream/response/status", expected, actual, exchange.id)
    elif code in (None, ABSENT):
        yield Finding("stream/response/error/code", "context_length_exceeded", show(code), exchange.id)
