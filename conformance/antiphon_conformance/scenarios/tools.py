"""Tools: forced, chosen by name, restricted, called twice, custom, and their outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.signs import kind_of
from antiphon_conformance.requests.test_prompts import ASK_SIMPLY, FIRST_WORD, TELL_SIMPLY, TOOL_RESULT
from antiphon_conformance.rules.reading.comparison import says
from antiphon_conformance.rules.reading.output import calls, member, text_of
from antiphon_conformance.scenarios.answers import keeps_nothing
from antiphon_conformance.scenarios.chaining import ask_again
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import ScenarioStopError
from antiphon_conformance.scenarios.scenario import scenario

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
ONLY_WEATHER: Json = {
    "type": "allowed_tools",
    "mode": "required",
    "tools": [{"type": "function", "name": "get_weather"}],
}
NOON = "It is noon."
"""What a tool says that has nothing to tell: only the first output holds the fact, so that each is needed."""
ONLY_QUERY: Json = {"type": "custom", "name": "run_query"}
QUERY: Json = {"type": "custom", "name": "run_query", "description": "Runs a query given as plain text."}


def user(text: str) -> Json:
    """A message of the user."""
    return {"type": "message", "role": "user", "content": text}


def output_of(call: Mapping[str, Any], output: Any, kind: str = "function_call_output") -> Json:
    """The client's output for a call."""
    return {"type": kind, "call_id": call.get("call_id"), "output": output}


def _output_and_calls(exchange: Exchange) -> tuple[list[Any], list[Mapping[str, Any]]]:
    """The output of a response, and the calls in it."""
    response = exchange.response
    return response.get("output") or [], [call for _, call in calls(response)]


def _why_no_call(exchange: Exchange) -> str:
    """What came where a call was forced: the server's own words, if it has any."""
    message = member(exchange.response, "error", "message")
    return message if isinstance(message, str) else f"{kind_of(exchange)} came, and no call"


@scenario(dialect="responses")
async def tool_loop(conversation: Conversation) -> None:
    """Forces a call that the prompt does not suggest, then calls; sends their outputs with the history."""
    await conversation.create(
        "named",
        input="What time is it in Paris, and in Rome? Call get_time.",
        tools=[WEATHER, TIME],
        tool_choice={"type": "function", "name": "get_weather"},
        parallel_tool_calls=False,
        max_tool_calls=1,
        may_fail=True,
    )
    question = user(
        "What time is it in Paris, and which weather station reports for it? Call get_time and get_weather, "
        "then name the station's code."
    )
    tools = [WEATHER, TIME]
    response = await conversation.create("called", input=[question], tools=tools, tool_choice="required")
    items, client_calls = _output_and_calls(response)
    if not client_calls:
        return
    result = f'{{"station": "{TOOL_RESULT}", "temperature": 21}}'
    between = {"type": "message", "role": "developer", "content": "Be brief."}
    outputs = [output_of(call, result if index == 0 else NOON) for index, call in enumerate(client_calls)]
    history = [question, *items, between]
    answer = await conversation.create(
        "continued", input=[*history, *outputs], tools=tools, store=False, may_fail=True
    )
    if answer.ok and TOOL_RESULT not in text_of(answer.response):
        fact = f"The code word is {TOOL_RESULT}."
        simple_outputs = [
            output_of(call, fact if index == 0 else NOON) for index, call in enumerate(client_calls)
        ]
        members: Json = {"store": False, "may_fail": True}
        await conversation.create(
            "continued_simply", input=[*history, *simple_outputs, user(ASK_SIMPLY)], tools=tools, **members
        )
        await conversation.create("told", input=[user(fact), user(ASK_SIMPLY)], **members)


@scenario(dialect="responses")
async def parallel_calls(conversation: Conversation) -> None:
    """Streams calls of two tools at once, continues without outputs, then with them and a restricted
    choice, and asks for what the outputs said; sends the whole history where the target keeps no
    responses."""
    tools = [WEATHER, TIME]
    question = "What are the weather and the time in Paris? Call get_weather and get_time."
    response = await conversation.create(
        "called",
        input=question,
        tools=tools,
        tool_choice="required",
        parallel_tool_calls=True,
        store=True,
        stream=True,
    )
    items, client_calls = _output_and_calls(response)
    results: list[Any] = [[{"type": "input_text", "text": f"It is noon. {TELL_SIMPLY}"}], ""]
    outputs = [output_of(call, results[index % 2]) for index, call in enumerate(client_calls)]
    if outputs:
        members: Json = {"tools": tools, "may_fail": True}
        whole = [user(question), *items]
        before = whole if keeps_nothing(response) else []
        chain = members if before else {**members, "previous_response_id": conversation.id_of(response)}
        if not before:
            await conversation.create("unanswered", input="Thank you.", **chain)
        more = user("And what time is it in Rome? Call get_time.")
        answer = await conversation.create(
            "continued", input=[*before, *outputs, more], tool_choice=ONLY_WEATHER, **chain
        )
        turn = [*outputs, more]
        if not answer.ok:
            turn = outputs
            answer = await conversation.create("continued_freely", input=[*before, *turn], **chain)
        if answer.ok and not before:
            await _ask_for_the_outputs(conversation, [*whole, *turn], answer, tools)
        if not answer.ok:
            plain = [output_of(call, NOON) for call in client_calls]
            await conversation.create("continued_plainly", input=[*before, *plain], **chain)
        if not answer.ok and not before:
            await conversation.create("continued_whole", input=[*whole, *outputs], **members)
    else:
        raise ScenarioStopError(_why_no_call(response), "called")


async def _ask_for_the_outputs(
    conversation: Conversation, history: list[Any], answer: Exchange, tools: list[Json]
) -> None:
    """Asks, a turn after the outputs of the tools, for what only they said: by the chain, and with the whole
    history when the chain does not know it."""
    items, client_calls = _output_and_calls(answer)
    question = [*(output_of(call, "It rains.") for call in client_calls), user(ASK_SIMPLY)]
    members: Json = {"tools": tools, "tool_choice": "none", "store": False, "may_fail": True}
    identity = conversation.id_of(answer)
    chain = await conversation.create("recalled", input=question, previous_response_id=identity, **members)
    if chain.ok and not says(chain, FIRST_WORD):
        whole = await conversation.create("resent", input=[*history, *items, *question], **members)
        await ask_again(conversation, "recalled", whole, (FIRST_WORD,))


@scenario(features=("custom_tools",))
async def custom_tool(conversation: Conversation) -> None:
    """Forces a custom tool by name, sends its output, and streams a second call."""
    question = user("Run a query that selects everything.")
    response = await conversation.create(
        "called",
        input=[question],
        tools=[QUERY],
        tool_choice=ONLY_QUERY,
    )
    items, client_calls = _output_and_calls(response)
    outputs = [output_of(call, "3 rows", "custom_tool_call_output") for call in client_calls]
    if outputs:
        again = [question, *items, *outputs, user("Run another query that counts everything.")]
        choice: Json = {"tools": [QUERY], "tool_choice": ONLY_QUERY}
        await conversation.create("continued", input=again, stream=True, may_fail=True, **choice)
