"""The decisions about how a response runs, is cancelled and is streamed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from antiphon_mockserver.response import timeline
from antiphon_mockserver.response.timeline import Timeline
from antiphon_mockserver.state.record import Record
from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True)
class ProgressDecisions:
    """How a response runs, is cancelled and is streamed again."""

    first_step: Callable[[Mapping[str, Any], int], int]
    """(create body, last step) -> the step that the answer to a create shows: 0 in the background."""

    observe: Callable[[Record, Sequence[int]], int]
    """(record, steps with a new status) -> the step that the next GET shows, in virtual time."""

    may_cancel: Callable[[Record], None]
    """(record) -> None. Rejects a cancel of a response that does not run in the background."""

    cancel: Callable[[Record, int], Record]
    """(record, last step) -> the record after the cancel; a response that has ended does not change."""

    rest: Callable[[Record], Record]
    """(cancelled record) -> the record that the next GET shows: it stays as it is."""

    may_resume: Callable[[Record], None]
    """(record) -> None. Rejects resuming a response that was not created with `background` and `stream`."""

    resume: Callable[[Timeline, int | None], Sequence[Mapping[str, Any]]]
    """(timeline, `starting_after`) -> the events to send again."""


PROGRESS = ProgressDecisions(
    first_step=timeline.first_step,
    observe=timeline.observe,
    may_cancel=timeline.may_cancel,
    cancel=timeline.cancel,
    rest=timeline.rest,
    may_resume=timeline.may_resume,
    resume=timeline.resume,
)
"""The progress of responses of a right server."""
