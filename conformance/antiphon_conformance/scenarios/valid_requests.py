"""Valid requests that some servers reject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

PARAMETERS = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
LOOK_UP = {"type": "function", "name": "look_up", "description": "Looks a name up.", "parameters": PARAMETERS}
STORY = "Tell a story of 300 words about the sea."
"""A task that needs far more tokens than the smallest limit."""
HISTORY: tuple[dict[str, Any], ...] = (
    {"type": "message", "role": "system", "content": "You are a friendly librarian."},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]},
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hello. What can I do for you?"}],
        "phase": "final_answer",
    },
    {"type": "message", "role": "user", "content": "Look up Ada."},
    {"type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": '{"name": "Ada"}'},
    {"type": "function_call_output", "call_id": "call_1", "output": "Ada, born 1815"},
    {"type": "message", "role": "developer", "content": "Answer in whole sentences."},
    {"type": "message", "role": "user", "content": STORY},
)
SETTLED, GREETED, ANSWERED, ASKED, CALLED, RETURNED, ADVISED, TASK = HISTORY
FORMS_ALONE: dict[str, dict[str, Any]] = {
    "parts_of_text": {"input": [GREETED]},
    "text_without_annotations": {"input": [ASKED, {**ANSWERED, "phase": None}, TASK]},
    "a_system_message": {"input": [SETTLED, TASK]},
    "a_developer_message": {"input": [ASKED, ADVISED, TASK]},
    "instructions_beside_a_developer_message": {"instructions": "Be brief.", "input": [ASKED, ADVISED, TASK]},
    "a_phase": {"input": [ASKED, {**ANSWERED, "content": "Hello."}, TASK]},
    "a_call_without_status": {"tools": [LOOK_UP], "input": [ASKED, CALLED, RETURNED]},
    "a_text_as_tool_output": {
        "tools": [LOOK_UP],
        "input": [ASKED, {**CALLED, "id": "fc_1", "status": "completed"}, RETURNED],
    },
    "functions_that_are_not_nested": {"tools": [LOOK_UP], "input": [TASK]},
}
"""The forms of the step `history`, each alone: an error about `input` says not which one it rejects."""
NULLS = ("instructions", "max_output_tokens", "metadata", "previous_response_id")
"""Members that llama-index sends as null when nobody sets them, and that every document lets be null."""


@scenario(dialect="responses")
async def legal_forms(conversation: Conversation) -> None:
    """Sends every valid form that some server rejects, with a task that exceeds the token limit."""
    members: dict[str, Any] = {"max_output_tokens": 16, "may_fail": True}
    brief = "Be brief."
    history = list(HISTORY)
    whole = await conversation.create(
        "history", instructions=brief, input=history, tools=[LOOK_UP], stream=True, **members
    )
    for name, form in FORMS_ALONE.items() if not whole.ok else ():
        await conversation.create(f"history_{name}", may_fail=True, max_output_tokens=16, **_present(form))
    if conversation.dialect.resolve("REQ-32"):
        bare = {"type": "function", "name": "look_up"}
        members |= {"stream": None, "tools": [bare], "tool_choice": "none"}
    if conversation.dialect.resolve("REQ-45"):
        members |= {"presence_penalty": 0.5, "frequency_penalty": 0.5}
    await conversation.create(
        "switches",
        input=STORY,
        truncation="auto",
        text={},
        store=True,
        background=False,
        parallel_tool_calls=True,
        metadata={f"key_{number}": "value" for number in range(16)},
        service_tier="auto",
        temperature=1,
        top_p=1,
        **members,
    )
    if conversation.dialect.resolve("REQ-95"):
        await conversation.create(
            "of_an_agent", input="Say hello.", tools=[], include=[], stream=False, may_fail=True
        )
        nulls: dict[str, Any] = dict.fromkeys(NULLS)
        await conversation.create("of_an_index", input="Say hello.", **nulls, may_fail=True)


def _present(form: Mapping[str, Any]) -> dict[str, Any]:
    """A request with only the members of its items that have a value."""
    items = [{name: value for name, value in item.items() if value is not None} for item in form["input"]]
    return {**form, "input": items}
