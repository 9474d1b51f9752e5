"""How a server answers right and wrong requests in general; generated requests try it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import GAVE_UP, Exchange, is_stopper
from antiphon_conformance.http.text import ABSENT, safe, show
from antiphon_conformance.requests.boundaries import LONGEST
from antiphon_conformance.requests.validity import (
    REQUESTS,
    follows,
    is_invalid,
    is_mistaken,
    is_valid,
    names_own_kinds,
)
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply, ScenarioTrace
from antiphon_spec.dialect import Dialect

ANSWERS = tuple(
    f"{dialect}#/paths/~1responses/post/responses" for dialect in ("openai", "openresponses", "cloudglue")
)
OTHER_REASONS = frozenset({401, 403, 408, 425, 429, 501, 502, 503, 504})
"""Statuses that say nothing about the request's content."""
PLAIN = frozenset(
    {"model", "input", "instructions", "metadata", "max_output_tokens", "temperature", "top_p", "tools"}
    | {"tool_choice", "parallel_tool_calls", "store", "stream", "truncation", "text", "user"}
    | {"safety_identifier", "prompt_cache_key"}
)
"""Members that every server must accept, whatever its model can do and whatever it stores."""
HOTTEST = 2
"""The highest legal temperature, also where only the prose says so (REQ-44)."""
ROLES = frozenset({"user", "system", "developer"})
NOT_THIS_MODEL = ("unsupported_parameter", "unsupported_value", "unsupported_model")
"""Error codes that concern the model of the request and not the form of the request."""


def _has_body(view: AnyReply) -> bool:
    if view.operation is None or view.reply.status in OTHER_REASONS:
        return False
    is_json = view.request.body is not None and view.request.raw is None
    return is_json and view.dialect.schemas.request(view.operation) is not None


def _is_wrong(view: AnyReply) -> bool:
    """Whether the request is wrong in a way that no other rule judges.

    Other rules judge the mistakes of our tables, unknown members, and kinds that some provider adds.
    """
    dialect, operation, body = view.dialect, view.operation or "", view.request.body
    if not is_invalid(view.exchange, dialect):
        return False
    in_scope = _has_untabled_body(view) and not names_own_kinds(body) and not _is_huge(body)
    return in_scope and not follows(dialect, operation, body) and not _returns_items(view)


def _returns_items(view: AnyReply) -> bool:
    """Whether every fault lies in an item with an id: a server wrote it and must accept it as input.

    To explain all faults of a wrong request takes longer than all other rules about it, so that is the last
    resort: most have no such item, or are wrong with any text as `input`, too.
    """
    items = objects(view.request_fields.get("input"))
    if not any(isinstance(item.get("id"), str) for _, item in items):
        return False
    validator = view.dialect.schemas.request(view.operation or "")
    if validator is None or not validator.is_valid({**view.request_fields, "input": "Hello."}):
        return False
    faults = validator.faults(view.request.body)
    return all(_lies_in_item_with_id(view.request_fields, fault.pointer) for fault in faults)


def _lies_in_item_with_id(asked: Mapping[str, Any], pointer: str) -> bool:
    path, items = pointer.split("/")[1:3], asked.get("input")
    if len(path) != len(("input", "0")) or path[0] != "input" or not isinstance(items, list):
        return False
    item = items[int(path[1])]
    return isinstance(item, Mapping) and isinstance(item.get("id"), str)


def _is_huge(body: Any) -> bool:
    """Whether the input exceeds the documented length, which other rules judge."""
    text = body.get("input") if isinstance(body, Mapping) else None
    return isinstance(text, str) and len(text) > LONGEST


def _has_untabled_body(view: AnyReply) -> bool:
    """Whether the request has a body with no mistake of our tables."""
    return _has_body(view) and not is_mistaken(view.exchange, view.dialect)


@rule(
    "generated-requests.what-the-document-forbids-is-rejected",
    AnyReply,
    cites=tuple(f"{place}@strictness" for place in REQUESTS),
    when=_is_wrong,
    needs="a request that the document does not allow",
    reads=REJECTION,
)
def what_the_document_forbids_is_rejected(view: AnyReply) -> Iterator[Finding]:
    """A request that breaks the document is rejected with a 4xx status.

    A server that ignores a wrong value answers another question than the client sent.
    """
    if view.reply.status < 400:
        yield Finding("reply.status", f"4xx, because {_why(view)}", str(view.reply.status))


