"""Libraries that ignore parts of a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.response.plan import Item

SEAM = "state"

IGNORED = (
    (
        "the_order_of_a_library",
        "Ignores `order` and `sort` in lists of collections and members.",
        ("order", "sort"),
        "video-library.collections-are-ordered-and-selected video-library.members-are-ordered-and-selected",
    ),
    (
        "the_type_of_collections",
        "Ignores the type that limits a list of collections.",
        ("collection_type",),
        "video-library.collections-are-ordered-and-selected",
    ),
    (
        "the_dates_of_members",
        "Ignores the dates that limit a list of members.",
        ("added_after", "added_before"),
        "video-library.members-are-ordered-and-selected",
    ),
    (
        "modalities",
        "Describes every modality, whatever the request asks for.",
        ("modalities",),
        "video-library.modalities-select-the-parts-of-a-description",
    ),
    (
        "times",
        "Describes the whole video and ignores the times of the request.",
        ("start_time_seconds", "end_time_seconds"),
        "video-library.times-select-the-parts-of-a-description",
    ),
    (
        "the_start_of_segments",
        "Ignores the start time that limits a list of segments.",
        ("start_time_after",),
        "video-library.segments-begin-after-start-time-after",
    ),
)


def _ignoring(*names: str) -> Callable[[Behaviour], Behaviour]:
    """Reads queries without these parameters."""

    def mutate(behaviour: Behaviour) -> Behaviour:
        def read_query(*given: Any) -> dict[str, Any]:
            return {
                name: value
                for name, value in behaviour.requests.read_query(*given).items()
                if name not in names
            }

        return replace(behaviour, requests=replace(behaviour.requests, read_query=read_query))

    return mutate


for _name, _doc, _parameters, _rules in IGNORED:
    add(SEAM, f"ignores_{_name}", _doc, tuple(_rules.split()), _ignoring(*_parameters))


@mutant(
    "state.lists-the-oldest-collection-first",
    caught_by="video-library.a-page-of-collections-has-50-entries-by-default",
)
def lists_the_oldest_collection_first(behaviour: Behaviour) -> Behaviour:
    """Lists collections from the oldest to the newest by default."""

    def select(items: Sequence[Item], query: Mapping[str, Any]) -> list[Item]:
        upwards = {**query, "sort": "asc"} if query.get("order") == "created_at" else query
        return behaviour.lists.select(items, upwards)

    return replace(behaviour, lists=replace(behaviour.lists, select=select))


@mutant(
    "state.lists-what-was-made-on-any-day",
    caught_by=(
        "video-library.dates-with-times-are-accepted",
        "video-library.members-are-ordered-and-selected",
    ),
)
def lists_what_was_made_on_any_day(behaviour: Behaviour) -> Behaviour:
    """Ignores the dates that limit a list."""

    def select(items: Sequence[Item], query: Mapping[str, Any]) -> list[Item]:
        rest = {name: value for name, value in query.items() if not name.endswith(("_after", "_before"))}
        return behaviour.lists.select(items, rest)

    return replace(behaviour, lists=replace(behaviour.lists, select=select))
