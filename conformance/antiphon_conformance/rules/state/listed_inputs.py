"""The list of input items has items of every type, with what the request said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import named
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace
from antiphon_conformance.scenarios.listed_inputs import TRIES

SCENARIO = "listed_inputs"


def _listed(trace: ScenarioTrace) -> Exchange | None:
    """The list that was answered with success, if any."""
    return next((trace[step] for step, _ in TRIES if step in trace and trace[step].ok), None)


@rule(
    "input-items.every-item-of-the-request-is-listed",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="INP-22",
    when=lambda trace: _listed(trace) is not None,
    needs="a list of input items",
)
def every_item_of_the_request_is_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list has the calls, outputs, pictures and files of the request.

    What a picture or a file holds may be left out of the list, but not that there was one.
    """
    for step, _ in TRIES:
        if step in trace and trace[step].ok:
            request = trace[step.replace("listed", "asked")].request
            actual = _things(trace[step].answer.fields.get("data"))
            for thing in (_things(request.fields.get("input")) - actual).elements():
                yield Finding(
                    "reply.body/data",
                    f"{thing}, as in the request",
                    named("data", list(actual)),
                    trace[step].id,
                )


def _things(items: Any) -> Counter[str]:
    """The items in a list, and the parts of its messages, in words."""
    things: Counter[str] = Counter()
    for _, item in objects(items):
        call_id = item.get("call_id")
        things[f"a {item.get('type', 'message')}" + (f" with the call_id {call_id}" if call_id else "")] += 1
        things.update(f"a part of type {kind}" for kind in _kinds(item))
    return things


def _kinds(item: Mapping[str, Any]) -> Iterator[str]:
    content = item.get("content") if item.get("type", "message") == "message" else None
    for _, part in objects(content):
        yield str(part.get("type"))
