"""`GET /responses`: the entries of the list, their order, and the effect of the query.

An account may hold thousands of responses, and other clients may add some during the run. So these rules look
for the responses of the scenario, and report an absent one only when the page is the whole list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from antiphon_conformance.http.exchange import Exchange, Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import differences, succeeded
from antiphon_conformance.rules.reading.dates import seconds_of, span_of
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.rules.requests.queries import lists_responses, query
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import AnyReply, DocumentReply, ScenarioTrace
from antiphon_conformance.video_library.rules.offset_pages import page_of

CREATE_STEPS = ("made", "streamed", "running")
"""The steps that make a response, oldest first."""
UNLISTED = ("output", "error")
"""Members of a response that its entry in the list does not have."""
DATED_LIST = "a list by date that shows a new response or is whole"


def entries(exchange: Exchange) -> dict[Any, Mapping[str, Any]]:
    """The responses of a page by id, in the order of the page."""
    data = objects(exchange.answer.fields.get("data"))
    return {entry["id"]: entry for _, entry in data if isinstance(entry.get("id"), str)}


def is_whole(trace: ScenarioTrace, step: str) -> bool:
    """Whether the page of a step has every response that its query selects."""
    page = page_of(AnyReply(trace[step], trace.dialect))
    return page is not None and page.is_last


def response_ids(trace: ScenarioTrace) -> dict[str, str]:
    """The ids of the responses of the scenario, by step; another rule reports an id that is no string."""
    created = [step for step in CREATE_STEPS if step in trace and trace[step].ok]
    ids = {step: trace[step].response.get("id") for step in created}
    return {step: identity for step, identity in ids.items() if isinstance(identity, str)}


def visible_steps(trace: ScenarioTrace, step: str) -> list[str]:
    """The steps whose response is on the page of a step."""
    page = entries(trace[step])
    return [name for name, identity in response_ids(trace).items() if identity in page]


def are_conclusive(*steps: str) -> Any:
    """For `when=`: each of these pages is the whole list, or shows a response of the scenario."""
    return lambda trace: (
        succeeded(*steps)(trace)
        and all(is_whole(trace, step) or visible_steps(trace, step) for step in steps)
    )


@rule(
    "listing.entries-have-no-output",
    DocumentReply,
    cites="CG-OPS-16",
    when=lists_responses,
    needs="a list of responses",
)
def entries_have_no_output(body: DocumentReply) -> Iterator[Finding]:
    """An entry of the list of responses has neither `output` nor `error`."""
    for index, entry in objects(body.object.get("data")):
        for name in UNLISTED:
            if name in entry:
                yield Finding(f"reply.body/data/{index}/{name}", "no such member", show(entry[name]))


@rule(
    "listing.responses-of-every-kind-are-listed",
    ScenarioTrace,
    scenario="listing",
    cites="CG-OPS-27",
    when=are_conclusive("listed"),
    needs="a list of responses that fits on one page",
)
def responses_of_every_kind_are_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """A new response is in the list at once, also when it streams or runs in the background.

    Some servers list only responses that have ended, or only those of one kind.
    """
    for step in CREATE_STEPS if is_whole(trace, "listed") else ():
        if step in response_ids(trace) and step not in visible_steps(trace, "listed"):
            yield Finding(
                "reply.body/data", f"a list with {show(response_ids(trace)[step])}", "a list without it",
                trace["listed"].id,
            )  # fmt: skip


@rule(
    "listing.an-entry-equals-its-response",
    ScenarioTrace,
    scenario="listing",
    cites="CG-OPS-27",
    when=are_conclusive("listed"),
    needs="a list of responses that fits on one page",
)
def an_entry_equals_its_response(trace: ScenarioTrace) -> Iterator[Finding]:
    """A listed response that has ended equals the answer to its create, except for the output."""
    page = entries(trace["listed"])
    for step in (step for step in visible_steps(trace, "listed") if step != "running"):
        response = trace[step].response
        members = {name: value for name, value in response.items() if name not in UNLISTED}
        for pointer, expected, actual in differences(members, page[response["id"]]):
            where = f"reply.body/data/{list(page).index(response['id'])}{pointer}"
            yield Finding(
                where, f"{show(expected)}, as in {trace[step].id}", show(actual), trace["listed"].id
            )


@rule(
    "listing.the-newest-response-comes-first",
    ScenarioTrace,
    scenario="listing",
    cites="CG-OPS-22",
    when=lambda trace: succeeded("listed")(trace) and len(visible_steps(trace, "listed")) > 1,
    needs="a list that shows several new responses",
)
def the_newest_response_comes_first(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list begins with the newest response."""
    identities = [
        identity for identity in entries(trace["listed"]) if identity in response_ids(trace).values()
    ]
    steps = {identity: step for step, identity in response_ids(trace).items()}
    for first, second in pairwise(identities):
        if CREATE_STEPS.index(steps[first]) < CREATE_STEPS.index(steps[second]):
            expected = f"{show(second)}, which is newer, before {show(first)}"
            yield Finding("reply.body/data", expected, "the older response first", trace["listed"].id)


