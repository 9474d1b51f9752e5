"""Requests that hosted tools answer, by name, and a judge for their exchanges."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load
from mock_client import Client

Json = dict[str, Any]
OPENAI = load("openai")
INTERPRETER: Json = {"type": "code_interpreter", "container": {"type": "auto"}}
DOCS: Json = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example/mcp"}
LATE: Json = {
    "type": "function",
    "name": "get_weather",
    "defer_loading": True,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLIENT_SEARCH: Json = {
    "type": "tool_search",
    "execution": "client",
    "description": "Searches tools.",
    "parameters": {"type": "object", "properties": {"goal": {"type": "string"}}, "required": ["goal"]},
}
SCREEN: Json = {"type": "computer_use_preview", "environment": "browser", "display_width": 800,
                "display_height": 600}  # fmt: skip

FLOWS: dict[str, tuple[str, Json, list[str]]] = {
    "web": ("Search the web for the tides.", {"tools": [{"type": "web_search"}],
            "include": ["web_search_call.action.sources"]}, ["web_search_call", "message"]),
    "preview": ("Google the capital of Portugal.", {"tools": [{"type": "web_search_preview"}]},
                ["web_search_call", "message"]),
    "files": ("What do my files say about leave?", {"include": ["file_search_call.results"],
              "tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]},
              ["file_search_call", "message"]),
    "code": ("Compute 12 * (3 + 4).", {"tools": [INTERPRETER]}, ["code_interpreter_call", "message"]),
    "plot": ("Plot 2 ** 10.", {"tools": [INTERPRETER], "include": ["code_interpreter_call.outputs"]},
             ["code_interpreter_call", "message"]),
    "file": ("Compute 12 * (3 + 4) and save it as result.txt.", {"tools": [INTERPRETER]},
             ["code_interpreter_call", "message"]),
    "picture": ("Draw a red boat.", {"tools": [{"type": "image_generation", "size": "64x48",
                "partial_images": 2}]}, ["image_generation_call", "message"]),
    "container": ("Run the command `echo hello`.", {"tools": [{"type": "shell",
                  "environment": {"type": "container_auto"}}]},
                  ["shell_call", "shell_call_output", "message"]),
    "shell": ("Run the command `ls -l`.", {"tools": [{"type": "shell"}]}, ["shell_call"]),
    "local shell": ("Run the command `ls -l`.", {"tools": [{"type": "local_shell"}]}, ["local_shell_call"]),
    "patch": ("Change 'one' to 'two' in main.py.", {"tools": [{"type": "apply_patch"}]},
              ["apply_patch_call"]),
    "screen": ("Take a screenshot.", {"tools": [SCREEN], "truncation": "auto"}, ["computer_call"]),
    "computer": ("Take a screenshot.", {"tools": [{"type": "computer"}]}, ["computer_call"]),
    "server": ("Search for whales.", {"tools": [{**DOCS, "require_approval": "never"}]},
               ["mcp_list_tools", "mcp_call", "message"]),
    "approval": ("Search for whales.", {"tools": [DOCS]}, ["mcp_list_tools", "mcp_approval_request"]),
    "failing server": ("Please fetch 'nowhere'.", {"tools": [{**DOCS, "require_approval": "never"}]},
                       ["mcp_list_tools", "mcp_call", "message"]),
    "tool search": ("The weather in Paris?", {"tools": [{"type": "tool_search"}, LATE]},
                    ["tool_search_call", "tool_search_output", "function_call"]),
    "client search": ("The weather in Paris?", {"tools": [CLIENT_SEARCH, LATE]}, ["tool_search_call"]),
    "open search": ("The weather in Paris?", {"tools": [CLIENT_SEARCH]}, ["tool_search_call"]),
    "program": ("The weather in Paris?", {"tools": [{"type": "programmatic_tool_calling"},
                {**LATE, "defer_loading": False, "allowed_callers": ["programmatic"]}]},
                ["program", "function_call"]),
    "hosted and function": ("Compute 3 * 4, and the weather in Paris.", {"tools": [
                            {**LATE, "defer_loading": False}, INTERPRETER]},
                            ["code_interpreter_call", "function_call"]),
}  # fmt: skip
"""The prompt, the members of the request, and the types of the items of the answer."""


def exchange(client: Client, body: Json) -> Exchange:
    """The exchange of one create, as the judge reads it."""
    body = {"model": "gpt-5", **body}
    reply = client.post("/responses", body)
    headers = Headers(tuple(reply.headers.items()))
    request = Request("POST", "/responses", Headers((("content-type", "application/json"),)), body)
    return Exchange("create", request, read_reply(reply.status, headers, reply.raw))


def objections(*exchanges: Exchange) -> dict[str, str]:
    """The rules that fail or warn, each with its first message."""
    return {
        record.rule: f"{record.findings[0].where}: {record.findings[0].message}"
        for record in lint(exchanges, OPENAI)
        if record.outcome in (Outcome.FAILED, Outcome.WARNED)
    }
