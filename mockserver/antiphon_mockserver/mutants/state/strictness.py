"""Servers that reject valid requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.changes import with_check
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails

SEAM = "state"
Json = dict[str, Any]
Condition = Callable[[Json], object]


def _items(body: Json, *types: str) -> Iterator[Json]:
    given = body.get("input")
    for item in given if isinstance(given, list) else ():
        if isinstance(item, dict) and (not types or item.get("type") in types):
            yield item


def _parts(body: Json, *types: str) -> Iterator[Json]:
    for item in _items(body):
        content = item.get("content")
        yield from (
            part for part in (content if isinstance(content, list) else ()) if part.get("type") in types
        )


def _has_late_developer(body: Json) -> bool:
    return any(item.get("role") == "developer" for item in list(_items(body))[1:])


def _has_bare_function(body: Json) -> bool:
    return any("parameters" not in tool for tool in body.get("tools") or () if tool.get("type") == "function")


REJECTS: tuple[tuple[str, str, str, str, Condition], ...] = (
    (
        "text",
        "a string as input",
        "input",
        "a-text-as-input",
        lambda body: isinstance(body.get("input"), str),
    ),
    (
        "lists",
        "a list as input",
        "input",
        "a-list-as-input",
        lambda body: isinstance(body.get("input"), list),
    ),
    ("parts", "`input_text` parts", "input", "parts-of-text", lambda body: any(_parts(body, "input_text"))),
    (
        "plain_output",
        "`output_text` parts without `annotations`",
        "input",
        "text-without-annotations",
        lambda body: any("annotations" not in part for part in _parts(body, "output_text")),
    ),
    (
        "system_messages",
        "a system message",
        "input[0].role",
        "a-system-message",
        lambda body: any(item.get("role") == "system" for item in _items(body)),
    ),
    (
        "late_developers",
        "a developer message that is not the first item",
        "input[0].role",
        "a-developer-message instructions-beside-a-developer-message",
        _has_late_developer,
    ),
    (
        "phases",
        "messages with a `phase`",
        "input",
        "a-phase",
        lambda body: any("phase" in item for item in _items(body)),
    ),
    (
        "calls_without_status",
        "calls without `status`",
        "input",
        "a-call-without-status",
        lambda body: any("status" not in item for item in _items(body, "function_call")),
    ),
    (
        "text_outputs",
        "tool outputs that are a string",
        "input",
        "a-text-as-tool-output",
        lambda body: any(
            isinstance(item.get("output"), str) for item in _items(body, "function_call_output")
        ),
    ),
    (
        "functions_that_are_not_nested",
        "functions that are not nested as in Chat Completions",
        "tools[0].function",
        "functions-that-are-not-nested",
        lambda body: any("function" not in tool for tool in body.get("tools") or ()),
    ),
    (
        "messages_without_type",
        "messages without `type`",
        "input",
        "messages-without-type",
        lambda body: any("role" in item and "type" not in item for item in _items(body)),
    ),
    ("bare_functions", "functions without `parameters`", "tools", "a-bare-function", _has_bare_function),
    (
        "bare_references",
        "references without `type`",
        "input",
        "a-bare-reference",
        lambda body: any(set(item) == {"id"} for item in _items(body)),
    ),
    (
        "truncation",
        "`truncation: auto`",
        "truncation",
        "truncation-auto",
        lambda body: body.get("truncation") == "auto",
    ),
    ("empty_text", "`text` without `format`", "text", "an-empty-text", lambda body: body.get("text") == {}),
    ("store", "`store`", "store", "booleans", lambda body: "store" in body),
    (
        "full_metadata",
        "16 entries of metadata",
        "metadata",
        "full-metadata",
        lambda body: len(body.get("metadata") or ()) == 16,
    ),
    (
        "sixteen_tokens",
        "16 output tokens",
        "max_output_tokens",
        "the-fewest-tokens",
        lambda body: body.get("max_output_tokens") == 16,
    ),
    (
        "the_tier_auto",
        "the service tier `auto`",
        "service_tier",
        "the-tier-auto",
        lambda body: body.get("service_tier") == "auto",
    ),
    ("top_p", "`top_p`", "top_p", "usual-sampling", lambda body: "top_p" in body),
    ("penalties", "penalties", "presence_penalty", "penalties", lambda body: "presence_penalty" in body),
    (
        "stream_null",
        "`stream: null`",
        "stream",
        "stream-null",
        lambda body: "stream" in body and body["stream"] is None,
    ),
)


def _rejecting(words: str, param: str, condition: Condition) -> Callable[[Behaviour], Behaviour]:
    def check(details: RequestDetails) -> None:
        if condition(dict(details.body)):
            raise invalid(f"This server does not accept {words}.", param)

    return lambda behaviour: with_check(behaviour, check)


for _name, _words, _param, _forms, _condition in REJECTS:
    _rules = tuple(f"requests.accepts-{form}" for form in _forms.split())
    add(
        SEAM,
        f"rejects_{_name}",
        f"Rejects {_words}.",
        _rules,
        _rejecting(_words, _param, _condition),
    )


def _break_at_untyped(details: RequestDetails) -> None:
    if any("role" in item and "type" not in item for item in _items(dict(details.body))):
        raise ApiError("The server had an error.", status=500)


add(
    SEAM,
    "breaks_at_messages_without_type",
    "Answers 500 to messages without `type`.",
    ("requests.accepts-messages-without-type",),
    lambda behaviour: with_check(behaviour, _break_at_untyped),
)
