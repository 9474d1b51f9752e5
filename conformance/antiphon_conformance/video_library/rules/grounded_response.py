"""The output of a response that answers from a library of videos, and when it appears."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import output
from antiphon_conformance.rules.rule import EVERY, Finding, rule
from antiphon_conformance.rules.views import ResponseObject, ScenarioTrace
from antiphon_conformance.video_library.library import DESCRIBED, Library
from antiphon_conformance.video_library.sources import (
    COLLECTIONS,
    Grounded,
    collections_of,
    grounded,
    is_entity_backed,
    source_of,
)


@rule(
    "library-answers.a-completed-response-has-a-message",
    ResponseObject,
    cites="CG-RSP-07",
    when=lambda response: bool(response.status == "completed"),
)
def a_completed_response_has_a_message(response: ResponseObject) -> Iterator[Finding]:
    """A completed response has a message of the assistant or a function call."""
    items = [item for _, item in response.items]
    has_message = any(item.get("type") == "message" and item.get("role") == "assistant" for item in items)
    if not has_message and not any(item.get("type") == "function_call" for item in items):
        actual = show(response.object.get("output", ABSENT))
        yield Finding(f"{response.where}/output", "a message of the assistant", actual)


@rule(
    "library-answers.output-waits-for-the-end",
    ResponseObject,
    cites="CG-RSP-12",
    when=lambda response: bool(response.status == "in_progress"),
    needs="a response in progress",
)
def output_waits_for_the_end(response: ResponseObject) -> Iterator[Finding]:
    """While a response is in progress, its `output` is null or absent."""
    if response.object.get("output") is not None:
        yield Finding(f"{response.where}/output", "null, or no such member", show(response.object["output"]))


def _is_plain(answer: Grounded, library: Library) -> bool:
    """Whether the request has no tools and only videos as its source."""
    types = {str(entry.get("id")): entry.get("collection_type") for entry in library.collections}
    kinds = [types.get(identity) for identity in collections_of(answer.request_fields)]
    only_videos = source_of(answer.request_fields) != COLLECTIONS or all(kind in DESCRIBED for kind in kinds)
    return (
        only_videos and not answer.request_fields.get("tools") and not is_entity_backed(answer.request_fields)
    )


def _plain_answers(trace: ScenarioTrace) -> list[Grounded]:
    """The answers with output whose requests concern videos alone."""
    answers = (answer for answer in grounded(trace) if any(output(answer.response)))
    return [answer for answer in answers if _is_plain(answer, trace.library)]


@rule(
    "library-answers.output-holds-only-messages",
    ScenarioTrace,
    scenario=EVERY,
    cites="CG-RSP-13",
    when=lambda trace: bool(_plain_answers(trace)),
    needs="an answer about videos alone",
)
def output_holds_only_messages(trace: ScenarioTrace) -> Iterator[Finding]:
    """The output for a request without tools and structured data holds only messages.

    Most clients of such a server decode nothing else, and lose the whole response otherwise.
    """
    for answer in _plain_answers(trace):
        for index, item in output(answer.response):
            if item.get("type") != "message":
                where = f"{answer.where}/output/{index}/type"
                yield Finding(where, "message", show(item.get("type", ABSENT)), answer.exchange.id)
