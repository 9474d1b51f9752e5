"""Rules on `POST /responses/{id}/cancel`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import (
    CLIENT_ERROR,
    expect_not_found,
    expect_ok,
    expect_rejection,
    expect_status,
    response_differences,
    took_place,
)
from antiphon_conformance.rules.reading.output import answered, member
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import TERMINAL, ResponseObject, ScenarioTrace

MISSING_ROUTE = (404, 405, 501)


def was_cancelled(trace: ScenarioTrace) -> bool:
    """Whether the cancel came before the response ended by itself."""
    return trace["cancelled"].ok and trace["cancelled"].response.get("status") == "cancelled"


ENDED = re.compile(r"complet|finish|\bended\b|terminal|already", re.IGNORECASE)
"""Words of an error which say that the response ended before the cancel came: who works fast may say so."""


def may_have_run(trace: ScenarioTrace) -> bool:
    """Whether the cancel was answered, or rejected for another reason than that the response has ended."""
    cancel = trace["cancelled"]
    message = member(cancel.answer.fields, "error", "message")
    return cancel.ok or not (isinstance(message, str) and ENDED.search(message))


CANCELLED_IN_TIME = "a cancel of a response that still runs"


@rule(
    "cancel.a-running-response-can-be-cancelled",
    ScenarioTrace,
    scenario="cancel",
    cites=("BGR-10", "CG-OPS-08", "BUD-OPS-05", "BUD-GEN-01", "BUD-GEN-10"),
    when=may_have_run,
    needs=CANCELLED_IN_TIME,
)
def a_running_response_can_be_cancelled(trace: ScenarioTrace) -> Iterator[Finding]:
    """Cancelling a response that runs in the background answers 200 with that response.

    Without the endpoint, clients cannot stop a response that they pay for.
    """
    cancel = trace["cancelled"]
    yield from expect_ok(cancel, "200, since the response runs in the background")
    identity = trace["started"].response.get("id", ABSENT)
    if cancel.ok and cancel.response.get("id") != trace["started"].response.get("id"):
        yield Finding("reply.body/id", show(identity), show(cancel.response.get("id", ABSENT)), cancel.id)


@rule(
    "cancel.cancelling-leads-to-cancelled",
    ScenarioTrace,
    scenario="cancel",
    cites=("BGR-10", "CG-OPS-08", "BUD-OPS-05"),
    when=lambda trace: trace["cancelled"].ok and trace["cancelled"].response.get("status") != "completed",
    needs=CANCELLED_IN_TIME,
)
def cancelling_leads_to_cancelled(trace: ScenarioTrace) -> Iterator[Finding]:
    """The answer to the cancel of a running response has the status `cancelled`."""
    status = trace["cancelled"].response.get("status", ABSENT)
    if status != "cancelled":
        yield Finding("reply.body/status", "cancelled", show(status), trace["cancelled"].id)


@rule(
    "cancel.cancelling-twice-changes-nothing",
    ScenarioTrace,
    scenario="cancel",
    cites=("BGR-11", "CG-OPS-11"),
    when=was_cancelled,
    needs=CANCELLED_IN_TIME,
)
def cancelling_twice_changes_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """A second cancel answers 200 with the same response as the first."""
    second = trace["cancelled_again"]
    yield from expect_ok(second, "200, since a client may repeat a cancel")
    if second.ok:
        yield from response_differences(second, trace["cancelled"])


@rule(
    "cancel.nothing-happens-after-a-cancel",
    ScenarioTrace,
    scenario="cancel",
    cites=("BGR-15", "CG-OPS-12"),
    when=lambda trace: "retrieved" in trace and was_cancelled(trace),
    needs=CANCELLED_IN_TIME,
)
def nothing_happens_after_a_cancel(trace: ScenarioTrace) -> Iterator[Finding]:
    """A cancelled response does not change: it gets no new status, output or usage.

    A worker that writes its result after the cancel completes a response that its client gave up. At the end
    of the run the response is read again, if it is still there: then its status and its output count.
    """
    cancel = trace["cancelled"]
    yield from response_differences(trace["retrieved"], cancel)
    later = trace.trace.exchanges.get("cancelled_later")
    if later is not None and later.ok:
        pause = (later.answer.started_at or 0) - (cancel.answer.started_at or 0)
        for finding in response_differences(later, cancel):
            if finding.where.startswith(("reply.body/status", "reply.body/output")):
                yield replace(finding, actual=f"{finding.actual}, {pause:.1f} s after the cancel")


def cancelled_after_its_end(trace: ScenarioTrace) -> bool:
    """Whether a cancel came after the end of the response, on a server that has the operation."""
    if "cancelled" not in trace or trace["cancelled"].answer.status in MISSING_ROUTE:
        return False
    return str(last_poll(trace).response.get("status")) in TERMINAL


def last_poll(trace: ScenarioTrace) -> Exchange:
    """The last poll before the cancel."""
    return [trace[name] for name in trace.trace.exchanges if name.startswith("polled")][-1]


@rule(
    "cancel.cancelling-an-ended-response-changes-nothing",
    ScenarioTrace,
    scenario="background",
    cites=("BGR-12", "CG-OPS-09"),
    when=cancelled_after_its_end,
    needs="a server that can cancel, and a background response that has ended",
)
def cancelling_an_ended_response_changes_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """Cancelling a background response that has ended answers 200 with the response as it is."""
    cancel = trace["cancelled"]
    yield from expect_ok(cancel, "200, since the response ran in the background")
    if cancel.ok:
        yield from response_differences(cancel, last_poll(trace))


@rule(
    "cancel.a-cancel-has-its-time",
    ScenarioTrace,
    scenario="cancel",
    cites="BUD-OPS-05",
    when=was_cancelled,
    needs=CANCELLED_IN_TIME,
)
def a_cancel_has_its_time(trace: ScenarioTrace) -> Iterator[Finding]:
    """The answer to a cancel has `cancelled_at` in whole seconds."""
    actual = answered(trace["cancelled"]).get("cancelled_at", ABSENT)
    if isinstance(actual, bool) or not isinstance(actual, int):
        yield Finding("reply.body/cancelled_at", "whole Unix seconds", show(actual), trace["cancelled"].id)


@rule(
    "cancel.a-cancel-answers-with-the-response",
    ScenarioTrace,
    scenario="cancel",
    cites="BUD-OPS-06",
    when=was_cancelled,
    needs=CANCELLED_IN_TIME,
)
def a_cancel_answers_with_the_response(trace: ScenarioTrace) -> Iterator[Finding]:
    """The answer to a cancel is the whole response, not only its id and status.

    Gateways and official clients parse it as a response object.
    """
    before, after = answered(trace["started"]), answered(trace["cancelled"])
    for name in (name for name in before if name not in after):
        yield Finding(f"reply.body/{name}", show(before[name]), show(ABSENT), trace["cancelled"].id)


@rule(
    "cancel.cancelling-an-ended-response-is-rejected-or-changes-nothing",
    ScenarioTrace,
    scenario="background",
    cites="BUD-OPS-07",
    when=cancelled_after_its_end,
    needs="a server that can cancel, and a background response that has ended",
)
def cancelling_an_ended_response_is_rejected_or_changes_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """Cancelling an ended response is rejected with 400, or answers 200 and changes nothing."""
    cancel, poll = trace["cancelled"], last_poll(trace)
    yield from expect_status(cancel, (200, 400), "200 or 400")
    if cancel.ok and answered(cancel).get("status") != poll.response.get("status"):
        expected = f"{show(poll.response.get('status', ABSENT))}, as in {poll.id}"
        actual = show(answered(cancel).get("status", ABSENT))
        yield Finding("reply.body/status", expected, actual, cancel.id)


@rule(
    "cancel.a-foreground-response-cannot-be-cancelled",
    ScenarioTrace,
    scenario="storage",
    cites="BGR-13",
    when=lambda trace: "cancelled" in trace and trace["cancelled"].answer.status not in MISSING_ROUTE,
    needs="a server that can cancel",
)
def a_foreground_response_cannot_be_cancelled(trace: ScenarioTrace) -> Iterator[Finding]:
    """Cancelling a response that was not created in the background is rejected."""
    yield from expect_rejection(trace["cancelled"], "a 4xx, since the response did not run in the background")


@rule(
    "cancel.cancelling-a-foreground-response-changes-nothing",
    ScenarioTrace,
    scenario="storage",
    cites="CG-OPS-09",
    when=lambda trace: "cancelled" in trace and trace["cancelled"].answer.status not in MISSING_ROUTE,
    needs="a server that can cancel",
)
def cancelling_a_foreground_response_changes_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """Cancelling a response that did not run in the background answers 200 and changes nothing."""
    cancel = trace["cancelled"]
    yield from expect_ok(cancel, "200, since the response has ended")
    if cancel.ok:
        yield from response_differences(cancel, trace["created"])


def failed_before_it_was_cancelled(trace: ScenarioTrace) -> bool:
    """Whether a cancel came after the response had failed, on a server that has the operation."""
    return cancelled_after_its_end(trace) and last_poll(trace).response.get("status") == "failed"


@rule(
    "cancel.cancelling-a-failed-response-changes-nothing",
    ScenarioTrace,
    scenario="overlong_question",
    cites="CG-OPS-09",
    when=failed_before_it_was_cancelled,
    needs="a server that can cancel, and a background response that has failed",
)
def cancelling_a_failed_response_changes_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """Cancelling a background response that has failed answers 200 with the response as it is."""
    cancel = trace["cancelled"]
    yield from expect_ok(cancel, "200, since the response has ended")
    if cancel.ok:
        yield from response_differences(cancel, last_poll(trace))


@rule(
    "cancel.an-unknown-response-cannot-be-cancelled",
    ScenarioTrace,
    scenario="cancel",
    cites=("BGR-14", "RET-08", "CG-OPS-10", "BUD-OPS-08"),
    when=took_place("cancelled_deleted"),
)
def an_unknown_response_cannot_be_cancelled(trace: ScenarioTrace) -> Iterator[Finding]:
    """Cancelling an unknown or deleted response answers 404."""
    yield from expect_not_found(trace["cancelled_deleted"])


@rule(
    "cancel.deleting-a-running-response-is-no-server-error",
    ScenarioTrace,
    scenario="cancel",
    cites="RET-11",
    when=took_place("deleted"),
)
def deleting_a_running_response_is_no_server_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """Deleting a response that still runs is accepted or rejected; it causes no server error.

    No document says which, so both are right.
    """
    yield from expect_status(trace["deleted"], (*range(200, 300), *CLIENT_ERROR), "2xx or 4xx")


@rule(
    "cancel.a-running-response-can-be-deleted",
    ScenarioTrace,
    scenario="cancel",
    cites=("CG-OPS-03", "CG-OPS-04"),
    when=took_place("deleted"),
    needs="a response in the background",
)
def a_running_response_can_be_deleted(trace: ScenarioTrace) -> Iterator[Finding]:
    """Deleting a response that still runs answers 200, as any deletion does."""
    yield from expect_ok(trace["deleted"], "200, since a running response can be deleted")


@rule(
    "cancel.a-cancelled-response-has-no-completed-at-and-no-error",
    ResponseObject,
    cites="BGR-16",
    when=lambda response: response.status == "cancelled",
    needs="a cancelled response",
)
def a_cancelled_response_has_no_completed_at_and_no_error(response: ResponseObject) -> Iterator[Finding]:
    """A cancelled response has no `completed_at` and no `error`."""
    for name in ("completed_at", "error"):
        if response.object.get(name) is not None:
            actual = show(response.object[name])
            yield Finding(f"{response.where}/{name}", "null, since the status is cancelled", actual)
