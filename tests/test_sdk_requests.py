"""The mock server accepts every request member that the types of the newest `openai` package know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from openai.types.responses import InputTokenCountParams, ResponseCompactParams
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

from antiphon_mockserver.behaviour.context import CALL_TYPES, OUTPUT_TYPES
from antiphon_spec.dialect import load
from mock_client import Client
from sdk_requests import Generated, generated

BODIES: Mapping[str, Any] = {
    "/responses": ResponseCreateParamsNonStreaming,
    "/responses/compact": ResponseCompactParams,
    "/responses/input_tokens": InputTokenCountParams,
}
TOOLS = [
    {"type": "function", "name": "text", "parameters": None, "strict": True},
    {"type": "mcp", "server_label": "text", "server_url": "https://example.com/mcp"},
    {"type": "code_interpreter", "container": "cntr_1"},
    {"type": "computer"},
    {"type": "computer_use_preview", "environment": "linux", "display_width": 1, "display_height": 1},
    {"type": "file_search", "vector_store_ids": ["vs_1"]},
    {"type": "image_generation"},
    {"type": "web_search_preview"},
    {"type": "programmatic_tool_calling"},
    {"type": "apply_patch"},
    {"type": "shell"},
]
"""What a tool choice may name."""
ANSWER = {"type": "message", "role": "assistant", "content": "So I thought."}

CONFLICTS: Mapping[str, str] = {
    r"/previous_response_id:text": "There is no response of that id.",
    r"/prompt(/.*)?": "There is no prompt of that id.",
    r"/conversation(/id)?(:text)?": "There is no conversation of that id.",
    r"/input/0\[item_reference\].*": "There is no item of that id.",
    r"/input/0\[mcp_approval_response\].*": "There is no approval request of that id.",
    r"/input/0\[compaction\].*": "Only what the server encrypted itself can be decrypted.",
    r"/input/0\[reasoning\]/encrypted_content:text": "As before.",
    r"/tool_choice\[custom\].*": "A function of the same name is offered; the types know one name only.",
    r"/tool_choice\[code_interpreter\]/type=(computer_use|web_search_preview_2025_03_11)": (
        "The choice of one spelling does not find the tool of another."
    ),
}
"""Places whose least value is rejected for what it says, and why."""


def completed(generated_value: Mapping[str, Any]) -> dict[str, Any]:
    """A whole request: with a model, an input, and what the generated member needs beside it."""
    body = {"model": "gpt-5", "input": "Reply in JSON.", **generated_value}
    if isinstance(body["input"], list) and body["input"]:
        body["input"] = with_partner(body["input"][0])
    if body.get("tool_choice"):
        body["tools"] = TOOLS
    return body


def with_partner(item: Any) -> list[Any]:
    """The item, and the call, the output or the message without which it may not stand."""
    kind = item.get("type")
    name = {"call_id": item.get("call_id"), "id": item.get("id", "text")}
    if kind == "reasoning":
        return [item, ANSWER]
    if kind in OUTPUT_TYPES:
        return [item, partner(OUTPUT_TYPES[kind], name)]
    if kind in CALL_TYPES and (item.get("call_id") or kind == "local_shell_call_output"):
        return [partner(CALL_TYPES[kind], name), item]
    return [item]


def partner(kind: str, name: Mapping[str, Any]) -> dict[str, Any]:
    """The least item of this type that belongs to the call of that name."""
    call_id = name["call_id"] or name["id"]
    image = {"type": "computer_screenshot", "file_id": "file-1"}
    forms: Mapping[str, Mapping[str, Any]] = {
        "function_call": {"name": "text", "arguments": "{}", "call_id": call_id},
        "function_call_output": {"output": "text", "call_id": call_id},
        "custom_tool_call": {"name": "text", "input": "text", "call_id": call_id},
        "custom_tool_call_output": {"output": "text", "call_id": call_id},
        "local_shell_call": {
            "id": name["id"],
            "call_id": call_id,
            "status": "completed",
            "action": {"type": "exec", "command": [], "env": {}},
        },
        "local_shell_call_output": {"id": name["id"], "output": "text"},
        "computer_call": {
            "id": "cu_1",
            "call_id": call_id,
            "status": "completed",
            "pending_safety_checks": [],
        },
        "computer_call_output": {"call_id": call_id, "output": image},
    }
    return {"type": kind, **forms[kind]}


def expected_conflict(case: Generated) -> str | None:
    """Why the request is rejected; None when it has to be accepted."""
    return next((reason for place, reason in CONFLICTS.items() if re.fullmatch(place, case.place)), None)


@pytest.mark.parametrize("path", BODIES)
def test_every_typed_member_is_accepted(path: str) -> None:
    client = Client(dialect="openai")
    cases = list(generated(BODIES[path], ""))
    rejected = []
    for case in cases:
        got = client.post(path, completed(case.value))
        if got.status != 200 and expected_conflict(case) is None:
            rejected.append(f"{case.place}: {got.status} {got.error['message']}")
    assert rejected == []
    assert len(cases) > 1500


def test_every_conflict_is_one() -> None:
    client = Client(dialect="openai")
    cases = list(generated(BODIES["/responses"], ""))
    for place in CONFLICTS:
        matching = [case for case in cases if re.fullmatch(place, case.place)]
        statuses = {client.post("/responses", completed(case.value)).status for case in matching}
        is_unknown = place.startswith(("/conversation", "/prompt"))
        assert statuses == ({404} if is_unknown else {400}), place


@pytest.mark.parametrize(
    "member",
    [
        "access_programs",
        "background_options",
        "image",
        "prompt_cache_options",
        "moderation",
        "tools",
        "input",
    ],
)
def test_the_generator_reaches_every_member(member: str) -> None:
    places = [case.place for case in generated(BODIES["/responses"], "")]
    assert any(place.startswith(f"/{member}") for place in places)


def test_an_output_of_a_function_may_name_no_call() -> None:
    client = Client(dialect="openai")
    output = {"type": "function_call_output", "name": "look", "output": "done"}
    question = {"role": "user", "content": "And now?"}
    assert client.post("/responses", {"model": "gpt-5", "input": [output, question]}).status == 200


def test_an_asynchronous_call_waits_for_no_output() -> None:
    client = Client(dialect="openai")
    call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
    question = {"role": "user", "content": "And meanwhile?"}
    body = {"model": "gpt-5", "input": [call, question]}
    assert client.post("/responses", body).status == 400
    assert client.post("/responses", {**body, "input": [{**call, "async": True}, question]}).status == 200


def test_a_local_shell_is_answered_by_the_id_of_its_call() -> None:
    client = Client(dialect="openai")
    call, output = (
        partner(kind, {"id": "lsh_1", "call_id": "call_1"})
        for kind in ("local_shell_call", "local_shell_call_output")
    )
    assert client.post("/responses", {"model": "gpt-5", "input": [call, output]}).status == 200
    stranger = {**output, "id": "lsh_2"}
    assert client.post("/responses", {"model": "gpt-5", "input": [call, stranger]}).status == 400


@pytest.mark.parametrize(
    ("name", "given", "repeated"),
    [
        ("access_programs", {"cyber": "daybreak_blue"}, {"cyber": "daybreak_blue"}),
        ("image", {"context_compression": "auto"}, {"context_compression": "disabled"}),
        (
            "prompt_cache_options",
            {"ttl": "12h", "prewarm": False, "comparison_response_id": "resp_1"},
            {"mode": "implicit", "ttl": "12h", "comparison_response_id": "resp_1"},
        ),
        ("prompt_cache_options", {}, {"mode": "implicit", "ttl": "30m"}),
        ("background_options", {"completion_window": "soonest"}, None),
        ("client_metadata", {"a": "b"}, None),
    ],
)
def test_a_response_repeats_what_its_type_has(name: str, given: Any, repeated: Any) -> None:
    body = {"model": "gpt-5", "input": "Hi", name: given}
    assert Client(dialect="openai").post("/responses", body).json.get(name) == repeated


def test_a_response_lacks_what_was_not_asked_for() -> None:
    response = Client(dialect="openai").post("/responses", {"model": "gpt-5", "input": "Hi"}).json
    assert not response.keys() & {"access_programs", "image", "prompt_cache_options", "background_options"}


def test_a_configuration_update_is_listed() -> None:
    client = Client(dialect="openai")
    update = {"type": "configuration_update", "reasoning": {"effort": "low"}}
    got = client.post("/responses", {"model": "gpt-5", "input": [update, {"role": "user", "content": "Hi"}]})
    page = client.get(f"/responses/{got.json['id']}/input_items?order=asc").json
    assert [item["type"] for item in page["data"]] == ["configuration_update", "message"]
    validator = load("openai").schemas.body("listInputItems")
    assert validator is not None
    assert validator.faults(page) == []
