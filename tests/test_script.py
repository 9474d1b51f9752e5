"""Scripts: their answers, their conditions, and their error messages."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from antiphon_mockserver.response.pace import Pace
from antiphon_mockserver.response.plan import ApiError, Plan
from antiphon_mockserver.script import ScriptError, load, planner
from model_requests import DIALECTS, RESPONSES, WEATHER, assistant, context, respond, timeline, user

SHIPPED = Path(str(files("antiphon_fixtures"))) / "scripts"


def say(row: dict[str, Any], input: Any = "Hi", **request: Any) -> Plan:
    """The plan of a script with this one row."""
    return planner([{"strict": True, "answers": [row]}])(context(input, **request))


def delta_texts(row: dict[str, Any], **request: Any) -> list[str]:
    return [item["type"] for item in say(row, **request).items]


def test_an_entry_with_a_text_answers_with_it() -> None:
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
    assert delta_texts(row) == types


def test_arguments_are_sent_unchanged() -> None:
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


def test_the_case_of_header_names_does_not_matter() -> None:
    script = planner([{"strict": True, "answers": [{"when": {"headers": {"X-Case": "slow"}}, "text": "a"}]}])
    request_context = context("Hi")
    with pytest.raises(ApiError, match="header X-Case: expected text that contains 'slow', got absent"):
        script(request_context)
    assert script(
        type(request_context)(
            request_context.request,
            request_context.items,
            request_context.dialect,
            headers={"x-case": "slow"},
        )
    ).items


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


def test_scripts_answer_in_order_and_then_the_model() -> None:
    scripts = [{"answers": [{"when": {"input": word}, "text": word}]} for word in ("one", "two")]
    texts = [
        planner(scripts)(context(prompt)).items[0]["content"][0]["text"]
        for prompt in ("two", "one", "Say hello.")
    ]
    assert texts == ["two", "one", "Hello!"]


def test_a_strict_script_lists_every_row_with_a_reason() -> None:
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
    result = say(row)
    assert (result.status, result.reason, result.error and result.error["code"]) == (status, reason, error)


def test_usage_is_counted_or_comes_from_the_script() -> None:
    counted_usage, written_usage = (
        say({"text": "one two three"}),
        say({"text": "a", "usage": {"output_tokens": 70, "cached_tokens": 9}}),
    )
    assert counted_usage.output_tokens >= 3
    assert (written_usage.output_tokens, written_usage.cached_tokens, written_usage.input_tokens >= 9) == (
        70,
        9,
        True,
    )


def test_delays_are_kept() -> None:
    result = say({"text": "a", "delay": 0.5, "pace": 0.1})
    assert (result.delay, result.pace) == (0.5, Pace(interval=0.1))


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
def test_a_malformed_script_is_rejected_with_the_place(content: Any, where: str, expected: str) -> None:
    with pytest.raises(ScriptError) as problem:
        load(content)
    assert problem.value.where == where
    assert problem.value.expected.startswith(expected)


def test_a_file_other_than_a_script_is_rejected(tmp_path: Path) -> None:
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
    result = planner([SHIPPED / "hosted_tools.yaml"])(context(HOSTED[tool], tools=[{"type": tool}]))
    final = respond("Hi", planned_response=result)
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
def test_the_shipped_bad_endings_come_in_order(prompt: str) -> None:
    result = planner([SHIPPED / "errors.yaml"])(context(prompt))
    for name in RESPONSES:
        machine = DIALECTS[name].grammar.machine()
        events = timeline(respond(prompt, name, result), name).events
        assert [machine.feed(event) for event in events] == [[]] * len(events)
        assert machine.end() == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"text": "a"}], "^script#: expected an object with the list under `answers:`, got a list alone"),
        ({"answer": [{"text": "a"}]}, "^script#/answer: .*did you mean `answers`"),
        ({"answers": [{"txt": "a"}]}, "^script#/answers/0/txt: .*did you mean `text`"),
        ({"answers": [{"text": "a", "when": {"inpt": "x"}}]}, "when/inpt: .*did you mean `input`"),
        ({"answers": [{"text": "a", "pace": {"frst": 1}}]}, "pace/frst: .*did you mean `first`"),
        ({"answers": [{"calls": [{"nam": "f"}]}]}, "calls/0/nam: .*did you mean `name`"),
    ],
)
def test_a_mistake_in_a_script_comes_with_a_hint(content: Any, message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        load(content)
