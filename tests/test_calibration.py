"""False alarms that third-party servers and genuine recordings have shown, so that they do not come back."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http import sse
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request, Trace
from antiphon_conformance.report.groups import group_by_rule
from antiphon_conformance.rules.reading.output import equal_json
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.dialect import load
from antiphon_spec.profile import load_profile

OPEN = load("openresponses")
JSON = Headers((("content-type", "application/json"),))
RED = {Outcome.FAILED, Outcome.WARNED}
STRICT = load_profile("identical")
"""Under this profile an accepted wrong request is no mere note."""


def asked(body: Any, answer: Any, status: int = 200, name: str = "made/asked") -> Exchange:
    request = Request("POST", "/responses", JSON, {"model": "M", "input": "Hello.", **body})
    return Exchange(name, request, Reply(status, JSON, b"{}", answer, started_at=0.0))


def find_rules(*exchanges: Exchange, dialect: str = "openresponses") -> set[str]:
    trace = Trace("made", {str(index): entry for index, entry in enumerate(exchanges)})
    return {
        record.rule
        for record in engine.judge([trace], load(dialect), profile=STRICT)
        if record.outcome in RED
    }


def test_an_accepted_wrong_request_is_one_finding() -> None:
    rules = find_rules(asked({"background": "yes"}, {"object": "response", "background": True}))
    assert rules == {"requests.rejects-background-that-is-no-boolean"}


def test_the_rule_on_the_document_covers_what_no_named_rule_covers() -> None:
    rules = find_rules(asked({"temperature": True}, {"object": "response"}))
    assert rules == {"generated-requests.what-the-document-forbids-is-rejected"}


def test_a_server_error_on_an_invalid_request_is_one_finding() -> None:
    body = {"error": {"type": "server_error", "code": None, "param": None, "message": "It broke."}}
    assert find_rules(asked({"background": "yes"}, body, 500)) == {
        "requests.a-wrong-request-is-no-server-error"
    }


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_cut_response_may_have_items_in_progress(status: str) -> None:
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
    assert "items.are-not-in-progress-in-an-ended-response" not in find_rules(
        asked({}, {"status": status, "output": [item]})
    )
    response = {"status": "completed", "output": [item]}
    assert "items.are-not-in-progress-in-an-ended-response" in find_rules(asked({}, response))


@pytest.mark.parametrize(("code", "expected"), [("null", False), ('"rate_limit"', True)])
def test_an_error_event_without_a_code_has_no_cause(code: str, expected: bool) -> None:
    raw = (
        f'data: {{"type":"error","sequence_number":0,"error":{{"type":"server_error","code":{code}}}}}\n\n'
        'data: {"type":"response.failed","sequence_number":1,'
        '"response":{"error":{"code":"server_error"}}}\n\n'
    ).encode()
    headers = Headers((("content-type", "text/event-stream"),))
    request = Request("POST", "/responses", JSON, {"model": "M", "input": "Hello.", "stream": True})
    rules = find_rules(Exchange("made/asked", request, Reply(200, headers, raw, stream=sse.read(raw))))
    assert ("errors.an-error-event-is-followed-by-failure" in rules) is expected


@pytest.mark.parametrize(("length", "expected"), [(100_000, False), (10, True)])
def test_what_a_web_server_says_to_long_headers_is_no_error_of_the_api(length: int, expected: bool) -> None:
    headers = Headers((*JSON.pairs, ("x-padding", "x" * length)))
    request = Request("POST", "/responses", headers, {"model": "M", "input": "Hello."})
    text = Headers((("content-type", "text/plain"),))
    reply = Reply(400, text, b"Invalid HTTP request received.", started_at=0.0)
    assert ("errors.an-error-is-json" in find_rules(Exchange("made/asked", request, reply))) is expected


def test_nothing_is_expected_of_the_report_on_a_wrong_request() -> None:
    wrong = {"tool_choice": "none", "temperature": True}
    assert "echo.tool-choice-comes-back" not in find_rules(asked(wrong, {"tool_choice": "auto"}))
    right = {"tool_choice": "none", "temperature": 1}
    assert "echo.tool-choice-comes-back" in find_rules(asked(right, {"tool_choice": "auto"}))


def test_turns_without_a_count_of_tokens_are_one_finding_each() -> None:
    turns = {name: asked({}, {"status": "completed", "id": name}) for name in ("told", "continued", "asked")}
    records = engine.judge([Trace("chaining", turns)], load("openai"), profile=STRICT)
    red = {record.rule for record in records if record.outcome in RED}
    assert "usage.an-ended-response-has-usage" in red
    assert "chaining.input-tokens-grow-along-a-chain" not in red


def test_one_rule_reports_an_absent_member() -> None:
    rules = find_rules(asked({"temperature": 1}, {"object": "response", "status": "completed"}))
    assert "response.has-all-members" in rules
    assert "echo.temperature-comes-back" not in rules


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (-9223372036854775807, -9.223372036854776e18, True),
        (1, 1.0, True),
        (1, True, False),
        pytest.param(10**400, 1.0, False, id="huge"),
        (0.1, 0.2, False),
    ],
)
def test_numbers_are_equal_at_double_precision(left: float, right: float, equal: bool) -> None:
    assert equal_json(left, right) is equal


def test_the_findings_of_one_rule_are_one_entry() -> None:
    def record(rule: str, count: int) -> Record:
        findings = tuple(Finding("reply.status", "200", "500", f"e{index}") for index in range(count))
        return Record(rule, "REQ-01", (), "DOC", "openai", "", Outcome.FAILED, findings)

    small, large = record("a.few", 1), record("b.many", 5)
    assert [group.rule for group in group_by_rule([small, large])] == ["b.many", "a.few"]
    assert group_by_rule([large])[0].lines()[-1] == "and 2 more"
    assert group_by_rule([small])[0].lines() == ["e0: reply.status is 500: expected 200"]
