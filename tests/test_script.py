"""Scripts: what they say, what they match, and what they complain about."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from antiphon_mockserver.response.pace import Pace
from antiphon_mockserver.response.plan import ApiError, Plan
from antiphon_mockserver.script import ScriptError, load, planner
from speaking import DIALECTS, RESPONSES, WEATHER, assistant, context, respond, timeline, user

SHIPPED = Path(str(files("antiphon_fixtures"))) / "scripts"


def say(row: dict[str, Any], input: Any = "Hi", **request: Any) -> Plan:
    """The plan of a script with this one row."""
    return planner([{"strict": True, "answers": [row]}])(context(input, **request))


def spoken(row: dict[str, Any], **request: Any) -> list[str]:
    return [item["type"] for item in say(row, **request).items]


def test_a_text_is_said() -> None:
    (item,) = say({"text": "Hello."}).items
    assert item["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello."}]


@pytest.mark.parametrize(
    ("row", "types"),
    [
        ({"text": "Hi"}, ["message"]),
        ({"refusal": "No."}, ["message"]),
        ({"json": {"a": 1}}, ["message"]),
        ({"calls": [{"name": "f"}, {"name": "g", "input": "x"}]}, ["function_call", "custom_tool_call"]),
        (
            {"reasoning": "Hm.", "text": "Hi", "calls": [{"name": "f"}]},
            ["reasoning", "message", "function_call"],
        ),
        ({"items": [{"type": "web_search_call", "action": {}}]}, ["web_search_call"]),
        ({"delay": 1}, []),
    ],
)
def test_a_row_becomes_items(row: dict[str, Any], types: list[str]) -> None:
    assert spoken(row) == types


def test_arguments_are_sent_as_they_are_written() -> None:
    calls = [{"name": "f", "arguments": {"a": [1]}}, {"name": "f", "arguments": '{"broken'}, {"name": "f"}]
    assert [item["arguments"] for item in say({"calls": calls}).items] == ['{"a":[1]}', '{"broken', "{}"]


@pytest.mark.parametrize(
    ("when", "request_", "matches"),
    [
        ({}, {}, True),
        ({"input": "WEATHER"}, {"input": "the weather"}, True),
        ({"input": {"equals": "weather"}}, {"input": "the weather"}, False),
        ({"input": {"regex": r"^\d+$"}}, {"input": "42"}, True),
        ({"input": {"contains": "a", "regex": "b"}}, {"input": "a"}, False),
        ({"model": {"equals": "antiphon-1"}}, {}, True),
        ({"model": "gpt"}, {}, False),
        ({"instructions": "kind"}, {"instructions": "Be kind."}, True),
        ({"tools": ["get_weather"]}, {"tools": [WEATHER]}, True),
        ({"tools": ["function", "get_weather"]}, {"tools": [WEATHER]}, True),
        ({"tools": ["other"]}, {"tools": [WEATHER]}, False),
        ({"tools": []}, {}, True),
        ({"turn": 1}, {}, True),
        ({"turn": 2}, {}, False),
        ({"turn": 2}, {"input": [user("a"), assistant("b"), user("c")]}, True),
        ({"stream": True}, {"stream": True}, True),
        ({"stream": False}, {"stream": True}, False),
        ({"background": True}, {}, False),
        ({"metadata": {"case": {"equals": "7"}}}, {"metadata": {"case": "7"}}, True),
        ({"metadata": {"case": "7"}}, {}, False),
        ({"input": "a", "turn": 2}, {"input": "a"}, False),
    ],
)
def test_conditions(when: dict[str, Any], request_: dict[str, Any], matches: bool) -> None:
    row = {"when": when, "text": "matched"}
    if matches:
        assert say(row, **request_).items[0]["content"][0]["text"] == "matched"
    else:
        with pytest.raises(ApiError):
            say(row, **request_)


def test_headers_are_matched_whatever_their_case() -> None:
    script = planner([{"strict": True, "answers": [{"when": {"headers": {"X-Case": "slow"}}, "text": "a"}]}])
    asked = context("Hi")
    with pytest.raises(ApiError, match="header X-Case: expected text that contains 'slow', got absent"):
        script(asked)
    assert script(type(asked)(asked.request, asked.items, asked.dialect, headers={"x-case": "slow"})).items


def test_the_turns_of_a_tool_loop_are_counted() -> None:
    script = planner([SHIPPED / "tool_loop.yaml"])
    question = user("What is the weather in Paris?")
    first = script(context([question], tools=[WEATHER]))
    call = {**first.items[-1], "call_id": "c1"}
    output = {"type": "function_call_output", "call_id": "c1", "output": "21 degrees"}
    second = script(context([question, call, output], tools=[WEATHER]))
    assert [item["type"] for item in first.items] == ["reasoning", "function_call"]
    assert second.items[0]["content"][0]["text"] == "The weather in Paris is fine."


def test_the_first_row_that_matches_answers() -> None:
    rows = [{"when": {"input": "x"}, "text": "1"}, {"text": "2"}, {"text": "3"}]
    script = planner([{"answers": rows}])
    assert [script(context(prompt)).items[0]["content"][0]["text"] for prompt in ("x", "y")] == ["1", "2"]


def test_scripts_answer_in_their_order_and_then_the_model() -> None:
    scripts = [{"answers": [{"when": {"input": word}, "text": word}]} for word in ("one", "two")]
    said = [
        planner(scripts)(context(prompt)).items[0]["content"][0]["text"]
        for prompt in ("two", "one", "Say hello.")
    ]
    assert said == ["two", "one", "Hello!"]


def test_a_strict_script_lists_every_row_with_the_reason_why_not() -> None:
    with pytest.raises(ApiError) as error:
        planner([SHIPPED / "tool_loop.yaml"])(context("Hello"))
    assert error.value.code == "no_script_matches"
    assert error.value.message.splitlines() == [
        "No entry of the script matches this request, and the script is strict:",
        "  - tool loop: asks for the weather: input: expected text that contains 'weather', got 'Hello';"
        " tools: expected the tools get_weather, got an empty array",
        "  - tool loop: tells what the tool said: output: expected text that matches"
        " '(?i)degrees|sunny|rain', got ''",
        "  - tool loop: without the tool: input: expected text that contains 'weather', got 'Hello'",
    ]


def test_an_error_is_answered() -> None:
    with pytest.raises(ApiError) as error:
        say({"error": {"status": 429, "code": "slow_down", "headers": {"retry-after": "1"}}, "delay": 0.5})
    assert (error.value.status, error.value.code, error.value.delay) == (429, "slow_down", 0.5)
    assert error.value.headers == {"retry-after": "1"}


@pytest.mark.parametrize(
    ("row", "status", "reason", "error"),
    [
        ({"text": "a"}, "completed", None, None),
        ({"text": "a", "status": "incomplete"}, "incomplete", "max_output_tokens", None),
        (
            {"text": "a", "status": "incomplete", "reason": "content_filter"},
            "incomplete",
            "content_filter",
            None,
        ),
        ({"failure": {"code": "server_error", "message": "No."}}, "failed", None, "server_error"),
        ({"status": "failed"}, "failed", None, "server_error"),
    ],
)
def test_endings(row: dict[str, Any], status: str, reason: str | None, error: str | None) -> None:
    made = say(row)
    assert (made.status, made.reason, made.error and made.error["code"]) == (status, reason, error)


def test_usage_is_counted_or_given() -> None:
    counted, given = (
        say({"text": "one two three"}),
        say({"text": "a", "usage": {"output_tokens": 70, "cached_tokens": 9}}),
    )
    assert counted.output_tokens >= 3
    assert (given.output_tokens, given.cached_tokens, given.input_tokens >= 9) == (70, 9, True)


def test_delays_are_kept() -> None:
    made = say({"text": "a", "delay": 0.5, "pace": 0.1})
    assert (made.delay, made.pace) == (0.5, Pace(interval=0.1))


@pytest.mark.parametrize(
    ("content", "where", "expected"),
    [
        ({}, "script#/answers", "a value"),
        ({"answers": []}, "script#/answers", "at least 1 element"),
        ({"answers": [{}]}, "script#/answers/0", "at least 1 member"),
        ({"answers": [{"txt": "a"}]}, "script#/answers/0/txt", "no such member"),
        ({"answers": [{"text": 1}]}, "script#/answers/0/text", "a string"),
        ({"answers": [{"when": {"turn": 0}, "text": ""}]}, "script#/answers/0/when/turn", "at least 1"),
        (
            {"answers": [{"when": {"input": {"like": "a"}}}]},
            "script#/answers/0/when/input/like",
            "no such member",
        ),
        (
            {"answers": [{"when": {"input": {"regex": "("}}}]},
            "script#/answers/0/when",
            "a regular expression",
        ),
        ({"answers": [{"error": {"status": 200}}]}, "script#/answers/0/error/status", "at least 400"),
        (
            {"answers": [{"status": "done"}]},
            "script#/answers/0/status",
            "one of 'completed', 'incomplete', 'failed'",
        ),
        ([], "script#", "an object"),
    ],
)
def test_a_malformed_script_is_refused_with_the_place(content: Any, where: str, expected: str) -> None:
    with pytest.raises(ScriptError) as problem:
        load(content)
    assert problem.value.where == where
    assert problem.value.expected.startswith(expected)


def test_a_file_that_is_no_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="no such file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("answers: [")
    with pytest.raises(ScriptError, match=r"bad\.yaml: expected YAML"):
        load(tmp_path / "bad.yaml")


HOSTED = {
    "web_search": "Where does antiphon come from?",
    "file_search": "Hi",
    "code_interpreter": "Hi",
    "mcp": "Hi",
}


@pytest.mark.parametrize("tool", HOSTED)
def test_the_hosted_tools_that_ship_obey_the_grammar_and_the_schemas(tool: str) -> None:
    planned = planner([SHIPPED / "hosted_tools.yaml"])(context(HOSTED[tool], tools=[{"type": tool}]))
    final = respond("Hi", planned=planned)
    body = DIALECTS["openai"].schemas.body("createResponse")
    machine = DIALECTS["openai"].grammar.machine()
    assert body is not None
    assert body.faults(final) == []
    for event in timeline(final).events:
        validator = DIALECTS["openai"].schemas.event(event["type"])
        assert validator is not None
        assert (machine.feed(event), validator.faults(event)) == ([], [])
    assert machine.end() == []


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_scripts_that_ship_can_be_read(path: Path) -> None:
    assert load(path).entries


@pytest.mark.parametrize("prompt", ["fail", "cut", "refuse"])
def test_the_bad_endings_that_ship_are_told_in_order(prompt: str) -> None:
    planned = planner([SHIPPED / "errors.yaml"])(context(prompt))
    for name in RESPONSES:
        machine = DIALECTS[name].grammar.machine()
        events = timeline(respond(prompt, name, planned), name).events
        assert [machine.feed(event) for event in events] == [[]] * len(events)
        assert machine.end() == []
