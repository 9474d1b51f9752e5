"""Servers that lose their place in a stream that is sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.conduct import Conduct
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import passing_over, with_query
from antiphon_mockserver.plan import Denied

Events = Sequence[Mapping[str, Any]]


@mutant(
    caught_by=(
        "resume.a-resumed-stream-begins-behind-its-cursor",
        "resume.prefix-and-rest-make-the-whole-stream",
    )
)
def ignores_starting_after(conduct: Conduct) -> Conduct:
    """Sends the whole stream again, wherever the client wants to go on."""
    return replace(conduct, resume=lambda events, _after: conduct.resume(events, None))


@mutant(
    caught_by=("resume.prefix-and-rest-make-the-whole-stream", "resume.resuming-after-the-end-gives-the-rest")
)
def skips_an_event_when_it_resumes(conduct: Conduct) -> Conduct:
    """Takes `starting_after` for the number of the last event that may be left away, plus one."""

    def resume(events: Events, after: int | None) -> Events:
        return conduct.resume(events, None if after is None else after + 1)

    return replace(conduct, resume=resume)


@mutant(
    caught_by=("resume.several-clients-follow-to-the-end", "resume.resuming-after-the-end-gives-the-rest")
)
def withholds_the_end_of_a_resumed_stream(conduct: Conduct) -> Conduct:
    """Closes a stream that is sent again before its terminal event."""
    return replace(conduct, resume=lambda events, after: conduct.resume(events[:-1], after))


@mutant(caught_by="resume.a-replay-begins-at-the-beginning")
def replays_from_the_second_event(conduct: Conduct) -> Conduct:
    """Leaves the first event away when no `starting_after` is given."""
    return replace(conduct, resume=lambda events, after: conduct.resume(events, after or 0))


@mutant(caught_by="resume.replayed-events-are-identical")
def makes_new_item_ids_for_a_replay(conduct: Conduct) -> Conduct:
    """Gives the items of a stream that is sent again other ids."""

    def resume(events: Events, after: int | None) -> Events:
        again = [{**event, "item_id": "msg_again"} if "item_id" in event else event for event in events]
        return conduct.resume(again, after)

    return replace(conduct, resume=resume)


@mutant(caught_by="resume.a-background-stream-can-be-streamed-again")
def cannot_stream_again(conduct: Conduct) -> Conduct:
    """Answers a retrieval with `stream=true` with the response as JSON."""
    return with_query(
        conduct, lambda query: {name: value for name, value in query.items() if name != "stream"}
    )


@mutant(caught_by="retrieve.only-a-background-stream-can-be-streamed-again")
def streams_anything_again(conduct: Conduct) -> Conduct:
    """Makes a stream of a response that never was one."""
    return replace(conduct, may_resume=lambda _record: None)


@mutant(caught_by="resume.resuming-behind-the-last-event-is-decided")
def begins_anew_behind_the_last_event(conduct: Conduct) -> Conduct:
    """Sends everything again when nothing is left."""
    return replace(conduct, resume=lambda events, after: conduct.resume(events, after) or events)


@mutant(caught_by="resume.resuming-behind-the-last-event-is-decided")
def breaks_behind_the_last_event(conduct: Conduct) -> Conduct:
    """Answers 500 when nothing is left."""

    def resume(events: Events, after: int | None) -> Events:
        rest = conduct.resume(events, after)
        if not rest:
            raise Denied("list index out of range", status=500)
        return rest

    return replace(conduct, resume=resume)


@mutant(caught_by="queries.a-cursor-is-a-whole-number")
def takes_a_negative_cursor(conduct: Conduct) -> Conduct:
    """Passes over a `starting_after` below 0."""
    return passing_over(conduct, ("starting_after",), lambda value: value.startswith("-"))


@mutant(caught_by="resume.padding-can-be-switched-off-for-a-replay")
def pads_a_replay_always(conduct: Conduct) -> Conduct:
    """Ignores `include_obfuscation` on retrieval."""
    return with_query(conduct, lambda query: {**query, "include_obfuscation": None})
