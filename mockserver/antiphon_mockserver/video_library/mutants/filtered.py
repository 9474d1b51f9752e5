"""Servers that lose parts of a filter: paths, scopes, criteria, or all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import orjson

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import forgiving
from antiphon_mockserver.response.plan import ApiError, Context, Item, Plan
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails
from antiphon_mockserver.video_library.filters import EVERYTHING, Criterion, Filter
from antiphon_mockserver.video_library.library import Library
from antiphon_mockserver.video_library.mutants.filters import with_criteria
from antiphon_spec.document import Document, Operation
from antiphon_spec.world import File, Segment

SEAM = "state"
Json = Mapping[str, Any]
FilterJson = dict[str, list[dict[str, Any]]]
"""The JSON of a filter."""
NOTHING: Json = {"file": [{"path": "id", "operator": "Equal", "valueText": ""}]}


def _with_text(behaviour: Behaviour, change: Callable[[FilterJson], Json]) -> Behaviour:
    """Lists files by a changed filter."""

    def read_filter(text: str, library: Library) -> Filter:
        behaviour.lists.read_filter(text, library)
        return behaviour.lists.read_filter(orjson.dumps(change(orjson.loads(text))).decode(), library)

    return replace(behaviour, lists=replace(behaviour.lists, read_filter=read_filter))


def _with_base(behaviour: Behaviour, change: Callable[[FilterJson], Json]) -> Behaviour:
    """Answers from what a changed filter admits."""

    def plan(context: Context) -> Plan:
        base = context.request.get("knowledge_base") or {}
        base = {**base, "filter": change(base.get("filter") or {})}
        return behaviour.model.plan(replace(context, request={**context.request, "knowledge_base": base}))

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


def _each(categories: FilterJson, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Json:
    return {
        category: [change(criterion) for criterion in criteria] for category, criteria in categories.items()
    }


@mutant("state.reads-paths-literally", caught_by="filter-laws.the-name-of-the-category-may-lead-a-path")
def reads_paths_literally(behaviour: Behaviour) -> Behaviour:
    """Looks for a field named `metadata` inside the metadata."""

    def literally(criterion: dict[str, Any]) -> dict[str, Any]:
        path = criterion["path"]
        return {**criterion, "path": f"metadata.{path}" if path.startswith("metadata.") else path}

    return _with_text(behaviour, lambda categories: _each(categories, literally))


@mutant(
    "state.does-not-descend", caught_by=("filters.dots-descend", "filters.any-object-of-an-array-may-fit")
)
def does_not_descend(behaviour: Behaviour) -> Behaviour:
    """Reads a path with dots as the name of one field."""

    def flat(criterion: Criterion, source: Json) -> Criterion:
        return replace(criterion, look=lambda *_: []) if "." in source["path"] else criterion

    return with_criteria(behaviour, flat)


@mutant("state.looks-at-the-first-of-several", caught_by="filters.any-object-of-an-array-may-fit")
def looks_at_the_first_of_several(behaviour: Behaviour) -> Behaviour:
    """Looks only at the first object of an array."""

    def first(criterion: Criterion, source: Json) -> Criterion:
        def look(thing: File | Segment, path: str, readings: Any) -> list[Any]:
            return criterion.look(thing, path, readings)[:1]

        return replace(criterion, look=look)

    return with_criteria(behaviour, first)


@mutant(
    "state.applies-one-criterion-of-a-category-only", caught_by="filter-laws.all-criteria-of-a-category-hold"
)
def applies_one_criterion_of_a_category_only(behaviour: Behaviour) -> Behaviour:
    """Applies only the first criterion of each category."""
    return _with_text(
        behaviour, lambda categories: {category: criteria[:1] for category, criteria in categories.items()}
    )


@mutant("state.applies-one-category-only", caught_by="filter-laws.the-criteria-of-all-categories-hold")
def applies_one_category_only(behaviour: Behaviour) -> Behaviour:
    """Applies only the first category of a filter."""
    return _with_text(behaviour, lambda categories: dict([*categories.items()][:1]))


@mutant(
    "state.matches-any-criterion",
    caught_by=(
        "filter-laws.all-criteria-of-a-category-hold",
        "filter-laws.the-criteria-of-all-categories-hold",
    ),
)
def matches_any_criterion(behaviour: Behaviour) -> Behaviour:
    """Admits what satisfies any of several criteria."""

    def read_filter(text: str, library: Library) -> Filter:
        return _Any(behaviour.lists.read_filter(text, library).criteria)

    return replace(behaviour, lists=replace(behaviour.lists, read_filter=read_filter))


class _Any(Filter):
    """A filter that matches when any criterion holds."""

    def matches(self, file: File) -> bool:
        alone = [Filter((criterion,)) for criterion in self.criteria]
        return not alone or any(candidate.matches(file) for candidate in alone)


@mutant(
    "state.matches-nothing-without-criteria",
    caught_by="filter-laws.a-filter-without-criteria-admits-everything",
)
def matches_nothing_without_criteria(behaviour: Behaviour) -> Behaviour:
    """Admits nothing when the filter has no criteria."""
    return _with_text(behaviour, lambda categories: categories if any(categories.values()) else NOTHING)


@mutant("state.does-not-know-the-scope-of-files", caught_by="filter-laws.the-scope-of-files-is-the-default")
def does_not_know_the_scope_of_files(behaviour: Behaviour) -> Behaviour:
    """Admits no file when the scope `file` is explicit."""

    def ignore_scope(criterion: Criterion, source: Json) -> Criterion:
        return replace(criterion, test=lambda _: False) if source.get("scope") == "file" else criterion

    return with_criteria(behaviour, ignore_scope)


def _of_whole_files(categories: FilterJson) -> Json:
    return _each(
        categories, lambda criterion: {**criterion, "scope": "file"} if "scope" in criterion else criterion
    )


@mutant("state.lists-by-the-whole-file", caught_by="filter-laws.a-segment-that-fits-admits-its-file")
def lists_by_the_whole_file(behaviour: Behaviour) -> Behaviour:
    """Applies a filter for segments to whole files."""
    return _with_text(behaviour, _of_whole_files)


@mutant("state.cites-any-part-of-a-file", caught_by="filtered-answers.cited-segments-satisfy-the-filter")
def cites_any_part_of_a_file(behaviour: Behaviour) -> Behaviour:
    """Answers from all segments of a file when the filter admits one of them."""
    return _with_base(
        behaviour,
        lambda categories: {
            category: [criterion for criterion in criteria if criterion.get("scope") != "segment"]
            for category, criteria in categories.items()
        },
    )


@mutant("state.answers-from-everything", caught_by="filtered-answers.cited-files-satisfy-the-filter")
def answers_from_everything(behaviour: Behaviour) -> Behaviour:
    """Answers from the whole collection and ignores the filter."""
    return _with_base(behaviour, lambda _categories: {})


@mutant(
    "state.answers-from-everything-when-nothing-matches",
    caught_by="filtered-answers.a-filter-without-matches-cites-nothing",
)
def answers_from_everything_when_nothing_matches(behaviour: Behaviour) -> Behaviour:
    """Answers from the whole collection when the filter admits no file."""

    def plan(context: Context) -> Plan:
        result = behaviour.model.plan(context)
        if _cites(result):
            return result
        return _with_base(behaviour, lambda _categories: {}).model.plan(context)

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


@mutant(
    "state.finds-nothing-to-answer-from", caught_by="filtered-answers.a-filter-without-matches-is-no-error"
)
def finds_nothing_to_answer_from(behaviour: Behaviour) -> Behaviour:
    """Answers 404 to a create whose filter admits no file."""

    def plan(context: Context) -> Plan:
        result = behaviour.model.plan(context)
        if (context.request.get("knowledge_base") or {}).get("filter") and not _cites(result):
            raise ApiError("No files match the filter.", status=404)
        return result

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


def _cites(plan: Plan) -> bool:
    parts = [part for item in plan.items for part in item.get("content", ())]
    return any(part.get("annotations") for part in parts)


@mutant("state.finds-nothing-to-list", caught_by="filter-laws.no-match-is-an-empty-list")
def finds_nothing_to_list(behaviour: Behaviour) -> Behaviour:
    """Answers 404 when a list is empty."""

    def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
        if not items:
            raise ApiError("Nothing found.", status=404)
        return behaviour.lists.cut(items, offset, limit)

    return replace(behaviour, lists=replace(behaviour.lists, cut=cut_out))


@mutant("state.lists-all-rather-than-nothing", caught_by="filter-laws.no-match-is-an-empty-list")
def lists_all_rather_than_nothing(behaviour: Behaviour) -> Behaviour:
    """Ignores a filter by an id that names nothing."""

    def without_ids(categories: FilterJson) -> Json:
        return {
            category: [criterion for criterion in criteria if criterion["path"] != "id"]
            for category, criteria in categories.items()
        }

    return _with_text(behaviour, without_ids)


@mutant("state.ignores-filters-that-are-not-json", caught_by="filters.a-filter-that-is-not-json-is-rejected")
def ignores_filters_that_are_not_json(behaviour: Behaviour) -> Behaviour:
    """Lists everything when the filter is not JSON."""

    def read_filter(text: str, library: Library) -> Filter:
        try:
            return behaviour.lists.read_filter(text, library)
        except ApiError:
            return EVERYTHING

    return replace(behaviour, lists=replace(behaviour.lists, read_filter=read_filter))


@mutant("state.does-not-know-patterns", caught_by="filters.a-valid-filter-is-accepted")
def does_not_know_patterns(behaviour: Behaviour) -> Behaviour:
    """Rejects the operator `Like`, which the chat reference does not list."""

    def read_filter(text: str, library: Library) -> Filter:
        if '"Like"' in text:
            raise invalid("Invalid filter: unknown operator.", "filter")
        return behaviour.lists.read_filter(text, library)

    return replace(behaviour, lists=replace(behaviour.lists, read_filter=read_filter))


@mutant("state.lists-all-members", caught_by="filters.members-take-the-same-filter")
def lists_all_members(behaviour: Behaviour) -> Behaviour:
    """Lists all files of a collection and ignores the filter."""

    def read_query(
        operation: Operation, document: Document, given: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        query = behaviour.requests.read_query(operation, document, given)
        if operation.id == "listCollectionFiles":
            query.pop("filter", None)
        return query

    return replace(behaviour, requests=replace(behaviour.requests, read_query=read_query))


ACCEPTS = (
    (
        "criteria_of_any_form",
        "Accepts criteria that are no list, or lack their path or operator.",
        r"metadata(\[0\]\.(path|operator))?$",
        "criteria-that-are-no-list a-criterion-without-path a-criterion-without-operator an-unknown-operator",
    ),
    (
        "values_of_any_type",
        "Accepts numbers in place of strings.",
        r"\w+\[0\]\.valueText",
        "a-value-text-that-is-no-string a-value-text-array-that-is-no-list-of-strings "
        "a-comparison-without-value-text "
        "a-comparison-without-value-text-array an-in-operator-without-values",
    ),
    (
        "paths_of_any_name",
        "Accepts paths that do not exist.",
        r"(file|video_info)\[0\]\.path",
        "an-unknown-path-of-files an-unknown-path-of-videos",
    ),
    ("scopes_of_any_name", "Accepts any scope.", r"\w+\[0\]\.scope", "an-unknown-scope has-audio-by-segment"),
)


def _accepting(pattern: str) -> Callable[[Behaviour], Behaviour]:
    """Drops the filter instead of rejecting a wrong member at such a place."""
    place = re.compile(rf"knowledge_base\.filter\.{pattern}")

    def mend(details: RequestDetails, error: ApiError) -> bool:
        if not place.match(error.param or ""):
            return False
        cast("dict[str, Any]", details.body)["knowledge_base"].pop("filter")
        return True

    return forgiving(mend)


for _name, _doc, _pattern, _mistakes in ACCEPTS:
    _rules = tuple(f"requests.rejects-{mistake}" for mistake in _mistakes.split())
    add(SEAM, f"accepts_{_name}_in_filters", _doc, _rules, _accepting(_pattern))
