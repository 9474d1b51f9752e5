"""Citations: which of them which rule complains of, in answers to which requests."""

from __future__ import annotations

from uuid import UUID

import pytest

from answers import exchange
from antiphon_conformance.engine import judge
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.video_library.sources import DESCRIPTIONS
from antiphon_spec.dialect import load

CLOUDGLUE = load("cloudglue")
RULES = {name: rule for name, rule in rules_for(CLOUDGLUE).items() if name.startswith("citations.")}
KITCHEN, OFFICE, CARBONARA, SHAKSHUKA, FIRST = (str(UUID(int=number, version=4)) for number in range(1, 6))
LISTS = ("relevant_sources", "visual_scene_description", "scene_text", "speech", "audio_description")
DESCRIBED = {name: [] for name in LISTS} | {"relevant_sources": ["speech"], "speech": ["Salt the water."]}
CITATION = {
    "type": "cloudglue_citation",
    "collection_id": KITCHEN,
    "file_id": CARBONARA,
    "segment_id": FIRST,
    "start_time": 12.5,
    "end_time": 40,
    "context": "Salt the water.",
}
IN_KITCHEN = {"knowledge_base": {"collections": [KITCHEN]}}
IN_FILES = {"knowledge_base": {"source": "files", "files": [f"cloudglue://files/{CARBONARA}"]}}
ON_THE_WEB = {"knowledge_base": {"source": "files", "files": ["https://videos.example/carbonara"]}}
EVERYWHERE = {"knowledge_base": {"source": "default"}}
WITH_DESCRIPTIONS = IN_KITCHEN | {"include": [DESCRIPTIONS]}


def listed(path, *data):
    body = {"object": "list", "data": [*data], "total": len(data), "limit": 100, "offset": 0}
    return exchange(path, body, path=path, method="GET")


LIBRARY = Trace(
    "library",
    {
        "collections": listed("/collections", {"id": KITCHEN, "collection_type": "media-descriptions"}),
        "files": listed(
            "/files",
            {"id": CARBONARA, "video_info": {"duration_seconds": 60}},
            {"id": SHAKSHUKA, "video_info": {"duration_seconds": None}},
        ),
        "collection_members": listed(f"/collections/{KITCHEN}/videos", {"file_id": CARBONARA}),
    },
)


def without(*names, **members):
    return {name: value for name, value in CITATION.items() if name not in names} | members


def answer(asked, *citations, text="Salt the water."):
    """The exchange of a create that is answered with a text and these citations."""
    part = {"type": "output_text", "text": text, "annotations": [*citations]}
    message = {"type": "message", "role": "assistant", "content": [part]}
    body = {"id": FIRST, "object": "response", "status": "completed", "output": [message]}
    return exchange("grounded/plain", body, asked={"model": "nimbus-001", "input": "?", **asked})


def told(**steps):
    """The outcomes of the rules over citations, by rule, that did not pass."""
    records = judge([LIBRARY, Trace("grounded", steps)], CLOUDGLUE, RULES)
    return {
        record.rule.removeprefix("citations."): record.outcome
        for record in records
        if record.outcome is not Outcome.PASSED
    }


def complaints(asked, *citations):
    """The rules that complain of such an answer."""
    return {rule for rule, how in told(plain=answer(asked, *citations)).items() if how in RED}


RED = (Outcome.FAILED, Outcome.WARNED, Outcome.INFORMED)


@pytest.mark.parametrize(
    ("asked", "citation"),
    [
        (IN_KITCHEN, CITATION),
        (IN_KITCHEN, without("segment_id", "end_time")),
        (IN_KITCHEN, CITATION | {"start_time": 0, "end_time": 60.5}),
        (IN_FILES, without("collection_id")),
        (EVERYWHERE, without("collection_id", file_id=SHAKSHUKA, end_time=7200)),
        (ON_THE_WEB, without("collection_id", file_id=OFFICE)),
        (WITH_DESCRIPTIONS, CITATION | DESCRIBED),
    ],
)
def test_a_right_citation_is_complained_of_by_no_rule(asked, citation):
    assert complaints(asked, citation) == set()


