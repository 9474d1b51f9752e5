"""The sources of an answer: contradictory requests, earlier turns, and a removed filter."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import named
from antiphon_conformance.requests.unusual import OTHER_REASONS
from antiphon_conformance.rules.reading.comparison import expect_status, took_place
from antiphon_conformance.rules.reading.output import answered, objects, texts
from antiphon_conformance.rules.rule import Finding, add, make, rule, rule_id
from antiphon_conformance.rules.views import ScenarioTrace
from antiphon_conformance.video_library.conflicting_requests import CONTRADICTIONS, Contradiction
from antiphon_conformance.video_library.valid_requests import library_values


def _register(contradiction: Contradiction) -> None:
    name, status, says = contradiction.name, contradiction.status, contradiction.says

    def check(trace: ScenarioTrace) -> Iterator[Finding]:
        expected = f"{status}, since the request has {says}"
        yield from expect_status(trace[name], {status, *OTHER_REASONS}, expected)

    add(
        make(
            rule_id("library-questions", f"rejects_{name}"),
            f"A request with {says} gets {status}.\n\n"
            "A server that accepts such a request answers another question than the client sent.",
            ScenarioTrace,
            check,
            cites=contradiction.cites,
            scenario="contradictions",
            when=took_place(name),
            needs=f"the objects for a request with {says}",
        )
    )


for _contradiction in CONTRADICTIONS:
    _register(_contradiction)


def _cited_files(exchange: Exchange) -> list[object]:
    """The ids of the files that an answer cites."""
    annotations = (part.get("annotations") for _, part in texts(answered(exchange)))
    return [note.get("file_id") for notes in annotations for _, note in objects(notes)]


def _after_a_history(trace: ScenarioTrace) -> Exchange | None:
    """The answer to a question that only earlier turns explain, when it cites something."""
    steps = ("conversation", "conversation_a_history")
    exchange = next((trace[step] for step in steps if step in trace and trace[step].ok), None)
    if exchange is None or not _cited_files(exchange) or "file" not in library_values(trace.library):
        return None
    return exchange


@rule(
    "library-questions.earlier-turns-reach-the-model",
    ScenarioTrace,
    scenario="knowledge",
    cites="CG-REQ-09",
    when=lambda trace: _after_a_history(trace) is not None,
    needs="an answer with citations to a question that only earlier turns explain",
)
def earlier_turns_reach_the_model(trace: ScenarioTrace) -> Iterator[Finding]:
    """The answer uses the earlier turns of `input`: "more about it" means the same video.

    The server stores no conversation, so one that reads only the last turn loses the whole history.
    """
    exchange, file = _after_a_history(trace), library_values(trace.library)["file"]
    if exchange is not None and file not in _cited_files(exchange):
        where = "reply.body/output/*/content/*/annotations"
        expected = f"a citation of {file}, the subject of the turns before"
        yield Finding(where, expected, named("citations of", _cited_files(exchange)), exchange.id)


@rule(
    "library-questions.a-removed-filter-does-not-filter",
    ScenarioTrace,
    scenario="knowledge",
    cites="CG-KB-23",
    when=took_place("old_filter"),
)
def a_removed_filter_does_not_filter(trace: ScenarioTrace) -> Iterator[Finding]:
    """The removed `filter.file_ids` is rejected with 400 or ignored; it does not filter.

    The request names a file that does not exist, so a server that applies the filter has nothing to cite.
    """
    old, plain = trace["old_filter"], trace["unknown_members"]
    yield from expect_status(old, {200, 400, *OTHER_REASONS}, "400, or an answer as without `file_ids`")
    if old.ok and plain.ok and _cited_files(plain) and not _cited_files(old):
        yield Finding(
            "reply.body/output", "citations, as without `file_ids`", "a text without citations", old.id
        )
