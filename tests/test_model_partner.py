"""The model as a partner of frameworks: schemas in prompts, framed questions, feedback, loose names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_requests import WEATHER, assistant, calls, text, user

PERSON = {
    "title": "Person",
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
JSON_MODE = {"format": {"type": "json_object"}}
SCHEMA = json.dumps(PERSON)


def told(input: Any, **request: Any) -> Any:
    """The answer in JSON mode."""
    return json.loads(text(input, text=JSON_MODE, **request))


@pytest.mark.parametrize(
    "prompt",
    [
        f"Ada is 36.\n\nFollow this JSON schema:\n{SCHEMA}\n\nGive a valid JSON object without the schema.",
        f"Ada is 36.\n\nFollow this JSON schema:\n{SCHEMA.replace('{', '{{').replace('}', '}}')}\n",
        f"Ada is 36.\nFor the schema {json.dumps({'properties': {'foo': {'type': 'array'}}})} an instance is "
        f'{{"foo": ["bar"]}}. Your JSON schema is:\n```\n{json.dumps(PERSON, indent=2)}\n```',
        "Ada is 36. Reply as a JSON object with the keys 'name' and `age` (must be a valid Python int).",
        'Ada is 36. Write JSON like this: {"name": "{name}", "age": "{age}  # note: a single int value"}',
        'Ada is 36. Give JSON such as {"name": "Bob", "age": 7}',
        'Ada is 36. Give JSON. Its fields: {"name": {"type": "string"}, "age": {"type": "integer"}}',
    ],
    ids=["schema", "doubled braces", "schema after an example", "keys", "gaps", "example", "properties"],
)
def test_json_mode_obeys_what_the_prompt_describes(prompt: str) -> None:
    assert told(prompt) == {"name": "Ada", "age": 36}


def test_json_mode_obeys_a_schema_in_the_instructions() -> None:
    instructions = f"Always respond with a JSON object that fits this schema:\n\n{SCHEMA}\n"
    assert told("Ada is 36.", instructions=instructions) == {"name": "Ada", "age": 36}
    assert json.loads(text("Ada is 36.", instructions=instructions)) == {"name": "Ada", "age": 36}


def test_a_schema_without_a_demand_for_json_is_only_text() -> None:
    assert text(f"Say exactly: pong\n{SCHEMA}") == "pong"
    assert told("Say exactly: pong") == {"answer": "pong"}


@pytest.mark.parametrize(
    "prompt",
    [
        "New task:\nWhat is the weather in Lisbon?",
        "\nCurrent Task: What is the weather in Lisbon?\n\nThe criteria for the Final Answer: short.\n"
        'Give the "complete" content. Begin! Thought:',
        "[[ ## question ## ]]\nWhat is the weather in Lisbon?\n\nRespond with field `[[ ## answer ## ]]`.",
        f"What is the weather in Lisbon?\n\nHere is the JSON schema:\n{SCHEMA}",
        "<task>\n<id>1b4f8b4c</id><instructions>\nWhat is the weather in Lisbon?\n</instructions>\n</task>",
    ],
)
def test_arguments_come_from_the_words_of_the_user(prompt: str) -> None:
    assert calls(prompt, tools=[WEATHER]) == [("get_weather", '{"location":"Lisbon"}')]


REASKS = [
    '1 validation error:\n```json\n[{"type": "greater_than", "loc": ["age"], "msg": "Input should be greater '
    'than 40", "input": 36}]\n```\n\nFix the errors and try again.',
    "Validation error found: age must be over 40. Recall the function correctly, fix the errors.",
    '{"error":"age must be over 40"}',
]


@pytest.mark.parametrize("reask", REASKS[:2])
def test_an_answer_is_corrected_after_feedback(reask: str) -> None:
    first = [user("Ada is 36."), assistant('{"name": "Ada", "age": 36}')]
    request: Any = {"text": {"format": {"type": "json_schema", "name": "person", "schema": PERSON}}}
    assert json.loads(text([*first, user(reask)], **request)) == {"name": "Ada", "age": 41}


def called(*feedback: str, **request: Any) -> list[tuple[str, str]]:
    """The calls after outputs of `save_person` with this feedback."""
    tool = {"type": "function", "name": "save_person", "parameters": PERSON}
    items: list[dict[str, Any]] = [user("Save the person Ada, 36.")]
    for number, said in enumerate(feedback):
        call = {
            "type": "function_call",
            "call_id": f"call_{number}",
            "name": "save_person",
            "arguments": "{}",
        }
        items += [call, {"type": "function_call_output", "call_id": f"call_{number}", "output": said}]
    return calls(items, tools=[tool], **request)


@pytest.mark.parametrize("reask", REASKS)
def test_a_call_is_corrected_after_feedback_and_not_for_ever(reask: str) -> None:
    assert [json.loads(arguments) for _, arguments in called(reask)] == [{"name": "Ada", "age": 41}]
    (twice,) = called(reask, reask)
    assert json.loads(twice[1])["age"] not in (36, 41)
    assert not called(reask, reask, reask, reask)


def test_plain_text_changes_after_feedback() -> None:
    asked = [user("Say exactly: pong"), assistant("pong")]
    assert text([*asked, user('Invalid answer, it must contain "heron". Try again.')]) == "pong heron"
    assert text([*asked, user("That is wrong. Please try again.")]) == "pong (attempt 2)"


def test_when_a_call_is_required_the_final_answer_follows_the_results() -> None:
    final = {
        "type": "function",
        "name": "final_answer",
        "parameters": {
            "type": "object",
            "properties": {"answer": {"type": "string"}},
            "required": ["answer"],
        },
    }
    request: dict[str, Any] = {"tools": [WEATHER, final], "tool_choice": "required"}
    question = user("What is the weather in Lisbon?")
    assert [name for name, _ in calls([question], **request)] == ["get_weather"]
    call = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
    assert calls([question, call, output], **request) == [
        ("final_answer", '{"answer":"The result of get_weather is: sunny"}')
    ]
    assert calls("Say exactly: pong", **request) == [("final_answer", '{"answer":"pong"}')]


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Please calculate 2 + 3.", "calculator"),
        ("Translate this into French.", "translation"),
        ("Where are my orders?", "get_order"),
        ("Use the wether tool.", "get_weather"),
        ("Ask the billing agent for help.", "transfer_to_billing_agent"),
        ("use the look-up table tool", "lookupTable"),
        ("How is the weather?", "Station-get_weather"),
        ("How is the weather?", "mcp__station__get_weather"),
    ],
)
def test_the_name_of_a_tool_need_not_be_exact(prompt: str, name: str) -> None:
    assert [called_name for called_name, _ in calls(prompt, tools=[named(name), named("play_music")])] == [
        name
    ]


def test_no_tool_is_called_by_an_unlike_name() -> None:
    assert not calls("Use the coffee tool.", tools=[named("get_weather")])


def test_a_required_call_is_made_again_after_the_outputs_of_the_only_tool() -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
    items = [user("Weather in Lisbon?"), call, output, user("And now say hello.")]
    assert [name for name, _ in calls(items, tools=[WEATHER], tool_choice="required")] == ["get_weather"]


def test_a_result_in_a_message_of_the_user_is_no_question() -> None:
    said = assistant(
        "Calling tools:\n[{'function': {'name': 'get_weather', 'arguments': {'city': 'Lisbon'}}}]"
    )
    items = [user("New task:\nWhat is the weather in Lisbon?"), said, user("Observation:\nsunny")]
    assert text(items, tools=[WEATHER]) == "The result of get_weather is: sunny"


@pytest.mark.parametrize("remark", ["one of: red; green", "must be a Python Literal['red', 'green']"])
def test_json_mode_keeps_to_the_words_that_a_remark_allows(remark: str) -> None:
    assert told(f"It is green. Reply in JSON with the fields `colour` ({remark}).") == {"colour": "green"}


def test_a_list_has_an_object_for_each_that_is_told_of() -> None:
    people = {"type": "object", "properties": {"people": {"type": "array", "items": PERSON}}}
    asked = {"format": {"type": "json_schema", "name": "people", "schema": people}}
    two = [{"name": "Ada", "age": 36}, {"name": "Bob", "age": 41}]
    assert json.loads(text("Ada is 36 years old. Bob is 41.", text=asked)) == {"people": two}
    assert json.loads(text("Ada is 36 years old, and knows Bob.", text=asked)) == {"people": two[:1]}


def test_a_result_is_calculated_also_in_json() -> None:
    members = {"type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"]}
    asked = {"format": {"type": "json_schema", "name": "sum", "schema": members}}
    assert json.loads(text("How much is 2 + 3?", text=asked)) == {"value": 5}


def test_a_remark_on_the_form_of_an_answer_asks_for_the_question_before_it() -> None:
    tool = {"type": "function", "name": "Person", "parameters": PERSON}
    items = [
        user("Ada is 36."),
        assistant("You said: Ada is 36."),
        user("Format the previous response as JSON."),
    ]
    assert calls(items, tools=[tool], tool_choice="required") == [("Person", '{"name":"Ada","age":36}')]


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ("the age must be 41 [type=value_error, input_value=36, input_type=int]", 41),
        ("Input should be greater than 40. See https://errors.example/2.14/v/greater_than", 41),
    ],
)
def test_an_answer_is_mended_by_the_number_that_was_demanded(said: str, age: int) -> None:
    fault = f"Validation error:\n1 validation error for Person\nage\n  {said}\nFix the errors and try again."
    items = [
        user("Ada is 36. Reply in JSON with the keys 'name' and 'age' (an int)."),
        assistant("{}"),
        user(fault),
    ]
    assert told(items) == {"name": "Ada", "age": age}


def test_a_tool_hands_over_only_to_an_agent_that_the_user_names() -> None:
    def handover(agent: str) -> dict[str, Any]:
        members = {"agent_name": {"type": "string", "enum": [agent]}}
        parameters = {"type": "object", "properties": members, "required": ["agent_name"]}
        return {"type": "function", "name": "transfer_to_agent", "parameters": parameters}

    wish = user("Transfer me to billing.")
    assert calls([wish], tools=[handover("billing")]) == [("transfer_to_agent", '{"agent_name":"billing"}')]
    told_of = user("For context: [helper] called tool `transfer_to_agent`.")
    assert calls([wish, told_of], tools=[handover("helper")]) == []
