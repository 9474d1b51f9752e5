"""Builds the context of the model from a request: checks, earlier turns, the new input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.behaviour.context import is_reference
from antiphon_mockserver.prompt_templates.template import Version
from antiphon_mockserver.prompt_templates.variables import Call
from antiphon_mockserver.response.identity import owner_of_item
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.server.context import ServerContext
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.exchange import Request
from antiphon_mockserver.state.record import Record, RequestDetails
from antiphon_mockserver.tool_servers import ToolServer


@dataclass(frozen=True, slots=True)
class Turn:
    """A valid request, with everything that it builds upon."""

    body: Mapping[str, Any]
    """The body of the request, without ignored parameters."""
    chain: tuple[Record, ...]
    """The responses that it continues, oldest first."""
    input: tuple[Item, ...]
    """The new input."""
    context: Context
    version: Version | None = None
    """The version of the prompt template that the request uses, or None."""


def read_turn(server: ServerContext, request: Request) -> Turn:
    """Returns the turn of a request. Rejects an invalid request with 400."""
    behaviour = server.behaviour
    body = check(server, request).body
    reject_unknown_model(server, body.get("model"))
    body, version = _fill_prompt(server, body)
    chain = _chain(server, body.get("previous_response_id"), request.key)
    inputs = behaviour.context.normalise(body.get("input"))
    servers = version.servers if version is not None else _servers(server, body)
    new_items = tuple(_with_ids(server, request, [_resolve(server, item, request.key) for item in inputs]))
    items = behaviour.context.join(chain, new_items)
    details = RequestDetails(
        request.operation.id, body, server.dialect, chain, items, new_items, server.library
    )
    for examine in behaviour.requests.context_checks.values():
        examine(details)
    model_body = behaviour.context.carry(body, chain)
    context = Context(
        model_body,
        items,
        server.dialect,
        server.settings.seed,
        request.key,
        request.headers,
        server.library,
        {tools.label: tools for tools in servers},
    )
    return Turn(body, chain, new_items, context, version)


def _servers(server: ServerContext, body: Mapping[str, Any]) -> tuple[ToolServer, ...]:
    """The tool servers that the request itself names."""
    if server.prompts is None:
        return ()
    labels = (tool["server_label"] for tool in body.get("tools") or () if tool.get("type") == "mcp")
    return tuple(map(server.prompts.server, dict.fromkeys(labels)))


def _fill_prompt(server: ServerContext, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Version | None]:
    """The body after its prompt template, and the version of that; without a template, the same body."""
    prompt, behaviour = body.get("prompt"), server.behaviour
    if server.prompts is None or prompt is None:
        return body, None
    call = Call(behaviour.prompts.find(server.prompts, prompt), prompt.get("variables") or {})
    for examine in behaviour.prompts.checks.values():
        examine(call)
    return behaviour.prompts.fill(body, call), call.version


def check(server: ServerContext, request: Request) -> RequestDetails:
    """Returns a request without ignored parameters. Rejects one whose body is invalid."""
    operation, behaviour = request.operation.id, server.behaviour
    body = behaviour.requests.read_chat_spelling(request.body, server.dialect.mock)
    body = behaviour.requests.ignore_unknown(RequestDetails(operation, body, server.dialect))
    details = RequestDetails(operation, body, server.dialect, library=server.library)
    for examine in behaviour.requests.checks.values():
        examine(details)
    return details


def reject_unknown_model(server: ServerContext, name: str | None) -> None:
    """Rejects a model that does not exist, with 400."""
    models = server.dialect.models if server.dialect.mock.listed_models else ()
    if name is not None and not server.behaviour.access.model_exists(name, server.settings.models or models):
        raise invalid(f"The model '{name[:128]}' does not exist.", "model", "model_not_found")


def _chain(server: ServerContext, response_id: str | None, key: str) -> tuple[Record, ...]:
    """The turns up to the response with this id; only that response must not be deleted."""
    if response_id is None:
        return ()
    newest = server.record(response_id, key)
    if newest is None or not server.behaviour.context.may_continue(newest):
        message = f"Previous response with id '{response_id}' not found."
        raise invalid(message, "previous_response_id", "previous_response_not_found")
    return server.chain(newest)


def _resolve(server: ServerContext, item: Item, key: str) -> Item:
    """The item itself, or the item that it refers to."""
    return (
        server.behaviour.context.resolve(item, _find(server, item["id"], key)) if is_reference(item) else item
    )


def _find(server: ServerContext, item_id: str, key: str) -> Item | None:
    prefix = server.dialect.traits.id_prefixes.get("response", "resp_")
    owner = owner_of_item(item_id, prefix)
    record = server.record(owner, key) if owner else None
    if record is None:
        return None
    return next(
        (item for item in (*record.response["output"], *record.input) if item.get("id") == item_id), None
    )


def _with_ids(server: ServerContext, request: Request, items: Sequence[Item]) -> Iterator[Item]:
    """The items, with new ids for those without one."""
    prefixes = server.dialect.traits.id_prefixes
    for index, item in enumerate(items):
        if item.get("id"):
            yield item
        else:
            kind = item["type"]
            yield {"id": request.identity.input_item(prefixes.get(kind, f"{kind}_"), index), **item}
