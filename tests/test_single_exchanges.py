"""Lint of one exchange sees what it shows: another response, another shape, a cancel that cancels nothing."""

from __future__ import annotations

import json

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.rules.reading.output import stops_midway
from antiphon_spec.dialect import load

OPENAI = load("openai")
KINDS = {"json": "application/json", "stream": "text/event-stream"}


def findings(method, path, content, asked=None, kind="json"):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    reply = read_reply(200, Headers((("content-type", KINDS[kind]),)), raw)
    request = Request(method, path, Headers(), asked)
    records = lint([Exchange("one", request, reply)], OPENAI)
    return {
        record.rule: [finding.message for finding in record.findings] for record in records if record.findings
    }


def object_of(identity, **members):
    return {"id": identity, "object": "response", "status": "completed", "output": [], **members}


def created(identity):
    event = {
        "type": "response.created",
        "sequence_number": 0,
        "response": object_of(identity, status="queued"),
    }
    return b"event: response.created\ndata: " + json.dumps(event).encode() + b"\n\n"


def page(*identities):
    data = [{"id": identity, "type": "message"} for identity in identities]
    return {
        "object": "list",
        "data": data,
        "first_id": identities[0],
        "last_id": identities[-1],
        "has_more": False,
    }


WRONG = [
    ("GET", "/responses/resp_a", object_of("resp_b"), "retrieve.answers-with-the-named-response"),
    ("DELETE", "/responses/resp_a", {"id": "resp_b", "object": "response", "deleted": True},
     "delete.a-deletion-is-confirmed"),
    ("POST", "/responses/resp_a/cancel", object_of("resp_b", status="cancelled"),
     "cancel.answers-with-the-named-response"),
    ("POST", "/responses/resp_a/cancel", object_of("resp_a", status="in_progress"),
     "cancel.leaves-no-response-running"),
    ("POST", "/responses/resp_a/cancel", object_of("resp_a", background=False),
     "cancel.only-a-background-response-is-cancelled"),
    ("GET", "/responses/resp_a/input_items", object_of("resp_a"), "input-items.a-page-is-a-list-object"),
    ("GET", "/responses/resp_a/input_items", {"items": []}, "input-items.a-page-is-a-list-object"),
    ("GET", "/responses/resp_a/input_items?after=msg_1", page("msg_1", "msg_2"),
     "pagination.a-page-leaves-out-its-cursor"),
]  # fmt: skip
RIGHT = [
    ("GET", "/responses/resp_a", object_of("resp_a"), "retrieve.answers-with-the-named-response"),
    ("GET", "/responses/resp%5Fa?include=x", object_of("resp_a"), "retrieve.answers-with-the-named-response"),
    ("DELETE", "/responses/resp%5Fa", {"id": "resp_a", "object": "response", "deleted": True},
     "delete.a-deletion-is-confirmed"),
    ("POST", "/responses/resp_a/cancel", object_of("resp_a", background=True),
     "cancel.only-a-background-response-is-cancelled"),
    ("POST", "/responses/resp_a/cancel", object_of("resp_a"), "cancel.leaves-no-response-running"),
    ("POST", "/responses/resp_a/cancel", object_of("resp_a"), "cancel.answers-with-the-named-response"),
    ("GET", "/responses/resp_a/input_items?after=msg_1", page("msg_2"),
     "pagination.a-page-leaves-out-its-cursor"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "content", "rule"), WRONG)
def test_a_fault_shows_in_one_exchange(method, path, content, rule):
    assert rule in findings(method, path, content)


@pytest.mark.parametrize(("method", "path", "content", "rule"), RIGHT)
def test_a_right_answer_shows_no_fault(method, path, content, rule):
    assert rule not in findings(method, path, content)


def test_a_retrieved_stream_is_that_of_the_named_response():
    path, rule = "/responses/resp_a?stream=true", "retrieve.answers-with-the-named-response"
    (message,) = findings("GET", path, created("resp_b"), kind="stream")[rule]
    assert message == 'event[0]/response/id is "resp_b": expected "resp_a", as in the path'
    assert rule not in findings("GET", path, created("resp_a"), kind="stream")


@pytest.mark.parametrize(("identity", "is_wrong"), [("resp_a", True), ("resp_b", False)])
def test_a_continued_response_has_an_id_of_its_own(identity, is_wrong):
    asked = {"model": "m", "input": "hi", "previous_response_id": "resp_a"}
    found = findings("POST", "/responses", object_of(identity), asked)
    assert ("response.id-is-not-that-of-the-response-before" in found) is is_wrong


CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "save"}
HALF = '{"january": 21, "febru'
LIMIT = "response-status.a-response-at-the-token-limit-is-incomplete"
ARGUMENTS = "tool-calls.arguments-are-json"


@pytest.mark.parametrize(
    ("status", "of_call", "limit", "arguments"),
    [
        ("incomplete", "incomplete", [], []),
        (
            "incomplete",
            "completed",
            [],
            [
                'reply.body/output/0/status is "completed": expected incomplete, since the response was cut'
                " within the arguments of the call"
            ],
        ),
        ("completed", "incomplete", ['reply.body/status is "completed": expected incomplete'], []),
    ],
)
def test_a_cut_within_a_call_is_told_as_a_cut(status, of_call, limit, arguments):
    call = CALL | {"arguments": HALF, "status": of_call}
    usage = {"input_tokens": 9, "output_tokens": 16, "total_tokens": 25}
    body = object_of("resp_a", status=status, output=[call], usage=usage)
    asked = {"model": "gpt-5", "input": "Save it.", "max_output_tokens": 16}
    told = findings("POST", "/responses", body, asked)
    assert [message.partition("; the model")[0] for message in told.get(ARGUMENTS, [])] == arguments
    assert told.get(LIMIT, []) == limit


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        (HALF, True),
        ('{"a": 1', True),
        ('{"a":', True),
        ('{"a": 1}', False),
        ("{a: 1}", False),
        ("", False),
        (None, False),
    ],
)
def test_a_json_text_stops_midway(text, stops):
    assert stops_midway(text) is stops
