"""A failure is told as a failure, and not as what the model said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import named
from antiphon_conformance.rules.reading.output import member, parse_json, response_or_empty, text_of
from antiphon_conformance.rules.rule import EVERY, Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace

BEGINS_AS_FAILURE = re.compile(
    r"""\s*(?:
        Traceback\ \(most\ recent\ call\ last\)
      | (?:HTTP\ |API\ |Upstream\ )?Error(?:\ code|\ status)?:?\ *[45]\d\d\b
      | (?:Internal\ Server\ Error|Bad\ Gateway|Service\ Unavailable|Gateway\ Time-?out)\b
      | [A-Za-z_.]*(?:Error|Exception):\ *\S
    )""",
    re.VERBOSE | re.IGNORECASE,
)
"""How messages of failures begin, and no answer to a prompt of a scenario does."""


def _is_failure(text: str) -> bool:
    try:
        value = parse_json(text)
    except ValueError:
        return BEGINS_AS_FAILURE.match(text) is not None
    error = member(value, "error")
    return isinstance(error, dict) and isinstance(error.get("message"), str)


def _answers(trace: ScenarioTrace) -> list[tuple[Exchange, str]]:
    """The completed responses of a scenario that have a text."""
    creates = (
        (exchange, response_or_empty(exchange))
        for exchange in trace.trace.exchanges.values()
        if exchange.operation == trace.dialect.create_operation and exchange.ok
    )
    texts = (
        (exchange, text_of(answer)) for exchange, answer in creates if answer.get("status") == "completed"
    )
    return [(exchange, text) for exchange, text in texts if text]


@rule(
    "response-status.a-failure-is-not-an-answer",
    ScenarioTrace,
    scenario=EVERY,
    cites="RES-64",
    when=lambda trace: bool(_answers(trace)),
    needs="a completed response with a text",
)
def a_failure_is_not_an_answer(trace: ScenarioTrace) -> Iterator[Finding]:
    """A failed request is answered with an error or a failed response, not with a text about it.

    A client shows the message as the model's words, retries nothing, and sends it back as history.
    """
    for exchange, text in _answers(trace):
        if _is_failure(text):
            expected = "a 5xx status or `status: failed`"
            yield Finding("reply.body/output", expected, named("text", text), exchange.id)
