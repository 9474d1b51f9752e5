"""Answers that report different parameters than their request sent."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, add, mutant
from antiphon_mockserver.mutants.edits import at, is_response, on_responses, put

SEAM = "body"

FORGOTTEN: tuple[tuple[str, Any], ...] = (
    ("instructions", None),
    ("previous_response_id", None),
    ("metadata", {}),
    ("parallel_tool_calls", True),
    ("temperature", 0.25),
    ("top_p", 0.25),
    ("presence_penalty", 0.0),
    ("frequency_penalty", 0.0),
    ("top_logprobs", 0),
    ("truncation", "auto"),
    ("store", False),
    ("background", False),
    ("max_output_tokens", 1_000_000),
    ("max_tool_calls", 1_000),
    ("safety_identifier", "somebody-else"),
    ("prompt_cache_key", "another-key"),
    ("reasoning.effort", "minimal"),
    ("text.verbosity", "low"),
    ("text.format.type", "text"),
    ("text.format.name", "other"),
    ("tool_choice", "auto"),
)
"""Parameters and the wrong values that the server reports when the request sends them."""


def _forgets(path: str, value: Any) -> Any:
    def change(response: Any, call: Call) -> None:
        if at(call.body, path) is not None:
            put(response, path, value)

    return change


DEFAULTS: tuple[tuple[str, Any, str], ...] = (
    ("instructions", "Be helpful.", "defaults.instructions-are-null"),
    ("previous_response_id", "resp_0", "defaults.previous-response-id-is-null"),
    ("metadata", [], "defaults.metadata-is-empty"),
    ("tools", None, "defaults.tools-are-empty"),
    ("tool_choice", "none", "defaults.tool-choice-is-auto"),
    ("parallel_tool_calls", False, "defaults.parallel-tool-calls-is-true"),
    ("background", True, "defaults.background-is-false"),
    ("text.format", {"type": "json_object"}, "defaults.text-format-is-text"),
)
"""Parameters, the wrong values for absent ones, and the rules that notice."""


def _presumes(path: str, value: Any) -> Any:
    def change(response: Any, call: Call) -> None:
        if at(call.body, path) is None:
            put(response, path, value)

    return change


def _register() -> None:
    for path, value in FORGOTTEN:
        name = path.replace(".", "_")
        sentence = f"Reports a different `{path}` than the request sends."
        add(SEAM, f"forgets_{name}", sentence, f"echo.{name.replace('_', '-')}-comes-back",
            on_responses(_forgets(path, value)))  # fmt: skip
    for path, value, caught_by in DEFAULTS:
        sentence = f"Reports a non-default `{path}` when the request leaves it out."
        add(
            SEAM,
            f"presumes_{path.replace('.', '_')}",
            sentence,
            caught_by,
            on_responses(_presumes(path, value)),
        )


_register()


@mutant("body.leaves-out-store", caught_by=("echo.store-comes-back", "defaults.store-is-reported"))
def leaves_out_store(body: Any) -> Any:
    """Leaves `store` out of a response."""
    if is_response(body):
        body.pop("store", None)
    return body


@mutant("body.reports-no-parameters", caught_by="echo.every-parameter-comes-back")
def reports_no_parameters(body: Any, call: Call) -> Any:
    """Leaves the optional parameters of the request out of a response."""
    if is_response(body):
        for name in ("truncation", "max_output_tokens", "max_tool_calls", "background", "safety_identifier"):
            if at(call.body, name) is not None:
                body.pop(name, None)
    return body


@mutant("body.drops-tools-in-silence", caught_by="echo-tools.tools-come-back")
def drops_tools_in_silence(body: Any) -> Any:
    """Reports an empty `tools`, whatever tools the request offers."""
    if is_response(body):
        body["tools"] = []
    return body


@mutant("body.repeats-tools", caught_by="echo-tools.no-tool-comes-back-twice")
def repeats_tools(body: Any) -> Any:
    """Reports every tool twice."""
    if is_response(body):
        body["tools"] = [*body["tools"], *body["tools"]]
    return body


@mutant("body.drops-grammars", caught_by="echo-tools.the-grammar-of-a-custom-tool-comes-back")
def drops_grammars(body: Any) -> Any:
    """Reports every custom tool as one that takes any text."""
    for tool in body["tools"] if is_response(body) else ():
        if tool["type"] == "custom":
            tool["format"] = {"type": "text"}
    return body


@mutant("body.drops-tools-that-are-not-functions", caught_by="echo-tools.tools-come-back")
def drops_tools_that_are_not_functions(body: Any) -> Any:
    """Leaves all tools that are not functions out of `tools`."""
    if is_response(body):
        body["tools"] = [tool for tool in body["tools"] if tool["type"] == "function"]
    return body


@mutant(
    "body.echoes-tools-without-their-parameters", caught_by="echo-tools.function-tools-keep-their-meaning"
)
def echoes_tools_without_their_parameters(body: Any) -> Any:
    """Echoes functions with empty parameters."""
    for tool in body["tools"] if is_response(body) else ():
        tool["parameters"] = {"type": "object", "properties": {}}
    return body


@mutant("body.makes-every-tool-loose", caught_by="echo-tools.strict-comes-back")
def makes_every_tool_loose(body: Any) -> Any:
    """Reports `strict: false` for every function."""
    for tool in body["tools"] if is_response(body) else ():
        tool["strict"] = False
    return body


@mutant("body.leaves-strict-open", caught_by="echo-tools.omitted-strict-comes-back-as-a-boolean")
def leaves_strict_open(body: Any, call: Call) -> Any:
    """Reports `strict: null` for functions that the request sends without `strict`."""
    details = {tool.get("name"): tool for tool in at(call.body, "tools") or ()}
    for tool in body["tools"] if is_response(body) else ():
        if "strict" not in details.get(tool.get("name"), {}):
            tool["strict"] = None
    return body


@mutant("body.shortens-the-list-to-the-allowed", caught_by="echo-tools.allowed-tools-leave-the-list-alone")
def shortens_the_list_to_the_allowed(body: Any) -> Any:
    """Reports only the tools that `allowed_tools` names."""
    if is_response(body) and at(body, "tool_choice.type") == "allowed_tools":
        names = [tool["name"] for tool in body["tool_choice"]["tools"]]
        body["tools"] = [tool for tool in body["tools"] if tool["name"] in names]
    return body
