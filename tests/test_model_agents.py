"""What agents send: long instructions, and a shell as a function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_requests import plan, text, user

BOILERPLATE = "You are an agent. End every answer with the word over. " + "Work with care. " * 200


def test_short_instructions_order_how_to_speak_and_long_ones_do_not() -> None:
    assert text("Repeat exactly: heron", instructions="End every answer with the word over.") == "heron over"
    assert text("Repeat exactly: heron", instructions=BOILERPLATE) == "heron"
    both = [{"role": "developer", "content": BOILERPLATE}, user("Repeat exactly: heron")]
    assert text(both, instructions="End every answer with the word over.") == "heron over"


def shell(name: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "parameters": {"type": "object", "properties": properties, "required": list(properties)},
    }


TEXT, LIST = {"type": "string"}, {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    "prompt",
    [
        "Run the shell command: ls -l /tmp",
        "Please run `ls -l /tmp` now.",
        'Execute the command "ls -l /tmp" and tell me the result.',
        "Run this in the terminal: `ls -l /tmp`",
    ],
)
@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (shell("exec_command", cmd=TEXT), {"cmd": "ls -l /tmp"}),
        (shell("shell", command=LIST), {"command": ["bash", "-lc", "ls -l /tmp"]}),
        (shell("do_it", command=TEXT), {"command": "ls -l /tmp"}),
    ],
)
def test_a_command_goes_to_the_shell_as_it_is(prompt: str, tool: Any, expected: Any) -> None:
    (call,) = [item for item in plan(prompt, tools=[tool]).items if item["type"] == "function_call"]
    assert json.loads(call["arguments"]) == expected


@pytest.mark.parametrize(
    ("prompt", "tool"),
    [
        ("Say hello.", shell("exec_command", cmd=TEXT)),
        ("Run: ls", shell("remember", text=TEXT)),
        ("I run every day.", shell("exec_command", cmd=TEXT)),
    ],
)
def test_nothing_runs_without_an_order_or_a_shell(prompt: str, tool: Any) -> None:
    assert not [item for item in plan(prompt, tools=[tool]).items if item["type"] == "function_call"]


CODER = """Solve the task. The code sequence must be opened with '<code>', and closed with '</code>'.
In the end return a final answer using the `final_answer` tool.
def get_weather(city: string) -> string:
    \"\"\"Tells the weather in a city.\"\"\"
def final_answer(answer: any) -> any:
    \"\"\"Gives the final answer.\"\"\"
"""


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("Repeat exactly: it's a heron", 'final_answer("it\'s a heron")'),
        (
            "The weather in Paris?",
            "result_1 = get_weather(city='Paris')\nfinal_answer(result_1)",
        ),
    ],
)
def test_an_agent_that_reads_code_gets_code(prompt: str, code: str) -> None:
    assert text(prompt, instructions=CODER).endswith(f"\n<code>\n{code}\n</code>")
    assert "<code>" not in text(prompt, instructions=CODER.replace("final_answer", "finish"))


FIELDS = """Your input fields are:
1. `question` (str):
2. `trajectory` (str):
Your output fields are:
1. `next_thought` (str):
2. `next_tool_name` (Literal['get_weather', 'finish']):
3. `next_tool_args` (dict[str, Any]):
4. `certain` (bool):

[[ ## completed ## ]]
The tool must be one of:
(1) get_weather, whose description is <desc>Weather.</desc>. It takes arguments {'city': {'type': 'string'}}.
(2) finish, whose description is <desc>Ends the work.</desc>. It takes arguments {}.
"""
ASKED = "[[ ## question ## ]]\nWhat is the weather in Paris?\n\n[[ ## trajectory ## ]]\n"
SEEN = "[[ ## tool_name_0 ## ]]\nget_weather\n\n[[ ## observation_0 ## ]]\nsunny"


@pytest.mark.parametrize(
    ("prompt", "tool", "arguments", "thought"),
    [
        (ASKED, "get_weather", {"city": "Paris"}, "You said: What is the weather in Paris?"),
        (ASKED + SEEN, "finish", {}, "sunny"),
    ],
)
def test_an_agent_that_reads_fields_gets_fields(
    prompt: str, tool: str, arguments: dict[str, str], thought: str
) -> None:
    answer = text(f"{prompt}\n\nRespond with the corresponding fields.", instructions=FIELDS)
    *parts, end = answer.split("\n\n")
    values = dict(part.split(" ## ]]\n") for part in parts)
    assert end == "[[ ## completed ## ]]"
    assert values["[[ ## next_thought"] == thought
    assert values["[[ ## next_tool_name"] == tool
    assert json.loads(values["[[ ## next_tool_args"]) == arguments
    assert json.loads(values["[[ ## certain"]) in (True, False)


UNREADABLE = ("{[", "{1: 2}", "{'city': 'x'}", "{'city': {'type': 'nothing'}}", "{'city': {'$ref': '#/x'}}")


@pytest.mark.parametrize(
    "said",
    ["[[ ## completed ## ]]", *(FIELDS.replace("{'city': {'type': 'string'}}", odd) for odd in UNREADABLE)],
)
def test_fields_that_nobody_can_read_break_nothing(said: str) -> None:
    assert text(ASKED, instructions=said)
