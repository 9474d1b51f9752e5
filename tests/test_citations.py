"""Rules on citations: which rule reports which wrong citation."""

from __future__ import annotations

from uuid import UUID

import pytest

from antiphon_conformance.engine import judge
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.video_library.sources import DESCRIPTIONS
from antiphon_spec.dialect import load
from scripted_transport import exchange

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


def list_page(path, *data):
    body = {"object": "list", "data": [*data], "total": len(data), "limit": 100, "offset": 0}
    return exchange(path, body, path=path, method="GET")


LIBRARY = Trace(
    "library",
    {
        "collections": list_page("/collections", {"id": KITCHEN, "collection_type": "media-descriptions"}),
        "files": list_page(
            "/files",
            {"id": CARBONARA, "video_info": {"duration_seconds": 60}},
            {"id": SHAKSHUKA, "video_info": {"duration_seconds": None}},
        ),
        "collection_members": list_page(f"/collections/{KITCHEN}/videos", {"file_id": CARBONARA}),
    },
)


def without(*names, **members):
    return {name: value for name, value in CITATION.items() if name not in names} | members


def answer(request_members, *citations, text="Salt the water."):
    """The exchange of a create whose answer has a text and these citations."""
    part = {"type": "output_text", "text": text, "annotations": [*citations]}
    message = {"type": "message", "role": "assistant", "content": [part]}
    body = {"id": FIRST, "object": "response", "status": "completed", "output": [message]}
    return exchange(
        "grounded/plain", body, request_body={"model": "nimbus-001", "input": "?", **request_members}
    )


def find_outcomes(**steps):
    """The outcomes of the rules over citations, by rule, that did not pass."""
    records = judge([LIBRARY, Trace("grounded", steps)], CLOUDGLUE, RULES)
    return {
        record.rule.removeprefix("citations."): record.outcome
        for record in records
        if record.outcome is not Outcome.PASSED
    }


def find_rules(request_members, *citations):
    """The rules that complain of such an answer."""
    return {
        rule for rule, how in find_outcomes(plain=answer(request_members, *citations)).items() if how in RED
    }


RED = (Outcome.FAILED, Outcome.WARNED, Outcome.NOTED)


@pytest.mark.parametrize(
    ("request_members", "citation"),
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
def test_no_rule_reports_a_right_citation(request_members, citation):
    assert find_rules(request_members, citation) == set()


@pytest.mark.parametrize(
    ("request_members", "citation", "rule"),
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
def test_one_rule_reports_a_wrong_citation(request_members, citation, rule):
    assert find_rules(request_members, citation) == {rule}


def test_an_answer_without_citations_is_inconclusive():
    assert set(find_outcomes(plain=answer(IN_KITCHEN)).values()) == {Outcome.INCONCLUSIVE}
    assert set(find_outcomes(plain=answer(IN_KITCHEN))) == {name.removeprefix("citations.") for name in RULES}


def test_a_polled_answer_is_judged_against_its_create_request():
    later = exchange("polled", answer(IN_KITCHEN, CITATION | {"file_id": SHAKSHUKA}).answer.body,
                     path=f"/responses/{FIRST}", method="GET")  # fmt: skip
    request_body = IN_KITCHEN | {"model": "nimbus-001", "input": "?", "background": True}
    creation = {"id": FIRST, "status": "in_progress", "output": None}
    start = exchange("started", creation, request_body=request_body)
    assert find_outcomes(started=start, polled=later)["cite-files-of-the-request"] is Outcome.FAILED


def test_a_segment_is_searched_among_all_segments_of_its_file():
    path = f"/files/{CARBONARA}/segments"
    plain, entries = answer(IN_KITCHEN, CITATION), list_page(path, {"id": KITCHEN})
    rule = "cite-segments-that-exist"
    assert find_outcomes(plain=plain, segments=entries)[rule] is Outcome.NOTED
    assert rule not in find_outcomes(plain=plain, segments=list_page(path, {"id": FIRST}))
    page = exchange(path, {"data": [{"id": KITCHEN}], "total": 2}, path=path, method="GET")
    assert find_outcomes(plain=plain, segments=page)[rule] is Outcome.INCONCLUSIVE


def test_include_is_judged_only_when_two_answers_are_equal():
    plain, variant = answer(IN_KITCHEN, CITATION), answer(IN_KITCHEN, CITATION, text="Boil it.")
    description = answer(WITH_DESCRIPTIONS, CITATION | DESCRIBED)
    shorter = answer(WITH_DESCRIPTIONS)
    rule = "include-only-adds"
    assert rule not in find_outcomes(plain=plain, again=plain, described=description)
    assert find_outcomes(plain=plain, again=plain, described=shorter)[rule] is Outcome.NOTED
    assert find_outcomes(plain=plain, again=variant, described=shorter)[rule] is Outcome.INCONCLUSIVE
