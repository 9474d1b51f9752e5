"""A call is judged by every tool in sight: of the request, its input, its template and the response."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_spec.dialect import load

OPENAI = load("openai")
HEAD = Headers((("content-type", "application/json"),))
LOOK = {"type": "function", "name": "look"}
CRM = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [LOOK]}
SEARCHED = {"type": "tool_search_output", "call_id": None, "tools": [CRM]}
LATE = {**LOOK, "defer_loading": True}
DOCS = {
    "type": "mcp",
    "server_label": "docs",
    "server_url": "https://docs.example",
    "require_approval": "never",
}
ASKING = {**DOCS, "require_approval": "always"}
READ = {"name": "read", "input_schema": {"type": "object"}}
LIST = {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "docs", "tools": [READ]}


def guarded(name: str) -> dict[str, Any]:
    """The server whose tool of this name needs approval."""
    return {**DOCS, "require_approval": {"always": {"tool_names": [name]}}}


def call(name: str, **members: Any) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": name,
        "arguments": "{}",
        **members,
    }


def server_call(name: str = "read", **members: Any) -> dict[str, Any]:
    item = {"type": "mcp_call", "id": "mcp_1", "server_label": "docs", "name": name, "arguments": "{}"}
    return {
        **item,
        "status": "completed",
        "output": "Done.",
        "error": None,
        "approval_request_id": None,
        **members,
    }


def objections(request: dict[str, Any], *output: dict[str, Any], **members: Any) -> list[str]:
    """The rules on offers that fail about this output, in answer to this request."""
    body = {"object": "response", "id": "resp_1", "status": "completed", "output": list(output), **members}
    reply = read_reply(200, HEAD, json.dumps(body).encode())
    exchange = Exchange(
        "one", Request("POST", "/responses", HEAD, {"model": "m", "input": "Hi.", **request}), reply
    )
    records = lint([exchange], OPENAI)
    rooms = ("tool-calls.a-call-names", "tool-calls.no-tools", "tool-servers.")
    return [record.rule for record in records if record.findings and record.rule.startswith(rooms)]


NAMES, NONE = "tool-calls.a-call-names-a-tool-of-the-request", "tool-calls.no-tools-no-calls"
SERVER = "tool-servers.an-item-names-a-server-of-the-request"
APPROVAL = "tool-servers.approval-is-asked-for-as-the-request-says"

RIGHT = [
    ({"tools": [LOOK]}, call("look"), {}),
    ({"tools": [CRM]}, call("look", namespace="crm"), {}),
    ({"tools": [CRM]}, call("look"), {}),
    ({"tools": [LATE, {"type": "tool_search"}]}, call("look", namespace="look"), {}),
    ({"input": [{"type": "additional_tools", "role": "developer", "tools": [LOOK]}]}, call("look"), {}),
    ({"input": [SEARCHED]}, call("look", namespace="crm"), {}),
    ({"prompt": {"id": "pmpt_1"}}, call("look"), {"tools": [LOOK]}),
    ({"prompt": {"id": "pmpt_1"}}, call("look"), {}),
    ({"previous_response_id": "resp_0"}, call("look"), {}),
    ({"tools": [{"type": "vendor:search"}]}, call("vendor_search"), {}),
    ({"tools": [DOCS]}, server_call(), {}),
    ({"tools": [DOCS], "input": [LIST]}, server_call(), {}),
    ({"tools": [ASKING]}, server_call(approval_request_id="mcpr_1"), {}),
    ({"tools": [guarded("drop")]}, server_call(), {}),
]  # fmt: skip

WRONG = [
    ({}, call("look"), {}, NONE),
    ({"tools": []}, call("look"), {}, NONE),
    ({"tools": [LOOK]}, call("see"), {}, NAMES),
    ({"tools": [CRM]}, call("crm.look"), {}, NAMES),
    ({"tools": [CRM]}, call("look", namespace="erp"), {}, NAMES),
    ({"prompt": {"id": "pmpt_1"}}, call("see"), {"tools": [LOOK]}, NAMES),
    ({"tools": [LOOK], "previous_response_id": "resp_0"}, call("see"), {}, NAMES),
    ({"tools": [DOCS]}, server_call(server_label="mail"), {}, SERVER),
    ({"tools": [DOCS], "input": [LIST]}, server_call("write"), {}, SERVER),
    ({"tools": [ASKING]}, server_call(), {}, APPROVAL),
    ({"tools": [guarded("read")]}, server_call(), {}, APPROVAL),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "item", "members"), RIGHT)
def test_a_call_of_what_was_offered_is_right(fields: Any, item: Any, members: Any) -> None:
    assert objections(fields, item, **members) == []


@pytest.mark.parametrize(("fields", "item", "members", "rule"), WRONG)
def test_a_call_of_anything_else_is_reported_once(fields: Any, item: Any, members: Any, rule: str) -> None:
    assert objections(fields, item, **members) == [rule]
