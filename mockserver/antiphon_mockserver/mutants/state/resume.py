"""Servers that resume or replay a stream wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import dropping_values, with_query
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.response.timeline import Timeline

Events = Sequence[Mapping[str, Any]]


@mutant(
    "state.ignores-starting-after",
    caught_by=(
        "resume.a-resumed-stream-begins-after-its-cursor",
        "resume.first-part-and-rest-make-the-whole-stream",
    ),
)
def ignores_starting_after(behaviour: Behaviour) -> Behaviour:
    """Ignores `starting_after` and sends the whole stream again."""
    return replace(
        behaviour,
        progress=replace(
            behaviour.progress, resume=lambda timeline, _after: behaviour.progress.resume(timeline, None)
        ),
    )


@mutant(
    "state.skips-an-event-when-it-resumes",
    caught_by=(
        "resume.first-part-and-rest-make-the-whole-stream",
        "resume.resuming-after-the-end-returns-the-rest",
    ),
)
def skips_an_event_when_it_resumes(behaviour: Behaviour) -> Behaviour:
    """Skips the first event after `starting_after`."""

    def resume(timeline: Timeline, after: int | None) -> Events:
        return behaviour.progress.resume(timeline, None if after is None else after + 1)

    return replace(behaviour, progress=replace(behaviour.progress, resume=resume))


@mutant(
    "state.leaves-out-the-end-of-a-resumed-stream",
    caught_by=(
        "resume.two-clients-follow-a-response-to-its-end",
        "resume.resuming-after-the-end-returns-the-rest",
    ),
)
def leaves_out_the_end_of_a_resumed_stream(behaviour: Behaviour) -> Behaviour:
    """Leaves out the terminal event when it replays a stream."""
    return replace(
        behaviour,
        progress=replace(
            behaviour.progress, resume=lambda timeline, after: behaviour.progress.resume(timeline, after)[:-1]
        ),
    )


@mutant("state.replays-from-the-second-event", caught_by="resume.a-replay-begins-at-the-beginning")
def replays_from_the_second_event(behaviour: Behaviour) -> Behaviour:
    """Leaves out the first event when a replay has no `starting_after`."""
    return replace(
        behaviour,
        progress=replace(
            behaviour.progress, resume=lambda timeline, after: behaviour.progress.resume(timeline, after or 0)
        ),
    )


@mutant("state.makes-new-item-ids-for-a-replay", caught_by="resume.replayed-events-are-identical")
def makes_new_item_ids_for_a_replay(behaviour: Behaviour) -> Behaviour:
    """Changes the item ids when it sends a stream again."""

    def resume(timeline: Timeline, after: int | None) -> Events:
        events = behaviour.progress.resume(timeline, after)
        return [{**event, "item_id": "msg_again"} if "item_id" in event else event for event in events]

    return replace(behaviour, progress=replace(behaviour.progress, resume=resume))


@mutant("state.cannot-stream-again", caught_by="resume.a-background-stream-can-be-streamed-again")
def cannot_stream_again(behaviour: Behaviour) -> Behaviour:
    """Answers a retrieval with `stream=true` as JSON."""
    return with_query(
        behaviour, lambda query: {name: value for name, value in query.items() if name != "stream"}
    )


@mutant("state.streams-anything-again", caught_by="retrieve.only-a-background-stream-can-be-streamed-again")
def streams_anything_again(behaviour: Behaviour) -> Behaviour:
    """Replays a stream for a response that was never streamed."""
    return replace(behaviour, progress=replace(behaviour.progress, may_resume=lambda _record: None))


@mutant(
    "state.begins-anew-behind-the-last-event",
    caught_by="resume.resuming-after-the-last-event-is-empty-or-rejected",
)
def begins_anew_behind_the_last_event(behaviour: Behaviour) -> Behaviour:
    """Sends the whole stream again when no events are left."""
    return replace(
        behaviour,
        progress=replace(
            behaviour.progress,
            resume=lambda timeline, after: behaviour.progress.resume(timeline, after) or timeline.events,
        ),
    )


@mutant(
    "state.breaks-behind-the-last-event",
    caught_by="resume.resuming-after-the-last-event-is-empty-or-rejected",
)
def breaks_behind_the_last_event(behaviour: Behaviour) -> Behaviour:
    """Answers 500 when no events are left."""

    def resume(timeline: Timeline, after: int | None) -> Events:
        rest = behaviour.progress.resume(timeline, after)
        if not rest:
            raise ApiError("list index out of range", status=500)
        return rest

    return replace(behaviour, progress=replace(behaviour.progress, resume=resume))


@mutant("state.accepts-a-negative-cursor", caught_by="query-parameters.a-cursor-is-a-whole-number")
def accepts_a_negative_cursor(behaviour: Behaviour) -> Behaviour:
    """Accepts a `starting_after` below 0."""
    return dropping_values(behaviour, ("starting_after",), lambda value: value.startswith("-"))


@mutant("state.pads-a-replay-always", caught_by="resume.padding-can-be-switched-off-for-a-replay")
def pads_a_replay_always(behaviour: Behaviour) -> Behaviour:
    """Ignores `include_obfuscation` on retrieval."""
    return with_query(behaviour, lambda query: {**query, "include_obfuscation": None})
