"""Answers other than responses: one rule reports a fault, that of the part in which it lies."""

from __future__ import annotations

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.video_library.rules.document_schemas import PARTS
from antiphon_spec.dialect import load
from scripted_transport import exchange

CLOUDGLUE = load("cloudglue")
RULES = {name: rule for name, rule in rules_for(CLOUDGLUE).items() if name.startswith("answer-schema.")}
FILE = {"id": "file_1", "uri": "cloudglue://files/file_1", "status": "completed"}
COLLECTION = {
    "id": "collection_1",
    "object": "collection",
    "name": "Kitchen",
    "created_at": 1767225600000,
    "file_count": 1,
    "collection_type": "entities",
}


def page(*data, **members):
    return {"object": "list", "data": [*data], "total": len(data), "limit": 50, "offset": 0, **members}


def find_places(path, body):
    """The places of faults in an answer, by rule."""
    records = lint([exchange("one", body, path=path, method="GET")], CLOUDGLUE, RULES)
    return {
        record.rule.removeprefix("answer-schema."): [finding.where for finding in record.findings]
        for record in records
        if record.outcome is not Outcome.PASSED
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/files", page(FILE)),
        ("/files", page()),
        ("/files/file_1", {**FILE, "color": "blue"}),
        ("/collections?limit=2", page(COLLECTION)),
    ],
)
def test_no_rule_reports_a_right_answer(path, body):
    assert find_places(path, body) == {}


@pytest.mark.parametrize(
    ("path", "body", "rule", "where"),
    [
        ("/files/f", {**FILE, "uri": 5}, "files-are-whole", "/uri"),
        ("/files/f", {**FILE, "status": "ready"}, "the-status-of-a-file-is-known", "/status"),
        ("/files/f", {"id": "f", "uri": "f"}, "the-status-of-a-file-is-known", "/status"),
        ("/files", page(FILE, {**FILE, "id": 5}), "files-are-whole", "/data/1/id"),
        ("/files", page({**FILE, "status": None}), "the-status-of-a-file-is-known", "/data/0/status"),
        ("/files/f", [], "files-are-whole", ""),
        (
            "/files",
            {"object": "list", "total": 0, "limit": 50, "offset": 0},
            "lists-of-files-are-whole",
            "/data",
        ),
        ("/collections", page(COLLECTION, total="1"), "lists-of-collections-are-whole", "/total"),
        ("/collections", page({**COLLECTION, "name": 1}), "collections-are-whole", "/data/0/name"),
        ("/collections", page("Kitchen"), "collections-are-whole", "/data/0"),
        ("/collections", None, "lists-of-collections-are-whole", ""),
    ],
)
def test_the_rule_of_the_nearest_part_reports_a_fault(path, body, rule, where):
    assert find_places(path, body) == {rule: [f"reply.body{where}"]}


def test_other_rules_judge_an_error_answer():
    refusal = exchange("one", {"error": "no such file"}, status=404, path="/files/none", method="GET")
    assert lint([refusal], CLOUDGLUE, RULES) == []


@pytest.mark.parametrize("operation", CLOUDGLUE.document.operations)
def test_every_answer_other_than_a_response_has_a_rule(operation):
    answer = CLOUDGLUE.schemas.body(operation)
    parts = [pointer for part in PARTS for pointer in part.pointers(operation)]
    elsewhere = operation in CLOUDGLUE.response_operations or operation == "deleteResponse"
    assert answer is None or elsewhere or "" in parts
