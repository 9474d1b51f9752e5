"""The list of input items has items of every type, with what the request said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import named
from antiphon_conformance.rules.reading.comparison import succeeded
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace
from antiphon_conformance.scenarios.chaining import REFERENCED
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


def _references(trace: ScenarioTrace) -> str | None:
    """The step whose input refers to items, and was listed."""
    return next((step for step in REFERENCED if succeeded(step, f"{step}_items")(trace)), None)


@rule(
    "input-items.what-a-reference-names-is-listed",
    ScenarioTrace,
    scenario="chaining",
    cites="INP-25",
    when=lambda trace: _references(trace) is not None,
    needs="a list of input items with a reference",
)
def what_a_reference_names_is_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list has an entry for each reference: the item that it names, or the reference.

    Who reads the list otherwise does not see what the model was given.
    """
    step = _references(trace) or ""
    sent = trace[step].request.fields["input"]
    page = trace[f"{step}_items"]
    data = page.answer.fields.get("data")
    if isinstance(data, list) and len(data) < len(sent) and page.answer.fields.get("has_more") is not True:
        expected = f"{len(sent)} items, as in the request"
        yield Finding("reply.body/data", expected, named("data", list(_things(data).elements())), page.id)


@rule(
    "input-items.reasoning-of-the-request-is-listed",
    ScenarioTrace,
    scenario="reasoning",
    cites="INP-25",
    when=succeeded("continued", "continued_items"),
    needs="a list of input items with reasoning",
)
def reasoning_of_the_request_is_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list has the reasoning that the request sent back."""
    page = trace["continued_items"]
    kinds = [str(item.get("type")) for _, item in objects(page.answer.fields.get("data"))]
    if "reasoning" not in kinds and page.answer.fields.get("has_more") is not True:
        yield Finding("reply.body/data", "a reasoning item, as in the request", named("data", kinds), page.id)


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