@pytest.mark.parametrize(
    ("asked", "citation", "rule"),
    [
        (IN_KITCHEN, CITATION | {"start_time": -1}, "times-are-in-order"),
        (IN_KITCHEN, CITATION | {"start_time": 41}, "times-are-in-order"),
        (IN_KITCHEN, CITATION | {"end_time": 40_000}, "times-lie-within-the-video"),
        (IN_KITCHEN, without("collection_id"), "name-a-collection-of-the-request"),
        (IN_KITCHEN, CITATION | {"collection_id": OFFICE}, "name-a-collection-of-the-request"),
        (IN_KITCHEN, CITATION | {"file_id": SHAKSHUKA}, "cite-files-of-the-request"),
        (IN_FILES, CITATION, "name-no-collection-without-one-in-the-request"),
        (IN_FILES, CITATION | {"collection_id": None}, "name-no-collection-without-one-in-the-request"),
        (IN_FILES, without("collection_id", file_id=SHAKSHUKA), "cite-files-of-the-request"),
        (EVERYWHERE, without("collection_id", file_id=OFFICE), "cite-files-of-the-request"),
        (IN_KITCHEN, without("end_time"), "have-a-segment-and-its-end-or-neither"),
        (IN_KITCHEN, CITATION | {"speech": []}, "have-no-descriptions-without-include"),
        (WITH_DESCRIPTIONS, CITATION | {"speech": ["Salt."]}, "have-descriptions-with-include"),
        (
            WITH_DESCRIPTIONS,
            CITATION | DESCRIBED | {"relevant_sources": ["scene_text"]},
            "relevant-sources-are-described",
        ),
        (IN_KITCHEN, without("context"), "have-a-context"),
    ],
)
def test_a_wrong_citation_is_complained_of_by_one_rule(asked, citation, rule):
    assert complaints(asked, citation) == {rule}


def test_an_answer_that_cites_nothing_shows_nothing():
    assert set(told(plain=answer(IN_KITCHEN)).values()) == {Outcome.INCONCLUSIVE}
    assert set(told(plain=answer(IN_KITCHEN))) == {name.removeprefix("citations.") for name in RULES}


def test_an_answer_that_is_read_later_is_held_against_the_request_that_it_answers():
    later = exchange("polled", answer(IN_KITCHEN, CITATION | {"file_id": SHAKSHUKA}).answer.body,
                     path=f"/responses/{FIRST}", method="GET")  # fmt: skip
    start = exchange("started", {"id": FIRST, "status": "in_progress", "output": None}, asked=IN_KITCHEN
                       | {"model": "nimbus-001", "input": "?", "background": True})  # fmt: skip
    assert told(started=start, polled=later)["cite-files-of-the-request"] is Outcome.FAILED


def test_a_segment_is_looked_for_among_all_those_of_its_file():
    path = f"/files/{CARBONARA}/segments"
    plain, entries = answer(IN_KITCHEN, CITATION), listed(path, {"id": KITCHEN})
    rule = "cite-segments-that-exist"
    assert told(plain=plain, segments=entries)[rule] is Outcome.INFORMED
    assert rule not in told(plain=plain, segments=listed(path, {"id": FIRST}))
    page = exchange(path, {"data": [{"id": KITCHEN}], "total": 2}, path=path, method="GET")
    assert told(plain=plain, segments=page)[rule] is Outcome.INCONCLUSIVE


def test_include_is_judged_only_where_the_same_question_is_answered_alike_twice():
    plain, variant = answer(IN_KITCHEN, CITATION), answer(IN_KITCHEN, CITATION, text="Boil it.")
    description = answer(WITH_DESCRIPTIONS, CITATION | DESCRIBED)
    shorter = answer(WITH_DESCRIPTIONS)
    rule = "include-only-adds"
    assert rule not in told(plain=plain, again=plain, described=description)
    assert told(plain=plain, again=plain, described=shorter)[rule] is Outcome.INFORMED
    assert told(plain=plain, again=variant, described=shorter)[rule] is Outcome.INCONCLUSIVE
