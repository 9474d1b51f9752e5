"""What holds between lists that are asked for with different filters, whatever the files hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.filter_choice import singles, without_member
from antiphon_conformance.filtered import files_in, filter_of, in_words, is_whole, segments_by_file
from antiphon_conformance.filters import criteria, has_field, of_segment
from antiphon_conformance.parity import succeeded
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.filters import SCENARIO, answered
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import show

TEXTS = "a library with a text that some files have and others do not"
NUMBERS = ("duration", "size")
CROSSING = "a library with files of which two criteria admit different ones, and some both"


def _ids(exchange: Exchange) -> frozenset[str]:
    return frozenset(files_in(exchange))


def _lacks(exchange: Exchange, wanted: frozenset[str], because: str) -> Iterator[Finding]:
    """A finding for each file that a list should show; nothing when it goes on on further pages."""
    for identity in sorted(wanted - _ids(exchange)) if is_whole(exchange) else ():
        yield Finding("reply.body/data", f"{identity} in it, {because}", "a list without it", exchange.id)


def _has_too_many(exchange: Exchange, allowed: frozenset[str], because: str) -> Iterator[Finding]:
    """A finding for each file that a list should not show."""
    for identity, (place, _) in files_in(exchange).items():
        if identity not in allowed:
            yield Finding(f"reply.body/data/{place}", f"no such file, {because}", identity, exchange.id)


def _unlike(exchange: Exchange, other: Exchange) -> Iterator[Finding]:
    """Where two lists differ that should show the same files."""
    because = f"as in {other.id}, which asks for the same"
    yield from _lacks(exchange, _ids(other), because)
    if is_whole(other):
        yield from _has_too_many(exchange, _ids(other), because)


@rule(Scene, scenario=SCENARIO, cites="CG-FLT-12", when=succeeded("equal", "not_equal"), needs=TEXTS)
def equal_and_not_equal_share_what_has_the_field(scene: Scene) -> Iterator[Finding]:
    """NotEqual admits the files that have the field and are not Equal: these two share them out."""
    equal, other = scene["equal"], scene["not_equal"]
    if not is_whole(equal):
        return
    ((at, _),) = criteria(filter_of(other) or {})
    having = {identity for identity, file in scene.library.files.items() if has_field(file, *at)}
    yield from _lacks(other, frozenset(having) - _ids(equal), "since it has the field and is not Equal")
    for identity in sorted(_ids(equal) & _ids(other)):
        place = files_in(other)[identity][0]
        yield Finding(f"reply.body/data/{place}", "no file that is Equal", identity, other.id)


@rule(Scene, scenario=SCENARIO, cites="CG-FLT-22", when=succeeded("equal", "in_one"), needs=TEXTS)
def in_of_one_value_is_equal(scene: Scene) -> Iterator[Finding]:
    """In with an array of one value admits what Equal admits."""
    yield from _unlike(scene["in_one"], scene["equal"])


@rule(Scene, scenario=SCENARIO, cites="CG-FLT-23", when=succeeded("in_array", "in_commas"), needs=TEXTS)
def in_takes_both_forms_alike(scene: Scene) -> Iterator[Finding]:
    """In admits the same files whether the values stand in an array or between commas."""
    yield from _unlike(scene["in_commas"], scene["in_array"])


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-24",
    when=succeeded("contains_any", "contains_all"),
    needs="a library with arrays of texts in the metadata, some with both of two and others with one",
)
def what_contains_all_contains_any(scene: Scene) -> Iterator[Finding]:
    """Every file that ContainsAll admits is admitted by ContainsAny with the same values, too."""
    yield from _lacks(scene["contains_any"], _ids(scene["contains_all"]), "since it contains all")


@rule(Scene, scenario=SCENARIO, cites="CG-FLT-25", when=succeeded("equal", "like_exactly"), needs=TEXTS)
def like_finds_what_is_equal(scene: Scene) -> Iterator[Finding]:
    """Like with a text without wildcards admits at least what Equal admits."""
    yield from _lacks(scene["like_exactly"], _ids(scene["equal"]), "since it is even Equal")


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-15",
    when=lambda scene: any(succeeded(f"{name}_below", f"{name}_above")(scene) for name in NUMBERS),
    needs="a library with durations or sizes that sort otherwise as texts",
)
def less_and_greater_exclude_equal(scene: Scene) -> Iterator[Finding]:
    """No file is LessThan, Equal to and GreaterThan the same value at once, nor two of these."""
    for name in NUMBERS:
        steps = [f"{name}_{side}" for side in ("below", "at", "above")]
        for one, other in combinations([step for step in steps if step in scene and scene[step].ok], 2):
            for identity in sorted(_ids(scene[one]) & _ids(scene[other])):
                place, exchange = files_in(scene[other])[identity][0], scene[other]
                expected = f"no file that {scene[one].id} shows, which asks for others"
                yield Finding(f"reply.body/data/{place}", expected, identity, exchange.id)


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-26",
    when=succeeded("equal", "equal_by_prefix"),
    needs="a library with a text in the metadata that some files have and others do not",
)
def the_name_of_the_category_may_lead_a_path(scene: Scene) -> Iterator[Finding]:
    """`metadata.topic` and `topic` are paths of the same field."""
    yield from _unlike(scene["equal_by_prefix"], scene["equal"])


def _alike(scene: Scene, exchange: Exchange) -> Iterator[Exchange]:
    """The lists of the same things as one of them, where they came."""
    path = exchange.request.path.partition("?")[0]
    for one in scene.episode.exchanges.values():
        if one.ok and one.request.path.partition("?")[0] == path:
            yield one


@rule(
    Scene,
    scenario=SCENARIO,
    cites=("CG-FLT-33", "CG-FLT-08"),
    when=succeeded("scope_of_files"),
    needs="a library whose files differ in metadata or duration",
)
def the_scope_of_files_may_be_said(scene: Scene) -> Iterator[Finding]:
    """The scope "file" changes nothing: it is the one that is meant without.

    Older clients always send it.
    """
    aloud = scene["scope_of_files"]
    meant = without_member(filter_of(aloud) or {}, "scope")
    for one in _alike(scene, aloud):
        if filter_of(one) == meant:
            yield from _unlike(aloud, one)


def _both(scene: Scene, step: str) -> Iterator[Finding]:
    """Where a list by several criteria differs from what the lists by each of them have in common."""
    together = scene[step]
    parts = singles(filter_of(together) or {})
    alone = [one for one in _alike(scene, together) if filter_of(one) in parts]
    for one in alone:
        if is_whole(one):
            yield from _has_too_many(together, _ids(one), f"since {one.id} does not show it")
    if len(alone) == len(parts):
        common = frozenset[str].intersection(*map(_ids, alone))
        yield from _lacks(together, common, "since it satisfies every criterion")


@rule(Scene, scenario=SCENARIO, cites="CG-FLT-10", when=succeeded("two_criteria"), needs=CROSSING)
def all_criteria_of_a_category_hold(scene: Scene) -> Iterator[Finding]:
    """Two criteria of one category admit the files that each of them admits."""
    yield from _both(scene, "two_criteria")


@rule(Scene, scenario=SCENARIO, cites="CG-FLT-10", when=succeeded("two_categories"), needs=CROSSING)
def the_criteria_of_all_categories_hold(scene: Scene) -> Iterator[Finding]:
    """Criteria of two categories admit the files that each of them admits."""
    yield from _both(scene, "two_categories")


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-01",
    when=lambda scene: answered("empty", "empty_categories")(scene) and bool(scene.library.files),
    needs="a library with files",
)
def a_filter_without_criteria_admits_everything(scene: Scene) -> Iterator[Finding]:
    """A filter without criteria, or with empty categories, admits every file."""
    for step in ("empty", "empty_categories"):
        if step in scene and scene[step].ok:
            yield from _lacks(scene[step], frozenset(scene.library.files), "since nothing is demanded of it")


@rule(Scene, scenario=SCENARIO, cites="CG-FLT-29", when=lambda scene: "impossible" in scene)
def nothing_is_an_answer(scene: Scene) -> Iterator[Finding]:
    """A filter that admits no file is answered 200 with an empty list."""
    exchange = scene["impossible"]
    if exchange.answer.status != 200:
        expected = "200, since that there are none is an answer"
        yield Finding("reply.status", expected, str(exchange.answer.status), exchange.id)
    elif files_in(exchange):
        yield Finding("reply.body/data", "an empty array", show(exchange.answer.fields["data"]), exchange.id)


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-34",
    when=succeeded("by_segment"),
    needs="files whose segments differ in length or metadata",
)
def files_with_such_a_segment_pass(scene: Scene) -> Iterator[Finding]:
    """With the scope "segment", a criterion admits the files that have a segment which satisfies it."""
    exchange = scene["by_segment"]
    filter = filter_of(exchange) or {}
    for identity, segments in segments_by_file(scene.episode.exchanges).items():
        passes = any(of_segment(filter, segment).admitted for segment in segments)
        if passes:
            yield from _lacks(exchange, frozenset({identity}), f"as a segment has {in_words(filter)}")
        elif identity in files_in(exchange):
            place, expected = files_in(exchange)[identity][0], f"a file with {in_words(filter)}"
            yield Finding(f"reply.body/data/{place}", expected, f"{identity} without such", exchange.id)
