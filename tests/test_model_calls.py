"""Tool calls of the deterministic model: when, which, how often and with which arguments."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from antiphon_mockserver.response.plan import ApiError
from model_requests import DIALECTS, EXCHANGE, TIME, WEATHER, calls, plan, respond, text, timeline, user

ALLOWED_TIME = {"type": "allowed_tools", "tools": [{"type": "function", "name": "get_time"}]}
SHELL = {"type": "custom", "name": "shell", "description": "Runs a command."}


def weather(*places: str) -> list[tuple[str, str]]:
    return [("get_weather", json.dumps({"location": place}, separators=(",", ":"))) for place in places]


@pytest.mark.parametrize(
    ("prompt", "places"),
    [
        ("What is the weather in Paris?", ["Paris"]),
        ("Weather in Paris?", ["Paris"]),
        ("weather for oslo please", ["oslo"]),
        ("What's the weather in Paris, France?", ["Paris, France"]),
        ("What's the weather in Paris, London and Rome?", ["Paris", "London", "Rome"]),
        ("Use get_weather for 'the moon'.", ["the moon"]),
        ("How is the weather in San Francisco?", ["San Francisco"]),
        ("How are you?", []),
    ],
)
def test_a_tool_is_called_when_the_prompt_asks_for_it(prompt: str, places: list[str]) -> None:
    assert calls(prompt, tools=[WEATHER, TIME]) == weather(*places)


def test_each_tool_gets_its_own_arguments() -> None:
    tool_calls = calls(
        "The exchange rate from USD to EUR, and the weather in Paris.", tools=[WEATHER, EXCHANGE]
    )
    assert sorted(tool_calls) == [
        ("get_exchange_rate", '{"from_currency":"USD","to_currency":"EUR"}'),
        *weather("Paris"),
    ]


def test_without_parallel_calls_there_is_one_call() -> None:
    assert calls("Weather in Paris and Rome?", tools=[WEATHER], parallel_tool_calls=False) == weather("Paris")


def test_max_tool_calls_bounds_the_calls() -> None:
    prompt = "Weather in Paris, Rome and Oslo?"
    assert calls(prompt, tools=[WEATHER], max_tool_calls=2) == weather("Paris", "Rome")


def test_an_optional_argument_is_sent_when_the_prompt_names_it() -> None:
    ((_, arguments),) = calls("The weather in Oslo in fahrenheit", tools=[WEATHER])
    assert json.loads(arguments) == {"location": "Oslo", "unit": "fahrenheit"}


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (None, []),
        ("auto", []),
        ("none", []),
        ("required", ["get_weather"]),
        ({"type": "function", "name": "get_time"}, ["get_time"]),
        ({**ALLOWED_TIME, "mode": "required"}, ["get_time"]),
        ({**ALLOWED_TIME, "mode": "auto"}, []),
        (ALLOWED_TIME, []),
    ],
)
def test_tool_choice_decides_for_a_prompt_that_needs_no_tool(choice: Any, names: list[str]) -> None:
    assert [name for name, _ in calls("Hello", tools=[WEATHER, TIME], tool_choice=choice)] == names


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("none", []),
        ("required", ["get_weather"]),
        ({"type": "function", "name": "get_time"}, ["get_time"]),
        ({**ALLOWED_TIME, "mode": "required"}, ["get_time"]),
        ({**ALLOWED_TIME, "mode": "auto"}, []),
        ({**ALLOWED_TIME, "mode": "none"}, []),
    ],
)
def test_tool_choice_is_stronger_than_the_prompt(choice: Any, names: list[str]) -> None:
    tool_calls = calls("What is the weather in Paris?", tools=[WEATHER, TIME], tool_choice=choice)
    assert [name for name, _ in tool_calls] == names


def test_the_answer_quotes_the_output_of_a_tool() -> None:
    turn = [
        user("What is the weather in Paris?"),
        {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "18 degrees"},
    ]
    assert text(turn, tools=[WEATHER]) == "The result of get_weather is: 18 degrees"
    assert [name for name, _ in calls(turn, tools=[WEATHER], tool_choice="required")] == ["get_weather"]


def test_the_answer_quotes_outputs_in_parts_and_of_several_calls() -> None:
    turn = [
        user("What is the weather in Paris and Rome?"),
        {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "warm"}]},
        {"type": "function_call_output", "call_id": "c1", "output": "cold"},
    ]
    assert text(turn) == "The result of get_weather is: warm The result of get_weather is: cold"


def test_a_custom_tool_gets_free_text() -> None:
    (item,) = plan("Use the shell to run `ls -l`", tools=[SHELL]).items
    assert (item["type"], item["name"], item["input"]) == ("custom_tool_call", "shell", "ls -l")


def test_a_custom_tool_gets_the_code_of_a_fence() -> None:
    (item,) = plan("Run this in the shell:\n```sh\nls\npwd\n```", tools=[SHELL]).items
    assert item["input"] == "ls\npwd"


LARK = """
start: expr
expr: term (SP ADD SP term)*
term: factor (SP MUL SP factor)*
factor: INT
SP: " "
ADD: "+"
MUL: "*"
%import common.INT
"""


@pytest.mark.parametrize(
    ("syntax", "definition", "input_text"),
    [
        ("regex", r"^(?P<month>January|February) \d{1,2}$", "January 0"),
        ("lark", LARK, "0"),
        ("lark", 'start: "SELECT " COLUMN ";"\nCOLUMN: /[a-z]+/', "SELECT a;"),
        ("lark", 'start: greeting " " name\ngreeting: "hello" | "hi"\nname: "Ada" | "Bo"', "hi Bo"),
        ("lark", 'start: "a"~3 ["b"] ("c")? "d"+', "aaad"),
        ("lark", 'start: "(" start ")" | "x"', "x"),
    ],
)
def test_a_grammar_gets_its_shortest_text(syntax: str, definition: str, input_text: str) -> None:
    tool = {**SHELL, "format": {"type": "grammar", "syntax": syntax, "definition": definition}}
    (item,) = plan("Go", tools=[tool], tool_choice={"type": "custom", "name": "shell"}).items
    assert item["input"] == input_text


def lark_tool(definition: str) -> dict[str, Any]:
    return {**SHELL, "format": {"type": "grammar", "syntax": "lark", "definition": definition}}


@pytest.mark.parametrize(
    "definition",
    [
        "start: expr -> add\n    | expr\nexpr: /[0-9]+/",
        'start: "a" | "b"' + " // a long comment" * 2_000,
    ],
)
def test_a_grammar_that_is_not_compiled_gets_plain_text(definition: str) -> None:
    (item,) = plan("Go", tools=[lark_tool(definition)], tool_choice="required").items
    assert item["input"] == "Go"


def test_without_the_package_a_grammar_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lark", None)
    (item,) = plan("Go", tools=[lark_tool('start: "never compiled"')], tool_choice="required").items
    assert item["input"] == "Go"


DOUBLING = "\n".join(
    ["start: r0", *(f"r{depth}: r{depth + 1} r{depth + 1}" for depth in range(40)), 'r40: "a"']
)


@pytest.mark.parametrize("definition", [DOUBLING, 'begin: "a"', 'start: "a" start', "start: §"])
def test_a_grammar_that_derives_no_short_text_is_rejected(definition: str) -> None:
    with pytest.raises(ApiError, match="Invalid grammar for tool 'shell'"):
        plan("Go", tools=[lark_tool(definition)], tool_choice="required")


def test_unsatisfiable_parameters_are_rejected_by_name() -> None:
    schema = {
        "type": "function",
        "name": "f",
        "parameters": {"type": "object", "required": ["a"], "maxProperties": 0},
    }
    with pytest.raises(ApiError, match="Invalid schema for function 'f'") as error:
        calls("Hi", tools=[schema], tool_choice="required")
    assert (error.value.param, error.value.code) == ("tools[0].parameters", "invalid_function_parameters")


@pytest.mark.parametrize("parameters", [None, {}, {"properties": {}}, {"type": "object"}])
def test_a_function_without_parameters_is_called_without_arguments(parameters: Any) -> None:
    tool = {"type": "function", "name": "ping", "parameters": parameters}
    assert calls("ping", tools=[tool]) == [("ping", "{}")]


HOSTED = {
    "web_search": ["web_search_call", "message"],
    "web_search_preview": ["web_search_call", "message"],
    "file_search": ["file_search_call", "message"],
    "code_interpreter": ["code_interpreter_call", "message"],
    "image_generation": ["image_generation_call", "message"],
    "tool_search": ["tool_search_call", "tool_search_output", "message"],
    "mcp": ["mcp_list_tools", "mcp_approval_request"],
    "local_shell": ["local_shell_call"],
    "shell": ["shell_call"],
    "apply_patch": ["apply_patch_call"],
    "computer": ["computer_call"],
}


@pytest.mark.parametrize("kind", HOSTED)
def test_a_required_hosted_tool_is_called(kind: str) -> None:
    tool = {"type": kind, "server_label": "library"} if kind == "mcp" else {"type": kind}
    result = plan("Go on.", tools=[tool], tool_choice="required")
    assert [item["type"] for item in result.items] == HOSTED[kind]
    final = respond("Go on.", planned_response=result)
    body = DIALECTS["openai"].schemas.body("createResponse")
    assert body is not None
    assert body.faults(final) == []
    machine = DIALECTS["openai"].grammar.machine()
    assert [breach for event in timeline(final).events for breach in machine.feed(event)] == []
    assert machine.end() == []


def test_a_hosted_tool_is_not_called_without_need() -> None:
    assert text("Say hello.", tools=[{"type": "web_search"}]) == "Hello!"
    assert text("Do a web search.", tools=[{"type": "web_search"}], tool_choice="none") != ""


def test_functions_come_before_hosted_tools() -> None:
    assert calls("Hi", tools=[{"type": "web_search"}, TIME], tool_choice="required") == [("get_time", "{}")]


def test_an_mcp_server_that_needs_no_approval_is_called_at_once() -> None:
    tool = {"type": "mcp", "server_label": "library", "require_approval": "never"}
    kinds = [item["type"] for item in plan("Ask the library.", tools=[tool]).items]
    assert kinds == ["mcp_list_tools", "mcp_call", "message"]


def test_the_functions_of_a_namespace_are_called_with_its_name() -> None:
    tool = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [WEATHER]}
    (item,) = plan("The weather in Paris?", tools=[tool]).items
    assert (item["name"], item["namespace"]) == ("get_weather", "crm")
