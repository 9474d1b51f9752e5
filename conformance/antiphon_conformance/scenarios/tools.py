"""Tools: forced, forbidden, named, restricted, called twice, custom, answered and misused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.answers import calls
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.prompts import TOOL_RESULT
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk

Json = dict[str, Any]

WEATHER: Json = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
    "strict": True,
}
TIME: Json = {
    "type": "function",
    "name": "get_time",
    "description": "Tells the time in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QUERY: Json = {"type": "custom", "name": "run_query", "description": "Runs a query given as plain text."}


def user(text: str) -> Json:
    """A message of the user."""
    return {"type": "message", "role": "user", "content": text}


def output_of(call: Mapping[str, Any], output: Any, kind: str = "function_call_output") -> Json:
    """What the client answers a call with."""
    return {"type": kind, "call_id": call.get("call_id"), "output": output}


def _made(exchange: Exchange) -> tuple[list[Any], list[Mapping[str, Any]]]:
    """The output of a response, and the calls in it."""
    response = exchange.response
    return response.get("output") or [], [call for _, call in calls(response)]


@scenario()
async def tool_loop(talk: Talk) -> None:
    """Forces a call, answers it with the whole history sent again, and lets the model read the result."""
    asked = user("Which weather station reports for Paris? Call get_weather, then name the station's code.")
    called = await talk.create("called", input=[asked], tools=[WEATHER], tool_choice="required")
    items, made = _made(called)
    if not made:
        return
    result = f'{{"station": "{TOOL_RESULT}", "temperature": 21}}'
    between = {"type": "message", "role": "developer", "content": "Be brief."}
    outputs = [output_of(call, result) for call in made]
    await talk.create(
        "continued", input=[asked, *items, between, *outputs], tools=[WEATHER], store=False, may_fail=True
    )


@scenario()
async def parallel_calls(talk: Talk) -> None:
    """Lets the model call two tools at once, goes on without their outputs, then with them."""
    tools = [WEATHER, TIME]
    called = await talk.create(
        "called",
        input="What are the weather and the time in Paris? Call get_weather and get_time.",
        tools=tools,
        tool_choice="required",
        parallel_tool_calls=True,
        store=True,
    )
    _, made = _made(called)
    results: list[Any] = ["", [{"type": "input_text", "text": "It is noon."}]]
    outputs = [output_of(call, results[index % 2]) for index, call in enumerate(made)]
    if outputs:
        chain: dict[str, Any] = {"tools": tools, "previous_response_id": talk.id_of(called), "may_fail": True}
        await talk.create("unanswered", input="Thank you.", **chain)
        await talk.create("continued", input=outputs, **chain)


@scenario()
async def chosen_tools(talk: Talk) -> None:
    """Names the tool to call, once; then allows one of two tools only, and asks for the other."""
    tools = [WEATHER, TIME]
    await talk.create(
        "named",
        input="What is the weather in Paris, and in Rome?",
        tools=tools,
        tool_choice={"type": "function", "name": "get_weather"},
        parallel_tool_calls=False,
        max_tool_calls=1,
    )
    allowed = {"type": "function", "name": "get_weather"}
    await talk.create(
        "allowed",
        input="What time is it in Paris? Call get_time.",
        tools=tools,
        tool_choice={"type": "allowed_tools", "mode": "required", "tools": [allowed]},
    )


@scenario(features=("custom_tools",))
async def custom_tool(talk: Talk) -> None:
    """Forces a call of a custom tool, and answers it."""
    asked = user("Run a query that selects everything.")
    called = await talk.create(
        "called", input=[asked], tools=[QUERY], tool_choice={"type": "custom", "name": "run_query"}
    )
    items, made = _made(called)
    outputs = [output_of(call, "3 rows", "custom_tool_call_output") for call in made]
    if outputs:
        await talk.create("continued", input=[asked, *items, *outputs], tools=[QUERY], may_fail=True)


@scenario()
async def unmatched_tool_items(talk: Talk) -> None:
    """Sends outputs without their calls, and a call without its output."""
    asked = user("What is the weather in Paris?")
    call = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "get_weather",
        "arguments": "{}",
    }
    alone = output_of({"call_id": "call_2"}, "sunny")
    await talk.create("output_alone", input=[asked, alone], tools=[WEATHER], may_fail=True)
    answer, by_id = output_of(call, "sunny"), output_of({"call_id": "fc_1"}, "sunny")
    await talk.create("matched_by_id", input=[asked, call, answer, by_id], tools=[WEATHER], may_fail=True)
    if talk.dialect.resolve("TOOL-17"):
        await talk.create("call_alone", input=[asked, call], tools=[WEATHER], may_fail=True)


@scenario()
async def refused_tools(talk: Talk) -> None:
    """Offers two tools of one name, and one with a schema that is not strict."""
    await talk.create(
        "same_name_twice", input="Say hello.", tools=[TIME, TIME], tool_choice="none", may_fail=True
    )
    if talk.dialect.resolve("TOOL-27"):
        loose = {**TIME, "strict": True}
        await talk.create(
            "loose_strict", input="Say hello.", tools=[loose], tool_choice="none", may_fail=True
        )
