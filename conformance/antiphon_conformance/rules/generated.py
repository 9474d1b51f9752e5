"""What the document says of requests in general, whatever they hold; generated requests try it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.coverage import LONGEST
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.legality import REQUESTS, follows, is_mistaken, is_right, names_own_kinds
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Scene
from antiphon_conformance.text import safe, show
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
"""Members that every server must take, whatever its model can do and whatever it has stored."""
HOTTEST = 2
"""Temperatures are limited to this, even where only the prose says so (REQ-44)."""
ROLES = frozenset({"user", "system", "developer"})
NOT_THIS_MODEL = frozenset({"unsupported_parameter", "unsupported_value", "unsupported_model"})
"""Codes that speak of the model that was chosen, and not of the form."""


def _has_body(answered: Answered) -> bool:
    if answered.operation is None or answered.reply.status in OTHER_REASONS:
        return False
    sent = answered.request.body is not None and answered.request.raw is None
    return sent and answered.dialect.schemas.request(answered.operation) is not None


def _is_wrong(answered: Answered) -> bool:
    """Whether only the document forbids the request: rules of their own speak of mistakes that have a name,
    of members that nobody knows and of kinds that some provider adds."""
    dialect, operation, body = answered.dialect, answered.operation or "", answered.request.body
    unnamed = _has_unnamed_body(answered) and not names_own_kinds(body) and not _is_huge(body)
    return unnamed and not follows(dialect, operation, body) and not _sends_back(answered)


def _sends_back(answered: Answered) -> bool:
    """Whether all that is wrong stands in items that have an id: a server made them, and takes them back."""
    validator = answered.dialect.schemas.request(answered.operation or "")
    faults = validator.faults(answered.request.body) if validator is not None else []
    return all(_is_made_by_a_server(answered.asked, fault.pointer) for fault in faults)


def _is_made_by_a_server(asked: Mapping[str, Any], pointer: str) -> bool:
    place, items = pointer.split("/")[1:3], asked.get("input")
    if len(place) != len(("input", "0")) or place[0] != "input" or not isinstance(items, list):
        return False
    item = items[int(place[1])]
    return isinstance(item, Mapping) and isinstance(item.get("id"), str)


def _is_huge(body: Any) -> bool:
    """Whether the request tries how much a server takes, which has rules of its own."""
    text = body.get("input") if isinstance(body, Mapping) else None
    return isinstance(text, str) and len(text) > LONGEST


def _has_unnamed_body(answered: Answered) -> bool:
    return _has_body(answered) and not is_mistaken(answered.exchange, answered.dialect)


@rule(Answered, cites=REQUESTS, when=_is_wrong, needs="a request that the document does not allow")
def takes_nothing_that_the_document_forbids(answered: Answered) -> Iterator[Finding]:
    """A request that breaks the document is refused, whatever it breaks: it is never answered with success.

    A wrong type that is ignored today is an answer to another question tomorrow.
    """
    if answered.reply.status < 400:
        yield Finding("reply.status", f"4xx, because {_why(answered)}", str(answered.reply.status))


def _why(answered: Answered) -> str:
    """The first thing that is wrong with the request."""
    operation, body = answered.operation or "", answered.request.body
    validator = answered.dialect.schemas.request(operation)
    faults = validator.faults(body) if validator is not None else []
    return safe(faults[0].message, 200) if faults else "the document forbids it"


@rule(Answered, cites=("ERR-20", *ANSWERS), when=_has_unnamed_body, needs="a request with a body")
def no_request_crashes_the_server(answered: Answered) -> Iterator[Finding]:
    """No request is answered with a server error such as 500, whether right or wrong in some unnamed way.

    It is our request that broke the server: clients send it again and break it again.
    """
    if answered.reply.status >= 500:
        yield Finding("reply.status", "an answer, or a refusal with 4xx", str(answered.reply.status))


@rule(Scene, scenario="generated", cites=ANSWERS, when=lambda scene: bool(scene.episode.exchanges))
def every_request_is_answered(scene: Scene) -> Iterator[Finding]:
    """Every generated request gets an answer: none breaks the connection, none is left waiting."""
    for name, exchange in scene.episode.exchanges.items():
        if exchange.reply is None:
            yield Finding("reply", "an answer", exchange.failure or "none", exchange=name)


def _right_and_plain(scene: Scene) -> Iterator[tuple[str, Exchange]]:
    for name, exchange in scene.episode.exchanges.items():
        if exchange.reply is not None and is_plain(exchange, scene.dialect):
            yield name, exchange


@rule(
    Scene,
    scenario="generated",
    cites=REQUESTS,
    when=lambda scene: any(_right_and_plain(scene)),
    needs="a generated request that every server must take",
)
def takes_what_the_document_allows(scene: Scene) -> Iterator[Finding]:
    """A right request of which nothing depends on the model, on stored things or on hosted tools is taken.

    Each stands at an edge that the document draws: 16 entries of metadata, a temperature of 2.
    """
    for name, exchange in _right_and_plain(scene):
        told = exchange.answer.fields.get("error")
        code = told.get("code") if isinstance(told, dict) else None
        if 400 <= exchange.answer.status < 500 and code not in NOT_THIS_MODEL:
            got = f"{exchange.answer.status}: {show(told)}"
            yield Finding("reply.status", "200, since the document allows it", got, exchange=name)


def is_plain(exchange: Exchange, dialect: Dialect) -> bool:
    """Whether a create request is right, and no server has a reason of its own to refuse it."""
    asked = exchange.request.fields
    if exchange.operation != dialect.create_operation or exchange.answer.status in OTHER_REASONS:
        return False
    given = {name: value for name, value in asked.items() if value is not None}
    if not given.keys() <= PLAIN or not is_right(dialect, dialect.create_operation, dict(asked)):
        return False
    usual = given.get("temperature", 1) <= HOTTEST and 0 <= given.get("top_p", 1) <= 1
    usual = usual and given.get("temperature", 1) >= 0 and _plain_text(given.get("text", {}))
    return usual and _plain_input(given.get("input")) and _plain_tools(given)


def _plain_input(given: Any) -> bool:
    if isinstance(given, str):
        return bool(given.strip())
    return isinstance(given, list) and bool(given) and all(map(_plain_message, given))


def _plain_message(item: Any) -> bool:
    text = (
        isinstance(item, Mapping) and isinstance(item.get("content"), str) and bool(item["content"].strip())
    )
    return text and item.get("role") in ROLES and item.keys() <= {"type", "role", "content"}


def _plain_tools(given: Mapping[str, Any]) -> bool:
    """Functions without parameters of their own, each with a name of its own, and no choice that binds."""
    tools = given.get("tools", [])
    names = [tool.get("name") for tool in tools]
    functions = all(tool.get("type") == "function" and not tool.get("parameters") for tool in tools)
    usual = all(tool.keys() <= {"type", "name", "description", "parameters", "strict"} for tool in tools)
    return (
        functions
        and usual
        and len(set(names)) == len(names)
        and given.get("tool_choice") in (None, "auto", "none")
    )


def _plain_text(text: Mapping[str, Any]) -> bool:
    form = text.get("format") or {"type": "text"}
    return text.keys() <= {"format"} and form == {"type": "text"}
