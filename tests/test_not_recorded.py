"""What a recorder lost is found by its marks and its traces, and is never the server's fault."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Part, Request
from antiphon_conformance.http.placeholder import is_placeholder
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.recordings.evidence import is_made_by_hand, with_losses
from antiphon_conformance.rules.rule import REGISTRY, all_rules
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load

OPENAI = load("openai")
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
COMPLETE = {"content-type": "application/json", "date": DATE, "x-request-id": "req_1"}
CREATED_AT = 784111777
ID = "resp_68cdec1f3290819f99d9caba8703b251079003437d26d0c0"


def body(**members):
    return {
        "id": ID,
        "object": "response",
        "status": "completed",
        "created_at": CREATED_AT,
        "output": [],
        **members,
    }


def exchange(content, headers=COMPLETE, status=200, method="POST", path="/responses", asked=True):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    request = Request(method, path, Headers(), {"model": "m", "input": "hi"} if asked else None)
    return Exchange("one", request, read_reply(status, Headers(tuple(headers.items())), raw))


def lost(*exchanges):
    return [set(result.not_recorded) for result in with_losses(exchanges)]


def test_a_complete_recording_lost_nothing():
    later = body(id=ID.replace("68c", "68d"), created_at=CREATED_AT + 1, usage={"total_tokens": 1})
    assert lost(exchange(body()), exchange(later)) == [set(), set()]


STREAM = {**COMPLETE, "content-type": "text/event-stream"}
CREATED = b'event: response.created\ndata: {"type":"response.created"}\n\n'
TRACES = {
    "no date": (exchange(body(), headers={"content-type": "application/json"}), {Part.REPLY_HEADERS}),
    "no content type": (exchange(body(), headers={"date": DATE}), {Part.REPLY_HEADERS}),
    "a date filtered": (exchange(body(), headers={**COMPLETE, "date": "DATE-XXX"}), {Part.REPLY_HEADERS}),
    "no body of the request": (exchange(body(), asked=False), {Part.REQUEST}),
    "half an object": (exchange(b'{"id": "resp_1", "object": "resp'), {Part.BODY_END}),
    "half a message": (exchange(CREATED + b'event: x\ndata: {"type', headers=STREAM), {Part.BODY_END}),
    "a text filtered": (exchange(body(instructions="<FILTERED>")), {Part.TEXTS}),
    "an id filtered": (exchange(body(id="resp_REDACTED")), {Part.TEXTS, Part.IDS}),
    "a name hidden in a text": (exchange(body(instructions="Greet [NAME] now.")), {Part.TEXTS}),
    "an address hidden in a text": (exchange(body(instructions="To <EMAIL_ADDRESS>.")), {Part.TEXTS}),
    "a name of stars in a text": (exchange(body(instructions="Greet *** twice.")), {Part.TEXTS}),
    "a text cut at a round length": (exchange(body(instructions=f"{'Hi. ' * 20}...")), {Part.TEXTS}),
    "a text cut to a round length": (exchange(body(instructions=f"{'Tell ' * 11}me...")), {Part.TEXTS}),
    "an id shorter than the one asked for": (
        exchange(body(id="resp_2"), method="GET", path=f"/responses/{ID}", asked=False), {Part.IDS},
    ),
    "one id for all kinds": (exchange(body(id="resp_abc123", output=[{"id": "msg_abc123"}])), {Part.IDS}),
    "an id of zeros": (exchange(body(id="resp_0100000000000000000000000000000000")), {Part.IDS}),
    "an item of zeros": (exchange(body(output=[{"id": "msg_00000000000000000000"}])), {Part.IDS}),
    "a round time": (exchange(body(created_at=1_700_000_000)), {Part.TIMES}),
    "a time of another year": (exchange(body(created_at=CREATED_AT - 40_000_000)), {Part.TIMES}),
    "a counting time": (exchange(body(created_at=1234567890)), {Part.TIMES}),
}  # fmt: skip


@pytest.mark.parametrize("name", TRACES)
def test_a_recorder_leaves_traces(name):
    found, expected = TRACES[name]
    assert lost(found) == [expected]


ORDINARY = [
    "Wait for it...",
    f"{'So ' * 8}...",
    "A ***bold*** word.",
    "a\n***\nb",
    "[1] [note] [DONE] <name>",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_text_was_not_changed(text):
    assert lost(exchange(body(instructions=text))) == [set()]


def test_two_responses_with_one_id_show_that_ids_were_replaced():
    other = body(output=[{"id": "msg_1"}])
    assert lost(exchange(body()), exchange(other)) == [{Part.IDS}, {Part.IDS}]


def test_a_response_that_came_twice_keeps_its_id():
    assert lost(exchange(body()), exchange(body())) == [set(), set()]


def test_three_responses_of_one_time_show_that_times_were_replaced():
    bodies = [body(id=f"{ID}{number}", output=[{"id": f"msg_{number}"}]) for number in range(3)]
    assert lost(*map(exchange, bodies)) == [{Part.TIMES}] * 3


PLACEHOLDERS = [
    "REDACTED",
    "<FILTERED>",
    "[redacted]",
    "msg_XXXX",
    "***",
    "CF-RAY-XXX",
    "resp_REDACTED_12",
    "SANITIZED",
]
TEXTS = ["removed", "The item was removed", "truncated", "a_" * 40, "", "content_filter", "filtered", "exx"]


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder(text):
    assert is_placeholder(text)


@pytest.mark.parametrize("text", TEXTS)
def test_an_ordinary_text_is_no_placeholder(text):
    assert not is_placeholder(text)


@pytest.mark.parametrize("identity", [ID, "msg_1", "call_abc", "rs_0123456789abcdef0123456789abcdef"])
def test_an_ordinary_id_is_not_made_by_hand(identity):
    assert not is_made_by_hand(identity)


def outcomes(found, rule):
    records = [record for record in lint([found], OPENAI, {rule: all_rules()[rule]}) if record.rule == rule]
    return [(record.outcome, record.note) for record in records]


def error(status, **headers):
    fields = {"content-type": "application/json", **headers}
    envelope = {"error": {"type": "invalid_request_error", "code": None, "param": None, "message": "No."}}
    return exchange(envelope, headers=fields, status=status)


FAULTS = {
    "transport.a-401-carries-a-challenge": (error(401), Part.REPLY_HEADERS),
    "transport.a-405-lists-the-methods": (error(405), Part.REPLY_HEADERS),
    "errors.an-error-is-json": (
        replace(error(400), reply=replace(error(400).answer, headers=Headers())), Part.REPLY_HEADERS,
    ),
    "response.id-has-its-prefix": (exchange(body(id="one")), Part.IDS),
    "response.created-at-is-the-time-of-the-request": (exchange(body(created_at=7)), Part.TIMES),
    "lifecycle.ends-with-a-terminal-event": (exchange(CREATED, headers=STREAM), Part.BODY_END),
    "framing.no-object-repeats-a-member-name": (exchange(b'{"id": "a", "id": "b"}'), Part.BYTES),
    "transport.a-create-that-succeeds-is-200": (exchange(body(), status=201), Part.STATUS),
}  # fmt: skip


@pytest.mark.parametrize("rule", FAULTS)
def test_a_rule_that_reads_what_was_lost_does_not_judge(rule):
    found, part = FAULTS[rule]
    ((outcome, _),) = outcomes(found, rule)
    assert outcome in (Outcome.FAILED, Outcome.WARNED, Outcome.NOTED)
    incomplete = replace(found, not_recorded=frozenset({part}))
    assert outcomes(incomplete, rule) == [(Outcome.INCONCLUSIVE, f"not recorded: {part} (in 1 exchange)")]


def test_a_rule_that_does_not_read_it_still_judges():
    found = replace(exchange(body(usage=None)), not_recorded=frozenset({Part.IDS, Part.TIMES, Part.TEXTS}))
    ((outcome, _),) = outcomes(found, "usage.an-ended-response-has-usage")
    assert outcome is Outcome.WARNED


def test_a_finding_about_a_placeholder_is_the_recorders():
    (found,) = with_losses([exchange(body(parallel_tool_calls="REDACTED"))])
    rule = "response-members.parallel-tool-calls-is-a-boolean"
    assert outcomes(found, rule) == [
        (Outcome.INCONCLUSIVE, "not recorded: long or secret texts (in 1 exchange)")
    ]
    ((outcome, _),) = outcomes(replace(found, not_recorded=frozenset()), rule)
    assert outcome is Outcome.WARNED


def test_the_note_counts_what_was_judged_and_what_was_not():
    rule = "response.id-has-its-prefix"
    records = lint(
        [
            replace(exchange(body()), id="right"),
            replace(exchange(body(id="x")), id="lost", not_recorded=frozenset({Part.IDS})),
        ],
        OPENAI,
        {rule: all_rules()[rule]},
    )
    ((outcome, note),) = [(record.outcome, record.note) for record in records]
    assert outcome is Outcome.PASSED
    assert note == "nothing found in 1 exchange; not recorded: the ids (in 1 exchange)"


def test_rules_over_headers_read_the_headers():
    """A rule that looks for a header which a recorder may drop says so."""
    all_rules()
    silent = [
        name
        for name, rule in REGISTRY.items()
        if name.startswith("vendor-headers.")
        and rule.scenario is None
        and Part.REPLY_HEADERS not in rule.reads
    ]
    assert not silent