def _why(view: AnyReply) -> str:
    """The first thing that is wrong with the request."""
    operation, body = view.operation or "", view.request.body
    validator = view.dialect.schemas.request(operation)
    faults = validator.faults(body) if validator is not None else []
    return safe(faults[0].message, 200) if faults else "the document forbids it"


@rule(
    "generated-requests.no-request-causes-a-server-error",
    AnyReply,
    cites=("ERR-20", *(f"{place}@strictness" for place in ANSWERS)),
    when=_has_untabled_body,
    needs="a request with a body",
)
def no_request_causes_a_server_error(view: AnyReply) -> Iterator[Finding]:
    """No request, right or wrong, gets a server error such as 500.

    Clients repeat a request after a server error, and every repetition breaks the server again.
    """
    if view.reply.status >= 500:
        yield Finding("reply.status", "2xx or 4xx", str(view.reply.status))


@rule(
    "generated-requests.every-request-is-answered",
    ScenarioTrace,
    scenario="generated",
    cites=ANSWERS,
    when=lambda trace: bool(trace.trace.exchanges),
)
def every_request_is_answered(trace: ScenarioTrace) -> Iterator[Finding]:
    """Every generated request gets an answer; the server never drops the connection."""
    for name, exchange in trace.trace.exchanges.items():
        is_told_elsewhere = GAVE_UP in exchange.traits or is_stopper(exchange)
        if exchange.reply is None and not is_told_elsewhere:
            yield Finding("reply", "an answer", exchange.failure or "no answer", exchange=name)


def _plain_exchanges(trace: ScenarioTrace) -> Iterator[tuple[str, Exchange]]:
    for name, exchange in trace.trace.exchanges.items():
        if exchange.reply is not None and is_plain(exchange, trace.dialect):
            yield name, exchange


@rule(
    "generated-requests.what-the-document-allows-is-accepted",
    ScenarioTrace,
    scenario="generated",
    cites=tuple(f"{place}@contract" for place in REQUESTS),
    when=lambda trace: any(_plain_exchanges(trace)),
    needs="a generated request that every server must accept",
)
def what_the_document_allows_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A right request that depends on no model feature and on no stored object is accepted.

    Each request reaches a limit of the document, such as 16 entries of metadata or a temperature of 2.
    """
    for name, exchange in _plain_exchanges(trace):
        error = exchange.answer.fields.get("error", ABSENT)
        code = error.get("code") if isinstance(error, dict) else None
        if 400 <= exchange.answer.status < 500 and code not in NOT_THIS_MODEL:
            actual = f"{exchange.answer.status} with `error` {show(error)}"
            yield Finding("reply.status", "200, since the document allows it", actual, exchange=name)


def is_plain(exchange: Exchange, dialect: Dialect) -> bool:
    """Whether a create request is right and every server must accept it."""
    asked = exchange.request.fields
    if exchange.operation != dialect.create_operation or exchange.answer.status in OTHER_REASONS:
        return False
    members = {name: value for name, value in asked.items() if value is not None}
    if not members.keys() <= PLAIN or not is_valid(dialect, dialect.create_operation, dict(asked)):
        return False
    return (
        0 <= members.get("temperature", 1) <= HOTTEST
        and 0 <= members.get("top_p", 1) <= 1
        and _is_plain_text(members.get("text", {}))
        and _is_plain_input(members.get("input"))
        and _has_plain_tools(members)
    )


def _is_plain_input(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, list) and bool(value) and all(map(_is_plain_message, value))


def _is_plain_message(item: Any) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("content"), str):
        return False
    members_are_plain = item.get("role") in ROLES and item.keys() <= {"type", "role", "content"}
    return members_are_plain and bool(item["content"].strip())


def _has_plain_tools(request: Mapping[str, Any]) -> bool:
    """Whether all tools are functions without parameters, with different names, and no call is forced."""
    tools = request.get("tools", [])
    names = [tool.get("name") for tool in tools]
    are_functions = all(tool.get("type") == "function" and not tool.get("parameters") for tool in tools)
    are_plain = all(tool.keys() <= {"type", "name", "description", "parameters", "strict"} for tool in tools)
    return (
        are_functions
        and are_plain
        and len(set(names)) == len(names)
        and request.get("tool_choice") in (None, "auto", "none")
    )


def _is_plain_text(text: Mapping[str, Any]) -> bool:
    text_format = text.get("format") or {"type": "text"}
    return text.keys() <= {"format"} and text_format == {"type": "text"}
