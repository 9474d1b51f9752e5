"""Servers that lose control of background responses."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import without
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.state.record import Record


@mutant(
    "state.runs-background-creates-in-the-foreground",
    caught_by=(
        "background.background-is-used-or-rejected",
        "background.a-background-create-answers-at-once",
    ),
)
def runs_background_creates_in_the_foreground(behaviour: Behaviour) -> Behaviour:
    """Runs a background create in the foreground but reports `background: true`."""
    return replace(behaviour, progress=replace(behaviour.progress, first_step=lambda _body, last: last))


@mutant("state.shows-the-first-state-for-ever", caught_by="background.polling-reaches-an-end")
def shows_the_first_state_for_ever(behaviour: Behaviour) -> Behaviour:
    """Returns the first state of a background response to every poll."""
    return replace(
        behaviour, progress=replace(behaviour.progress, observe=lambda record, _milestones: record.step)
    )


@mutant("state.loses-its-worker", caught_by="background.polling-reaches-an-end")
def loses_its_worker(behaviour: Behaviour) -> Behaviour:
    """Leaves a background response in progress for ever."""
    return replace(
        behaviour,
        progress=replace(behaviour.progress, observe=lambda _record, milestones: milestones[:2][-1]),
    )


@mutant(
    "state.accepts-background-without-storage", caught_by="background.background-without-storage-is-rejected"
)
def accepts_background_without_storage(behaviour: Behaviour) -> Behaviour:
    """Accepts `background: true` with `store: false`."""
    return replace(
        behaviour,
        requests=replace(behaviour.requests, checks=without(behaviour.requests.checks, "conflicts")),
    )


@mutant(
    "state.breaks-when-a-running-response-is-continued",
    caught_by="background.continuing-a-running-response-is-no-server-error",
)
def breaks_when_a_running_response_is_continued(behaviour: Behaviour) -> Behaviour:
    """Answers 500 when a request continues a response that still runs."""

    def may_continue(record: Record) -> bool:
        if record.background and record.step == 0:
            raise ApiError("'NoneType' object is not iterable", status=500)
        return behaviour.context.may_continue(record)

    return replace(behaviour, context=replace(behaviour.context, may_continue=may_continue))


@mutant("state.stops-when-the-client-leaves", caught_by="background.a-response-runs-on-without-its-client")
def stops_when_the_client_leaves(behaviour: Behaviour) -> Behaviour:
    """Stops a background response when its stream disconnects."""

    def first_step(body: Mapping[str, Any], last: int) -> int:
        streamed = body.get("background") is True and body.get("stream") is True
        return 3 if streamed else behaviour.progress.first_step(body, last)

    return replace(
        behaviour,
        progress=replace(
            behaviour.progress, first_step=first_step, observe=lambda record, _milestones: record.step
        ),
    )


@mutant("state.rejects-to-cancel", caught_by="cancel.a-running-response-can-be-cancelled")
def rejects_to_cancel(behaviour: Behaviour) -> Behaviour:
    """Rejects the cancel of a response that runs."""

    def may_cancel(_record: Record) -> None:
        raise ApiError("The response cannot be cancelled.", status=409)

    return replace(behaviour, progress=replace(behaviour.progress, may_cancel=may_cancel))


@mutant("state.ignores-a-cancel", caught_by="cancel.cancelling-leads-to-cancelled")
def ignores_a_cancel(behaviour: Behaviour) -> Behaviour:
    """Answers a cancel with the response and lets it run on."""
    return replace(behaviour, progress=replace(behaviour.progress, cancel=lambda record, _last: record))


@mutant("state.completes-a-cancelled-response-later", caught_by="cancel.nothing-happens-after-a-cancel")
def completes_a_cancelled_response_later(behaviour: Behaviour) -> Behaviour:
    """Completes a cancelled response once its worker is done."""
    counts: Counter[str] = Counter()

    def rest(record: Record) -> Record:
        counts[record.id] += 1
        return record if counts[record.id] == 1 else replace(record, cut=None, step=sys.maxsize)

    return replace(behaviour, progress=replace(behaviour.progress, rest=rest))


@mutant("state.rejects-a-second-cancel", caught_by="cancel.cancelling-twice-changes-nothing")
def rejects_a_second_cancel(behaviour: Behaviour) -> Behaviour:
    """Answers 409 to the cancel of a cancelled response."""

    def cancel(record: Record, last: int) -> Record:
        if record.cut is not None:
            raise ApiError("The response was cancelled already.", status=409)
        return behaviour.progress.cancel(record, last)

    return replace(behaviour, progress=replace(behaviour.progress, cancel=cancel))


@mutant(
    "state.cancels-what-has-ended",
    caught_by=(
        "cancel.cancelling-an-ended-response-changes-nothing",
        "cancel.cancelling-a-failed-response-changes-nothing",
    ),
)
def cancels_what_has_ended(behaviour: Behaviour) -> Behaviour:
    """Cancels a response that had already completed."""
    return replace(
        behaviour, progress=replace(behaviour.progress, cancel=lambda record, _last: replace(record, cut=0))
    )


@mutant(
    "state.rejects-to-cancel-what-has-ended", caught_by="cancel.cancelling-an-ended-response-changes-nothing"
)
def rejects_to_cancel_what_has_ended(behaviour: Behaviour) -> Behaviour:
    """Answers 409 to the cancel of a response that has completed."""

    def cancel(record: Record, last: int) -> Record:
        if record.step >= last:
            raise ApiError("The response has completed already.", status=409)
        return behaviour.progress.cancel(record, last)

    return replace(behaviour, progress=replace(behaviour.progress, cancel=cancel))


@mutant(
    "state.cancels-what-ran-in-the-foreground", caught_by="cancel.a-foreground-response-cannot-be-cancelled"
)
def cancels_what_ran_in_the_foreground(behaviour: Behaviour) -> Behaviour:
    """Cancels responses that did not run in the background."""
    return replace(behaviour, progress=replace(behaviour.progress, may_cancel=lambda _record: None))
