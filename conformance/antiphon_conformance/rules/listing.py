"""Rules on `GET /responses`: what the list of responses shows, in which order, and what its query selects.

Others may make responses while we look, and an account may hold thousands. So these rules look for the
responses that the scenario made, and miss one only on a list that is there as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from antiphon_conformance.answers import objects
from antiphon_conformance.dates import seconds_of, span_of
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.parity import differences, succeeded
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.offset_pages import page_of
from antiphon_conformance.rules.queries import lists_responses, query
from antiphon_conformance.subject import Answered, Body, Scene
from antiphon_conformance.text import show

MADE = ("made", "streamed", "running")
"""The steps that make a response, in order."""
UNLISTED = ("output", "error")
"""What a response has and a listed one has not."""
SELECTED = "a list by date that shows or could show what was just made"


def entries(exchange: Exchange) -> dict[Any, Mapping[str, Any]]:
    """The responses of a page by their ids, in order."""
    listed = objects(exchange.answer.fields.get("data"))
    return {entry["id"]: entry for _, entry in listed if isinstance(entry.get("id"), str)}


def is_whole(scene: Scene, step: str) -> bool:
    """Whether a step lists everything that its query selects, so that what is not there is missing."""
    page = page_of(Answered(scene[step], scene.dialect))
    return page is not None and page.whole


def made(scene: Scene) -> dict[str, Any]:
    """The ids of the responses that the scenario made, by step."""
    return {step: scene[step].response.get("id") for step in MADE if step in scene and scene[step].ok}


def shows(scene: Scene, step: str) -> list[str]:
    """The steps of which the response is on the page of a step."""
    listed = entries(scene[step])
    return [name for name, identity in made(scene).items() if identity in listed]


def tells(*steps: str) -> Any:
    """For `when=`: these pages came, and of each one can tell whether what was made is missing."""
    return lambda scene: (
        succeeded(*steps)(scene) and all(is_whole(scene, step) or shows(scene, step) for step in steps)
    )


@rule(Body, cites="CG-OPS-16", when=lists_responses, needs="a list of responses")
def what_is_listed_has_no_output(body: Body) -> Iterator[Finding]:
    """A listed response has neither `output` nor `error`: whoever wants them reads the response."""
    for index, entry in objects(body.object.get("data")):
        for name in UNLISTED:
            if name in entry:
                yield Finding(f"reply.body/data/{index}/{name}", "no such member", show(entry[name]))


@rule(Scene, scenario="listing", cites="CG-OPS-27", when=tells("listed"), needs="a list that is not too long")
def responses_of_every_kind_are_listed(scene: Scene) -> Iterator[Finding]:
    """A response is listed as soon as it is made, be it answered at once, streamed or in the background.

    Some servers list only what has ended, or only what was stored on its own way.
    """
    for step in MADE if is_whole(scene, "listed") else ():
        if step in made(scene) and step not in shows(scene, "listed"):
            yield Finding(
                "reply.body/data", f"{show(made(scene)[step])}, the response {step}", "a list without it",
                scene["listed"].id,
            )  # fmt: skip


@rule(Scene, scenario="listing", cites="CG-OPS-27", when=tells("listed"), needs="a list that is not too long")
def a_response_is_listed_as_it_is(scene: Scene) -> Iterator[Finding]:
    """What is listed of a response that has ended is what answered its create, apart from the output."""
    listed = entries(scene["listed"])
    for step in (step for step in shows(scene, "listed") if step != "running"):
        response = scene[step].response
        whole = {name: value for name, value in response.items() if name not in UNLISTED}
        for pointer, wanted, got in differences(whole, listed[response["id"]]):
            where = f"reply.body/data/{list(listed).index(response['id'])}{pointer}"
            yield Finding(where, f"{show(wanted)}, as in {scene[step].id}", show(got), scene["listed"].id)


@rule(
    Scene,
    scenario="listing",
    cites="CG-OPS-22",
    when=lambda scene: succeeded("listed")(scene) and len(shows(scene, "listed")) > 1,
    needs="a list that shows several responses just made",
)
def the_newest_response_comes_first(scene: Scene) -> Iterator[Finding]:
    """What was made later is listed earlier."""
    order = [identity for identity in entries(scene["listed"]) if identity in made(scene).values()]
    steps = {identity: step for step, identity in made(scene).items()}
    for first, second in pairwise(order):
        if MADE.index(steps[first]) < MADE.index(steps[second]):
            expected = f"{show(second)}, which was made later, before {show(first)}"
            yield Finding("reply.body/data", expected, "behind it", scene["listed"].id)


def bounds(body: Body) -> list[tuple[str, float, float]]:
    """The days or moments that the query names, each with its first second and the first one behind it."""
    found = []
    for name in ("created_after", "created_before"):
        for text in query(body, name)[-1:]:
            span = span_of(text)
            if span is not None:
                found.append((name, *span))
    return found


@rule(
    Body,
    cites=("CG-OPS-24", "CG-CHAT-24", "CG-COL-04"),
    when=lambda body: bool(bounds(body)),
    needs="a list by date",
)
def what_is_listed_lies_between_the_dates(body: Body) -> Iterator[Finding]:
    """What is listed was made after `created_after` and before `created_before`, in UTC.

    Whether the day that is named counts itself, no document says, so it may.
    """
    for name, start, end in bounds(body):
        for index, entry in objects(body.object.get("data")):
            seconds = seconds_of(entry.get("created_at"))
            if seconds is not None and (seconds < start if name == "created_after" else seconds > end):
                expected = f"a time {name.partition('_')[2]} {query(body, name)[-1]}"
                yield Finding(f"reply.body/data/{index}/created_at", expected, show(entry["created_at"]))


@rule(Scene, scenario="listing", cites="CG-OPS-24", when=tells("within", "listed"), needs=SELECTED)
def dates_select_what_was_made_between_them(scene: Scene) -> Iterator[Finding]:
    """A list after yesterday and before tomorrow shows what was made today."""
    for step in shows(scene, "listed") if is_whole(scene, "within") else ():
        if step not in shows(scene, "within"):
            expected = f"{show(made(scene)[step])}, made between the dates"
            yield Finding("reply.body/data", expected, "a list without it", scene["within"].id)


@rule(
    Scene,
    scenario="listing",
    cites="CG-OPS-24",
    when=succeeded("later", "yesterday"),
    needs="lists of other days than that of the run",
)
def dates_leave_out_what_was_made_on_other_days(scene: Scene) -> Iterator[Finding]:
    """A list from tomorrow on, or one of yesterday alone, does not show what was made today.

    Of yesterday alone is what is both after and before it: a server that takes either date for enough, or
    heeds one of them only, shows more.
    """
    for step in ("later", "yesterday"):
        for name in shows(scene, step):
            expected = f"nothing made today, such as {show(made(scene)[name])}"
            yield Finding("reply.body/data", expected, "a list with it", scene[step].id)


def statuses(body: Body) -> list[str]:
    """The status that the query asks for."""
    return query(body, "status")[-1:]


@rule(
    Body,
    cites="CG-OPS-23",
    when=lambda body: lists_responses(body) and bool(statuses(body)),
    needs="a list by status",
)
def what_is_listed_has_the_status(body: Body) -> Iterator[Finding]:
    """A list by `status` shows responses of this status alone."""
    for index, entry in objects(body.object.get("data")):
        if entry.get("status") not in statuses(body):
            yield Finding(f"reply.body/data/{index}/status", statuses(body)[0], show(entry.get("status")))


@rule(
    Scene,
    scenario="listing",
    cites="CG-OPS-23",
    when=lambda scene: succeeded("completed", "cancelled", "stopped")(scene),
    needs="lists by status, and a response that could be cancelled",
)
def a_status_selects_what_stands_so(scene: Scene) -> Iterator[Finding]:
    """A response that has completed is in the list of these, one that was cancelled in the list of those."""
    for status, step in (("completed", "made"), ("completed", "streamed"), ("cancelled", "stopped")):
        if step not in scene or not scene[step].ok or scene[step].response.get("status") != status:
            continue
        identity, listed = scene[step].response.get("id"), scene[status]
        if identity not in entries(listed) and is_whole(scene, status):
            expected = f"{show(identity)}, which is {status}"
            yield Finding("reply.body/data", expected, "a list without it", listed.id)


@rule(
    Scene,
    scenario="listing",
    cites="CG-OPS-26",
    when=lambda scene: succeeded("deleted", "without")(scene) and "made" in shows(scene, "listed"),
    needs="a response that was listed, and is deleted",
)
def a_deleted_response_leaves_the_list(scene: Scene) -> Iterator[Finding]:
    """A response that is deleted is listed no more."""
    if "made" in shows(scene, "without"):
        expected = f"nothing deleted, such as {show(made(scene)['made'])}"
        yield Finding("reply.body/data", expected, "a list with it", scene["without"].id)
