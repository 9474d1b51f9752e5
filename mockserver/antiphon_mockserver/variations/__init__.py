"""Variations: right servers that differ from the mock in one legal way, by seam.

    @variation("events.numbers-from-one", fits=NUMBERED)
    def numbers_from_one(events: list[Event]) -> list[Event]:
        \"\"\"Numbers events from 1.

        The documents say that the numbers increase, and not where they begin.
        \"\"\"

No rule may fail or warn about one of them. The id begins with the seam (`body`, `events`, `sse`, `http`,
`state`, and `wire`: when requests are answered), which is also the folder; the rest is a sentence whose
subject is the server. The second paragraph of the docstring says why the variation is legal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from inspect import getdoc, signature
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import SEAMS, Call
from antiphon_mockserver.response.timeline import Timeline
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.discovery import import_all

Event = dict[str, Any]
Change = Callable[[Any, Call], Any]
"""Returns the changed value of a seam; it may change the value in place."""

Serve = Callable[[Any, Any], Awaitable[None]]
"""What the seam `wire` wraps: it answers a request, given the ASGI scope and the connection."""
PLACES = (*SEAMS, "wire")
"""The seams of variations."""

EVERY = ("bud", "cloudglue", "openai", "openresponses")
ITEMS = ("bud", "openai", "openresponses")
"""The dialects whose items have ids and whose events have numbers."""
DOCUMENTS = ("openai", "openresponses")
"""The dialects that publish a schema of every item and event."""

STORES = ("bud", "cloudglue", "openai")
"""The dialects in which a stored response can be read again."""

ROOMS = ("antiphon_mockserver.variations",)
REGISTRY: dict[str, Variation] = {}


@dataclass(frozen=True, slots=True)
class Variation:
    """One legal way to differ."""

    id: str
    seam: str
    summary: str
    reason: str
    """Why it is legal, and by which norm."""
    fits: tuple[str, ...]
    """The dialects in which it is legal."""
    changes: Mapping[str, Change]
    """What it changes, by seam: mostly one, and a second one where two must agree."""


def variation(
    name: str, *, fits: tuple[str, ...] = EVERY
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function `(value)` or `(value, call)` as the variation `name`, which begins with its seam.

    A variation of the events gets whole streams; what a client resumes is cut from the changed stream.
    Raises ValueError when the id exists already, a paragraph of the docstring is missing, or there is no
    such seam.
    """

    def register(change: Callable[..., Any]) -> Callable[..., Any]:
        seam, _, rest = name.partition(".")
        add(seam, rest, getdoc(change) or "", fits, change)
        return change

    return register


def add(
    seam: str, name: str, doc: str, fits: tuple[str, ...], change: Callable[..., Any], **others: Change
) -> None:
    """Puts a variation into the registry; for tables of variations, and for those with `others` beside.

    `others` are the changes of other seams, by seam.
    """
    summary, _, reason = doc.strip().partition("\n\n")
    if seam not in PLACES or not reason:
        raise ValueError(f"variation {seam}.{name}: expected a seam of {PLACES}, a summary and a reason")
    key = f"{seam}.{name}".replace("_", "-")
    if key in REGISTRY:
        raise ValueError(f"two variations have the id {key}")
    wants_call = len(signature(change).parameters) > 1
    with_call: Change = change if wants_call else lambda value, _call: change(value)
    changes = whole_streams(change) if seam == "events" else {seam: with_call}
    REGISTRY[key] = Variation(key, seam, summary, reason, fits, {**changes, **others})


def whole_streams(change: Callable[[list[Event]], list[Event]]) -> dict[str, Change]:
    """The changes of the seams that make every view of a stream a part of the same changed stream."""

    def on_create(events: list[Event], call: Call) -> list[Event]:
        return events if call.method == "GET" else change(events)

    def on_resume(behaviour: Behaviour, _call: Call) -> Behaviour:
        def resume(timeline: Timeline, starting_after: int | None) -> Sequence[Event]:
            whole = behaviour.progress.resume(timeline, None)
            events = change([deepcopy(dict(event)) for event in whole])
            if starting_after is None:
                return events
            return [event for event in events if event.get("sequence_number", -1) > starting_after]

        return replace(behaviour, progress=replace(behaviour.progress, resume=resume))

    return {"events": on_create, "state": on_resume}


def all_variations() -> Mapping[str, Variation]:
    """Every variation by id, in order. Imports each module below the folders of variations once."""
    import_all(ROOMS)
    return dict(sorted(REGISTRY.items()))
