"""Comparing two views of one thing: what counts as a difference, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request
from antiphon_conformance.rules.reading.comparison import differences
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load

RESPONSE = {"id": "resp_1", "output": [{"id": "msg_1", "content": [{"text": "Hello."}]}], "background": False}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": "resp_2"}, "/id"),
        ({"output": []}, "/output"),
        ({"output": [{"id": "msg_1", "content": [{"text": "Hello!"}]}]}, "/output/0/content/0/text"),
        ({"background": 0}, "/background"),
        ({"background": None}, "/background"),
    ],
)
def test_a_difference_has_a_pointer(change: dict[str, Any], pointer: str) -> None:
    assert [place for place, _, _ in differences(RESPONSE, RESPONSE | change)] == [pointer]


def test_an_absent_member_is_a_difference() -> None:
    after = {name: value for name, value in RESPONSE.items() if name != "background"}
    assert [place for place, _, _ in differences(RESPONSE, after)] == ["/background"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RESPONSE, RESPONSE),
        (RESPONSE, RESPONSE | {"billing": {"payer": "developer"}}),
        ({"encrypted_content": "a"}, {"encrypted_content": "b"}),
        ({"temperature": 1}, {"temperature": 1.0}),
        ({"error": None}, {}),
    ],
)
def test_variations_of_genuine_servers_are_no_difference(before: Any, after: Any) -> None:
    assert not list(differences(before, after))


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/responses/resp_1/input_items?limit=0", "query-parameters.a-limit-out-of-range-is-rejected"),
        (
            "/responses/resp_1/input_items?limit=" + "9" * 5000,
            "query-parameters.a-limit-out-of-range-is-rejected",
        ),
        ("/responses/resp_1/input_items?order=up", "query-parameters.an-unknown-order-is-rejected"),
        ("/responses/resp_1?include=everything", "query-parameters.an-unknown-include-is-rejected"),
        ("/responses/resp_1?stream=true&starting_after=x", "query-parameters.a-cursor-is-a-whole-number"),
        ("/responses/resp%201", "query-parameters.an-id-with-unusual-characters-is-a-client-error"),
    ],
)
def test_a_wrong_query_must_be_rejected(path: str, rule: str) -> None:
    assert find_rules(path, 200) == {rule}
    assert find_rules(path, 400) == set()


def find_rules(path: str, status: int) -> set[str]:
    """The rules on queries that such an answer breaks."""
    openai = load("openai")
    rules = {name: rule for name, rule in rules_for(openai).items() if name.startswith("query-parameters.")}
    kind = Headers((("content-type", "application/json"),))
    exchange = Exchange("one", Request("GET", path), Reply(status, kind, b"{}", {}))
    return {record.rule for record in lint([exchange], openai, rules) if record.outcome is not Outcome.PASSED}