def bounds(body: DocumentReply) -> list[tuple[str, float, float]]:
    """The dates of the query: parameter, first second, and first second after the end."""
    intervals = []
    for name in ("created_after", "created_before"):
        for text in query(body, name)[-1:]:
            span = span_of(text)
            if span is not None:
                intervals.append((name, *span))
    return intervals


@rule(
    "listing.entries-lie-between-the-dates",
    DocumentReply,
    cites=("CG-OPS-24", "CG-CHAT-24", "CG-COL-04"),
    when=lambda body: bool(bounds(body)),
    needs="a list by date",
    reads={Part.TIMES},
)
def entries_lie_between_the_dates(body: DocumentReply) -> Iterator[Finding]:
    """Every entry of the list is newer than `created_after` and older than `created_before`.

    The dates are in UTC. No document says whether the day itself counts, so the rule allows both.
    """
    for name, start, end in bounds(body):
        for index, entry in objects(body.object.get("data")):
            seconds = seconds_of(entry.get("created_at"))
            if seconds is not None and (seconds < start if name == "created_after" else seconds > end):
                expected = f"a time {name.removeprefix('created_')} {query(body, name)[-1]}"
                yield Finding(f"reply.body/data/{index}/created_at", expected, show(entry["created_at"]))


@rule(
    "listing.dates-select-the-responses-between-them",
    ScenarioTrace,
    scenario="listing",
    cites="CG-OPS-24",
    when=are_conclusive("within", "listed"),
    needs=DATED_LIST,
)
def dates_select_the_responses_between_them(trace: ScenarioTrace) -> Iterator[Finding]:
    """A list from yesterday to tomorrow has the responses of today."""
    for step in visible_steps(trace, "listed") if is_whole(trace, "within") else ():
        if step not in visible_steps(trace, "within"):
            expected = f"a list with {show(response_ids(trace)[step])}, created between the dates"
            yield Finding("reply.body/data", expected, "a list without it", trace["within"].id)


@rule(
    "listing.dates-exclude-responses-of-other-days",
    ScenarioTrace,
    scenario="listing",
    cites="CG-OPS-24",
    when=succeeded("later", "yesterday"),
    needs="lists of other days than the day of the run",
)
def dates_exclude_responses_of_other_days(trace: ScenarioTrace) -> Iterator[Finding]:
    """A list from tomorrow on, or one of yesterday alone, has no response of today.

    The list of yesterday has both dates: a server that applies only one of them shows more.
    """
    for step in ("later", "yesterday"):
        for name in visible_steps(trace, step):
            expected = f"a list without {show(response_ids(trace)[name])}, created today"
            yield Finding("reply.body/data", expected, "a list with it", trace[step].id)


def statuses(body: DocumentReply) -> list[str]:
    """The last `status` of the query, in a list; empty when the query has none."""
    return query(body, "status")[-1:]


@rule(
    "listing.entries-have-the-requested-status",
    DocumentReply,
    cites="CG-OPS-28",
    when=lambda body: lists_responses(body) and bool(statuses(body)),
    needs="a list by status",
)
def entries_have_the_requested_status(body: DocumentReply) -> Iterator[Finding]:
    """A list by `status` has only responses of this status."""
    for index, entry in objects(body.object.get("data")):
        if entry.get("status") not in statuses(body):
            actual = show(entry.get("status", ABSENT))
            yield Finding(f"reply.body/data/{index}/status", statuses(body)[0], actual)


@rule(
    "listing.a-status-selects-the-responses-with-it",
    ScenarioTrace,
    scenario="listing",
    cites="CG-OPS-28",
    when=lambda trace: succeeded("completed", "cancelled", "stopped")(trace),
    needs="lists by status, and a successful cancellation",
)
def a_status_selects_the_responses_with_it(trace: ScenarioTrace) -> Iterator[Finding]:
    """The lists by `status` have the completed and the cancelled response of the run."""
    for status, step in (("completed", "made"), ("completed", "streamed"), ("cancelled", "stopped")):
        if step not in trace or not trace[step].ok or trace[step].response.get("status") != status:
            continue
        identity, page = trace[step].response.get("id"), trace[status]
        if isinstance(identity, str) and identity not in entries(page) and is_whole(trace, status):
            expected = f"a list with {show(identity)}, which is {status}"
            yield Finding("reply.body/data", expected, "a list without it", page.id)


@rule(
    "listing.a-deleted-response-is-not-listed",
    ScenarioTrace,
    scenario="listing",
    cites="CG-OPS-26",
    when=lambda trace: succeeded("deleted", "without")(trace) and "made" in visible_steps(trace, "listed"),
    needs="a response of the list that the run deletes",
)
def a_deleted_response_is_not_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list does not have a deleted response."""
    if "made" in visible_steps(trace, "without"):
        expected = f"a list without {show(response_ids(trace)['made'])}, which was deleted"
        yield Finding("reply.body/data", expected, "a list with it", trace["without"].id)
