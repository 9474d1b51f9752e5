"""Whether a client breaks at a feature, or only at answers of one sort, and how a report keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance.http.exchange import Exchange, Request
from antiphon_conformance.http.reply import headers, reply_from_value
from antiphon_conformance.report.answers import answers
from antiphon_conformance.report.families import fault, sight
from antiphon_conformance.report.features import FeatureRow
from antiphon_conformance.report.harm import breakages
from antiphon_conformance.report.sorts import Sorts, counts_of, sorts_of
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.clients import load_clients
from antiphon_spec.requirement import Kind

TEXT = {"type": "message", "content": [{"type": "output_text", "text": "pong"}]}
REFUSAL = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}
REASONING = {"type": "reasoning", "summary": []}
CALL = {"type": "function_call", "name": "ping", "arguments": "{}"}
COUNTS = {"streams": [18, 19], "answers": [58, 60]}


def answer(
    *items: Any, status: str = "completed", of: str = "one/asked", tokens: int = 9, **asks: Any
) -> Exchange:
    reply = reply_from_value(
        200,
        headers({}),
        {"object": "response", "status": status, "output": [*items], "usage": {"output_tokens": tokens}},
    )
    return Exchange(of, Request("POST", "/responses", headers({}), asks), reply)


@pytest.mark.parametrize(
    ("exchange", "sorts"),
    [
        (answer(TEXT), ("answers",)),
        (answer(REASONING, TEXT), ("answers", "reasoning")),
        (answer(REFUSAL), ("answers", "refusal")),
        (answer(CALL, CALL), ("answers", "calls")),
        (answer(TEXT, tools=[{"type": "web_search_preview"}]), ("answers", "hosted")),
        (answer(TEXT, status="incomplete"), ("answers", "cut")),
        (answer(TEXT, tokens=16, max_output_tokens=16), ("answers", "cut")),
        (answer(TEXT, status="failed"), ("answers", "failed")),
        (answer(), ("answers",)),
        (answer(of="structured_output/refused"), ("answers", "refusal")),
        (Exchange("one/asked", Request("POST", "/responses", {}, None), None), ()),
    ],
)
def test_an_answer_has_a_sort(exchange: Exchange, sorts: tuple[str, ...]) -> None:
    assert sorts_of(exchange) == sorts


def test_plain_answers_are_counted() -> None:
    own = [answer(TEXT), answer(REASONING, TEXT), answer(REFUSAL), answer()]
    assert counts_of(own) == {"streams": [0, 0], "answers": [1, 3]}


@pytest.mark.parametrize(
    ("sorts", "words"),
    [
        ({"a/b": ("streams",)}, ""),
        ({"a/b": ("streams", "reasoning")}, "in 1 of 19 streams, with reasoning"),
        ({}, ""),
    ],
)
def test_only_a_plain_answer_breaks_a_feature(sorts: dict[str, tuple[str, ...]], words: str) -> None:
    share = Sorts(sorts, COUNTS).share("stream_helper", ["a/b"])
    assert share is not None
    assert share.words == words


def test_a_fault_of_streams_breaks_no_feature_without_them() -> None:
    assert Sorts({"a/b": ("streams",)}, COUNTS).share("create", ["a/b"]) is None


def test_where_every_answer_reasons_reasoning_is_plain() -> None:
    sorts = {"a/b": ("streams", "reasoning"), "a/c": ("streams", "reasoning", "failed")}
    shares = [Sorts(sorts, {"streams": [0, 4]}).share("stream_helper", [name]) for name in sorts]
    assert [share.words for share in shares if share] == [
        "",
        "in 1 of 4 streams, at a failure",
    ]


RAISES = ("lifecycle.the-id-never-changes", "event[9]/response/id")
"""A rule at whose fault the stream helper raises, and where the fault is."""
DIFFERS = ("lifecycle.the-terminal-event-has-the-items-of-the-stream", "event[9]/response/output[0]")
"""A rule at whose fault it only gets another text."""
PART = "in 1 of 19 streams, with reasoning"


@pytest.mark.parametrize(
    ("broken", "special", "state", "title"),
    [
        (RAISES, (), "breaks", "openai-python (stream helper, streamed tools)"),
        (
            RAISES,
            ("reasoning",),
            "breaks in part",
            f"openai-python (stream helper {PART}, streamed tools {PART})",
        ),
        (DIFFERS, (), "breaks", "openai-python (stream helper)"),
        (DIFFERS, ("reasoning",), "works", ""),
    ],
)
def test_a_client_breaks_in_part(
    broken: tuple[str, str], special: tuple[str, ...], state: str, title: str
) -> None:
    client = next(row for row in load_clients() if (row.package, row.registry) == ("openai", "PyPI"))
    sorts = Sorts({"tries/thought": ("streams", *special)}, COUNTS)
    rule, where = broken
    finding = Finding(where, "what the stream had", "something else", "tries/thought")
    record = Record(
        rule, "X", ("X",), "MUST", "openai", "tries", Outcome.FAILED, (finding,), kind=Kind.INTEROP
    )
    what = fault(sight(record, finding))
    assert client.faults("openai", "stream_helper")[rule][what], "the fault is one that breaks it"
    rows = [FeatureRow("stream", "stream", False, "offered")]
    own = next(row for row in answers([record], "openai", rows, sorts) if row.client is client)
    assert own.by_feature["stream_helper"] == state
    hits = breakages({(rule, what): {"tries/thought"}}, "openai", (), sorts)
    assert [row.title for row in hits if row.client is client] == ([title] if title else [])
    assert all(row.is_partial is bool(special) for row in hits)
